// Devices by CUDA's driver API and by HIP, which has the same calls under other names (CUDA Driver API and HIP API
// references). CUDA's kernels are PTX, which every driver compiles by itself; HIP's are compiled by HIPRTC.
#if defined(__linux__)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "device.h"
#include "kernels.h"
#include "measure.h"
#include "output.h"

typedef void *object;

enum { CUDA_COMPUTE_UNITS = 16, CUDA_MAJOR = 75, CUDA_MINOR = 76, HIP_COMPUTE_UNITS = 63 };

static struct {
    int (*init)(unsigned);
    int (*count)(int *);
    int (*get)(int *, int);
    int (*name)(char *, int, int);
    int (*pci)(char *, int, int);
    int (*attribute)(int *, int, int);
    int (*total)(size_t *, int);
    int (*retain)(object *, int);
    int (*set_context)(object);
    int (*set_device)(int);
    int (*load)(object *, const void *);
    int (*function)(object *, object, const char *);
    int (*allocate)(uint64_t *, size_t);
    int (*release)(uint64_t);
    int (*fill)(uint64_t, unsigned char, size_t);
    int (*upload)(uint64_t, const void *, size_t);
    int (*download)(void *, uint64_t, size_t);
    int (*host_memory)(void **, size_t, unsigned);
    int (*launch)(object, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, object, void **, void **);
    int (*wait)(void);
} api;

static object functions[KERNEL_COUNT];
static char trouble[160] = "no reason is given";

static bool is_done(int code, const char *what) {
    if (code) snprintf(trouble, sizeof trouble, "%s: %d", what, code);
    return !code;
}

static void *needed(void *library, const char *name) {
    void *found = dlsym(library, name);
    if (!found) finish_without("broken", "the library lacks %s", name);
    return found;
}

static void choose(unsigned index, struct facts *facts, int units_attribute) {
    int code = api.init(0), count = 0, device = 0, units = 0;
    if (code) finish_without("no-device", "its initialisation fails with %d", code);
    if ((code = api.count(&count)) || (unsigned)count <= index)
        finish_without("no-device", "there are %d devices (%d)", count, code);
    if ((code = api.get(&device, (int)index))) finish_without("broken", "the device cannot be had: %d", code);
    size_t total = 0;
    if (!api.total(&total, device)) facts->memory_bytes = total;
    api.name(facts->name, sizeof facts->name - 1, device);
    api.pci(facts->pci_address, sizeof facts->pci_address - 1, device);
    if (!api.attribute(&units, units_attribute, device)) facts->compute_units = (unsigned)units;
    if (api.set_device) {
        code = api.set_device(device);
    } else {
        object context = NULL;
        if (!(code = api.retain(&context, device))) code = api.set_context(context);
    }
    if (code) finish_without("broken", "the device cannot be used: %d", code);
}

static void take_kernels(const void *image, struct facts *facts) {
    object module = NULL;
    int code = api.load(&module, image);
    if (code) finish_without("broken", "its driver cannot compile the kernels: %d", code);
    for (enum kernel kernel = 0; kernel < KERNEL_COUNT; kernel++) {
        char name[32];
        snprintf(name, sizeof name, "%s_", kernel_names[kernel]);
        facts->lanes[kernel] = kernel == KERNEL_HALF ? 2 : 1;
        facts->has[kernel] = !api.function(&functions[kernel], module, name);
    }
}

static void open_cuda(unsigned index, struct facts *facts) {
    static const char *const names[] = {"libcuda.so.1", NULL};
    char why[256];
    void *library = open_library(names, why, sizeof why);
    if (!library) finish_without("no-library", "%s", why);
    api.init = needed(library, "cuInit");
    api.count = needed(library, "cuDeviceGetCount");
    api.get = needed(library, "cuDeviceGet");
    api.name = needed(library, "cuDeviceGetName");
    api.pci = needed(library, "cuDeviceGetPCIBusId");
    api.attribute = needed(library, "cuDeviceGetAttribute");
    api.total = needed(library, "cuDeviceTotalMem_v2");
    api.retain = needed(library, "cuDevicePrimaryCtxRetain");
    api.set_context = needed(library, "cuCtxSetCurrent");
    api.load = needed(library, "cuModuleLoadData");
    api.function = needed(library, "cuModuleGetFunction");
    api.allocate = needed(library, "cuMemAlloc_v2");
    api.release = needed(library, "cuMemFree_v2");
    api.fill = needed(library, "cuMemsetD8_v2");
    api.upload = needed(library, "cuMemcpyHtoD_v2");
    api.download = needed(library, "cuMemcpyDtoH_v2");
    api.host_memory = needed(library, "cuMemHostAlloc");
    api.launch = needed(library, "cuLaunchKernel");
    api.wait = needed(library, "cuCtxSynchronize");
    choose(index, facts, CUDA_COMPUTE_UNITS);
    int major = 0, minor = 0, device = 0;
    api.get(&device, (int)index);
    api.attribute(&major, CUDA_MAJOR, device);
    api.attribute(&minor, CUDA_MINOR, device);
    take_kernels(ptx_kernels(major > 5 || (major == 5 && minor >= 3)), facts);
}

/// HIP's memory addresses are pointers, and its calls take them as such; both are registers of the same kind here.
static void open_hip(unsigned index, struct facts *facts) {
    static const char *const names[] = {
        "libamdhip64.so.7", "libamdhip64.so.6", "libamdhip64.so.5", "libamdhip64.so", NULL};
    static const char *const compilers[] = {"libhiprtc.so.7", "libhiprtc.so.6", "libhiprtc.so", NULL};
    char why[256];
    void *library = open_library(names, why, sizeof why);
    if (!library) finish_without("no-library", "%s", why);
    api.init = needed(library, "hipInit");
    api.count = needed(library, "hipGetDeviceCount");
    api.get = needed(library, "hipDeviceGet");
    api.name = needed(library, "hipDeviceGetName");
    api.pci = needed(library, "hipDeviceGetPCIBusId");
    api.attribute = needed(library, "hipDeviceGetAttribute");
    api.total = needed(library, "hipDeviceTotalMem");
    api.set_device = needed(library, "hipSetDevice");
    api.load = needed(library, "hipModuleLoadData");
    api.function = needed(library, "hipModuleGetFunction");
    api.allocate = needed(library, "hipMalloc");
    api.release = needed(library, "hipFree");
    api.fill = needed(library, "hipMemsetD8");
    api.upload = needed(library, "hipMemcpyHtoD");
    api.download = needed(library, "hipMemcpyDtoH");
    api.host_memory = needed(library, "hipHostMalloc");
    api.launch = needed(library, "hipModuleLaunchKernel");
    api.wait = needed(library, "hipDeviceSynchronize");
    choose(index, facts, HIP_COMPUTE_UNITS);
    // In a library of its own since ROCm 5.3, in the runtime before.
    void *compiler = open_library(compilers, why, sizeof why);
    const void *image = hip_kernels(compiler ? compiler : library, why, sizeof why);
    if (!image) finish_without("broken", "its kernels cannot be compiled: %s", why);
    take_kernels(image, facts);
}

static bool allocate(size_t bytes, uint64_t *memory) { return is_done(api.allocate(memory, bytes), "allocation"); }
static void release(uint64_t memory) { api.release(memory); }
static bool wait(void) { return is_done(api.wait(), "waiting for it"); }
static bool clear(uint64_t memory, size_t bytes) { return is_done(api.fill(memory, 0, bytes), "filling") && wait(); }
static bool upload(uint64_t memory, const void *from, size_t bytes) {
    return is_done(api.upload(memory, from, bytes), "upload");
}
static bool download(uint64_t memory, void *to, size_t bytes) {
    return is_done(api.download(to, memory, bytes), "download");
}

static void *host_memory(size_t bytes) {
    void *memory = NULL;
    return api.host_memory(&memory, bytes, 0) ? NULL : memory;
}

static bool launch(enum kernel kernel, unsigned blocks, uint64_t first, uint64_t second, int count) {
    void *arithmetic[] = {&first, &count}, *copy[] = {&first, &second, &count};
    void **arguments = kernel == KERNEL_EMPTY ? NULL : kernel == KERNEL_COPY ? copy : arithmetic;
    return is_done(api.launch(functions[kernel], blocks, 1, 1, BLOCK_THREADS, 1, 1, 0, NULL, arguments, NULL), "launch");
}

static const char *failure(void) { return trouble; }

const struct library cuda_library = {
    .name = "cuda", .open = open_cuda, .allocate = allocate, .release = release, .clear = clear, .upload = upload,
    .download = download, .launch = launch, .wait = wait, .host_memory = host_memory, .failure = failure,
};

const struct library hip_library = {
    .name = "hip", .open = open_hip, .allocate = allocate, .release = release, .clear = clear, .upload = upload,
    .download = download, .launch = launch, .wait = wait, .host_memory = host_memory, .failure = failure,
};
#endif

// Devices by OpenCL (The OpenCL Specification 1.2, Khronos), whoever makes them.
#if defined(__linux__)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "measure.h"
#include "output.h"

typedef void *object;
typedef int32_t code;

enum {
    DEVICE_TYPE = 0x1000, DEVICE_COMPUTE_UNITS = 0x1002, DEVICE_MEMORY = 0x101F, DEVICE_NAME = 0x102B,
    DEVICE_EXTENSIONS = 0x1030, DEVICE_PCI_BUS_NV = 0x4008, DEVICE_PCI_SLOT_NV = 0x4009, DEVICE_PCI_DOMAIN_NV = 0x400A,
    DEVICE_TOPOLOGY_AMD = 0x4037, PROGRAM_BUILD_LOG = 0x1183, MEMORY_READ_WRITE = 1, PLATFORMS_MAX = 16, DEVICES_MAX = 64,
};
#define DEVICE_TYPE_ALL UINT64_C(0xFFFFFFFF)
#define DEVICE_TYPE_CPU UINT64_C(2)

#define FUNCTIONS(F)                                                                                                   \
    F(clGetPlatformIDs, code, (uint32_t, object *, uint32_t *))                                                        \
    F(clGetDeviceIDs, code, (object, uint64_t, uint32_t, object *, uint32_t *))                                        \
    F(clGetDeviceInfo, code, (object, uint32_t, size_t, void *, size_t *))                                             \
    F(clCreateContext, object, (const void *, uint32_t, const object *, void *, void *, code *))                       \
    F(clCreateCommandQueue, object, (object, object, uint64_t, code *))                                                \
    F(clCreateProgramWithSource, object, (object, uint32_t, const char **, const size_t *, code *))                    \
    F(clBuildProgram, code, (object, uint32_t, const object *, const char *, void *, void *))                          \
    F(clGetProgramBuildInfo, code, (object, object, uint32_t, size_t, void *, size_t *))                               \
    F(clCreateKernel, object, (object, const char *, code *))                                                          \
    F(clSetKernelArg, code, (object, uint32_t, size_t, const void *))                                                  \
    F(clCreateBuffer, object, (object, uint64_t, size_t, void *, code *))                                              \
    F(clReleaseMemObject, code, (object))                                                                              \
    F(clEnqueueWriteBuffer, code,                                                                                      \
      (object, object, uint32_t, size_t, size_t, const void *, uint32_t, const void *, object *))                      \
    F(clEnqueueReadBuffer, code, (object, object, uint32_t, size_t, size_t, void *, uint32_t, const void *, object *)) \
    F(clEnqueueFillBuffer, code,                                                                                       \
      (object, object, const void *, size_t, size_t, size_t, uint32_t, const void *, object *))                        \
    F(clEnqueueNDRangeKernel, code,                                                                                    \
      (object, object, uint32_t, const size_t *, const size_t *, const size_t *, uint32_t, const void *, object *))    \
    F(clFinish, code, (object))

#define DECLARE(name, type, parameters) static type(*name) parameters;
FUNCTIONS(DECLARE)

static object context, queue, kernels[KERNEL_COUNT];
static char trouble[160] = "no reason is given";

// mad, because fma is a call of a function where the hardware has none.
static const char source[] =
    "#define ROUNDS(T, NAME) \\\n"
    "__kernel void NAME(__global T *out, int rounds) { \\\n"
    "    T f = (T)(0.9999f), c = (T)(0.0001f) * (T)(get_local_id(0) + 1); \\\n"
    "    T a = c, b = c + c, d = c * c, e = c + f, g = f, h = f * f, i = c * f, j = f + f; \\\n"
    "    for (int round = 0; round < rounds; round++) { \\\n"
    "        for (int step = 0; step < 8; step++) { \\\n"
    "            a = mad(a, f, c); b = mad(b, f, c); d = mad(d, f, c); e = mad(e, f, c); \\\n"
    "            g = mad(g, f, c); h = mad(h, f, c); i = mad(i, f, c); j = mad(j, f, c); \\\n"
    "        } \\\n"
    "    } \\\n"
    "    out[get_global_id(0)] = a + b + d + e + g + h + i + j; \\\n"
    "}                                                                                                        \n"
    "ROUNDS(SINGLES, single_)                                                                                   \n"
    "#ifdef WITH_DOUBLE                                                                                       \n"
    "#pragma OPENCL EXTENSION cl_khr_fp64 : enable                                                            \n"
    "ROUNDS(DOUBLES, double_)                                                                                  \n"
    "#endif                                                                                                   \n"
    "#ifdef WITH_HALF                                                                                         \n"
    "#pragma OPENCL EXTENSION cl_khr_fp16 : enable                                                            \n"
    "ROUNDS(half2, half_)                                                                                     \n"
    "#endif                                                                                                   \n"
    "__kernel void copy_(__global const float4 *from, __global float4 *to, int count) {                       \n"
    "    int at = get_global_id(0);                                                                           \n"
    "    if (at < count) to[at] = from[at];                                                                   \n"
    "}                                                                                                        \n"
    "__kernel void empty_(void) {}                                                                            \n";

static bool is_done(code result, const char *what) {
    if (result) snprintf(trouble, sizeof trouble, "%s: %d", what, result);
    return !result;
}

static void load(void) {
    static const char *const names[] = {"libOpenCL.so.1", "libOpenCL.so", NULL};
    char why[256];
    void *library = open_library(names, why, sizeof why);
    if (!library) finish_without("no-library", "%s", why);
#define RESOLVE(name, type, parameters)                                                                                \
    if (!(name = (type(*) parameters)dlsym(library, #name))) finish_without("broken", "the library lacks " #name);
    FUNCTIONS(RESOLVE)
}

static object find(unsigned wanted) {
    object platforms[PLATFORMS_MAX];
    uint32_t count = 0;
    code result = clGetPlatformIDs(PLATFORMS_MAX, platforms, &count);
    if (result) finish_without("no-device", "clGetPlatformIDs: %d", result);
    unsigned seen = 0;
    for (uint32_t platform = 0; platform < count && platform < PLATFORMS_MAX; platform++) {
        object devices[DEVICES_MAX];
        uint32_t found = 0;
        if (clGetDeviceIDs(platforms[platform], DEVICE_TYPE_ALL, DEVICES_MAX, devices, &found)) continue;
        if (found > DEVICES_MAX) found = DEVICES_MAX;
        if (wanted < seen + found) return devices[wanted - seen];
        seen += found;
    }
    finish_without("no-device", "there are %u devices", seen);
}

static void describe(object device, struct facts *facts) {
    uint64_t type = 0, memory = 0;
    uint32_t units = 0, bus = 0, slot = 0, domain = 0;
    clGetDeviceInfo(device, DEVICE_TYPE, sizeof type, &type, NULL);
    clGetDeviceInfo(device, DEVICE_MEMORY, sizeof memory, &memory, NULL);
    clGetDeviceInfo(device, DEVICE_COMPUTE_UNITS, sizeof units, &units, NULL);
    clGetDeviceInfo(device, DEVICE_NAME, sizeof facts->name - 1, facts->name, NULL);
    facts->memory_bytes = memory;
    facts->compute_units = units;
    facts->is_processor = type & DEVICE_TYPE_CPU;
    unsigned char topology[24] = {0};
    if (!clGetDeviceInfo(device, DEVICE_PCI_BUS_NV, sizeof bus, &bus, NULL) &&
        !clGetDeviceInfo(device, DEVICE_PCI_SLOT_NV, sizeof slot, &slot, NULL)) {
        clGetDeviceInfo(device, DEVICE_PCI_DOMAIN_NV, sizeof domain, &domain, NULL);
        snprintf(facts->pci_address, sizeof facts->pci_address, "%04x:%02x:%02x.0", domain & 0xffff, bus & 0xff,
                 slot >> 3 & 0x1f);
    } else if (!clGetDeviceInfo(device, DEVICE_TOPOLOGY_AMD, sizeof topology, topology, NULL) && topology[0] == 1) {
        // cl_device_topology_amd: a type, seventeen unused bytes, bus, device, function.
        snprintf(facts->pci_address, sizeof facts->pci_address, "0000:%02x:%02x.%x", topology[21], topology[22] & 0x1f,
                 topology[23] & 7);
    }
    size_t bytes = 0;
    clGetDeviceInfo(device, DEVICE_EXTENSIONS, 0, NULL, &bytes);
    char *extensions = bytes && bytes < 1 << 20 ? calloc(1, bytes + 1) : NULL;
    if (extensions) clGetDeviceInfo(device, DEVICE_EXTENSIONS, bytes, extensions, NULL);
    facts->has[KERNEL_DOUBLE] = extensions && strstr(extensions, "cl_khr_fp64");
    facts->has[KERNEL_HALF] = extensions && strstr(extensions, "cl_khr_fp16");
    facts->has[KERNEL_SINGLE] = facts->has[KERNEL_COPY] = facts->has[KERNEL_EMPTY] = true;
    free(extensions);
}

static void open_device(unsigned index, struct facts *facts) {
    load();
    object device = find(index);
    describe(device, facts);
    code result = 0;
    context = clCreateContext(NULL, 1, &device, NULL, NULL, &result);
    if (!context) finish_without("broken", "clCreateContext: %d", result);
    queue = clCreateCommandQueue(context, device, 0, &result);
    if (!queue) finish_without("broken", "clCreateCommandQueue: %d", result);
    const char *text = source;
    object program = clCreateProgramWithSource(context, 1, &text, NULL, &result);
    char options[128];
    // A thread of a processor computes with vectors; many of a GPU do together.
    snprintf(options, sizeof options, "-DSINGLES=%s -DDOUBLES=%s %s %s", facts->is_processor ? "float16" : "float",
             facts->is_processor ? "double8" : "double", facts->has[KERNEL_DOUBLE] ? "-DWITH_DOUBLE" : "",
             facts->has[KERNEL_HALF] ? "-DWITH_HALF" : "");
    facts->lanes[KERNEL_SINGLE] = facts->is_processor ? 16 : 1;
    facts->lanes[KERNEL_DOUBLE] = facts->is_processor ? 8 : 1;
    facts->lanes[KERNEL_HALF] = 2;
    if (!program || (result = clBuildProgram(program, 1, &device, options, NULL, NULL))) {
        static char log[65536];
        if (program) clGetProgramBuildInfo(program, device, PROGRAM_BUILD_LOG, sizeof log - 1, log, NULL);
        finish_without("broken", "its kernels cannot be built (%d): %s", result, log);
    }
    for (enum kernel kernel = 0; kernel < KERNEL_COUNT; kernel++) {
        char name[32];
        snprintf(name, sizeof name, "%s_", kernel_names[kernel]);
        if (facts->has[kernel] && !(kernels[kernel] = clCreateKernel(program, name, &result)))
            finish_without("broken", "clCreateKernel %s: %d", name, result);
    }
}

static bool allocate(size_t bytes, uint64_t *memory) {
    code result = 0;
    object buffer = clCreateBuffer(context, MEMORY_READ_WRITE, bytes, NULL, &result);
    *memory = (uint64_t)(uintptr_t)buffer;
    return buffer ? true : is_done(result ? result : -1, "clCreateBuffer");
}

static object buffer(uint64_t memory) { return (object)(uintptr_t)memory; }
static void release(uint64_t memory) { clReleaseMemObject(buffer(memory)); }
static bool wait(void) { return is_done(clFinish(queue), "clFinish"); }

static bool clear(uint64_t memory, size_t bytes) {
    int zero = 0;
    return is_done(clEnqueueFillBuffer(queue, buffer(memory), &zero, sizeof zero, 0, bytes / 4 * 4, 0, NULL, NULL),
                   "clEnqueueFillBuffer") && wait();
}

static bool upload(uint64_t memory, const void *from, size_t bytes) {
    return is_done(clEnqueueWriteBuffer(queue, buffer(memory), 1, 0, bytes, from, 0, NULL, NULL), "clEnqueueWriteBuffer");
}

static bool download(uint64_t memory, void *to, size_t bytes) {
    return is_done(clEnqueueReadBuffer(queue, buffer(memory), 1, 0, bytes, to, 0, NULL, NULL), "clEnqueueReadBuffer");
}

static bool launch(enum kernel kernel, unsigned blocks, uint64_t first, uint64_t second, int count) {
    object one = buffer(first), two = buffer(second);
    code result = 0;
    if (kernel == KERNEL_COPY) {
        result = clSetKernelArg(kernels[kernel], 0, sizeof one, &one) | clSetKernelArg(kernels[kernel], 1, sizeof two, &two) |
                 clSetKernelArg(kernels[kernel], 2, sizeof count, &count);
    } else if (kernel != KERNEL_EMPTY) {
        result = clSetKernelArg(kernels[kernel], 0, sizeof one, &one) |
                 clSetKernelArg(kernels[kernel], 1, sizeof count, &count);
    }
    size_t global = (size_t)blocks * BLOCK_THREADS, local = BLOCK_THREADS;
    return is_done(result, "clSetKernelArg") &&
           is_done(clEnqueueNDRangeKernel(queue, kernels[kernel], 1, NULL, &global, &local, 0, NULL, NULL),
                   "clEnqueueNDRangeKernel");
}

static const char *failure(void) { return trouble; }

const struct library opencl_library = {
    .name = "opencl", .open = open_device, .allocate = allocate, .release = release, .clear = clear, .upload = upload,
    .download = download, .launch = launch, .wait = wait, .host_memory = NULL, .failure = failure,
};
#endif

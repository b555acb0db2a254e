// CUDA: the driver API, and NVRTC.
#if defined(__linux__)
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "gpu.h"

// CUdevice_attribute of the driver API.
enum { ATTRIBUTE_CLOCK_KHZ = 13, ATTRIBUTE_PROCESSORS = 16, ATTRIBUTE_MAJOR = 75, ATTRIBUTE_MINOR = 76 };

static const char *words(gpu_code code) {
    gpu_code (*name_of)(gpu_code, const char **) = gpu_symbol("cuGetErrorName");
    const char *name = NULL;
    return name_of && !name_of(code, &name) ? name : NULL;
}

static bool architecture(int device, char *text, size_t size) {
    int major = 0, minor = 0;
    if (gpu.device_attribute(&major, ATTRIBUTE_MAJOR, device) || gpu.device_attribute(&minor, ATTRIBUTE_MINOR, device)) return false;
    snprintf(text, size, "sm_%d%d", major, minor);
    return true;
}

static void describe(int device) {
    int value = 0, minor = 0;
    char text[64];
    if (!gpu.device_attribute(&value, ATTRIBUTE_PROCESSORS, device) && value > 0) json_number("compute_units", (uint64_t)value);
    if (!gpu.device_attribute(&value, ATTRIBUTE_CLOCK_KHZ, device) && value > 0) json_number("clock_mhz", (uint64_t)value / 1000);
    if (!gpu.device_attribute(&value, ATTRIBUTE_MAJOR, device) && !gpu.device_attribute(&minor, ATTRIBUTE_MINOR, device)) {
        snprintf(text, sizeof text, "%d.%d", value, minor);
        json_text("capability", text);
        json_bool("fp64", true);
        json_bool("fp16", value * 10 + minor >= 53);
    }
    gpu_code (*uuid_of)(unsigned char *, int) = gpu_symbol("cuDeviceGetUuid");
    unsigned char uuid[16];
    if (!uuid_of || uuid_of(uuid, device)) return;
    int length = snprintf(text, sizeof text, "GPU-");
    for (int index = 0; index < 16; index++)
        length += snprintf(text + length, sizeof text - (size_t)length, index == 4 || index == 6 || index == 8 || index == 10 ? "-%02x" : "%02x",
                           uuid[index]);
    json_text("uuid", text);
}

static const char *const libraries[] = {"libcuda.so.1", NULL};
static const char *const functions[GPU_FUNCTIONS] = {
    "cuInit", "cuDriverGetVersion", "cuDeviceGetCount", "cuDeviceGet", "cuDeviceGetName", "cuDeviceTotalMem_v2",
    "cuDeviceGetPCIBusId", "cuDeviceGetAttribute", "cuCtxCreate_v2", "cuModuleLoadData", "cuModuleGetFunction", "cuMemAlloc_v2",
    "cuMemsetD8_v2", "cuMemcpyHtoD_v2", "cuMemcpyDtoH_v2", "cuLaunchKernel", "cuCtxSynchronize",
};
static const char *const compilers[] = {"libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2", "libnvrtc.so", NULL};
static const char *const compiler_functions[GPU_COMPILER_FUNCTIONS] = {
    "nvrtcCreateProgram", "nvrtcAddNameExpression", "nvrtcCompileProgram", "nvrtcGetProgramLogSize", "nvrtcGetProgramLog",
    "nvrtcGetLoweredName", "nvrtcGetCUBINSize", "nvrtcGetCUBIN",
};
static const char *const options[] = {"--std=c++17", "-default-device", NULL};

static const struct gpu_maker maker = {
    .name = "cuda", .vendor = "nvidia", .libraries = libraries, .functions = functions, .compilers = compilers,
    .compiler_variable = "WEFT_NVRTC", .compiler_functions = compiler_functions, .include_variable = "WEFT_CUDA_INCLUDE",
    .architecture_option = "--gpu-architecture=", .fast_option = "--use_fast_math", .options = options, .words = words,
    .architecture = architecture, .describe = describe,
};

static void compile(struct order *order, const char *artefact) { gpu_compile_to(&maker, order, artefact); }
static void run(struct order *order, const char *artefact, const char *kept) { gpu_run(&maker, order, artefact, kept); }
static void probe(const char *library) { gpu_probe(&maker, library); }

const struct backend cuda_backend = {"cuda", compile, run, probe};
#endif

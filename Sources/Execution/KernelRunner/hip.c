// HIP, and HIPRTC, which older releases have inside HIP's own library.
#if defined(__linux__)
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "gpu.h"

static const char *words(gpu_code code) {
    const char *(*name_of)(gpu_code) = gpu_symbol("hipGetErrorName");
    return name_of ? name_of(code) : NULL;
}

/// HIPRTC compiles for the device that is there when it is told nothing; the layout of HIP's own properties differs from release to
/// release.
static bool architecture(int device, char *text, size_t size) {
    (void)device, (void)text, (void)size;
    return false;
}

static void describe(int device) { (void)device; }

static const char *const libraries[] = {"libamdhip64.so.7", "libamdhip64.so.6", "libamdhip64.so.5", "libamdhip64.so", NULL};
static const char *const functions[GPU_FUNCTIONS] = {
    "hipInit", "hipDriverGetVersion", "hipGetDeviceCount", "hipDeviceGet", "hipDeviceGetName", "hipDeviceTotalMem",
    "hipDeviceGetPCIBusId", "hipDeviceGetAttribute", "hipCtxCreate", "hipModuleLoadData", "hipModuleGetFunction", "hipMalloc",
    "hipMemsetD8", "hipMemcpyHtoD", "hipMemcpyDtoH", "hipModuleLaunchKernel", "hipDeviceSynchronize",
};
static const char *const compilers[] = {
    "libhiprtc.so.7", "libhiprtc.so.6", "libhiprtc.so", "libamdhip64.so.5", "libamdhip64.so", NULL,
};
static const char *const compiler_functions[GPU_COMPILER_FUNCTIONS] = {
    "hiprtcCreateProgram", "hiprtcAddNameExpression", "hiprtcCompileProgram", "hiprtcGetProgramLogSize", "hiprtcGetProgramLog",
    "hiprtcGetLoweredName", "hiprtcGetCodeSize", "hiprtcGetCode",
};
static const char *const options[] = {"-std=c++17", NULL};

static const struct gpu_maker maker = {
    .name = "hip", .vendor = "amd", .libraries = libraries, .functions = functions, .compilers = compilers,
    .compiler_variable = "WEFT_HIPRTC", .compiler_functions = compiler_functions, .include_variable = "WEFT_HIP_INCLUDE",
    .architecture_option = "--offload-arch=", .fast_option = "-ffast-math", .options = options, .words = words,
    .architecture = architecture, .describe = describe,
};

static void compile(struct order *order, const char *artefact) { gpu_compile_to(&maker, order, artefact); }
static void run(struct order *order, const char *artefact, const char *kept) { gpu_run(&maker, order, artefact, kept); }
static void probe(const char *library) { gpu_probe(&maker, library); }

const struct backend hip_backend = {"hip", compile, run, probe};
#endif

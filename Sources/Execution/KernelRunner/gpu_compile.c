// Compilation for GPUs by NVRTC and HIPRTC, which need no GPU.
#if defined(__linux__)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gpu.h"

static struct gpu_compiler compiler;

static void open_compiler(const struct gpu_maker *maker) {
    const char *given = getenv(maker->compiler_variable);
    const char *const alone[] = {given, NULL};
    char why[512];
    const char *name;
    void *library = open_library(given && *given ? alone : maker->compilers, &name, why, sizeof why);
    if (!library) end(OUTCOME_NO_DEVICE, "there is no compiler for %s: %s", maker->name, why);
    void **place = (void **)&compiler;
    for (size_t index = 0; index < GPU_COMPILER_FUNCTIONS; index++) {
        place[index] = dlsym(library, maker->compiler_functions[index]);
        if (!place[index]) end(OUTCOME_NO_DEVICE, "%s lacks %s", name, maker->compiler_functions[index]);
    }
}

static char *text_of(const char *first, const char *second, const char *third) {
    size_t size = strlen(first) + strlen(second) + strlen(third) + 2;
    char *text = malloc(size);
    if (!text) end(OUTCOME_OUT_OF_MEMORY, "there is no memory for the options");
    snprintf(text, size, "%s%s%s", first, second, third);
    return text;
}

static int collect(const struct gpu_maker *maker, const struct order *order, const char *architecture, const char **options) {
    int count = 0;
    if (architecture) options[count++] = text_of(maker->architecture_option, architecture, "");
    options[count++] = text_of("-DWEFT_", !strcmp(maker->name, "hip") ? "HIP" : "CUDA", "=1");
    for (const char *const *option = maker->options; *option; option++) options[count++] = *option;
    if (order->is_fast) options[count++] = maker->fast_option;
    const char *include = getenv(maker->include_variable);
    if (include && *include) options[count++] = text_of("-I", include, "");
    for (unsigned index = 0; index < order->define_count; index++) {
        char *define = text_of("-D", order->defines[index].name, "=");
        options[count++] = text_of(define, order->defines[index].value, "");
    }
    return count;
}

static void tell(gpu_object program) {
    size_t size = 0;
    if (compiler.log_size(program, &size) || size < 2) return;
    char *log = calloc(1, size + 1);
    if (log && !compiler.log(program, log)) tell_log(log, size);
    free(log);
}

char *gpu_compile(const struct gpu_maker *maker, const struct order *order, const char *architecture, size_t *size) {
    open_compiler(maker);
    gpu_object program = NULL;
    gpu_code code = compiler.create(&program, order->source, !strcmp(maker->name, "hip") ? "kernel.hip" : "kernel.cu", 0, NULL, NULL);
    if (code) end(OUTCOME_NO_DEVICE, "the compiler for %s does not work (code %d)", maker->name, code);
    for (unsigned index = 0; index < order->launch_count; index++)
        if (compiler.add_name(program, order->launches[index].entry))
            end(OUTCOME_BAD_LAUNCH, "%s cannot be a kernel's name", order->launches[index].entry);
    const char *options[DEFINES_MAX + 16];
    code = compiler.compile(program, collect(maker, order, architecture, options), options);
    tell(program);
    if (code) end(OUTCOME_BAD_SOURCE, "the source cannot be compiled%s%s", architecture ? " for " : "", architecture ? architecture : "");
    size_t code_size = 0;
    if (compiler.code_size(program, &code_size) || !code_size) end(OUTCOME_NO_DEVICE, "the compiler gives no machine code");
    const char *names[LAUNCHES_MAX];
    size_t length = 1;
    for (unsigned index = 0; index < order->launch_count; index++) {
        if (compiler.lowered_name(program, order->launches[index].entry, &names[index]) || !names[index])
            end(OUTCOME_BAD_LAUNCH, "the source has no kernel %s", order->launches[index].entry);
        length += strlen(names[index]) + 1;
    }
    char *result = malloc(length + code_size + 1), *place = result;
    if (!result) end(OUTCOME_OUT_OF_MEMORY, "there is no memory for the machine code");
    for (unsigned index = 0; index < order->launch_count; index++) place += sprintf(place, "%s\n", names[index]);
    *place++ = '\n';
    if (compiler.code(program, place)) end(OUTCOME_NO_DEVICE, "the compiler gives no machine code");
    *size = length + code_size;
    return result;
}
#endif

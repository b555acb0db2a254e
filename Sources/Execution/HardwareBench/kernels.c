#if defined(__linux__)
#define _GNU_SOURCE
#include "kernels.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PTX_BYTES 65536
#define SUMS 8
#define STEPS 8

static char ptx[PTX_BYTES];
static size_t ptx_length;

__attribute__((format(printf, 1, 2))) static void line(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    ptx_length += (size_t)vsnprintf(ptx + ptx_length, PTX_BYTES - ptx_length, format, arguments);
    va_end(arguments);
    ptx[ptx_length++] = '\n';
    ptx[ptx_length] = 0;
}

/// Thread number in %r3, its place in `out` (elements of `bytes`) in %d2, rounds in %r4.
static void begin(const char *name, unsigned bytes) {
    line(".visible .entry %s(.param .u64 out, .param .u32 rounds) {", name);
    line(".reg .pred %%p; .reg .b32 %%r<8>; .reg .b64 %%d<4>;");
    line("mov.u32 %%r0, %%tid.x; mov.u32 %%r1, %%ctaid.x; mov.u32 %%r2, %%ntid.x;");
    line("mad.lo.u32 %%r3, %%r1, %%r2, %%r0;");
    line("ld.param.u32 %%r4, [rounds]; ld.param.u64 %%d0, [out];");
    line("cvta.to.global.u64 %%d1, %%d0; mad.wide.u32 %%d2, %%r3, %u, %%d1;", bytes);
}

/// `SUMS` independent sums: x = x * factor + addend, where registers `SUMS` and `SUMS` + 1 have the latter two.
static void loop(const char *instruction, char prefix) {
    line("again:");
    for (int step = 0; step < STEPS; step++) {
        for (int sum = 0; sum < SUMS; sum++) {
            line("%s %%%c%d, %%%c%d, %%%c%d, %%%c%d;", instruction, prefix, sum, prefix, sum, prefix, SUMS, prefix,
                 SUMS + 1);
        }
    }
    line("sub.u32 %%r4, %%r4, 1; setp.ne.u32 %%p, %%r4, 0; @%%p bra again;");
}

static void add_up(const char *instruction, const char *type, char prefix) {
    for (int sum = 1; sum < SUMS; sum++) line("%s %%%c0, %%%c0, %%%c%d;", instruction, prefix, prefix, prefix, sum);
    line("st.global.%s [%%d2], %%%c0; ret; }", type, prefix);
}

const char *ptx_kernels(bool has_halves) {
    ptx_length = 0;
    line(".version 6.0");
    line(".target %s", has_halves ? "sm_53" : "sm_50");
    line(".address_size 64");

    begin("single_", 4);
    line(".reg .f32 %%f<%d>;", SUMS + 2);
    line("cvt.rn.f32.u32 %%f%d, %%r0; mul.f32 %%f%d, %%f%d, 0f38D1B717;", SUMS + 1, SUMS + 1, SUMS + 1);
    line("mov.f32 %%f%d, 0f3F7FF972;", SUMS);
    for (int sum = 0; sum < SUMS; sum++) line("mov.f32 %%f%d, 0f3F8%d0000;", sum, sum);
    loop("fma.rn.f32", 'f');
    add_up("add.f32", "f32", 'f');

    begin("double_", 8);
    line(".reg .f64 %%e<%d>;", SUMS + 2);
    line("cvt.rn.f64.u32 %%e%d, %%r0;", SUMS + 1);
    line("mov.f64 %%e%d, 0d3FEFFF2E48E8A71E;", SUMS);
    for (int sum = 0; sum < SUMS; sum++) line("mov.f64 %%e%d, 0d3FF%d000000000000;", sum, sum);
    loop("fma.rn.f64", 'e');
    add_up("add.f64", "f64", 'e');

    if (has_halves) {
        // Two halves in each register: 0.5 and 1 as factors and addends, so that nothing overflows.
        begin("half_", 4);
        line(".reg .b32 %%h<%d>;", SUMS + 2);
        line("mov.b32 %%h%d, 0x38003800; mov.b32 %%h%d, 0x3C003C00;", SUMS, SUMS + 1);
        for (int sum = 0; sum < SUMS; sum++) line("mov.b32 %%h%d, 0x3C0%d3C0%d;", sum, sum, sum);
        loop("fma.rn.f16x2", 'h');
        for (int sum = 1; sum < SUMS; sum++) line("fma.rn.f16x2 %%h0, %%h%d, %%h%d, %%h0;", sum, SUMS);
        line("st.global.u32 [%%d2], %%h0; ret; }");
    }

    line(".visible .entry copy_(.param .u64 from, .param .u64 to, .param .u32 count) {");
    line(".reg .pred %%p; .reg .b32 %%r<10>; .reg .b64 %%d<6>;");
    line("mov.u32 %%r0, %%tid.x; mov.u32 %%r1, %%ctaid.x; mov.u32 %%r2, %%ntid.x;");
    line("mad.lo.u32 %%r3, %%r1, %%r2, %%r0; ld.param.u32 %%r4, [count];");
    line("setp.ge.u32 %%p, %%r3, %%r4; @%%p ret;");
    line("ld.param.u64 %%d0, [from]; ld.param.u64 %%d1, [to];");
    line("cvta.to.global.u64 %%d2, %%d0; cvta.to.global.u64 %%d3, %%d1;");
    line("mad.wide.u32 %%d4, %%r3, 16, %%d2; mad.wide.u32 %%d5, %%r3, 16, %%d3;");
    line("ld.global.v4.u32 {%%r5, %%r6, %%r7, %%r8}, [%%d4]; st.global.v4.u32 [%%d5], {%%r5, %%r6, %%r7, %%r8};");
    line("ret; }");
    line(".visible .entry empty_() { ret; }");
    return ptx;
}

static const char hip_source[] =
    "#define ROUNDS(T, S, NAME) \\\n"
    "extern \"C\" __global__ void NAME(T *out, int rounds) { \\\n"
    "    S start = (S)(0.0001f * (threadIdx.x + 1)); \\\n"
    "    T f = (T)(S)0.9999f, c = (T)start; \\\n"
    "    T a = c, b = c + c, d = c * c, e = c + f, g = f, h = f * f, i = c * f, j = f + f; \\\n"
    "    for (int round = 0; round < rounds; round++) { \\\n"
    "        for (int step = 0; step < 8; step++) { \\\n"
    "            a = a * f + c; b = b * f + c; d = d * f + c; e = e * f + c; \\\n"
    "            g = g * f + c; h = h * f + c; i = i * f + c; j = j * f + c; \\\n"
    "        } \\\n"
    "    } \\\n"
    "    out[blockIdx.x * blockDim.x + threadIdx.x] = a + b + d + e + g + h + i + j; \\\n"
    "}                                                                                      \n"
    "typedef _Float16 two __attribute__((ext_vector_type(2)));                              \n"
    "ROUNDS(float, float, single_)                                                          \n"
    "ROUNDS(double, double, double_)                                                        \n"
    "ROUNDS(two, _Float16, half_)                                                           \n"
    "extern \"C\" __global__ void copy_(const float4 *from, float4 *to, int count) {        \n"
    "    int at = blockIdx.x * blockDim.x + threadIdx.x;                                    \n"
    "    if (at < count) to[at] = from[at];                                                 \n"
    "}                                                                                      \n"
    "extern \"C\" __global__ void empty_() {}                                               \n";

const void *hip_kernels(void *compiler, char *why, unsigned why_bytes) {
    int (*create)(void **, const char *, const char *, int, const char **, const char **) =
        dlsym(compiler, "hiprtcCreateProgram");
    int (*compile)(void *, int, const char **) = dlsym(compiler, "hiprtcCompileProgram");
    int (*size)(void *, size_t *) = dlsym(compiler, "hiprtcGetCodeSize");
    int (*code)(void *, char *) = dlsym(compiler, "hiprtcGetCode");
    if (!create || !compile || !size || !code) {
        snprintf(why, why_bytes, "there is no HIPRTC");
        return NULL;
    }
    void *program = NULL;
    size_t bytes = 0;
    const char *options[] = {"-O3", "-ffp-contract=fast"};
    int result = create(&program, hip_source, "benchmark.hip", 0, NULL, NULL);
    if (!result) result = compile(program, 2, options);
    if (!result) result = size(program, &bytes);
    char *image = result ? NULL : malloc(bytes);
    if (image && !(result = code(program, image))) return image;
    snprintf(why, why_bytes, "HIPRTC fails with %d", result);
    return NULL;
}
#endif

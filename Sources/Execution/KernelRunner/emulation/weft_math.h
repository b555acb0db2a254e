// Mathematical functions and intrinsics of CUDA C (CUDA Math API) on top of the C library's. Fast intrinsics are as exact as
// the others here; rounding modes other than to nearest are made by the processor's own.
#ifndef WEFT_EMULATION_MATH_H
#define WEFT_EMULATION_MATH_H

#include <fenv.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "weft_vectors.h"

#define WEFT_EXTREMES(type)                                                  \
    static inline type min(type a, type b) { return b < a ? b : a; }        \
    static inline type max(type a, type b) { return a < b ? b : a; }
WEFT_EXTREMES(int)
WEFT_EXTREMES(unsigned)
WEFT_EXTREMES(long)
WEFT_EXTREMES(unsigned long)
WEFT_EXTREMES(long long)
WEFT_EXTREMES(unsigned long long)
#undef WEFT_EXTREMES
static inline float min(float a, float b) { return fminf(a, b); }
static inline float max(float a, float b) { return fmaxf(a, b); }
static inline double min(double a, double b) { return fmin(a, b); }
static inline double max(double a, double b) { return fmax(a, b); }
static inline unsigned min(int a, unsigned b) { return min(unsigned(a), b); }
static inline unsigned min(unsigned a, int b) { return min(a, unsigned(b)); }
static inline unsigned max(int a, unsigned b) { return max(unsigned(a), b); }
static inline unsigned max(unsigned a, int b) { return max(a, unsigned(b)); }
static inline double min(float a, double b) { return fmin(a, b); }
static inline double min(double a, float b) { return fmin(a, b); }
static inline double max(float a, double b) { return fmax(a, b); }
static inline double max(double a, float b) { return fmax(a, b); }

// Names that the C library lacks, in both precisions.
static inline float rsqrtf(float x) { return 1.0f / sqrtf(x); }
static inline double rsqrt(double x) { return 1.0 / sqrt(x); }
static inline float rsqrt(float x) { return rsqrtf(x); }
static inline float rcbrtf(float x) { return 1.0f / cbrtf(x); }
static inline double rcbrt(double x) { return 1.0 / cbrt(x); }
static inline double sinpi(double x) { return sin(M_PI * remainder(x, 2.0)); }
static inline double cospi(double x) { return cos(M_PI * remainder(x, 2.0)); }
static inline float sinpif(float x) { return float(sinpi(double(x))); }
static inline float cospif(float x) { return float(cospi(double(x))); }
static inline void sincospif(float x, float *sine, float *cosine) { *sine = sinpif(x), *cosine = cospif(x); }
static inline void sincospi(double x, double *sine, double *cosine) { *sine = sinpi(x), *cosine = cospi(x); }
static inline float norm3df(float a, float b, float c) { return sqrtf(a * a + b * b + c * c); }
static inline double norm3d(double a, double b, double c) { return sqrt(a * a + b * b + c * c); }
static inline float rnorm3df(float a, float b, float c) { return 1.0f / norm3df(a, b, c); }
static inline float rhypotf(float a, float b) { return 1.0f / hypotf(a, b); }
static inline double rhypot(double a, double b) { return 1.0 / hypot(a, b); }
static inline float normcdff(float x) { return 0.5f * erfcf(-x * float(M_SQRT1_2)); }
static inline double normcdf(double x) { return 0.5 * erfc(-x * M_SQRT1_2); }
static inline float fdividef(float a, float b) { return a / b; }
#if defined(__GLIBC__) && !defined(__USE_GNU)
static inline void sincosf(float x, float *sine, float *cosine) { *sine = sinf(x), *cosine = cosf(x); }
static inline void sincos(double x, double *sine, double *cosine) { *sine = sin(x), *cosine = cos(x); }
#endif

// Fast intrinsics. Macros, since C libraries have some of these names for themselves.
#define __expf(x) (expf(x))
#define __exp10f(x) (powf(10.0f, (x)))
#define __logf(x) (logf(x))
#define __log2f(x) (log2f(x))
#define __log10f(x) (log10f(x))
#define __sinf(x) (sinf(x))
#define __cosf(x) (cosf(x))
#define __tanf(x) (tanf(x))
#define __powf(x, y) (powf((x), (y)))
#define __sincosf(x, sine, cosine) (sincosf((x), (sine), (cosine)))
#define __fdividef(a, b) (static_cast<float>(a) / static_cast<float>(b))
static inline float __saturatef(float x) { return x > 0.0f ? (x < 1.0f ? x : 1.0f) : 0.0f; }

namespace weft::emulation {

/// Computes with a rounding mode; the compiler must not move the computation out of it.
template <int mode, class Value, class Compute> Value rounded(Compute compute) {
    if constexpr (mode == FE_TONEAREST) {
        return compute();
    } else {
        int before = fegetround();
        fesetround(mode);
        volatile Value result = compute();
        fesetround(before);
        return result;
    }
}

template <class Value> Value opaque(Value value) {
    volatile Value kept = value;
    return kept;
}

}  // namespace weft::emulation

#define WEFT_ROUNDED(suffix, mode)                                                                                     \
    static inline float __fadd_##suffix(float a, float b) {                                                            \
        return weft::emulation::rounded<mode, float>([=] { return weft::emulation::opaque(a) + b; });                  \
    }                                                                                                                  \
    static inline float __fsub_##suffix(float a, float b) {                                                            \
        return weft::emulation::rounded<mode, float>([=] { return weft::emulation::opaque(a) - b; });                  \
    }                                                                                                                  \
    static inline float __fmul_##suffix(float a, float b) {                                                            \
        return weft::emulation::rounded<mode, float>([=] { return weft::emulation::opaque(a) * b; });                  \
    }                                                                                                                  \
    static inline float __fdiv_##suffix(float a, float b) {                                                            \
        return weft::emulation::rounded<mode, float>([=] { return weft::emulation::opaque(a) / b; });                  \
    }                                                                                                                  \
    static inline float __frcp_##suffix(float a) { return __fdiv_##suffix(1.0f, a); }                                  \
    static inline float __fsqrt_##suffix(float a) {                                                                    \
        return weft::emulation::rounded<mode, float>([=] { return sqrtf(weft::emulation::opaque(a)); });               \
    }                                                                                                                  \
    static inline float __fmaf_##suffix(float a, float b, float c) {                                                   \
        return weft::emulation::rounded<mode, float>([=] { return fmaf(weft::emulation::opaque(a), b, c); });          \
    }                                                                                                                  \
    static inline double __dadd_##suffix(double a, double b) {                                                         \
        return weft::emulation::rounded<mode, double>([=] { return weft::emulation::opaque(a) + b; });                 \
    }                                                                                                                  \
    static inline double __dsub_##suffix(double a, double b) {                                                         \
        return weft::emulation::rounded<mode, double>([=] { return weft::emulation::opaque(a) - b; });                 \
    }                                                                                                                  \
    static inline double __dmul_##suffix(double a, double b) {                                                         \
        return weft::emulation::rounded<mode, double>([=] { return weft::emulation::opaque(a) * b; });                 \
    }                                                                                                                  \
    static inline double __ddiv_##suffix(double a, double b) {                                                         \
        return weft::emulation::rounded<mode, double>([=] { return weft::emulation::opaque(a) / b; });                 \
    }                                                                                                                  \
    static inline double __dsqrt_##suffix(double a) {                                                                  \
        return weft::emulation::rounded<mode, double>([=] { return sqrt(weft::emulation::opaque(a)); });               \
    }                                                                                                                  \
    static inline double __fma_##suffix(double a, double b, double c) {                                                \
        return weft::emulation::rounded<mode, double>([=] { return fma(weft::emulation::opaque(a), b, c); });          \
    }                                                                                                                  \
    static inline float __double2float_##suffix(double a) {                                                            \
        return weft::emulation::rounded<mode, float>([=] { return float(weft::emulation::opaque(a)); });               \
    }                                                                                                                  \
    static inline float __int2float_##suffix(int a) {                                                                  \
        return weft::emulation::rounded<mode, float>([=] { return float(weft::emulation::opaque(a)); });               \
    }                                                                                                                  \
    static inline float __uint2float_##suffix(unsigned a) {                                                            \
        return weft::emulation::rounded<mode, float>([=] { return float(weft::emulation::opaque(a)); });               \
    }
WEFT_ROUNDED(rn, FE_TONEAREST)
WEFT_ROUNDED(rz, FE_TOWARDZERO)
WEFT_ROUNDED(ru, FE_UPWARD)
WEFT_ROUNDED(rd, FE_DOWNWARD)
#undef WEFT_ROUNDED
static inline float __frsqrt_rn(float x) { return float(1.0 / sqrt(double(x))); }

#endif

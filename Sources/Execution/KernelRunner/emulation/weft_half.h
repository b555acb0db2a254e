// Half precision and bfloat16 as types of 16 bits whose arithmetic is that of floats, rounded (CUDA Math API, "Half Precision
// Intrinsics", "Bfloat16 Precision Intrinsics"). Rounding twice changes nothing for one operation on floats of at least
// 2 x 11 + 2 digits; fused operations are computed in double precision.
#ifndef WEFT_EMULATION_HALF_H
#define WEFT_EMULATION_HALF_H

#include <math.h>

#include "weft_integers.h"
#include "weft_math.h"

namespace weft::emulation {

/// IEEE 754-2019, section 3.6, binary16.
struct HalfFormat {
    static float widened(unsigned short bits) {
        unsigned sign = unsigned(bits & 0x8000) << 16, exponent = bits >> 10 & 31, fraction = bits & 0x3ff;
        if (exponent == 31) return __uint_as_float(sign | 0x7f800000 | fraction << 13);
        if (exponent != 0) return __uint_as_float(sign | (exponent + 112) << 23 | fraction << 13);
        float value = float(fraction) * 0x1p-24f;
        return sign ? -value : value;
    }
    /// To nearest, ties to even.
    static unsigned short narrowed(double value) {
        auto sign = (unsigned short)(signbit(value) ? 0x8000 : 0);
        double size = fabs(value);
        if (isnan(value)) return 0x7fff;
        if (size >= 65520.0) return sign | 0x7c00;
        if (size < 0x1p-14) return (unsigned short)(sign | unsigned(rint(size * 0x1p24)));
        int exponent;
        double fraction = frexp(size, &exponent);  // 0.5 to 1
        // A fraction that is rounded up to the next power of two carries into the exponent by itself.
        return (unsigned short)(sign | ((unsigned(exponent + 13) << 10) + unsigned(rint(fraction * 2048))));
    }
    static unsigned short narrowedTowardsZero(float value) {
        unsigned short bits = narrowed(value);
        return fabsf(widened(bits)) > fabsf(value) ? (unsigned short)(bits - 1) : bits;
    }
};

/// The upper half of a binary32.
struct BrainFormat {
    static float widened(unsigned short bits) { return __uint_as_float(unsigned(bits) << 16); }
    static unsigned short narrowed(double value) {
        if (isnan(value)) return 0x7fff;
        // To odd first, so that rounding again to nearest is rounding once.
        auto nearest = float(value);
        unsigned bits = __float_as_uint(nearest);
        if (isfinite(nearest) && double(nearest) != value) {
            if (fabs(double(nearest)) > fabs(value)) bits--;
            bits |= 1;
        }
        return (unsigned short)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
    }
    static unsigned short narrowedTowardsZero(float value) {
        return isnan(value) ? 0x7fff : (unsigned short)(__float_as_uint(value) >> 16);
    }
};

template <class Format> struct alignas(2) Short {
    unsigned short bits;

    Short() = default;
    Short(float value) : bits(Format::narrowed(value)) {}
    Short(double value) : bits(Format::narrowed(value)) {}
    Short(int value) : bits(Format::narrowed(value)) {}
    Short(unsigned value) : bits(Format::narrowed(value)) {}
    operator float() const { return Format::widened(bits); }
    float wide() const { return Format::widened(bits); }
    static Short of(unsigned short bits) {
        Short value;
        value.bits = bits;
        return value;
    }
    Short &operator+=(Short other) { return *this = Short(wide() + other.wide()); }
    Short &operator-=(Short other) { return *this = Short(wide() - other.wide()); }
    Short &operator*=(Short other) { return *this = Short(wide() * other.wide()); }
    Short &operator/=(Short other) { return *this = Short(wide() / other.wide()); }
    Short operator-() const { return of(bits ^ 0x8000); }
    friend Short operator+(Short a, Short b) { return Short(a.wide() + b.wide()); }
    friend Short operator-(Short a, Short b) { return Short(a.wide() - b.wide()); }
    friend Short operator*(Short a, Short b) { return Short(a.wide() * b.wide()); }
    friend Short operator/(Short a, Short b) { return Short(a.wide() / b.wide()); }
    friend bool operator==(Short a, Short b) { return a.wide() == b.wide(); }
    friend bool operator!=(Short a, Short b) { return a.wide() != b.wide(); }
    friend bool operator<(Short a, Short b) { return a.wide() < b.wide(); }
    friend bool operator>(Short a, Short b) { return a.wide() > b.wide(); }
    friend bool operator<=(Short a, Short b) { return a.wide() <= b.wide(); }
    friend bool operator>=(Short a, Short b) { return a.wide() >= b.wide(); }
};

template <class Format> struct alignas(4) ShortPair {
    Short<Format> x, y;
    ShortPair() = default;
    ShortPair(Short<Format> x, Short<Format> y) : x(x), y(y) {}
    friend ShortPair operator+(ShortPair a, ShortPair b) { return {a.x + b.x, a.y + b.y}; }
    friend ShortPair operator-(ShortPair a, ShortPair b) { return {a.x - b.x, a.y - b.y}; }
    friend ShortPair operator*(ShortPair a, ShortPair b) { return {a.x * b.x, a.y * b.y}; }
    friend ShortPair operator/(ShortPair a, ShortPair b) { return {a.x / b.x, a.y / b.y}; }
};

}  // namespace weft::emulation

using __half = weft::emulation::Short<weft::emulation::HalfFormat>;
using __half2 = weft::emulation::ShortPair<weft::emulation::HalfFormat>;
using half = __half;
using half2 = __half2;
using __nv_bfloat16 = weft::emulation::Short<weft::emulation::BrainFormat>;
using __nv_bfloat162 = weft::emulation::ShortPair<weft::emulation::BrainFormat>;
using nv_bfloat16 = __nv_bfloat16;
using nv_bfloat162 = __nv_bfloat162;

#define WEFT_SHORT(type, pair, name, names)                                                                    \
    static inline type __float2##name(float x) { return type(x); }                                             \
    static inline type __float2##name##_rn(float x) { return type(x); }                                        \
    static inline type __float2##name##_rz(float x) { return type::of(weft::emulation::names::narrowedTowardsZero(x)); } \
    static inline type __double2##name(double x) { return type(x); }                                           \
    static inline type __int2##name##_rn(int x) { return type(x); }                                            \
    static inline float __##name##2float(type x) { return x.wide(); }                                          \
    static inline int __##name##2int_rn(type x) { return __float2int_rn(x.wide()); }                           \
    static inline int __##name##2int_rz(type x) { return __float2int_rz(x.wide()); }                           \
    static inline unsigned short __##name##_as_ushort(type x) { return x.bits; }                               \
    static inline short __##name##_as_short(type x) { return short(x.bits); }                                  \
    static inline type __ushort_as_##name(unsigned short x) { return type::of(x); }                            \
    static inline type __short_as_##name(short x) { return type::of((unsigned short)x); }                      \
    static inline pair __floats2##name##2_rn(float x, float y) { return {type(x), type(y)}; }                  \
    static inline pair __float2##name##2_rn(float x) { return {type(x), type(x)}; }                            \
    static inline type __hadd(type a, type b) { return a + b; }                                                \
    static inline type __hsub(type a, type b) { return a - b; }                                                \
    static inline type __hmul(type a, type b) { return a * b; }                                                \
    static inline type __hdiv(type a, type b) { return a / b; }                                                \
    static inline type __hneg(type a) { return -a; }                                                           \
    static inline type __habs(type a) { return type::of(a.bits & 0x7fff); }                                    \
    static inline type __hfma(type a, type b, type c) {                                                        \
        return type(double(a.wide()) * double(b.wide()) + double(c.wide()));                                   \
    }                                                                                                          \
    static inline bool __heq(type a, type b) { return a == b; }                                                \
    static inline bool __hne(type a, type b) { return a != b; }                                                \
    static inline bool __hlt(type a, type b) { return a < b; }                                                 \
    static inline bool __hle(type a, type b) { return a <= b; }                                                \
    static inline bool __hgt(type a, type b) { return a > b; }                                                 \
    static inline bool __hge(type a, type b) { return a >= b; }                                                \
    static inline bool __hisnan(type a) { return isnan(a.wide()); }                                            \
    static inline type __hmax(type a, type b) { return type(fmaxf(a.wide(), b.wide())); }                      \
    static inline type __hmin(type a, type b) { return type(fminf(a.wide(), b.wide())); }                      \
    static inline type hsqrt(type a) { return type(sqrt(double(a.wide()))); }                                  \
    static inline type hrsqrt(type a) { return type(1 / sqrt(double(a.wide()))); }                             \
    static inline type hrcp(type a) { return type(1 / double(a.wide())); }                                     \
    static inline type hexp(type a) { return type(exp(double(a.wide()))); }                                    \
    static inline type hlog(type a) { return type(log(double(a.wide()))); }                                    \
    static inline type hsin(type a) { return type(sin(double(a.wide()))); }                                    \
    static inline type hcos(type a) { return type(cos(double(a.wide()))); }                                    \
    static inline pair __hadd2(pair a, pair b) { return a + b; }                                               \
    static inline pair __hsub2(pair a, pair b) { return a - b; }                                               \
    static inline pair __hmul2(pair a, pair b) { return a * b; }                                               \
    static inline pair __hfma2(pair a, pair b, pair c) { return {__hfma(a.x, b.x, c.x), __hfma(a.y, b.y, c.y)}; }
WEFT_SHORT(__half, __half2, half, HalfFormat)
WEFT_SHORT(__nv_bfloat16, __nv_bfloat162, bfloat16, BrainFormat)
#undef WEFT_SHORT

static inline float2 __half22float2(__half2 a) { return {a.x.wide(), a.y.wide()}; }
static inline __half2 __float22half2_rn(float2 a) { return {__half(a.x), __half(a.y)}; }
static inline float __low2float(__half2 a) { return a.x.wide(); }
static inline float __high2float(__half2 a) { return a.y.wide(); }
static inline __half __low2half(__half2 a) { return a.x; }
static inline __half __high2half(__half2 a) { return a.y; }
static inline __half2 __half2half2(__half a) { return {a, a}; }
static inline __half2 __halves2half2(__half a, __half b) { return {a, b}; }
static inline __half2 make_half2(__half a, __half b) { return {a, b}; }
static inline float2 __bfloat1622float2(__nv_bfloat162 a) { return {a.x.wide(), a.y.wide()}; }
static inline __nv_bfloat162 __float22bfloat162_rn(float2 a) { return {__nv_bfloat16(a.x), __nv_bfloat16(a.y)}; }
static inline float __low2float(__nv_bfloat162 a) { return a.x.wide(); }
static inline float __high2float(__nv_bfloat162 a) { return a.y.wide(); }
static inline __nv_bfloat162 __bfloat162bfloat162(__nv_bfloat16 a) { return {a, a}; }
static inline __nv_bfloat162 __halves2bfloat162(__nv_bfloat16 a, __nv_bfloat16 b) { return {a, b}; }

#endif

// Integer intrinsics, casts of bits and conversions of CUDA C (CUDA Math API).
#ifndef WEFT_EMULATION_INTEGERS_H
#define WEFT_EMULATION_INTEGERS_H

#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

namespace weft::emulation {

template <class To, class From> To bits(From from) {
    static_assert(sizeof(To) == sizeof(From), "the same bits");
    To to;
    memcpy(&to, &from, sizeof to);
    return to;
}

/// A GPU's conversion: what is beyond the range becomes its nearest end, NaN becomes 0.
template <class Integer, class Real> Integer saturated(Real value) {
    constexpr bool isSigned = Integer(-1) < Integer(0);
    constexpr int exponent = int(sizeof(Integer)) * 8 - (isSigned ? 1 : 0);
    constexpr Integer greatest = isSigned ? Integer((uint64_t(1) << (exponent - 1)) - 1 + (uint64_t(1) << (exponent - 1)))
                                          : Integer(-1);
    if (isnan(value)) return 0;
    if (value >= ldexp(1.0, exponent)) return greatest;
    if (value < (isSigned ? -ldexp(1.0, exponent) : 0)) return isSigned ? Integer(-greatest - 1) : Integer(0);
    return Integer(value);
}

}  // namespace weft::emulation

static inline int __clz(int x) { return x == 0 ? 32 : __builtin_clz(unsigned(x)); }
static inline int __clzll(long long x) { return x == 0 ? 64 : __builtin_clzll((unsigned long long)x); }
static inline int __ffs(int x) { return __builtin_ffs(x); }
static inline int __ffsll(long long x) { return __builtin_ffsll(x); }
static inline int __popc(unsigned x) { return __builtin_popcount(x); }
static inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }

static inline unsigned __brev(unsigned x) {
    x = (x >> 1 & 0x55555555u) | (x & 0x55555555u) << 1;
    x = (x >> 2 & 0x33333333u) | (x & 0x33333333u) << 2;
    x = (x >> 4 & 0x0f0f0f0fu) | (x & 0x0f0f0f0fu) << 4;
    return __builtin_bswap32(x);
}
static inline unsigned long long __brevll(unsigned long long x) {
    return (unsigned long long)__brev(unsigned(x)) << 32 | __brev(unsigned(x >> 32));
}

/// Four bytes out of eight, by the low three bits of each nibble of `selector`; its fourth bit spreads the sign.
static inline unsigned __byte_perm(unsigned x, unsigned y, unsigned selector) {
    uint64_t all = uint64_t(y) << 32 | x;
    unsigned result = 0;
    for (int place = 0; place < 4; place++) {
        unsigned nibble = selector >> (4 * place) & 15;
        auto byte = unsigned(all >> (8 * (nibble & 7)) & 255);
        if (nibble & 8) byte = byte & 128 ? 255 : 0;
        result |= byte << (8 * place);
    }
    return result;
}
static inline unsigned __funnelshift_l(unsigned low, unsigned high, unsigned shift) {
    return unsigned((uint64_t(high) << 32 | low) << (shift & 31) >> 32);
}
static inline unsigned __funnelshift_r(unsigned low, unsigned high, unsigned shift) {
    return unsigned((uint64_t(high) << 32 | low) >> (shift & 31));
}
static inline unsigned __funnelshift_lc(unsigned low, unsigned high, unsigned shift) {
    return shift >= 32 ? low : __funnelshift_l(low, high, shift);
}
static inline unsigned __funnelshift_rc(unsigned low, unsigned high, unsigned shift) {
    return shift >= 32 ? high : __funnelshift_r(low, high, shift);
}

static inline int __mulhi(int a, int b) { return int(int64_t(a) * b >> 32); }
static inline unsigned __umulhi(unsigned a, unsigned b) { return unsigned(uint64_t(a) * b >> 32); }
static inline long long __mul64hi(long long a, long long b) { return (long long)(__int128(a) * b >> 64); }
static inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
    return (unsigned long long)((unsigned __int128)a * b >> 64);
}
static inline int __mul24(int a, int b) {
    return int(unsigned(int(unsigned(a) << 8) >> 8) * unsigned(int(unsigned(b) << 8) >> 8));
}
static inline unsigned __umul24(unsigned a, unsigned b) { return (a & 0xffffff) * (b & 0xffffff); }
static inline unsigned __usad(unsigned a, unsigned b, unsigned c) { return (a > b ? a - b : b - a) + c; }
static inline unsigned __sad(int a, int b, unsigned c) {
    return (a > b ? unsigned(a) - unsigned(b) : unsigned(b) - unsigned(a)) + c;
}
static inline int __hadd(int a, int b) { return int((int64_t(a) + b) >> 1); }
static inline unsigned __uhadd(unsigned a, unsigned b) { return unsigned((uint64_t(a) + b) >> 1); }
static inline int __rhadd(int a, int b) { return int((int64_t(a) + b + 1) >> 1); }
static inline int __dp4a(int a, int b, int c) {
    auto sum = unsigned(c);
    for (int shift = 0; shift < 32; shift += 8)
        sum += unsigned(int8_t(unsigned(a) >> shift) * int8_t(unsigned(b) >> shift));
    return int(sum);
}
static inline unsigned __dp4a(unsigned a, unsigned b, unsigned c) {
    for (int shift = 0; shift < 32; shift += 8) c += (a >> shift & 255) * (b >> shift & 255);
    return c;
}

static inline int __float_as_int(float x) { return weft::emulation::bits<int>(x); }
static inline unsigned __float_as_uint(float x) { return weft::emulation::bits<unsigned>(x); }
static inline float __int_as_float(int x) { return weft::emulation::bits<float>(x); }
static inline float __uint_as_float(unsigned x) { return weft::emulation::bits<float>(x); }
static inline long long __double_as_longlong(double x) { return weft::emulation::bits<long long>(x); }
static inline double __longlong_as_double(long long x) { return weft::emulation::bits<double>(x); }
static inline int __double2hiint(double x) { return int(__double_as_longlong(x) >> 32); }
static inline int __double2loint(double x) { return int(__double_as_longlong(x)); }
static inline double __hiloint2double(int high, int low) {
    return __longlong_as_double((long long)(uint64_t(unsigned(high)) << 32 | unsigned(low)));
}

#define WEFT_CONVERSIONS(from, real, suffix, rounding)                                                            \
    static inline int __##from##2int_##suffix(real x) { return weft::emulation::saturated<int>(rounding(x)); }    \
    static inline unsigned __##from##2uint_##suffix(real x) {                                                     \
        return weft::emulation::saturated<unsigned>(rounding(x));                                                 \
    }                                                                                                             \
    static inline long long __##from##2ll_##suffix(real x) {                                                      \
        return weft::emulation::saturated<long long>(rounding(x));                                                \
    }                                                                                                             \
    static inline unsigned long long __##from##2ull_##suffix(real x) {                                            \
        return weft::emulation::saturated<unsigned long long>(rounding(x));                                       \
    }
WEFT_CONVERSIONS(float, float, rn, rint)
WEFT_CONVERSIONS(float, float, rz, trunc)
WEFT_CONVERSIONS(float, float, ru, ceil)
WEFT_CONVERSIONS(float, float, rd, floor)
WEFT_CONVERSIONS(double, double, rn, rint)
WEFT_CONVERSIONS(double, double, rz, trunc)
WEFT_CONVERSIONS(double, double, ru, ceil)
WEFT_CONVERSIONS(double, double, rd, floor)
#undef WEFT_CONVERSIONS
static inline double __int2double_rn(int x) { return x; }
static inline double __uint2double_rn(unsigned x) { return x; }
static inline float __ll2float_rn(long long x) { return float(x); }
static inline float __ull2float_rn(unsigned long long x) { return float(x); }
static inline double __ll2double_rn(long long x) { return double(x); }
static inline double __ull2double_rn(unsigned long long x) { return double(x); }

// Loads and stores with hints for caches.
template <class Value> Value __ldg(const Value *address) { return *address; }
template <class Value> Value __ldcg(const Value *address) { return *address; }
template <class Value> Value __ldca(const Value *address) { return *address; }
template <class Value> Value __ldcs(const Value *address) { return *address; }
template <class Value> void __stcg(Value *address, Value value) { *address = value; }
template <class Value> void __stcs(Value *address, Value value) { *address = value; }
template <class Value> void __stwt(Value *address, Value value) { *address = value; }

#endif

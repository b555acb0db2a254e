// Vector types of CUDA C (CUDA C++ Programming Guide, "Built-in Vector Types"), with its alignments.
#ifndef WEFT_EMULATION_VECTORS_H
#define WEFT_EMULATION_VECTORS_H

#include <stddef.h>
#include <stdint.h>

#define WEFT_VECTORS(name, type, align2, align4)                                               \
    struct name##1 {                                                                           \
        type x;                                                                                \
    };                                                                                         \
    struct alignas(align2) name##2 {                                                           \
        type x, y;                                                                             \
    };                                                                                         \
    struct name##3 {                                                                           \
        type x, y, z;                                                                          \
    };                                                                                         \
    struct alignas(align4) name##4 {                                                           \
        type x, y, z, w;                                                                       \
    };                                                                                         \
    static inline name##1 make_##name##1(type x) { return {x}; }                               \
    static inline name##2 make_##name##2(type x, type y) { return {x, y}; }                    \
    static inline name##3 make_##name##3(type x, type y, type z) { return {x, y, z}; }         \
    static inline name##4 make_##name##4(type x, type y, type z, type w) { return {x, y, z, w}; }

WEFT_VECTORS(char, signed char, 2, 4)
WEFT_VECTORS(uchar, unsigned char, 2, 4)
WEFT_VECTORS(short, short, 4, 8)
WEFT_VECTORS(ushort, unsigned short, 4, 8)
WEFT_VECTORS(int, int, 8, 16)
WEFT_VECTORS(uint, unsigned, 8, 16)
WEFT_VECTORS(long, long, 16, 16)
WEFT_VECTORS(ulong, unsigned long, 16, 16)
WEFT_VECTORS(longlong, long long, 16, 16)
WEFT_VECTORS(ulonglong, unsigned long long, 16, 16)
WEFT_VECTORS(float, float, 8, 16)
WEFT_VECTORS(double, double, 16, 16)
#undef WEFT_VECTORS

struct dim3 {
    unsigned x, y, z;
    constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
    constexpr dim3(uint3 value) : x(value.x), y(value.y), z(value.z) {}
    constexpr operator uint3() const { return {x, y, z}; }
};

#endif

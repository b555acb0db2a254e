// Half precision, bfloat16 and intrinsics, against what is known of them.
#include "checks.h"

__global__ void on_device(float *y) {
    y[0] = __expf(1) + __logf(2) + rsqrtf(4) + __fdividef(1, 4) + __saturatef(7) + __sinf(0) + __powf(2, 3);
    __half a = __float2half(1.5f), b = __float2half(2.25f);
    y[1] = __half2float(__hadd(a, b)) + __half2float(a * b);
    half2 two = __floats2half2_rn(1, 2);
    y[2] = __low2float(__hadd2(two, two)) + __high2float(two);
    __nv_bfloat16 c = __float2bfloat16(3.14159265f);
    y[3] = __bfloat162float(c);
}

int main() {
    static float y[4];
    CHECK(run(on_device, dim3(1), dim3(1), 0, y) == 0);
    CHECK(fabsf(y[0] - (2.718282f + 0.693147f + 0.5f + 0.25f + 1 + 0 + 8)) < 1e-5f);
    CHECK(y[1] == 3.75f + 3.375f && y[2] == 4 && y[3] == 3.140625f);

    // All halves survive the way to float and back, NaNs as NaNs.
    for (unsigned bits = 0; bits < 65536; bits++) {
        __half half = __ushort_as_half((unsigned short)bits);
        float wide = __half2float(half);
        if (isnan(wide))
            CHECK((bits & 0x7c00) == 0x7c00 && (bits & 0x3ff) != 0 && __hisnan(__float2half(wide)));
        else
            CHECK(__half_as_ushort(__float2half(wide)) == bits);
#if defined(__FLT16_MANT_DIG__) && defined(__x86_64__) && defined(__clang__)
        if (!isnan(wide)) CHECK(float(weft::emulation::bits<_Float16>((unsigned short)bits)) == wide);
#endif
    }
    // Halfway between two halves: to the even one. Above the greatest by half a step: infinity.
    CHECK(__half_as_ushort(__float2half(1 + 0x1p-11f)) == 0x3c00 && __half_as_ushort(__float2half(1 + 0x3p-11f)) == 0x3c02);
    CHECK(__half_as_ushort(__float2half(1 + 0x1.002p-11f)) == 0x3c01);
    CHECK(__half_as_ushort(__float2half(65519.996f)) == 0x7bff && __half_as_ushort(__float2half(65520)) == 0x7c00);
    CHECK(__half_as_ushort(__float2half(-0x1p-24f)) == 0x8001 && __half_as_ushort(__float2half(0x1p-25f)) == 0);
    CHECK(__half_as_ushort(__float2half(0x1.004p-25f)) == 1 && __half_as_ushort(__float2half(0x1.ff8p-15f)) == 0x3ff);
    CHECK(__half_as_ushort(__float2half(0x1.fffp-15f)) == 0x400);
    CHECK(__half_as_ushort(__float2half_rz(1 + 0x1.8p-10f)) == 0x3c01);
    CHECK(__bfloat16_as_ushort(__float2bfloat16(1 + 0x1p-8f)) == 0x3f80);
    CHECK(__bfloat16_as_ushort(__float2bfloat16(1 + 0x3p-8f)) == 0x3f82);
    CHECK(__bfloat16_as_ushort(__float2bfloat16(3.4e38f)) == 0x7f80);
    // 1 + 2^-8 + 2^-40: a float in between would lose what decides.
    CHECK(__bfloat16_as_ushort(__double2bfloat16(1 + 0x1p-8 + 0x1p-40)) == 0x3f81);

    CHECK(__clz(1) == 31 && __clz(0) == 32 && __clzll(1) == 63 && __ffs(8) == 4 && __popc(0xff) == 8);
    CHECK(__brev(1) == 0x80000000 && __brevll(2) == 0x4000000000000000ull);
    CHECK(__byte_perm(0x33221100, 0x77665544, 0x7520) == 0x77552200 && __byte_perm(0x80, 0, 0x0008) == 0x808080ff);
    CHECK(__funnelshift_l(0x80000000, 1, 1) == 3 && __funnelshift_r(0x80000000, 1, 1) == 0xc0000000);
    CHECK(__funnelshift_lc(5, 7, 32) == 5 && __mulhi(-1, 1) == -1 && __umulhi(0xffffffff, 2) == 1);
    CHECK(__mul24(0x01ffffff, 2) == -2 && __umul24(0x01000003, 2) == 6 && __dp4a(0x01020304, 0x01010101, 1) == 11);
    CHECK(__umul64hi(1ull << 63, 4) == 2 && __hadd(-3, 0) == -2 && __rhadd(3, 0) == 2 && __usad(3, 8, 1) == 6);
    CHECK(__float2int_rn(2.5f) == 2 && __float2int_rz(-2.9f) == -2 && __float2int_ru(2.1f) == 3);
    CHECK(__float2int_rz(3e9f) == 2147483647 && __float2int_rz(-3e9f) == -2147483647 - 1 && __float2int_rn(NAN) == 0);
    CHECK(__float2uint_rz(-1.0f) == 0 && __float2uint_rz(5e9f) == 0xffffffff && __float2ll_rz(1e19f) == INT64_MAX);
    CHECK(__fadd_rz(1, 0x1p-30f) == 1 && __fadd_ru(1, 0x1p-30f) == 1 + 0x1p-23f && __fadd_rd(1, -0x1p-30f) < 1);
    CHECK(__fmaf_rn(0x1.000002p0f, 0x1.000002p0f, -1) == 0x1.000001p-22f);
    CHECK(__fdiv_ru(1, 3) > __fdiv_rd(1, 3) && __double2float_rd(0.1) < __double2float_ru(0.1));
    CHECK(min(3, 5) == 3 && max(3u, 5u) == 5 && min(2.5f, NAN) == 2.5f && max(-1ll, 1ll) == 1);
    CHECK(__hiloint2double(__double2hiint(1.25), __double2loint(1.25)) == 1.25);
    CHECK(sizeof(float3) == 12 && alignof(float4) == 16 && alignof(float2) == 8 && sizeof(uchar4) == 4);
    CHECK(alignof(double2) == 16 && dim3(3).y == 1 && make_int4(1, 2, 3, 4).w == 4);
    return end();
}

// The kernel of kernels/matmul_mixed for tensor cores, with what PTX says of their instructions written out: which lane has
// which elements (PTX ISA, "Matrix Fragments for mma.m16n8k16", "Warp-level matrix load instruction: ldmatrix"). So its places
// in memory, its stages and its edges are tested without a GPU.
#include "checks.h"

#define HAS_TENSOR_CORES 1

inline void copy_later(unsigned short *to, const unsigned short *from, bool is_there) {
    CHECK(uintptr_t(to) % 16 == 0 && uintptr_t(from) % 16 == 0);
    if (is_there)
        memcpy(to, from, 16);
    else
        memset(to, 0, 16);
}
inline void end_group() {}
inline void wait_for_all_but_one() {}

/// Lane l gives row l % 8 of matrix l / 8, and gets two elements of each: row l / 4, columns l % 4 * 2 and the next.
inline void load(unsigned *to, const unsigned short *row, bool is_transposed) {
    unsigned lane = threadIdx.x % 32;
    CHECK(uintptr_t(row) % 16 == 0);
    for (unsigned matrix = 0; matrix < 4; matrix++) {
        unsigned short pair[2];
        for (unsigned i = 0; i < 2; i++) {
            unsigned y = lane / 4, x = lane % 4 * 2 + i;
            if (is_transposed) y = lane % 4 * 2 + i, x = lane / 4;
            auto from = __shfl_sync(0xffffffff, uintptr_t(row), int(matrix * 8 + y));
            pair[i] = reinterpret_cast<const unsigned short *>(from)[x];
        }
        to[matrix] = unsigned(pair[1]) << 16 | pair[0];
    }
}
inline void load_four(unsigned *to, const unsigned short *row) { load(to, row, false); }
inline void load_four_transposed(unsigned *to, const unsigned short *row) { load(to, row, true); }

template <class Format> void multiply_add(Format format, float *c, const unsigned *a, const unsigned *b) {
    unsigned lane = threadIdx.x % 32, group = lane / 4, within = lane % 4;
    for (unsigned i = 0; i < 4; i++) {
        unsigned row = group + i / 2 * 8, column = within * 2 + i % 2;
        for (unsigned depth = 0; depth < 16; depth++) {
            // a0: row below 8, depth below 8; a1: row from 8; a2: depth from 8; a3: both.
            unsigned pair = depth % 8 / 2;
            unsigned both[2][2] = {
                {__shfl_sync(0xffffffff, a[0], int(row % 8 * 4 + pair)), __shfl_sync(0xffffffff, a[2], int(row % 8 * 4 + pair))},
                {__shfl_sync(0xffffffff, a[1], int(row % 8 * 4 + pair)), __shfl_sync(0xffffffff, a[3], int(row % 8 * 4 + pair))}};
            unsigned other[2] = {__shfl_sync(0xffffffff, b[0], int(column * 4 + pair)),
                                 __shfl_sync(0xffffffff, b[1], int(column * 4 + pair))};
            auto x = (unsigned short)(both[row / 8][depth / 8] >> depth % 2 * 16);
            auto y = (unsigned short)(other[depth / 8] >> depth % 2 * 16);
            c[i] += widened(format, x) * widened(format, y);
        }
    }
}

#include "matmul_mixed.cu"

template <class Kernel> void compare(Kernel kernel, bool isHalf, unsigned m, unsigned n, unsigned k) {
    auto *a = static_cast<unsigned short *>(aligned_alloc(64, 2 * m * k + 64)), *b = static_cast<unsigned short *>(aligned_alloc(64, 2 * k * n + 64));
    auto *c = static_cast<float *>(aligned_alloc(64, 4 * m * n + 64));
    auto bits = [isHalf](int number) {  // small whole numbers, whose sums are exact
        return isHalf ? __half_as_ushort(__half(number)) : __bfloat16_as_ushort(__nv_bfloat16(number));
    };
    for (unsigned i = 0; i < m * k; i++) a[i] = bits(int(i * 7 % 11) - 5);
    for (unsigned i = 0; i < k * n; i++) b[i] = bits(int(i * 5 % 13) - 6);
    CHECK(run(kernel, dim3((n + 127) / 128, (m + 127) / 128), dim3(256), 0, a, b, c, m, n, k) == 0);
    unsigned wrong = 0;
    for (unsigned y = 0; y < m; y++)
        for (unsigned x = 0; x < n; x++) {
            int sum = 0;
            for (unsigned z = 0; z < k; z++) sum += (int((y * k + z) * 7 % 11) - 5) * (int((z * n + x) * 5 % 13) - 6);
            wrong += c[y * n + x] != float(sum);
        }
    CHECK(wrong == 0);
    free(a), free(b), free(c);
}

int main() {
    compare(matmul_fp16, true, 128, 128, 32);
    compare(matmul_bf16, false, 128, 128, 96);
    compare(matmul_fp16, true, 131, 136, 40);
    compare(matmul_bf16, false, 5, 8, 8);
    compare(matmul_bf16, false, 40, 33, 17);  // no tensor cores: k and n are not divisible by 8
    return end();
}

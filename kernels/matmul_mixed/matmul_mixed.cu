// C := A B where A and B are of 16 bits (half precision or bfloat16, as bits) and sums and C of single precision. A has m rows
// of k elements, B k rows of n. Each block makes a tile of 128 x 128 of C and has 256 threads.
//
// Where there are tensor cores for it (compute capability 8.0 and above, k and n divisible by 8), eight warps make 64 x 32
// each by mma.sync on strips that are 32 deep, two of which are on their way from memory while the third is multiplied (PTX
// ISA, "Warp Level Matrix Multiply-Accumulate Instructions"). Everywhere else threads multiply single elements.
#define TILE 128

struct Half {};
struct Brain {};

#if defined(__CUDA_ARCH__)
__device__ __forceinline__ float widened(Half, unsigned short bits) {
    float value;
    asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(bits));
    return value;
}
__device__ __forceinline__ float widened(Brain, unsigned short bits) { return __uint_as_float((unsigned)bits << 16); }
#elif defined(WEFT_CUDA_EMULATION)
__device__ __forceinline__ float widened(Half, unsigned short bits) { return __half2float(__ushort_as_half(bits)); }
__device__ __forceinline__ float widened(Brain, unsigned short bits) { return __uint_as_float((unsigned)bits << 16); }
#else
__device__ __forceinline__ float widened(Half, unsigned short bits) {
    union {
        unsigned short bits;
        _Float16 value;
    } both = {bits};
    return (float)both.value;
}
__device__ __forceinline__ float widened(Brain, unsigned short bits) { return __uint_as_float((unsigned)bits << 16); }
#endif

template <class Format>
__device__ void multiply_elements(const unsigned short *a, const unsigned short *b, float *c, unsigned m, unsigned n,
                                  unsigned k, float (*rows)[TILE + 4], float (*columns)[TILE]) {
    unsigned thread = threadIdx.x, top = blockIdx.y * TILE, left = blockIdx.x * TILE;
    unsigned row = thread / 16 * 4, column = thread % 16 * 4;
    float sums[8][8];
    for (int i = 0; i < 8; i++)
        for (int j = 0; j < 8; j++) sums[i][j] = 0;
    for (unsigned start = 0; start < k; start += 16) {
        for (unsigned element = thread; element < TILE * 16; element += 256) {
            unsigned y = top + element / 16, x = start + element % 16;
            rows[element % 16][element / 16] = y < m && x < k ? widened(Format(), a[(size_t)y * k + x]) : 0.0f;
            y = start + element / TILE, x = left + element % TILE;
            columns[element / TILE][element % TILE] = y < k && x < n ? widened(Format(), b[(size_t)y * n + x]) : 0.0f;
        }
        __syncthreads();
        for (int depth = 0; depth < 16; depth++) {
            float own_b[8];
#pragma unroll
            for (int j = 0; j < 8; j++) own_b[j] = columns[depth][column + j % 4 + j / 4 * 64];
#pragma unroll
            for (int i = 0; i < 8; i++) {
                float own_a = rows[depth][row + i % 4 + i / 4 * 64];
#pragma unroll
                for (int j = 0; j < 8; j++) sums[i][j] += own_a * own_b[j];
            }
        }
        __syncthreads();
    }
    for (int i = 0; i < 8; i++) {
        unsigned y = top + row + i % 4 + i / 4 * 64;
        if (y >= m) continue;
        for (int j = 0; j < 8; j++) {
            unsigned x = left + column + j % 4 + j / 4 * 64;
            if (x < n) c[(size_t)y * n + x] = sums[i][j];
        }
    }
}

#if defined(__CUDA_ARCH__)
#if __CUDA_ARCH__ >= 800
#define HAS_TENSOR_CORES 1
/// Sixteen bytes from memory to the block's shared memory, while other things are done; zeros where there are none.
__device__ __forceinline__ void copy_later(unsigned short *to, const unsigned short *from, bool is_there) {
    unsigned place = (unsigned)__cvta_generic_to_shared(to);
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(place), "l"(from), "r"(is_there ? 16 : 0) : "memory");
}
__device__ __forceinline__ void end_group() { asm volatile("cp.async.commit_group;" ::: "memory"); }
__device__ __forceinline__ void wait_for_all_but_one() { asm volatile("cp.async.wait_group 1;" ::: "memory"); }
__device__ __forceinline__ void load_four(unsigned *to, const unsigned short *row) {
    unsigned place = (unsigned)__cvta_generic_to_shared(row);
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
                 : "r"(place)
                 : "memory");
}
__device__ __forceinline__ void load_four_transposed(unsigned *to, const unsigned short *row) {
    unsigned place = (unsigned)__cvta_generic_to_shared(row);
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
                 : "r"(place)
                 : "memory");
}
#define MULTIPLY_ADD(format, kind)                                                                              \
    __device__ __forceinline__ void multiply_add(format, float *c, const unsigned *a, const unsigned *b) {      \
        asm volatile("mma.sync.aligned.m16n8k16.row.col.f32." kind "." kind                                     \
                     ".f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"                      \
                     : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])                                           \
                     : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));                       \
    }
MULTIPLY_ADD(Half, "f16")
MULTIPLY_ADD(Brain, "bf16")
#endif
#endif

#if defined(HAS_TENSOR_CORES)
#define STRIP 32
#define STAGES 3

/// Rows of A's strip have four pieces of eight elements, rows of B's sixteen. Pieces are put so that eight rows of the same
/// piece lie in different banks.
__device__ __forceinline__ unsigned place_in_a(unsigned row, unsigned piece) {
    return row * STRIP + (piece ^ (row / 2 % 4)) * 8;
}
__device__ __forceinline__ unsigned place_in_b(unsigned row, unsigned piece) {
    return row * TILE + (piece ^ (row % 8)) * 8;
}

template <class Format>
__device__ void multiply_matrices(const unsigned short *a, const unsigned short *b, float *c, unsigned m, unsigned n,
                                  unsigned k, unsigned short *shared) {
    unsigned thread = threadIdx.x, lane = thread % 32, warp = thread / 32;
    unsigned top = blockIdx.y * TILE, left = blockIdx.x * TILE;
    unsigned warp_row = warp / 4 * 64, warp_column = warp % 4 * 32;
    float sums[4][4][4];
#pragma unroll
    for (int i = 0; i < 4; i++)
#pragma unroll
        for (int j = 0; j < 4; j++)
#pragma unroll
            for (int l = 0; l < 4; l++) sums[i][j][l] = 0;

    auto fetch = [&](unsigned strip) {
        unsigned short *to_a = shared + strip % STAGES * (2 * TILE * STRIP), *to_b = to_a + TILE * STRIP;
#pragma unroll
        for (unsigned i = 0; i < 2; i++) {
            unsigned piece = thread + i * 256, row = piece / 4, x = strip * STRIP + piece % 4 * 8;
            bool is_there = top + row < m && x < k;
            copy_later(to_a + place_in_a(row, piece % 4), is_there ? a + (size_t)(top + row) * k + x : a, is_there);
            row = piece / 16, x = left + piece % 16 * 8;
            unsigned y = strip * STRIP + row;
            is_there = y < k && x < n;
            copy_later(to_b + place_in_b(row, piece % 16), is_there ? b + (size_t)y * n + x : b, is_there);
        }
    };
    unsigned count = (k + STRIP - 1) / STRIP;
    for (unsigned strip = 0; strip < STAGES - 1; strip++) {
        if (strip < count) fetch(strip);
        end_group();
    }
    for (unsigned strip = 0; strip < count; strip++) {
        wait_for_all_but_one();
        __syncthreads();
        if (strip + STAGES - 1 < count) fetch(strip + STAGES - 1);
        end_group();
        const unsigned short *from_a = shared + strip % STAGES * (2 * TILE * STRIP), *from_b = from_a + TILE * STRIP;
#pragma unroll
        for (unsigned depth = 0; depth < STRIP; depth += 16) {
            unsigned own_a[4][4], own_b[2][4];
#pragma unroll
            for (unsigned i = 0; i < 4; i++)
                load_four(own_a[i], from_a + place_in_a(warp_row + i * 16 + lane % 16, depth / 8 + lane / 16));
#pragma unroll
            for (unsigned j = 0; j < 2; j++)
                load_four_transposed(own_b[j],
                                     from_b + place_in_b(depth + lane % 16, warp_column / 8 + j * 2 + lane / 16));
#pragma unroll
            for (int i = 0; i < 4; i++)
#pragma unroll
                for (int j = 0; j < 4; j++) multiply_add(Format(), sums[i][j], own_a[i], own_b[j / 2] + j % 2 * 2);
        }
    }
#pragma unroll
    for (int i = 0; i < 4; i++)
#pragma unroll
        for (int j = 0; j < 4; j++)
#pragma unroll
            for (int half = 0; half < 2; half++) {
                unsigned y = top + warp_row + i * 16 + lane / 4 + half * 8;
                unsigned x = left + warp_column + j * 8 + lane % 4 * 2;
                // n is even, and so is x.
                if (y < m && x < n)
                    *(float2 *)(c + (size_t)y * n + x) = make_float2(sums[i][j][half * 2], sums[i][j][half * 2 + 1]);
            }
}
#endif

template <class Format>
__device__ __forceinline__ void multiply(const unsigned short *a, const unsigned short *b, float *c, unsigned m, unsigned n,
                                         unsigned k) {
#if defined(HAS_TENSOR_CORES)
    __shared__ __align__(128) unsigned short shared[STAGES * 2 * TILE * STRIP];
    if (k % 8 == 0 && n % 8 == 0) {
        multiply_matrices<Format>(a, b, c, m, n, k, shared);
        return;
    }
    float(*rows)[TILE + 4] = (float(*)[TILE + 4])shared;
    float(*columns)[TILE] = (float(*)[TILE])(rows + 16);
    multiply_elements<Format>(a, b, c, m, n, k, rows, columns);
#else
    __shared__ float rows[16][TILE + 4], columns[16][TILE];
    multiply_elements<Format>(a, b, c, m, n, k, rows, columns);
#endif
}

extern "C" __global__ void __launch_bounds__(256) matmul_fp16(const unsigned short *a, const unsigned short *b, float *c,
                                                              unsigned m, unsigned n, unsigned k) {
    multiply<Half>(a, b, c, m, n, k);
}

extern "C" __global__ void __launch_bounds__(256) matmul_bf16(const unsigned short *a, const unsigned short *b, float *c,
                                                              unsigned m, unsigned n, unsigned k) {
    multiply<Brain>(a, b, c, m, n, k);
}

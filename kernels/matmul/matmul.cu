// C := A B in single precision: A has m rows of k elements, B k rows of n. Each block makes a tile of 128 x 128 of C out of
// strips that are 16 deep, one of which is on its way from memory while the other is multiplied.
//
// A block has 256 threads; each makes 8 x 8 elements: four rows and four columns, and their like 64 further on.
#define TILE 128
#define DEPTH 16

struct Strips {
    float a[2][DEPTH][TILE + 4];
    float b[2][DEPTH][TILE];
};

extern "C" __global__ void __launch_bounds__(256) matmul(const float *a, const float *b, float *c, unsigned m, unsigned n,
                                                         unsigned k) {
    __shared__ Strips strips;
    unsigned thread = threadIdx.x, top = blockIdx.y * TILE, left = blockIdx.x * TILE;
    unsigned row = thread / 16 * 4, column = thread % 16 * 4;
    float sums[8][8];
    float next_a[8], next_b[8];
#pragma unroll
    for (int i = 0; i < 8; i++)
#pragma unroll
        for (int j = 0; j < 8; j++) sums[i][j] = 0;

    unsigned count = (k + DEPTH - 1) / DEPTH;
    for (unsigned strip = 0; strip <= count; strip++) {
        if (strip < count) {
#pragma unroll
            for (int i = 0; i < 8; i++) {
                unsigned element = thread + i * 256;
                unsigned y = top + element / DEPTH, x = strip * DEPTH + element % DEPTH;
                next_a[i] = y < m && x < k ? a[(size_t)y * k + x] : 0.0f;
                y = strip * DEPTH + element / TILE, x = left + element % TILE;
                next_b[i] = y < k && x < n ? b[(size_t)y * n + x] : 0.0f;
            }
        }
        if (strip > 0) {
            const float(*rows)[TILE + 4] = strips.a[(strip - 1) % 2];
            const float(*columns)[TILE] = strips.b[(strip - 1) % 2];
#pragma unroll
            for (int depth = 0; depth < DEPTH; depth++) {
                float own_a[8], own_b[8];
#pragma unroll
                for (int i = 0; i < 4; i++) {
                    own_a[i] = rows[depth][row + i];
                    own_a[i + 4] = rows[depth][row + 64 + i];
                    own_b[i] = columns[depth][column + i];
                    own_b[i + 4] = columns[depth][column + 64 + i];
                }
#pragma unroll
                for (int i = 0; i < 8; i++)
#pragma unroll
                    for (int j = 0; j < 8; j++) sums[i][j] += own_a[i] * own_b[j];
            }
        }
        if (strip < count) {
#pragma unroll
            for (int i = 0; i < 8; i++) {
                unsigned element = thread + i * 256;
                strips.a[strip % 2][element % DEPTH][element / DEPTH] = next_a[i];
                strips.b[strip % 2][element / TILE][element % TILE] = next_b[i];
            }
        }
        __syncthreads();
    }
#pragma unroll
    for (int i = 0; i < 8; i++) {
        unsigned y = top + row + i % 4 + i / 4 * 64;
        if (y >= m) continue;
#pragma unroll
        for (int j = 0; j < 8; j++) {
            unsigned x = left + column + j % 4 + j / 4 * 64;
            if (x < n) c[(size_t)y * n + x] = sums[i][j];
        }
    }
}

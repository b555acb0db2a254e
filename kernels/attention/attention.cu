// Attention of one head after the other: O := softmax(Q K^T / 8) V for heads of 64 elements, without ever having the whole of
// Q K^T: of each row the greatest number and the sum of exponentials so far are kept, and what is there already is made smaller
// when a greater one comes (Milakov, Gimelshein, "Online normalizer calculation for softmax"). With `causal` not 0 a row
// looks at itself and earlier rows only.
//
// A block has 64 threads, one for each of 64 rows of Q; blockIdx.y is the head. K and V come by tiles of 32 rows.
#define WIDTH 64
#define ROWS 32

extern "C" __global__ void __launch_bounds__(64) attention(const float *q, const float *k, const float *v, float *o,
                                                           unsigned length, int causal) {
    __shared__ float keys[ROWS][WIDTH], values[ROWS][WIDTH];
    unsigned row = blockIdx.x * 64 + threadIdx.x;
    size_t head = (size_t)blockIdx.y * length * WIDTH;
    float own[WIDTH], sums[WIDTH];
#pragma unroll
    for (int i = 0; i < WIDTH; i++) {
        own[i] = row < length ? q[head + (size_t)row * WIDTH + i] * 0.125f : 0.0f;
        sums[i] = 0;
    }
    float greatest = -3.402823466e38f, total = 0;
    // The last row of the block sees as far as any other does.
    unsigned end = causal ? min(length, (blockIdx.x + 1) * 64) : length;
    for (unsigned start = 0; start < end; start += ROWS) {
        __syncthreads();
        for (unsigned element = threadIdx.x; element < ROWS * WIDTH; element += 64) {
            bool is_there = start + element / WIDTH < length;
            size_t place = head + (size_t)start * WIDTH + element;
            keys[element / WIDTH][element % WIDTH] = is_there ? k[place] : 0.0f;
            values[element / WIDTH][element % WIDTH] = is_there ? v[place] : 0.0f;
        }
        __syncthreads();
        for (unsigned other = 0; other < ROWS; other++) {
            if (start + other >= length || (causal && start + other > row)) break;
            float score = 0;
#pragma unroll
            for (int i = 0; i < WIDTH; i++) score += own[i] * keys[other][i];
            if (score > greatest) {
                float shrunk = expf(greatest - score);
                total *= shrunk;
#pragma unroll
                for (int i = 0; i < WIDTH; i++) sums[i] *= shrunk;
                greatest = score;
            }
            float weight = expf(score - greatest);
            total += weight;
#pragma unroll
            for (int i = 0; i < WIDTH; i++) sums[i] += weight * values[other][i];
        }
    }
    if (row >= length) return;
    float share = 1.0f / total;
#pragma unroll
    for (int i = 0; i < WIDTH; i++) o[head + (size_t)row * WIDTH + i] = sums[i] * share;
}

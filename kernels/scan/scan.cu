// Inclusive prefix sums of unsigned integers, modulo 2^32: each block scans 1024 elements, one block scans the sums of all
// blocks, and then each block but the first adds what came before it.
//
// A block has 256 threads.

// The exclusive prefix sum over the block's values; `*total` is their sum, in all threads.
__device__ unsigned before_in_block(unsigned value, unsigned *total) {
    __shared__ unsigned sums[256];
    unsigned thread = threadIdx.x, sum = value;
    sums[thread] = sum;
    __syncthreads();
    for (unsigned distance = 1; distance < 256; distance *= 2) {
        unsigned other = thread >= distance ? sums[thread - distance] : 0;
        __syncthreads();
        sum += other;
        sums[thread] = sum;
        __syncthreads();
    }
    *total = sums[255];
    __syncthreads();
    return sum - value;
}

extern "C" __global__ void scan_blocks(const unsigned *x, unsigned *y, unsigned *sums, unsigned count) {
    unsigned first = blockIdx.x * 1024 + threadIdx.x * 4, values[4], sum = 0, total;
    for (unsigned i = 0; i < 4; i++) {
        sum += first + i < count ? x[first + i] : 0;
        values[i] = sum;
    }
    unsigned before = before_in_block(sum, &total);
    for (unsigned i = 0; i < 4; i++)
        if (first + i < count) y[first + i] = before + values[i];
    if (threadIdx.x == 0) sums[blockIdx.x] = total;
}

// One block: what comes before each block, in place.
extern "C" __global__ void scan_sums(unsigned *sums, unsigned count) {
    unsigned carry = 0;
    for (unsigned start = 0; start < count; start += 256) {
        unsigned place = start + threadIdx.x, total;
        unsigned before = before_in_block(place < count ? sums[place] : 0, &total);
        if (place < count) sums[place] = carry + before;
        carry += total;
    }
}

extern "C" __global__ void scan_add(unsigned *y, const unsigned *sums, unsigned count) {
    unsigned first = blockIdx.x * 1024 + threadIdx.x * 4, before = sums[blockIdx.x];
    for (unsigned i = 0; i < 4; i++)
        if (first + i < count) y[first + i] += before;
}

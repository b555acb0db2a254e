// Sorts pairs of unsigned keys and values by their keys, stably, by four bits in each of eight passes: every block counts the
// digits of its 4096 keys, one block makes of all counts the places where each block's digits go, and every block puts its
// pairs there in their order.
//
// A block has 256 threads; each has 16 pairs that follow each other. `counts` has a row for each digit, with an element for
// each block.

// Exclusive prefix sums over the block's values, and their sum.
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

extern "C" __global__ void sort_count(const unsigned *keys, unsigned *counts, unsigned count, unsigned shift) {
    __shared__ unsigned digits[16];
    if (threadIdx.x < 16) digits[threadIdx.x] = 0;
    __syncthreads();
    for (unsigned i = 0; i < 16; i++) {
        unsigned place = blockIdx.x * 4096 + i * 256 + threadIdx.x;
        if (place < count) atomicAdd(&digits[keys[place] >> shift & 15], 1u);
    }
    __syncthreads();
    if (threadIdx.x < 16) counts[threadIdx.x * gridDim.x + blockIdx.x] = digits[threadIdx.x];
}

// One block.
extern "C" __global__ void sort_places(unsigned *counts, unsigned count) {
    unsigned carry = 0;
    for (unsigned start = 0; start < count; start += 256) {
        unsigned place = start + threadIdx.x, total;
        unsigned before = before_in_block(place < count ? counts[place] : 0, &total);
        if (place < count) counts[place] = carry + before;
        carry += total;
    }
}

extern "C" __global__ void sort_move(const unsigned *keys, const unsigned *values, unsigned *moved_keys,
                                     unsigned *moved_values, const unsigned *places, unsigned count, unsigned shift) {
    // A row for each digit: how many of it each thread has, then how many are in the threads before it.
    __shared__ unsigned short digits[16][256];
    unsigned thread = threadIdx.x, first = blockIdx.x * 4096 + thread * 16;
    for (unsigned digit = 0; digit < 16; digit++) digits[digit][thread] = 0;
    for (unsigned i = 0; i < 16; i++)
        if (first + i < count) digits[keys[first + i] >> shift & 15][thread]++;
    __syncthreads();
    // Sixteen threads for each row, sixteen elements for each thread.
    unsigned row = thread / 16, start = thread % 16 * 16, sum = 0;
    for (unsigned i = 0; i < 16; i++) {
        unsigned own = digits[row][start + i];
        digits[row][start + i] = (unsigned short)sum;
        sum += own;
    }
    unsigned total, before = before_in_block(sum, &total);
    __shared__ unsigned rows[16];
    if (thread % 16 == 0) rows[row] = before;
    __syncthreads();
    for (unsigned i = 0; i < 16; i++) digits[row][start + i] += (unsigned short)(before - rows[row]);
    __syncthreads();
    for (unsigned i = 0; i < 16 && first + i < count; i++) {
        unsigned key = keys[first + i], digit = key >> shift & 15;
        unsigned place = places[digit * gridDim.x + blockIdx.x] + digits[digit][thread]++;
        moved_keys[place] = key;
        moved_values[place] = values[first + i];
    }
}

// Atomic functions between threads of a block and between blocks, locks among them.
#include "checks.h"

struct Results {
    int sum, least, greatest, and_, or_, xor_, exchanged;
    unsigned wrapped, counted;
    float real;
    double exact;
    unsigned long long wide;
};

__global__ void all(Results *results) {
    int number = int(blockIdx.x * blockDim.x + threadIdx.x);
    atomicAdd(&results->sum, number);
    atomicSub(&results->sum, 1);
    atomicMin(&results->least, -number);
    atomicMax(&results->greatest, number);
    atomicAnd(&results->and_, ~(1 << number % 8));
    atomicOr(&results->or_, 1 << number % 20);
    atomicXor(&results->xor_, number);
    atomicExch(&results->exchanged, 7);
    atomicInc(&results->wrapped, 9);
    atomicDec(&results->counted, 3);
    atomicAdd(&results->real, 0.5f);
    atomicAdd(&results->exact, 0.25);
    atomicAdd(&results->wide, 1ull << 33);
}

__global__ void locked(int *lock, volatile int *count) {
    for (bool isDone = false; !isDone;) {
        if (atomicCAS(lock, 0, 1) == 0) {
            *count = *count + 1;
            __threadfence();
            atomicExch(lock, 0);
            isDone = true;
        }
    }
}

// The first thread waits for the last one of its own block.
__global__ void waiting(int *flag, int *y) {
    if (threadIdx.x == 0) {
        while (atomicAdd(flag, 0) == 0) {}
        *y = 1;
    } else if (threadIdx.x == blockDim.x - 1) {
        atomicExch(flag, 1);
    }
}

// Blocks wait for the block before them.
__global__ void chain(int *turn, int *order) {
    if (threadIdx.x == 0) {
        while (atomicAdd(turn, 0) != int(blockIdx.x)) __nanosleep(100);
        order[blockIdx.x] = int(blockIdx.x);
        __threadfence();
        atomicAdd(turn, 1);
    }
    __syncthreads();
}

int main() {
    Results results = {};
    results.and_ = -1;
    CHECK(run(all, dim3(40), dim3(100), 0, &results) == 0);
    int xored = 0;
    for (int number = 0; number < 4000; number++) xored ^= number;
    CHECK(results.sum == 3999 * 2000 - 4000 && results.least == -3999 && results.greatest == 3999);
    CHECK(results.and_ == ~255 && results.or_ == (1 << 20) - 1 && results.xor_ == xored && results.exchanged == 7);
    CHECK(results.wrapped == 4000 % 10 && results.counted == 0);
    CHECK(results.real == 2000 && results.exact == 1000 && results.wide == 4000ull << 33);
    int lock = 0, count = 0;
    CHECK(run(locked, dim3(20), dim3(64), 0, &lock, &count) == 0);
    CHECK(lock == 0 && count == 1280);
    int flag = 0, y = 0;
    CHECK(run(waiting, dim3(1), dim3(70), 0, &flag, &y) == 0);
    CHECK(y == 1);
    static int order[200];
    int turn = 0;
    CHECK(run(chain, dim3(200), dim3(33), 0, &turn, order) == 0);
    for (int block = 0; block < 200; block++) CHECK(order[block] == block);
    return end();
}

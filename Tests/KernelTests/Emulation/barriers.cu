// Barriers, shared memory, and threads that never come.
#include "checks.h"

extern __shared__ float dynamic[];
WEFT_EMULATION_SHARED(WEFT_EMULATION_SHARED_NAME("dynamic"))

__global__ void reversed(const float *x, float *y) {
    __shared__ float kept[256];
    kept[threadIdx.x] = x[blockIdx.x * 256 + threadIdx.x];
    __syncthreads();
    y[blockIdx.x * 256 + threadIdx.x] = kept[255 - threadIdx.x];
}

__global__ void summed(const float *x, float *sums) {
    dynamic[threadIdx.x] = x[blockIdx.x * blockDim.x + threadIdx.x];
    for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
        __syncthreads();
        if (threadIdx.x < half) dynamic[threadIdx.x] += dynamic[threadIdx.x + half];
    }
    if (threadIdx.x == 0) sums[blockIdx.x] = dynamic[0];
}

__global__ void votes(int *counts) {
    int count = __syncthreads_count(threadIdx.x % 3 == 0);
    int any = __syncthreads_or(threadIdx.x == 77), none = __syncthreads_or(threadIdx.x == 1000);
    int all = __syncthreads_and(threadIdx.x < 100), notAll = __syncthreads_and(threadIdx.x < 99);
    if (threadIdx.x == 0) counts[0] = count, counts[1] = any, counts[2] = none, counts[3] = all, counts[4] = notAll;
}

__global__ void someLeaveEarly(int *y) {
    if (threadIdx.x % 2 == 1) return;
    __syncthreads();
    atomicAdd(y, 1);
    __syncthreads();
    if (threadIdx.x == 0 && *y == 50) *y = 1000;
}

__global__ void atDifferentBarriers() {
    if (threadIdx.x < 40)
        __syncthreads();
    else
        __syncwarp();
}

__global__ void asserting(int who) { assert(int(threadIdx.x) != who); }
__global__ void trapping() {
    __syncthreads();
    if (threadIdx.x == 3) __trap();
    __syncthreads();
}

int main() {
    static float x[1024], y[1024], sums[4];
    for (int i = 0; i < 1024; i++) x[i] = float(i);
    CHECK(run(reversed, dim3(4), dim3(256), 0, x, y) == 0);
    for (int i = 0; i < 1024; i++) CHECK(y[i] == float(i / 256 * 256 + 255 - i % 256));
    CHECK(run(summed, dim3(4), dim3(256), 1024, x, sums) == 0);
    for (int i = 0; i < 4; i++) CHECK(sums[i] == 256.0f * (256.0f * float(i) + 127.5f));

    int counts[5];
    CHECK(run(votes, dim3(1), dim3(100), 0, counts) == 0);
    CHECK(counts[0] == 34 && counts[1] == 1 && counts[2] == 0 && counts[3] == 1 && counts[4] == 0);
    int left = 0;
    CHECK(run(someLeaveEarly, dim3(1), dim3(100), 0, &left) == 0);
    CHECK(left == 1000);

    CHECK(run(atDifferentBarriers, dim3(3), dim3(64), 0) == WEFT_EMULATION_DIVERGED);
    CHECK(strstr(weft::emulation::report.text, "40 at __syncthreads()") != nullptr);
    CHECK(run(asserting, dim3(2), dim3(64), 0, 63) == WEFT_EMULATION_STOPPED);
    CHECK(strstr(weft::emulation::report.text, "thread (63, 0, 0)") != nullptr);
    CHECK(run(asserting, dim3(2), dim3(64), 0, 64) == 0);
    CHECK(run(trapping, dim3(8), dim3(64), 0) == WEFT_EMULATION_STOPPED);
    // What failed before does not matter to the next launch.
    CHECK(run(reversed, dim3(4), dim3(256), 0, x, y) == 0);
    return end();
}

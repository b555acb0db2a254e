// Each thread of each block runs once, and knows its place.
#include "checks.h"

__global__ void places(unsigned *counts) {
    unsigned block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
    unsigned thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
    atomicAdd(&counts[block * blockDim.x * blockDim.y * blockDim.z + thread], 1u);
}

__global__ void placesWithBarrier(unsigned *counts) {
    unsigned before = threadIdx.x;
    __syncthreads();
    if (before != threadIdx.x || blockDim.x != 5) return;
    unsigned block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
    unsigned thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
    __syncthreads();
    atomicAdd(&counts[block * 30 + thread], 1u);
}

__global__ void nothing() {}

int main() {
    static unsigned counts[7 * 3 * 2 * 30];
    CHECK(run(places, dim3(7, 3, 2), dim3(5, 3, 2), 0, counts) == 0);
    for (unsigned count : counts) CHECK(count == 1);
    CHECK(run(placesWithBarrier, dim3(7, 3, 2), dim3(5, 3, 2), 0, counts) == 0);
    for (unsigned count : counts) CHECK(count == 2);

    CHECK(run(nothing, dim3(1), dim3(1024), 0) == 0);
    CHECK(run(nothing, dim3(1), dim3(1025), 0) == WEFT_EMULATION_BAD_LAUNCH);
    CHECK(run(nothing, dim3(1), dim3(32, 33), 0) == WEFT_EMULATION_BAD_LAUNCH);
    CHECK(run(nothing, dim3(1), dim3(1, 1, 65), 0) == WEFT_EMULATION_BAD_LAUNCH);
    CHECK(run(nothing, dim3(0), dim3(1), 0) == WEFT_EMULATION_BAD_LAUNCH);
    CHECK(run(nothing, dim3(1, 65536), dim3(1), 0) == WEFT_EMULATION_BAD_LAUNCH);
    CHECK(run(nothing, dim3(1), dim3(1), 227 * 1024 + 1) == WEFT_EMULATION_BAD_LAUNCH);
    CHECK(strstr(weft::emulation::report.text, "232449") != nullptr);
    return end();
}

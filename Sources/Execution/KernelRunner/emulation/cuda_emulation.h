// CUDA C++ without a GPU: kernels compiled by the system's C++ compiler and run on the processor.
//
// A block's threads are fibers of one thread of the system; blocks run on several. There are shared memory (static, and
// dynamic by `extern __shared__`), barriers, shuffles, votes, matches and reductions of warps, atomic functions, vectors,
// half and bfloat16, the mathematical functions and intrinsics, printf() up to 1 MiB, assert(). There are no textures,
// surfaces, inline PTX, tensor cores, clusters, dynamic parallelism or cooperative launches, and nothing of the runtime API.
//
// A unit is this header, a user's source and `weft_emulated_launch` (see emulated_unit.c). `__CUDA_ARCH__` is not defined;
// `WEFT_CUDA_EMULATION` is.
#ifndef WEFT_CUDA_EMULATION_H
#define WEFT_CUDA_EMULATION_H

#define WEFT_CUDA_EMULATION 1

#include <stdint.h>
#include <time.h>

#include "weft_atomics.h"
#include "weft_block.h"
#include "weft_half.h"
#include "weft_integers.h"
#include "weft_launch.h"
#include "weft_math.h"
#include "weft_report.h"
#include "weft_vectors.h"
#include "weft_warp.h"

#define __CUDACC__ 1
#define __global__
#define __device__
#define __host__
#define __constant__
#define __managed__
#define __grid_constant__
/// Within a function this is static as well. Each thread of the system runs one block at a time and has its own.
#define __shared__ thread_local
#define __forceinline__ inline __attribute__((always_inline))
#ifndef __noinline__
#define __noinline__ __attribute__((noinline))
#endif
#define __align__(bytes) __attribute__((aligned(bytes)))
#define __launch_bounds__(...)
#define __cluster_dims__(...)

#define threadIdx (weft::emulation::here()->thread->index)
#define blockIdx (weft::emulation::here()->block->index)
#define blockDim (weft::emulation::here()->block->blockDimensions)
#define gridDim (weft::emulation::here()->block->gridDimensions)
constexpr int warpSize = 32;

static inline long long clock64() {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}
static inline unsigned long long globaltimer() { return (unsigned long long)clock64(); }

[[noreturn]] static inline void __trap() {
    auto index = threadIdx, block = blockIdx;
    weft::emulation::report.fail(WEFT_EMULATION_STOPPED, "thread (%u, %u, %u) of block (%u, %u, %u) called __trap()",
                                 index.x, index.y, index.z, block.x, block.y, block.z);
    weft::emulation::stopHere();
}
static inline void __brkpt() {}
#define __builtin_assume(condition) ((void)0)

#define printf(...) (weft::emulation::print(__VA_ARGS__))

#include "assert.h"

#endif

// Shuffles, votes, matches and reductions of warps, of whole ones and of parts.
#include "checks.h"

__global__ void shuffles(int *y) {
    int lane = int(threadIdx.x % 32), *own = y + threadIdx.x * 10;
    own[0] = __shfl_sync(0xffffffff, lane, 5);
    own[1] = __shfl_sync(0xffffffff, lane, 3, 8);
    own[2] = __shfl_up_sync(0xffffffff, lane, 4);
    own[3] = __shfl_up_sync(0xffffffff, lane, 3, 8);
    own[4] = __shfl_down_sync(0xffffffff, lane, 4);
    own[5] = __shfl_down_sync(0xffffffff, lane, 3, 8);
    own[6] = __shfl_xor_sync(0xffffffff, lane, 9);
    own[7] = __shfl_xor_sync(0xffffffff, lane, 12, 8);
    own[8] = int(__shfl_sync(0xffffffff, double(lane) + 0.5, 31) * 2);
    own[9] = __shfl_sync(0xffffffff, lane, 35);
}

__global__ void votes(unsigned *y) {
    unsigned lane = threadIdx.x % 32;
    unsigned low = __ballot_sync(0xffffffff, lane < 7);
    int any = __any_sync(0xffffffff, lane == 31), all = __all_sync(0xffffffff, lane < 31);
    unsigned match = __match_any_sync(0xffffffff, lane / 8);
    int same = -1, differs = -1;
    unsigned everyone = __match_all_sync(0xffffffff, 3, &same);
    __match_all_sync(0xffffffff, lane, &differs);
    unsigned sum = __reduce_add_sync(0xffffffff, lane);
    int least = __reduce_min_sync(0xffffffff, -int(lane)), greatest = __reduce_max_sync(0xffffffff, -int(lane));
    unsigned together = __reduce_or_sync(0xffffffff, 1u << lane), odd = __reduce_xor_sync(0xffffffff, lane);
    bool holds = low == 0x7f && any == 1 && all == 0 && match == 0xffu << lane / 8 * 8 && everyone == 0xffffffff &&
                 same == 1 && differs == 0 && sum == 496 && least == -31 && greatest == 0 && together == 0xffffffff &&
                 odd == 0;
    y[threadIdx.x] = holds;
}

// The two halves of a warp go different ways, and one of them takes longer.
__global__ void halves(int *y) {
    int lane = int(threadIdx.x);
    if (lane < 16) {
        for (int i = 0; i < 5; i++) lane = __shfl_sync(0x0000ffff, lane, (lane + 1) % 16);
        y[threadIdx.x] = lane;
    } else {
        y[threadIdx.x] = __shfl_sync(0xffff0000, lane, 16);
    }
    __syncwarp();
    y[threadIdx.x] += __shfl_xor_sync(0xffffffff, 100, 16);
}

__global__ void active(unsigned *y) {
    if (threadIdx.x % 3 == 0)
        y[threadIdx.x] = __activemask();
    else if (threadIdx.x % 3 == 1)
        y[threadIdx.x] = __activemask();
    else
        y[threadIdx.x] = 0;
}

// Where a block does not fill its last warp, the missing lanes are waited for by nobody.
__global__ void short_(int *y) { y[threadIdx.x] = __popc(__ballot_sync(0xffffffff, 1)); }

__global__ void ended(int *y) {
    if (threadIdx.x >= 10) return;
    y[threadIdx.x] = __popc(__ballot_sync(0xffffffff, 1));
}

__global__ void notInMask() { __syncwarp(0xfffffffe); }

int main() {
    static int y[640];
    CHECK(run(shuffles, dim3(1), dim3(64), 0, y) == 0);
    for (int thread = 0; thread < 64; thread++) {
        int lane = thread % 32, eight = lane / 8 * 8, *own = y + thread * 10;
        CHECK(own[0] == 5 && own[1] == eight + 3);
        CHECK(own[2] == (lane < 4 ? lane : lane - 4) && own[3] == (lane % 8 < 3 ? lane : lane - 3));
        CHECK(own[4] == (lane > 27 ? lane : lane + 4) && own[5] == (lane % 8 > 4 ? lane : lane + 3));
        CHECK(own[6] == (lane ^ 9) && own[7] == ((lane ^ 12) / 8 > lane / 8 ? lane : lane ^ 12));
        CHECK(own[8] == 63 && own[9] == 3);
    }
    static unsigned holds[96];
    CHECK(run(votes, dim3(1), dim3(96), 0, holds) == 0);
    for (unsigned one : holds) CHECK(one == 1);
    CHECK(run(halves, dim3(1), dim3(32), 0, y) == 0);
    for (int lane = 0; lane < 32; lane++) {
        int expected = lane;
        if (lane >= 16) expected = 16;
        CHECK(lane < 16 || y[lane] == expected + 100);
    }
    // Each lane of the first half asks its neighbour five times, all at once: every round moves all numbers on.
    int lanes[16], next[16];
    for (int lane = 0; lane < 16; lane++) lanes[lane] = lane;
    for (int round = 0; round < 5; round++) {
        for (int lane = 0; lane < 16; lane++) next[lane] = lanes[(lanes[lane] + 1) % 16];
        memcpy(lanes, next, sizeof lanes);
    }
    for (int lane = 0; lane < 16; lane++) CHECK(y[lane] == lanes[lane] + 100);
    static unsigned masks[32];
    CHECK(run(active, dim3(1), dim3(32), 0, masks) == 0);
    for (unsigned lane = 0; lane < 32; lane++) {
        unsigned expected = 0;
        for (unsigned other = lane % 3; other < 32; other += 3) expected |= 1u << other;
        CHECK(masks[lane] == (lane % 3 == 2 ? 0 : expected));
    }
    CHECK(run(short_, dim3(1), dim3(45), 0, y) == 0);
    for (int thread = 0; thread < 45; thread++) CHECK(y[thread] == (thread < 32 ? 32 : 13));
    CHECK(run(ended, dim3(1), dim3(32), 0, y) == 0);
    for (int thread = 0; thread < 10; thread++) CHECK(y[thread] == 10);
    CHECK(run(notInMask, dim3(1), dim3(32), 0) == WEFT_EMULATION_DIVERGED);
    CHECK(strstr(weft::emulation::report.text, "lane 0 is not in the mask 0xfffffffe") != nullptr);
    return end();
}

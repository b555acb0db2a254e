// One block at a time on one worker: its threads are fibers, run in turn; a fiber that ends a thread takes the next.
//
// A kernel without barriers runs on a single fiber, one thread after the other, without any switch.
#ifndef WEFT_EMULATION_BLOCK_H
#define WEFT_EMULATION_BLOCK_H

#include "weft_fiber.h"
#include "weft_report.h"
#include "weft_vectors.h"

namespace weft::emulation {

constexpr unsigned lanesPerWarp = 32;
constexpr unsigned threadsPerBlock = 1024;

enum class State : unsigned char {
    /// Exits: `running` when a fiber takes it.
    waitsToBegin,
    /// Exits: `atBarrier`, `inWarp`, `yields`, `ended`.
    running,
    /// At __syncthreads(). Exits: `running` when all others are there or have ended.
    atBarrier,
    /// In an operation of its warp. Exits: `running` when all its partners are there.
    inWarp,
    /// Exits: `running` in the next round.
    yields,
    /// No exits.
    ended,
};

enum class WarpOperation : unsigned char {
    sync,
    shuffle,
    ballot,
    matchAny,
    active,
    add,
    signedMinimum,
    unsignedMinimum,
    signedMaximum,
    unsignedMaximum,
    bitAnd,
    bitOr,
    bitXor,
};

struct Thread {
    uint3 index;
    unsigned lane;
    State state;
    /// Of the operation that it is in: what it gives, whom it waits for, and what it gets.
    WarpOperation operation;
    unsigned mask;
    unsigned source;
    uint64_t value;
    uint64_t result;
    /// Which of the source's calls of __activemask().
    int site;
    /// What it brings to __syncthreads_count() and its like.
    bool predicate;
    /// Atomic operations since it last let others run.
    unsigned attempts;
    unsigned slot;
};

struct Warp {
    /// Lanes that wait in an operation of the warp, and those that are there no more.
    unsigned waiting;
    unsigned ended;
};

struct Block {
    dim3 gridDimensions, blockDimensions;
    uint3 index;
    unsigned threadCount = 0, warpCount = 0;
    unsigned nextThread = 0, endedCount = 0, barrierCount = 0;
    /// How many of the last barrier's threads brought true.
    unsigned trueCount = 0;
    /// How often threads went on in this block.
    uint64_t resumptions = 0;
    void (*body)(void *) = nullptr;
    void *argument = nullptr;
    Thread threads[threadsPerBlock];
    Warp warps[threadsPerBlock / lanesPerWarp];

    Slots slots;
    Context scheduler;
    Context fibers[threadsPerBlock];
    unsigned madeFibers = 0;
    /// Fibers that have no thread, the last one first.
    unsigned idle[threadsPerBlock];
    unsigned idleCount = 0;

    bool prepare(dim3 grid, dim3 block, void (*kernel)(void *), void *call);
    /// Runs all threads of the block; false when the launch has failed.
    bool run(uint3 blockIndex);
    /// Ends every thread where it stands and gives the stacks back.
    void close() { slots.release(); }

    Warp &warpOf(const Thread &thread) { return warps[(&thread - threads) / lanesPerWarp]; }
    Thread *firstOf(unsigned warp) { return threads + warp * lanesPerWarp; }
    unsigned lanesOf(unsigned warp) const {
        unsigned left = threadCount - warp * lanesPerWarp;
        return left >= lanesPerWarp ? ~0u : (1u << left) - 1;
    }
    void leave(Thread &thread, State state) {
        thread.state = state;
        change(fibers[thread.slot], scheduler);
    }
    void releaseBarrier();
    bool completeOperation(unsigned warp, unsigned mask, WarpOperation operation);
    bool completeActive(unsigned warp);

private:
    static void fiberMain(void *block);
    bool beginThreads();
    bool runWarp(unsigned warp);
    bool resume(Thread &thread);
};

inline Thread &currentThread() { return *here()->thread; }

/// Ends the launch from within a kernel.
[[noreturn]] inline void stopHere() {
    SlotHeader *slot = here();
    for (;;) slot->block->leave(*slot->thread, State::inWarp);
}

inline bool Block::prepare(dim3 grid, dim3 block, void (*kernel)(void *), void *call) {
    gridDimensions = grid;
    blockDimensions = block;
    body = kernel;
    argument = call;
    threadCount = block.x * block.y * block.z;
    warpCount = (threadCount + lanesPerWarp - 1) / lanesPerWarp;
    for (unsigned number = 0; number < threadCount; number++) {
        Thread &thread = threads[number];
        thread.index = {number % block.x, number / block.x % block.y, number / (block.x * block.y)};
        thread.lane = number % lanesPerWarp;
    }
    if (slots.reserve(threadCount)) return true;
    report.fail(WEFT_EMULATION_NO_MEMORY, "there is no memory for the stacks of %u threads", threadCount);
    return false;
}

inline void Block::fiberMain(void *argument) {
    Block *block = static_cast<Block *>(argument);
    SlotHeader *header = here();
    auto slot = unsigned((reinterpret_cast<char *>(header) - block->slots.first) / slotBytes);
    for (;;) {
        while (block->nextThread < block->threadCount && !report.isStopped()) {
            Thread &thread = block->threads[block->nextThread++];
            thread.state = State::running;
            thread.slot = slot;
            header->thread = &thread;
            block->body(block->argument);
            thread.state = State::ended;
            block->warpOf(thread).ended |= 1u << thread.lane;
            block->endedCount++;
        }
        block->idle[block->idleCount++] = slot;
        change(block->fibers[slot], block->scheduler);
    }
}

/// Until every thread has begun and stands at its first barrier or has ended.
inline bool Block::beginThreads() {
    while (nextThread < threadCount && !report.isStopped()) {
        unsigned slot;
        if (idleCount > 0) {
            slot = idle[--idleCount];
        } else {
            slot = madeFibers++;
            if (!slots.guard(slot)) {
                report.fail(WEFT_EMULATION_NO_MEMORY, "the system has no room to guard a thread's stack");
                return false;
            }
            SlotHeader *header = slots.header(slot);
            *header = {nullptr, this};
            fibers[slot] = weft::emulation::prepare(reinterpret_cast<char *>(header), &fiberMain, this);
        }
        change(scheduler, fibers[slot]);
    }
    return !report.isStopped();
}

inline bool Block::resume(Thread &thread) {
    resumptions++;
    thread.state = State::running;
    change(scheduler, fibers[thread.slot]);
    return !report.isStopped();
}

/// Runs a warp until nobody in it can go on; false when the launch has failed.
inline bool Block::runWarp(unsigned warp) {
    Thread *first = firstOf(warp);
    unsigned count = threadCount - warp * lanesPerWarp;
    if (count > lanesPerWarp) count = lanesPerWarp;
    for (;;) {
        bool wentOn = false;
        for (unsigned lane = 0; lane < count; lane++) {
            Thread &thread = first[lane];
            if (thread.state != State::running) continue;
            if (!resume(thread)) return false;
            wentOn = true;
        }
        if (wentOn) continue;
        // Lanes that ended meanwhile are waited for no more.
        for (unsigned lane = 0; lane < count && !wentOn; lane++) {
            Thread &thread = first[lane];
            if (thread.state == State::inWarp && thread.operation != WarpOperation::active)
                wentOn = completeOperation(warp, thread.mask, thread.operation);
        }
        if (!wentOn && !completeActive(warp)) return true;
    }
}

inline void Block::releaseBarrier() {
    trueCount = 0;
    for (unsigned number = 0; number < threadCount; number++) {
        Thread &thread = threads[number];
        if (thread.state != State::atBarrier) continue;
        trueCount += thread.predicate;
        thread.state = State::running;
    }
    barrierCount = 0;
}

inline bool Block::run(uint3 blockIndex) {
    index = blockIndex;
    nextThread = endedCount = barrierCount = 0;
    for (unsigned number = 0; number < threadCount; number++) {
        threads[number].state = State::waitsToBegin;
        threads[number].attempts = 0;
    }
    for (unsigned warp = 0; warp < warpCount; warp++) warps[warp] = {0, 0};
    if (!beginThreads()) return false;
    while (endedCount < threadCount) {
        bool goesOn = false;
        uint64_t before = resumptions;
        for (unsigned warp = 0; warp < warpCount; warp++)
            if (!runWarp(warp)) return false;
        for (unsigned number = 0; number < threadCount; number++) {
            if (threads[number].state != State::yields) continue;
            threads[number].state = State::running;
            goesOn = true;
        }
        if (barrierCount > 0 && barrierCount == threadCount - endedCount) {
            releaseBarrier();
            goesOn = true;
        }
        if (goesOn || resumptions != before) continue;
        if (endedCount == threadCount) break;
        report.fail(WEFT_EMULATION_DIVERGED,
                    "block (%u, %u, %u): its threads wait for each other without end: %u at __syncthreads(), %u in "
                    "operations of their warps, whose partners do not come",
                    index.x, index.y, index.z, barrierCount, threadCount - endedCount - barrierCount);
        return false;
    }
    return true;
}

}  // namespace weft::emulation

#endif

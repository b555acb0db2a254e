// Barriers of blocks and operations of warps (CUDA C++ Programming Guide: "Synchronization Functions", "Warp Vote
// Functions", "Warp Match Functions", "Warp Reduce Functions", "Warp Shuffle Functions").
//
// An operation is complete when every lane of its mask that has not ended is in the same one with the same mask.
#ifndef WEFT_EMULATION_WARP_H
#define WEFT_EMULATION_WARP_H

#include <string.h>

#include "weft_block.h"

namespace weft::emulation {

/// What the operation gives a lane, from what all of `group` brought.
inline uint64_t operationResult(const Thread *lanes, const Thread &own, WarpOperation operation, unsigned group) {
    if (operation == WarpOperation::sync) return 0;
    if (operation == WarpOperation::shuffle)
        return own.source < lanesPerWarp && (group >> own.source & 1) ? lanes[own.source].value : own.value;
    uint64_t result = operation == WarpOperation::ballot || operation == WarpOperation::matchAny ? 0 : own.value;
    for (unsigned rest = group; rest != 0; rest &= rest - 1) {
        auto lane = unsigned(__builtin_ctz(rest));
        uint64_t value = lanes[lane].value;
        auto number = unsigned(value), known = unsigned(result);
        switch (operation) {
        case WarpOperation::ballot: result |= uint64_t(value != 0) << lane; break;
        case WarpOperation::matchAny: result |= uint64_t(value == own.value) << lane; break;
        case WarpOperation::add: result = unsigned(known + (&lanes[lane] == &own ? 0 : number)); break;
        case WarpOperation::signedMinimum: result = int(number) < int(known) ? number : known; break;
        case WarpOperation::signedMaximum: result = int(number) > int(known) ? number : known; break;
        case WarpOperation::unsignedMinimum: result = number < known ? number : known; break;
        case WarpOperation::unsignedMaximum: result = number > known ? number : known; break;
        case WarpOperation::bitAnd: result = known & number; break;
        case WarpOperation::bitOr: result = known | number; break;
        case WarpOperation::bitXor: result = known ^ (&lanes[lane] == &own ? 0 : number); break;
        case WarpOperation::sync:
        case WarpOperation::shuffle:
        case WarpOperation::active: break;
        }
    }
    return result;
}

inline bool Block::completeOperation(unsigned warp, unsigned mask, WarpOperation operation) {
    Thread *lanes = firstOf(warp);
    Warp &state = warps[warp];
    unsigned group = mask & lanesOf(warp) & ~state.ended;
    if (group & ~state.waiting) return false;
    for (unsigned rest = group; rest != 0; rest &= rest - 1) {
        const Thread &lane = lanes[__builtin_ctz(rest)];
        if (lane.operation != operation || lane.mask != mask) return false;
    }
    for (unsigned rest = group; rest != 0; rest &= rest - 1) {
        Thread &lane = lanes[__builtin_ctz(rest)];
        lane.result = operationResult(lanes, lane, operation, group);
        lane.state = State::running;
    }
    state.waiting &= ~group;
    return true;
}

/// Once nobody of the warp can go on: those that ask at the same place who else is there are told of each other.
inline bool Block::completeActive(unsigned warp) {
    Thread *lanes = firstOf(warp);
    Warp &state = warps[warp];
    unsigned group = 0;
    int site = 0;
    for (unsigned rest = state.waiting; rest != 0; rest &= rest - 1) {
        auto number = unsigned(__builtin_ctz(rest));
        if (lanes[number].operation != WarpOperation::active) continue;
        if (group == 0) site = lanes[number].site;
        if (lanes[number].site == site) group |= 1u << number;
    }
    for (unsigned rest = group; rest != 0; rest &= rest - 1) {
        Thread &lane = lanes[__builtin_ctz(rest)];
        lane.result = group;
        lane.state = State::running;
    }
    state.waiting &= ~group;
    return group != 0;
}

inline uint64_t inWarp(unsigned mask, WarpOperation operation, uint64_t value, unsigned source = lanesPerWarp) {
    SlotHeader *slot = here();
    Block &block = *slot->block;
    Thread &thread = *slot->thread;
    if (!(mask >> thread.lane & 1)) {
        report.fail(WEFT_EMULATION_DIVERGED,
                    "thread (%u, %u, %u) of block (%u, %u, %u): its lane %u is not in the mask 0x%08x that it gives",
                    thread.index.x, thread.index.y, thread.index.z, block.index.x, block.index.y, block.index.z,
                    thread.lane, mask);
        stopHere();
    }
    thread.operation = operation;
    thread.mask = mask;
    thread.value = value;
    thread.source = source;
    auto warp = unsigned(&thread - block.threads) / lanesPerWarp;
    block.warps[warp].waiting |= 1u << thread.lane;
    if (!block.completeOperation(warp, mask, operation)) block.leave(thread, State::inWarp);
    return thread.result;
}

inline unsigned activeLanes(int site) {
    SlotHeader *slot = here();
    Block &block = *slot->block;
    Thread &thread = *slot->thread;
    thread.operation = WarpOperation::active;
    thread.site = site;
    block.warpOf(thread).waiting |= 1u << thread.lane;
    block.leave(thread, State::inWarp);
    return unsigned(thread.result);
}

/// Returns how many threads brought true.
inline unsigned atBarrier(bool predicate) {
    SlotHeader *slot = here();
    Block &block = *slot->block;
    Thread &thread = *slot->thread;
    thread.predicate = predicate;
    if (++block.barrierCount == block.threadCount - block.endedCount) {
        thread.state = State::atBarrier;
        block.releaseBarrier();
    } else {
        block.leave(thread, State::atBarrier);
    }
    return block.trueCount;
}

/// Lets the others of the block run: who waits for another thread by asking again and again does not wait forever.
inline void yield() {
    SlotHeader *slot = here();
    slot->thread->attempts = 0;
    slot->block->leave(*slot->thread, State::yields);
}

template <class Value> Value shuffled(unsigned mask, Value value, unsigned source) {
    static_assert(sizeof(Value) <= sizeof(uint64_t), "shuffles take up to eight bytes");
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof value);
    bits = inWarp(mask, WarpOperation::shuffle, bits, source);
    memcpy(&value, &bits, sizeof value);
    return value;
}

template <class Value> uint64_t bitsOf(Value value) {
    static_assert(sizeof(Value) <= sizeof(uint64_t), "matches take up to eight bytes");
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof value);
    return bits;
}

}  // namespace weft::emulation

static inline void __syncthreads() { weft::emulation::atBarrier(false); }
static inline int __syncthreads_count(int predicate) { return int(weft::emulation::atBarrier(predicate != 0)); }
static inline int __syncthreads_or(int predicate) { return weft::emulation::atBarrier(predicate != 0) != 0; }
static inline int __syncthreads_and(int predicate) { return weft::emulation::atBarrier(predicate == 0) == 0; }
static inline void __syncwarp(unsigned mask = 0xffffffff) {
    weft::emulation::inWarp(mask, weft::emulation::WarpOperation::sync, 0);
}
#define __activemask() (weft::emulation::activeLanes(__COUNTER__))

static inline unsigned __ballot_sync(unsigned mask, int predicate) {
    return unsigned(weft::emulation::inWarp(mask, weft::emulation::WarpOperation::ballot, predicate != 0));
}
static inline int __any_sync(unsigned mask, int predicate) { return __ballot_sync(mask, predicate) != 0; }
static inline int __all_sync(unsigned mask, int predicate) { return __ballot_sync(mask, !predicate) == 0; }

/// Lanes are numbered within segments of `width`, a power of two up to 32; a source outside the own segment gives the own
/// value, but for __shfl_sync, where it wraps around.
template <class Value> Value __shfl_sync(unsigned mask, Value value, int source, int width = 32) {
    unsigned lane = weft::emulation::currentThread().lane, segment = lane & ~unsigned(width - 1);
    return weft::emulation::shuffled(mask, value, segment + (unsigned(source) & unsigned(width - 1)));
}
template <class Value> Value __shfl_up_sync(unsigned mask, Value value, unsigned delta, int width = 32) {
    unsigned lane = weft::emulation::currentThread().lane, within = lane & unsigned(width - 1);
    return weft::emulation::shuffled(mask, value, within < delta ? lane : lane - delta);
}
template <class Value> Value __shfl_down_sync(unsigned mask, Value value, unsigned delta, int width = 32) {
    unsigned lane = weft::emulation::currentThread().lane, within = lane & unsigned(width - 1);
    return weft::emulation::shuffled(mask, value, delta >= unsigned(width) - within ? lane : lane + delta);
}
template <class Value> Value __shfl_xor_sync(unsigned mask, Value value, int lanes, int width = 32) {
    unsigned lane = weft::emulation::currentThread().lane, other = lane ^ unsigned(lanes);
    bool isBeyond = (other & ~unsigned(width - 1)) > (lane & ~unsigned(width - 1));
    return weft::emulation::shuffled(mask, value, isBeyond ? lane : other);
}

template <class Value> unsigned __match_any_sync(unsigned mask, Value value) {
    return unsigned(weft::emulation::inWarp(mask, weft::emulation::WarpOperation::matchAny,
                                            weft::emulation::bitsOf(value)));
}
template <class Value> unsigned __match_all_sync(unsigned mask, Value value, int *isSame) {
    unsigned equal = __match_any_sync(mask, value);
    *isSame = __all_sync(mask, equal == __ballot_sync(mask, 1));
    return *isSame ? equal : 0;
}

#define WEFT_REDUCE(name, type, operation)                                                              \
    static inline type name(unsigned mask, type value) {                                                \
        return type(weft::emulation::inWarp(mask, weft::emulation::WarpOperation::operation, unsigned(value))); \
    }
WEFT_REDUCE(__reduce_add_sync, unsigned, add)
WEFT_REDUCE(__reduce_add_sync, int, add)
WEFT_REDUCE(__reduce_min_sync, unsigned, unsignedMinimum)
WEFT_REDUCE(__reduce_min_sync, int, signedMinimum)
WEFT_REDUCE(__reduce_max_sync, unsigned, unsignedMaximum)
WEFT_REDUCE(__reduce_max_sync, int, signedMaximum)
WEFT_REDUCE(__reduce_and_sync, unsigned, bitAnd)
WEFT_REDUCE(__reduce_or_sync, unsigned, bitOr)
WEFT_REDUCE(__reduce_xor_sync, unsigned, bitXor)
#undef WEFT_REDUCE

#endif

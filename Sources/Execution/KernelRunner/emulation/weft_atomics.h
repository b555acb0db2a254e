// Atomic functions and fences (CUDA C++ Programming Guide, "Atomic Functions", "Memory Fence Functions").
//
// Other blocks run on other threads of the system, so these are real. The threads of one block take turns: one that asks
// again and again lets the others run now and then, or what it waits for would never come.
#ifndef WEFT_EMULATION_ATOMICS_H
#define WEFT_EMULATION_ATOMICS_H

#include <string.h>

#include "weft_warp.h"

namespace weft::emulation {

constexpr unsigned attemptsInARow = 256;

inline void countAttempt() {
    if (++currentThread().attempts >= attemptsInARow) yield();
}

/// Bits of the same size, on which the processor's own atomic operations work.
template <size_t size> struct AtomicBits;
template <> struct AtomicBits<2> { using type = uint16_t; };
template <> struct AtomicBits<4> { using type = uint32_t; };
template <> struct AtomicBits<8> { using type = uint64_t; };

/// Replaces *address by change(*address) and returns what was there.
template <class Value, class Change> Value atomicChange(Value *address, Change change) {
    using Bits = typename AtomicBits<sizeof(Value)>::type;
    Bits *place = reinterpret_cast<Bits *>(address);
    Bits before = __atomic_load_n(place, __ATOMIC_RELAXED), after;
    Value old;
    do {
        memcpy(&old, &before, sizeof old);
        Value changed = change(old);
        memcpy(&after, &changed, sizeof after);
    } while (!__atomic_compare_exchange_n(place, &before, after, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
    return old;
}

}  // namespace weft::emulation

#define WEFT_ATOMIC(name, type, before, expression)                                            \
    static inline type name(type *address, type value) {                                       \
        weft::emulation::countAttempt();                                                       \
        return weft::emulation::atomicChange(address, [value](type before) -> type { return expression; }); \
    }                                                                                          \
    static inline type name##_block(type *address, type value) { return name(address, value); } \
    static inline type name##_system(type *address, type value) { return name(address, value); }

#define WEFT_ATOMIC_INTEGERS(name, before, expression)    \
    WEFT_ATOMIC(name, int, before, expression)            \
    WEFT_ATOMIC(name, unsigned, before, expression)       \
    WEFT_ATOMIC(name, long long, before, expression)      \
    WEFT_ATOMIC(name, unsigned long long, before, expression) \
    WEFT_ATOMIC(name, long, before, expression)           \
    WEFT_ATOMIC(name, unsigned long, before, expression)

// Unsigned arithmetic, where overflow is defined.
WEFT_ATOMIC(atomicAdd, int, old, int(unsigned(old) + unsigned(value)))
WEFT_ATOMIC(atomicSub, int, old, int(unsigned(old) - unsigned(value)))
WEFT_ATOMIC(atomicAdd, unsigned, old, old + value)
WEFT_ATOMIC(atomicSub, unsigned, old, old - value)
WEFT_ATOMIC(atomicAdd, unsigned long long, old, old + value)
WEFT_ATOMIC(atomicAdd, unsigned long, old, old + value)
WEFT_ATOMIC(atomicAdd, float, old, old + value)
WEFT_ATOMIC(atomicAdd, double, old, old + value)
WEFT_ATOMIC_INTEGERS(atomicMin, old, value < old ? value : old)
WEFT_ATOMIC_INTEGERS(atomicMax, old, value > old ? value : old)
WEFT_ATOMIC_INTEGERS(atomicAnd, old, old & value)
WEFT_ATOMIC_INTEGERS(atomicOr, old, old | value)
WEFT_ATOMIC_INTEGERS(atomicXor, old, old ^ value)
WEFT_ATOMIC_INTEGERS(atomicExch, old, ((void)old, value))
WEFT_ATOMIC(atomicExch, float, old, ((void)old, value))
WEFT_ATOMIC(atomicInc, unsigned, old, old >= value ? 0 : old + 1)
WEFT_ATOMIC(atomicDec, unsigned, old, old == 0 || old > value ? value : old - 1)
#undef WEFT_ATOMIC
#undef WEFT_ATOMIC_INTEGERS

#define WEFT_COMPARE_AND_SWAP(type)                                                                       \
    static inline type atomicCAS(type *address, type compare, type value) {                              \
        weft::emulation::countAttempt();                                                                  \
        __atomic_compare_exchange_n(address, &compare, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
        return compare;                                                                                   \
    }
WEFT_COMPARE_AND_SWAP(int)
WEFT_COMPARE_AND_SWAP(unsigned)
WEFT_COMPARE_AND_SWAP(long long)
WEFT_COMPARE_AND_SWAP(unsigned long long)
WEFT_COMPARE_AND_SWAP(unsigned short)
#undef WEFT_COMPARE_AND_SWAP

static inline void __threadfence_block() {
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    weft::emulation::countAttempt();
}
static inline void __threadfence() { __threadfence_block(); }
static inline void __threadfence_system() { __threadfence_block(); }
static inline void __nanosleep(unsigned) { weft::emulation::yield(); }

#endif

// Fibers: stacks of their own between which one thread of the system switches by hand.
//
// A stack is a slot whose size is a power of two and its alignment, so that code that runs on it finds the slot's header
// from the stack pointer alone. Its lowest page is a guard: who needs more stack than there is faults.
#ifndef WEFT_EMULATION_FIBER_H
#define WEFT_EMULATION_FIBER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#if !defined(__x86_64__) && !defined(__aarch64__)
#include <ucontext.h>
#endif

namespace weft::emulation {

/// What a thread's own variables and calls may take, its guard included. Only what is touched takes memory.
constexpr size_t slotBytes = 256 << 10;
constexpr size_t guardBytes = 16 << 10;

struct Thread;
struct Block;

/// At the upper end of each slot.
struct alignas(64) SlotHeader {
    Thread *thread;
    Block *block;
};

__attribute__((always_inline)) inline SlotHeader *here() {
    uintptr_t pointer;
#if defined(__x86_64__)
    asm("mov %%rsp, %0" : "=r"(pointer));
#elif defined(__aarch64__)
    asm("mov %0, sp" : "=r"(pointer));
#else
    pointer = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
#endif
    return reinterpret_cast<SlotHeader *>((pointer | (slotBytes - 1)) + 1 - sizeof(SlotHeader));
}

#if defined(__x86_64__) || defined(__aarch64__)

/// A flow of control that stands still: what it needs later is on its stack.
struct Context {
    void *pointer;
};

extern "C" void weft_emulation_switch(void **saved, void *next) __attribute__((visibility("hidden")));
extern "C" void weft_emulation_start() __attribute__((visibility("hidden")));

#if defined(__x86_64__)
// What a call must preserve: System V ABI, AMD64 supplement, section 3.2.1.
asm(R"(
    .pushsection .text
    .globl weft_emulation_switch
    .hidden weft_emulation_switch
    .type weft_emulation_switch, @function
weft_emulation_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .size weft_emulation_switch, .-weft_emulation_switch
    .globl weft_emulation_start
    .hidden weft_emulation_start
    .type weft_emulation_start, @function
weft_emulation_start:
    movq %r12, %rdi
    call *%r13
    ud2
    .size weft_emulation_start, .-weft_emulation_start
    .popsection
)");

inline Context prepare(char *top, void (*main)(void *), void *argument) {
    auto words = reinterpret_cast<uintptr_t *>(top) - 9;  // so that a call from the start finds the stack aligned
    uintptr_t values[7] = {0, 0, reinterpret_cast<uintptr_t>(main), reinterpret_cast<uintptr_t>(argument), 0, 0,
                           reinterpret_cast<uintptr_t>(&weft_emulation_start)};
    memcpy(words, values, sizeof values);
    return {words};
}
#else
// What a call must preserve: Procedure Call Standard for the Arm 64-bit Architecture, sections 6.1.1 and 6.1.2.
asm(R"(
    .pushsection .text
    .globl weft_emulation_switch
    .hidden weft_emulation_switch
    .type weft_emulation_switch, %function
weft_emulation_switch:
    sub sp, sp, #160
    stp x19, x20, [sp, #0]
    stp x21, x22, [sp, #16]
    stp x23, x24, [sp, #32]
    stp x25, x26, [sp, #48]
    stp x27, x28, [sp, #64]
    stp x29, x30, [sp, #80]
    stp d8, d9, [sp, #96]
    stp d10, d11, [sp, #112]
    stp d12, d13, [sp, #128]
    stp d14, d15, [sp, #144]
    mov x9, sp
    str x9, [x0]
    mov sp, x1
    ldp x19, x20, [sp, #0]
    ldp x21, x22, [sp, #16]
    ldp x23, x24, [sp, #32]
    ldp x25, x26, [sp, #48]
    ldp x27, x28, [sp, #64]
    ldp x29, x30, [sp, #80]
    ldp d8, d9, [sp, #96]
    ldp d10, d11, [sp, #112]
    ldp d12, d13, [sp, #128]
    ldp d14, d15, [sp, #144]
    add sp, sp, #160
    ret
    .globl weft_emulation_start
    .hidden weft_emulation_start
    .type weft_emulation_start, %function
weft_emulation_start:
    mov x0, x19
    blr x20
    brk #1
    .popsection
)");

inline Context prepare(char *top, void (*main)(void *), void *argument) {
    auto words = reinterpret_cast<uintptr_t *>(top) - 20;
    memset(words, 0, 160);
    words[0] = reinterpret_cast<uintptr_t>(argument);
    words[1] = reinterpret_cast<uintptr_t>(main);
    words[11] = reinterpret_cast<uintptr_t>(&weft_emulation_start);
    return {words};
}
#endif

inline void change(Context &from, Context &to) { weft_emulation_switch(&from.pointer, to.pointer); }

#else

struct Context {
    ucontext_t saved;
};

inline void startContext(unsigned mainLow, unsigned mainHigh, unsigned argumentLow, unsigned argumentHigh) {
    auto join = [](unsigned low, unsigned high) { return static_cast<uintptr_t>(uint64_t(high) << 32 | low); };
    reinterpret_cast<void (*)(void *)>(join(mainLow, mainHigh))(
        reinterpret_cast<void *>(join(argumentLow, argumentHigh)));
}

inline Context prepare(char *top, void (*main)(void *), void *argument) {
    Context context;
    getcontext(&context.saved);
    context.saved.uc_stack.ss_sp = top + sizeof(SlotHeader) - slotBytes + guardBytes;
    context.saved.uc_stack.ss_size = slotBytes - guardBytes - sizeof(SlotHeader);
    context.saved.uc_link = nullptr;
    uint64_t function = reinterpret_cast<uintptr_t>(main), value = reinterpret_cast<uintptr_t>(argument);
    makecontext(&context.saved, reinterpret_cast<void (*)()>(startContext), 4, unsigned(function),
                unsigned(function >> 32), unsigned(value), unsigned(value >> 32));
    return context;
}

inline void change(Context &from, Context &to) { swapcontext(&from.saved, &to.saved); }

#endif

/// The slots of one worker: reserved at once, each guarded when it is first used.
struct Slots {
    char *reserved = nullptr;
    size_t reservedBytes = 0;
    char *first = nullptr;

    bool reserve(unsigned count) {
        reservedBytes = (size_t(count) + 1) * slotBytes;
        void *address = mmap(nullptr, reservedBytes, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
        if (address == MAP_FAILED) return false;
        reserved = static_cast<char *>(address);
        first = reinterpret_cast<char *>((reinterpret_cast<uintptr_t>(reserved) + slotBytes - 1) & ~(slotBytes - 1));
        return true;
    }
    void release() {
        if (reserved) munmap(reserved, reservedBytes);
        reserved = nullptr;
    }
    bool guard(unsigned index) { return mprotect(first + index * slotBytes, guardBytes, PROT_NONE) == 0; }
    SlotHeader *header(unsigned index) {
        return reinterpret_cast<SlotHeader *>(first + (size_t(index) + 1) * slotBytes - sizeof(SlotHeader));
    }
};

}  // namespace weft::emulation

#endif

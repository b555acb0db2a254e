// A launch: blocks go to as many threads of the system as there are processors; each takes the next block that is left.
#ifndef WEFT_EMULATION_LAUNCH_H
#define WEFT_EMULATION_LAUNCH_H

#include <new>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "weft_block.h"

namespace weft::emulation {

/// Past it the guards of stacks would need more mappings than a process may have.
constexpr unsigned workersLimit = 24;
/// What extern __shared__ arrays may take: a block's shared memory on the largest GPU.
constexpr unsigned long dynamicSharedBytes = 227 << 10;

struct Grid {
    dim3 gridDimensions, blockDimensions;
    unsigned long long blockCount;
    unsigned long long nextBlock;
    void (*body)(void *);
    void *argument;
};

inline unsigned workersOf(unsigned long long blockCount) {
    unsigned long long count = 1;
    cpu_set_t processors;
    if (sched_getaffinity(0, sizeof processors, &processors) == 0) count = unsigned(CPU_COUNT(&processors));
    if (const char *text = getenv("WEFT_EMULATION_THREADS")) {
        int wanted = atoi(text);
        if (wanted > 0) count = unsigned(wanted);
    }
    if (count > workersLimit) count = workersLimit;
    return unsigned(count < blockCount ? count : blockCount);
}

/// Says which thread did what the processor refused, and lets the process end as it would have.
inline thread_local Block *workersBlock = nullptr;
inline char alternativeStack[workersLimit][64 << 10];

inline void explainFault(int signal, siginfo_t *information, void *) {
    char text[256];
    int count = 0;
    const char *what = signal == SIGFPE   ? "an integer division by zero, or its like"
                       : signal == SIGILL ? "an instruction that is none"
                                          : "memory that is not there";
    Block *block = workersBlock;
    auto address = static_cast<char *>(information->si_addr);
    if (signal == SIGSEGV && block && address >= block->slots.first &&
        address < block->slots.first + size_t(block->threadCount) * slotBytes &&
        size_t(address - block->slots.first) % slotBytes < guardBytes)
        what = "more stack than a thread has (240 KiB)";
    if (block)
        count = snprintf(text, sizeof text, "weft: a thread of block (%u, %u, %u) used %s\n", block->index.x,
                         block->index.y, block->index.z, what);
    if (count > 0 && write(STDERR_FILENO, text, size_t(count)) < 0) count = 0;
    ::signal(signal, SIG_DFL);
}

inline void explainFaults() {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = &explainFault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    for (int signal : signals) sigaction(signal, &action, nullptr);
}

inline unsigned long long alternativeStacksTaken = 0;

inline void *work(void *argument) {
    Grid &grid = *static_cast<Grid *>(argument);
    auto number = __atomic_fetch_add(&alternativeStacksTaken, 1, __ATOMIC_RELAXED) % workersLimit;
    stack_t stack = {}, before = {};
    stack.ss_sp = alternativeStack[number];
    stack.ss_size = sizeof alternativeStack[number];
    sigaltstack(&stack, &before);
    void *memory = mmap(nullptr, sizeof(Block), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        report.fail(WEFT_EMULATION_NO_MEMORY, "there is no memory for the threads of a block");
        return nullptr;
    }
    Block &block = *new (memory) Block;
    workersBlock = &block;
    if (block.prepare(grid.gridDimensions, grid.blockDimensions, grid.body, grid.argument)) {
        while (!report.isStopped()) {
            auto next = __atomic_fetch_add(&grid.nextBlock, 1, __ATOMIC_RELAXED);
            if (next >= grid.blockCount) break;
            dim3 size = grid.gridDimensions;
            if (!block.run({unsigned(next % size.x), unsigned(next / size.x % size.y),
                            unsigned(next / (static_cast<unsigned long long>(size.x) * size.y))}))
                break;
        }
        block.close();
    }
    workersBlock = nullptr;
    munmap(memory, sizeof(Block));
    sigaltstack(&before, nullptr);
    return nullptr;
}

inline int runGrid(void (*body)(void *), void *argument, const unsigned grid[3], const unsigned block[3],
                   unsigned long sharedBytes) {
    report.begin();
    unsigned long long threads = static_cast<unsigned long long>(block[0]) * block[1] * block[2];
    if (block[0] > 1024 || block[1] > 1024 || block[2] > 64 || threads == 0 || threads > threadsPerBlock)
        return report.fail(WEFT_EMULATION_BAD_LAUNCH,
                           "a block has 1 to 1024 threads, up to 1024 x 1024 x 64, not %u x %u x %u", block[0], block[1],
                           block[2]);
    if (grid[0] == 0 || grid[1] == 0 || grid[2] == 0 || grid[0] > INT32_MAX || grid[1] > 65535 || grid[2] > 65535)
        return report.fail(WEFT_EMULATION_BAD_LAUNCH,
                           "a grid has up to 2147483647 x 65535 x 65535 blocks and one at least, not %u x %u x %u",
                           grid[0], grid[1], grid[2]);
    if (sharedBytes > dynamicSharedBytes)
        return report.fail(WEFT_EMULATION_BAD_LAUNCH, "a block has up to %lu bytes of shared memory, not %lu",
                           dynamicSharedBytes, sharedBytes);
    Grid all = {dim3(grid[0], grid[1], grid[2]), dim3(block[0], block[1], block[2]),
                static_cast<unsigned long long>(grid[0]) * grid[1] * grid[2], 0, body, argument};
    explainFaults();
    unsigned count = workersOf(all.blockCount), started = 0;
    pthread_t workers[workersLimit];
    while (started + 1 < count && pthread_create(&workers[started], nullptr, &work, &all) == 0) started++;
    work(&all);
    for (unsigned number = 0; number < started; number++) pthread_join(workers[number], nullptr);
    endPrinting();
    return report.code;
}

template <class Type> struct Plain { using type = Type; };
template <class Type> struct Plain<const Type> { using type = Type; };

template <unsigned... numbers> struct Numbers {};
template <unsigned count, unsigned... numbers> struct Counted : Counted<count - 1, count - 1, numbers...> {};
template <unsigned... numbers> struct Counted<0, numbers...> { using type = Numbers<numbers...>; };

template <class... Parameters> struct Call {
    void (*kernel)(Parameters...);
    void **arguments;

    template <unsigned... numbers> void perform(Numbers<numbers...>) const {
        kernel(*static_cast<typename Plain<Parameters>::type *>(arguments[numbers])...);
    }
    static void body(void *call) { static_cast<Call *>(call)->perform(typename Counted<sizeof...(Parameters)>::type()); }
};

/// Runs a kernel; `arguments` points to one value for each parameter.
template <class... Parameters>
int launch(void (*kernel)(Parameters...), const unsigned grid[3], const unsigned block[3], unsigned long sharedBytes,
           void **arguments) {
    Call<Parameters...> call = {kernel, arguments};
    return runGrid(&Call<Parameters...>::body, &call, grid, block, sharedBytes);
}

inline int noEntry(const char *name) {
    report.begin();
    return report.fail(WEFT_EMULATION_NO_ENTRY, "the source has no kernel %.100s", name);
}

/// Writes the sizes of up to `capacity` parameters and returns how many there are.
template <class... Parameters>
int parameterSizes(void (*)(Parameters...), unsigned long *sizes, unsigned capacity) {
    const unsigned long all[] = {sizeof(Parameters)..., 0};
    for (unsigned number = 0; number < sizeof...(Parameters) && number < capacity; number++) sizes[number] = all[number];
    return int(sizeof...(Parameters));
}

}  // namespace weft::emulation

/// Gives the `extern __shared__` arrays of the unit their memory. As on a GPU, all of them begin at the same place. `names`
/// are WEFT_EMULATION_SHARED_NAME texts, one after the other.
#define WEFT_EMULATION_SHARED(names) \
    asm(".pushsection .tbss.weft_shared,\"awT\",%nobits\n\t.balign 128\n" names "\t.zero 232448\n\t.popsection");
#define WEFT_EMULATION_SHARED_NAME(name) "\t.globl " name "\n\t.hidden " name "\n\t.type " name ", %object\n" name ":\n"

#define WEFT_EMULATION_LAUNCH(kernel, name) \
    if (strcmp(entry, name) == 0) return weft::emulation::launch(kernel, grid, block, sharedBytes, arguments);
#define WEFT_EMULATION_PARAMETERS(kernel, name) \
    if (strcmp(entry, name) == 0) return weft::emulation::parameterSizes(kernel, sizes, capacity);

#endif

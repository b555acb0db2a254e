// A device to be measured, whichever library reaches it.
#ifndef WEFT_HARDWARE_DEVICE_H
#define WEFT_HARDWARE_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kernel { KERNEL_SINGLE, KERNEL_DOUBLE, KERNEL_HALF, KERNEL_COPY, KERNEL_EMPTY, KERNEL_COUNT };

/// What each kernel does:
/// - `single`, `double`, `half` (out, rounds): each thread `rounds` × 64 products and sums, of `lanes` numbers at once
/// - `copy` (from, to, count): each element of 16 bytes
/// - `empty`: nothing
static const char *const kernel_names[KERNEL_COUNT] = {"single", "double", "half", "copy", "empty"};

/// Products and sums of one round: eight sums, eight times; each two operations.
#define ROUND_OPERATIONS (8 * 8 * 2)

#define BLOCK_THREADS 256

/// Of a thread's result.
#define RESULT_BYTES 64

struct facts {
    char name[128];
    char pci_address[32];
    uint64_t memory_bytes;
    unsigned compute_units;
    /// It is the processor: its memory is the machine's.
    bool is_processor;
    bool has[KERNEL_COUNT];
    /// How many numbers each thread of an arithmetic kernel works on at once.
    unsigned lanes[KERNEL_COUNT];
};

/// One library. All but `open` return whether they succeeded; `failure` says why the last one did not.
struct library {
    const char *name;
    /// Opens the device with this number, among all of the library; ends the program where that cannot be.
    void (*open)(unsigned index, struct facts *facts);
    bool (*allocate)(size_t bytes, uint64_t *memory);
    void (*release)(uint64_t memory);
    /// Makes sure that there really is memory behind it.
    bool (*clear)(uint64_t memory, size_t bytes);
    bool (*upload)(uint64_t memory, const void *from, size_t bytes);
    bool (*download)(uint64_t memory, void *to, size_t bytes);
    bool (*launch)(enum kernel kernel, unsigned blocks, uint64_t first, uint64_t second, int count);
    bool (*wait)(void);
    /// Memory that the device reaches faster; NULL where there is none.
    void *(*host_memory)(size_t bytes);
    const char *(*failure)(void);
};

extern const struct library opencl_library, cuda_library, hip_library;

#endif

// Stands in front of the allocator of glibc and counts. A program that links this exports these functions, so that the
// shared libraries of the Swift runtime call them too: nothing need be preloaded.

#include "allocation_counter.h"

#if defined(__linux__) && defined(__GLIBC__)

#include <errno.h>
#include <malloc.h>
#include <stddef.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *memory);

static _Thread_local struct weft_allocations counted __attribute__((tls_model("initial-exec")));

/// What the allocator keeps beside every piece that it gives: its size.
static const int64_t header_bytes = sizeof(size_t);

static int64_t bytes_of(void *memory) { return (int64_t)malloc_usable_size(memory) + header_bytes; }

static void *given(void *memory) {
    if (memory != NULL) {
        counted.count += 1;
        counted.live_bytes += bytes_of(memory);
    }
    return memory;
}

void *malloc(size_t size) { return given(__libc_malloc(size)); }

void *calloc(size_t count, size_t size) { return given(__libc_calloc(count, size)); }

void *realloc(void *memory, size_t size) {
    int64_t before = memory == NULL ? 0 : bytes_of(memory);
    void *moved = __libc_realloc(memory, size);
    // Without memory the old piece stays as it was, unless it was asked to go.
    if (moved != NULL || size == 0) counted.live_bytes -= before;
    return given(moved);
}

void free(void *memory) {
    if (memory == NULL) return;
    counted.live_bytes -= bytes_of(memory);
    __libc_free(memory);
}

void *memalign(size_t alignment, size_t size) { return given(__libc_memalign(alignment, size)); }

void *aligned_alloc(size_t alignment, size_t size) { return given(__libc_memalign(alignment, size)); }

int posix_memalign(void **result, size_t alignment, size_t size) {
    if (alignment % sizeof(void *) != 0 || alignment == 0 || (alignment & (alignment - 1)) != 0) return EINVAL;
    void *memory = given(__libc_memalign(alignment, size));
    if (memory == NULL) return ENOMEM;
    *result = memory;
    return 0;
}

int weft_allocations_are_counted(void) { return 1; }

struct weft_allocations weft_allocations_of_this_thread(void) { return counted; }

#else

int weft_allocations_are_counted(void) { return 0; }

struct weft_allocations weft_allocations_of_this_thread(void) {
    struct weft_allocations none = {0, 0};
    return none;
}

#endif

#pragma once

#include <stdint.h>

/// What the calling thread has asked the allocator for since it began.
struct weft_allocations {
    /// Calls that gave memory: malloc, calloc, realloc and the aligned ones.
    int64_t count;
    /// Bytes given and not yet given back, as the allocator rounds them, with its own header. Negative for a thread that
    /// frees what others allocated.
    int64_t live_bytes;
};

/// Whether allocations are counted on this system at all; where they are not, every count is 0 and means nothing.
int weft_allocations_are_counted(void);

struct weft_allocations weft_allocations_of_this_thread(void);

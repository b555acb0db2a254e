// What a launch says besides its results: why it failed, and what its kernels print.
#ifndef WEFT_EMULATION_REPORT_H
#define WEFT_EMULATION_REPORT_H

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/// What `weft_emulated_launch` returns; `weft_emulated_error` says it in words.
enum WeftEmulationError {
    WEFT_EMULATION_OK = 0,
    /// No kernel has that name.
    WEFT_EMULATION_NO_ENTRY = 1,
    /// Blocks or grids that no CUDA device takes, or more shared memory.
    WEFT_EMULATION_BAD_LAUNCH = 2,
    /// Threads wait for each other at different barriers.
    WEFT_EMULATION_DIVERGED = 3,
    /// assert() failed, or __trap() was called.
    WEFT_EMULATION_STOPPED = 4,
    /// There is no memory for stacks, or no thread of the system.
    WEFT_EMULATION_NO_MEMORY = 5,
};

namespace weft::emulation {

/// The first failure of a launch; workers look at `stops` before they begin a block.
struct Report {
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    int code = WEFT_EMULATION_OK;
    char text[512] = "";
    int stops = 0;
    size_t printedBytes = 0;
    size_t droppedBytes = 0;

    void begin() {
        code = WEFT_EMULATION_OK;
        text[0] = 0;
        stops = 0;
        printedBytes = droppedBytes = 0;
    }

    bool isStopped() const { return __atomic_load_n(&stops, __ATOMIC_RELAXED) != 0; }

    __attribute__((format(printf, 3, 4))) int fail(int reason, const char *format, ...) {
        pthread_mutex_lock(&lock);
        if (code == WEFT_EMULATION_OK) {
            code = reason;
            va_list arguments;
            va_start(arguments, format);
            vsnprintf(text, sizeof text, format, arguments);
            va_end(arguments);
        }
        __atomic_store_n(&stops, 1, __ATOMIC_RELAXED);
        pthread_mutex_unlock(&lock);
        return reason;
    }
};

inline Report report;

/// What the kernels of one launch may print; a GPU's buffer holds as much by default.
constexpr size_t printedLimitBytes = 1 << 20;

/// printf() of kernels: to standard output, up to `printedLimitBytes`; what is more is counted and dropped. Returns the
/// number of arguments as CUDA does, or -1.
__attribute__((format(printf, 1, 2))) inline int print(const char *format, ...) {
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    int wanted = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (wanted < 0) return -1;
    size_t count = size_t(wanted) < sizeof line ? size_t(wanted) : sizeof line - 1;
    pthread_mutex_lock(&report.lock);
    if (report.printedBytes + count <= printedLimitBytes) {
        report.printedBytes += count;
        fwrite(line, 1, count, stdout);
        report.droppedBytes += size_t(wanted) - count;
    } else {
        report.printedBytes = printedLimitBytes;  // what comes later must not fit again: no gaps within the text
        report.droppedBytes += size_t(wanted);
    }
    pthread_mutex_unlock(&report.lock);
    return wanted;
}

inline void endPrinting() {
    if (report.droppedBytes > 0)
        printf("\nweft: %zu more bytes were printed and dropped; a launch may print %zu\n", report.droppedBytes,
               printedLimitBytes);
    fflush(stdout);
}

}  // namespace weft::emulation

#endif

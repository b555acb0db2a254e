// The parts of weft-kernel and what they share.
#ifndef WEFT_KERNEL_RUNNER_H
#define WEFT_KERNEL_RUNNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "outcome.h"

enum {
    BUFFERS_MAX = 64,
    DEFINES_MAX = 64,
    LAUNCHES_MAX = 1024,
    ARGUMENTS_MAX = 64,
    DIMENSIONS_MAX = 8,
    SCALAR_BYTES = 8,
    LOG_BYTES = 64 << 10,
};

struct define {
    const char *name;
    const char *value;
};

/// Memory of the device. `bytes` is this process's copy, which ends at a page that cannot be touched.
struct buffer {
    const char *type;
    uint64_t size;
    unsigned dimensions;
    uint64_t shape[DIMENSIONS_MAX];
    const char *input;   // NULL: zeros
    const char *output;  // NULL: dropped
    uint8_t *bytes;
};

enum argument_kind { ARGUMENT_BUFFER, ARGUMENT_SCALAR, ARGUMENT_LOCAL };

struct argument {
    enum argument_kind kind;
    unsigned buffer;
    size_t size;  // of a scalar, or of local memory
    uint8_t scalar[SCALAR_BYTES];
};

struct launch {
    const char *entry;
    unsigned grid[3];
    unsigned block[3];
    size_t shared_bytes;
    unsigned argument_count;
    struct argument *arguments;
};

/// What the driver wants: order.c says how it is written.
struct order {
    bool is_fast;
    uint64_t memory_bytes;  // what all buffers together may have
    unsigned processors;
    const char *architecture;  // to compile for, where there is no device to ask
    const char *pci;           // of the device; NULL: see device_index
    unsigned device_index;     // as `probe` counts
    unsigned define_count, buffer_count, launch_count;
    struct define defines[DEFINES_MAX];
    struct buffer buffers[BUFFERS_MAX];
    struct launch launches[LAUNCHES_MAX];
    size_t source_size;
    char *source;  // with a zero at its end
};

/// A way to compile and to run. Each function returns only when it has done what it says, and ends the process otherwise.
struct backend {
    const char *name;
    /// Compiles the source for the launches, and leaves what came of it in the file `artefact`.
    void (*compile)(struct order *order, const char *artefact);
    /// Runs the launches; the buffers' bytes are what came of them then. `artefact` is what an earlier run kept, NULL for none:
    /// what is not taken any more is compiled anew. `kept` is where to leave what a later run can use; NULL for nowhere.
    void (*run)(struct order *order, const char *artefact, const char *kept);
    /// Prints what there is as a line of JSON. `library` NULL: as ever.
    void (*probe)(const char *library);
};

extern const struct backend opencl_backend, cuda_backend, hip_backend, emulated_backend, level_zero_backend;

// main.c
/// Says why, as the last line on standard error, and ends with the outcome as the status.
__attribute__((format(printf, 2, 3))) _Noreturn void end(enum outcome outcome, const char *format, ...);
/// The compiler's words, before an `end` that says whose they are.
void tell_log(const char *log, size_t size);

// order.c
void read_order(const char *path, const char *source_path, struct order *order);
/// Whether an earlier launch has the same kernel with the same block.
bool is_repeated(const struct order *order, unsigned launch);

// files.c
/// A whole file, with a zero at its end; ends with `outcome` where it cannot be read.
char *read_file(const char *path, uint64_t limit, size_t *size, enum outcome outcome);
void write_file(const char *path, const void *bytes, size_t size);

// buffers.c
/// Makes every buffer's bytes and fills those that come from files.
void load_buffers(struct order *order);
/// Writes those that are outputs.
void save_buffers(const struct order *order);
bool is_npy(const char *path);

// npy.c
/// Skips the header of a file in NumPy's format (format version 1 to 3) after it has been checked against the buffer; `problem`
/// says what does not fit. Returns false then.
bool skip_npy_header(int file, const struct buffer *buffer, char *problem, size_t problem_size);
/// The header that goes before the buffer's bytes. Returns its length.
size_t npy_header(const struct buffer *buffer, char *header, size_t capacity);

// library.c
/// Opens the first of a NULL-terminated list of libraries that can be opened; NULL with the last reason in `why`.
void *open_library(const char *const *names, const char **name, char *why, size_t why_size);

// json.c
void json_text(const char *key, const char *text);
void json_number(const char *key, uint64_t value);
void json_bool(const char *key, bool value);
/// The beginning of a probe's answer, or all of it where there are no devices.
void json_state(const char *backend, const char *state, const char *reason, const char *library, const char *driver);
void json_devices(void);
void json_device(unsigned index);
void json_device_end(void);
void json_end(void);

#endif

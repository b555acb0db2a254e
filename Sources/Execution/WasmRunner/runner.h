// The parts of weft-wasm and what they share.
#ifndef WEFT_WASM_RUNNER_H
#define WEFT_WASM_RUNNER_H

#include "engine.h"

struct options {
    struct settings settings;
    uint64_t seed;
    uint64_t fuel;
    int64_t memory_bytes;    // -1: not limited
    const char **arguments;  // NULL-terminated; the module's
};

#define WASI "wasi_snapshot_preview1"

// run.c
_Noreturn void run(const char *library, const char *compiled, const struct options *options);

// deterministic.c
/// Replaces whatever of WASI tells one machine or moment from another.
void make_deterministic(wasmtime_linker *linker, wasm_engine *engine, uint64_t seed);

// filesystem.c
/// Its part of that: what is told of files.
void make_files_deterministic(wasmtime_linker *linker, wasm_engine *engine);

/// The calling module's memory, which moves when it grows: to be asked for anew after each call into the engine.
struct guest {
    wasmtime_context *context;
    wasmtime_memory memory;
    uint8_t *bytes;
    uint64_t size;
};
bool find_guest(wasmtime_caller *caller, struct guest *guest);
/// Whether so many bytes lie inside it.
bool holds(const struct guest *guest, int32_t offset, uint64_t size);

/// Replaces a function of WASI. `parameters` and `results` have a letter each: i for 32 bits, I for 64.
void define(wasmtime_linker *linker, const char *name, const char *parameters, const char *results,
            wasm_callback callback);

/// Error numbers of WASI preview 1.
enum { WASI_SUCCESS = 0, WASI_BADF = 8, WASI_FAULT = 21, WASI_INVAL = 28, WASI_NOMEM = 48 };

#endif

// What is used of wasmtime's C API, opened at run time: nothing is linked against it, and its headers are not needed.
//
// The declarations are those of version 50. The functions of the API change seldom, but they do (`preopen_dir` did):
// that is why the driver tries a library before it offers it.
#ifndef WEFT_WASM_ENGINE_H
#define WEFT_WASM_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "outcome.h"

typedef struct wasm_config wasm_config;
typedef struct wasm_engine wasm_engine;
typedef struct wasm_functype wasm_functype;
typedef struct wasm_trap wasm_trap;
typedef struct wasm_valtype wasm_valtype;
typedef struct wasi_config wasi_config;
typedef struct wasmtime_caller wasmtime_caller;
typedef struct wasmtime_context wasmtime_context;
typedef struct wasmtime_error wasmtime_error;
typedef struct wasmtime_linker wasmtime_linker;
typedef struct wasmtime_module wasmtime_module;
typedef struct wasmtime_store wasmtime_store;

typedef struct {
    size_t size;
    char *data;
} wasm_bytes;

typedef struct {
    size_t size;
    wasm_valtype **data;
} wasm_valtypes;

typedef struct {
    uint64_t store;
    void *opaque;
} wasmtime_func;

typedef struct {
    struct {
        uint64_t store;
        uint32_t opaque;
    } first;
    uint32_t second;
} wasmtime_memory;

typedef struct {
    uint64_t store;
    size_t opaque;
} wasmtime_instance;

enum { EXTERN_FUNC = 0, EXTERN_MEMORY = 3 };

typedef struct {
    uint8_t kind;
    union {
        wasmtime_func func;
        wasmtime_memory memory;
        uint64_t room[3];
    } of;
} wasmtime_extern;

/// An argument or a result, little-endian, as compiled code passes it.
typedef union {
    int32_t i32;
    int64_t i64;
    uint8_t room[16];
} wasm_raw;

enum { VALUE_I32 = 0, VALUE_I64 = 1 };
enum { TRAP_OUT_OF_FUEL = 11, TRAP_ALLOCATION_TOO_LARGE = 15 };

typedef wasm_trap *(*wasm_callback)(void *data, wasmtime_caller *caller, wasm_raw *values, size_t count);

/// X(result, name, parameters) for each function.
#define ENGINE_FUNCTIONS(X)                                                                                          \
    X(wasm_config *, wasm_config_new, (void))                                                                        \
    X(wasm_engine *, wasm_engine_new_with_config, (wasm_config *))                                                   \
    X(wasm_valtype *, wasm_valtype_new, (uint8_t))                                                                   \
    X(wasm_functype *, wasm_functype_new, (wasm_valtypes *, wasm_valtypes *))                                        \
    X(void, wasm_functype_delete, (wasm_functype *))                                                                 \
    X(void, wasm_valtype_vec_new_uninitialized, (wasm_valtypes *, size_t))                                           \
    X(void, wasm_trap_message, (const wasm_trap *, wasm_bytes *))                                                    \
    X(bool, wasmtime_trap_code, (const wasm_trap *, uint8_t *))                                                      \
    X(wasm_trap *, wasmtime_trap_new, (const char *, size_t))                                                        \
    X(void, wasmtime_error_message, (const wasmtime_error *, wasm_bytes *))                                          \
    X(void, wasmtime_config_consume_fuel_set, (wasm_config *, bool))                                                 \
    X(void, wasmtime_config_wasm_threads_set, (wasm_config *, bool))                                                 \
    X(void, wasmtime_config_wasm_memory64_set, (wasm_config *, bool))                                                \
    X(void, wasmtime_config_wasm_relaxed_simd_deterministic_set, (wasm_config *, bool))                              \
    X(void, wasmtime_config_parallel_compilation_set, (wasm_config *, bool))                                         \
    X(void, wasmtime_config_cranelift_nan_canonicalization_set, (wasm_config *, bool))                               \
    X(void, wasmtime_config_native_unwind_info_set, (wasm_config *, bool))                                           \
    X(wasmtime_error *, wasmtime_module_new, (wasm_engine *, const uint8_t *, size_t, wasmtime_module **))           \
    X(wasmtime_error *, wasmtime_module_serialize, (wasmtime_module *, wasm_bytes *))                                \
    X(wasmtime_error *, wasmtime_module_deserialize_file, (wasm_engine *, const char *, wasmtime_module **))         \
    X(wasmtime_store *, wasmtime_store_new, (wasm_engine *, void *, void (*)(void *)))                               \
    X(wasmtime_context *, wasmtime_store_context, (wasmtime_store *))                                                \
    X(void, wasmtime_store_limiter, (wasmtime_store *, int64_t, int64_t, int64_t, int64_t, int64_t))                 \
    X(wasmtime_error *, wasmtime_context_set_fuel, (wasmtime_context *, uint64_t))                                   \
    X(wasmtime_error *, wasmtime_context_set_wasi, (wasmtime_context *, wasi_config *))                              \
    X(wasi_config *, wasi_config_new, (void))                                                                        \
    X(bool, wasi_config_set_argv, (wasi_config *, size_t, const char **))                                            \
    X(bool, wasi_config_set_env, (wasi_config *, size_t, const char **, const char **))                              \
    X(void, wasi_config_inherit_stdin, (wasi_config *))                                                              \
    X(void, wasi_config_inherit_stdout, (wasi_config *))                                                             \
    X(void, wasi_config_inherit_stderr, (wasi_config *))                                                             \
    X(bool, wasi_config_preopen_dir, (wasi_config *, const char *, const char *, bool))                              \
    X(wasmtime_linker *, wasmtime_linker_new, (wasm_engine *))                                                       \
    X(void, wasmtime_linker_allow_shadowing, (wasmtime_linker *, bool))                                              \
    X(wasmtime_error *, wasmtime_linker_define_wasi, (wasmtime_linker *))                                            \
    X(wasmtime_error *, wasmtime_linker_define,                                                                      \
      (wasmtime_linker *, wasmtime_context *, const char *, size_t, const char *, size_t, const wasmtime_extern *))  \
    X(wasmtime_error *, wasmtime_linker_define_func_unchecked,                                                       \
      (wasmtime_linker *, const char *, size_t, const char *, size_t, const wasm_functype *, wasm_callback, void *,  \
       void (*)(void *)))                                                                                            \
    X(wasmtime_error *, wasmtime_linker_instantiate,                                                                 \
      (wasmtime_linker *, wasmtime_context *, const wasmtime_module *, wasmtime_instance *, wasm_trap **))           \
    X(bool, wasmtime_instance_export_get,                                                                            \
      (wasmtime_context *, const wasmtime_instance *, const char *, size_t, wasmtime_extern *))                      \
    X(bool, wasmtime_caller_export_get, (wasmtime_caller *, const char *, size_t, wasmtime_extern *))                \
    X(wasmtime_context *, wasmtime_caller_context, (wasmtime_caller *))                                              \
    X(uint8_t *, wasmtime_memory_data, (wasmtime_context *, const wasmtime_memory *))                                \
    X(size_t, wasmtime_memory_data_size, (wasmtime_context *, const wasmtime_memory *))                              \
    X(wasmtime_error *, wasmtime_func_call,                                                                          \
      (wasmtime_context *, const wasmtime_func *, const void *, size_t, void *, size_t, wasm_trap **))               \
    X(wasmtime_error *, wasmtime_func_call_unchecked,                                                                \
      (wasmtime_context *, const wasmtime_func *, wasm_raw *, size_t, wasm_trap **))

#define DECLARE_POINTER(result, name, parameters) result(*name) parameters;
/// The functions, by their own names.
struct engine_functions {
    ENGINE_FUNCTIONS(DECLARE_POINTER)
};
#undef DECLARE_POINTER
extern struct engine_functions api;

/// What a module may do and how it is compiled. A compiled module runs only under what it was compiled under.
struct settings {
    bool is_deterministic;
    bool counts_fuel;
    bool compiles_in_parallel;
};

#define LENGTH(text) (sizeof(text) - 1)

/// Opens the library; does not return when that cannot be done.
void open_library(const char *path);
wasm_engine *make_engine(const struct settings *settings);

/// Says one line on standard error and ends the process so that the driver can tell why.
_Noreturn void end(enum outcome outcome, const char *format, ...) __attribute__((format(printf, 2, 3)));
/// Says what the engine says, with `otherwise` as the outcome if nothing better is known. Does nothing without an error.
void check(wasmtime_error *error, enum outcome otherwise, const char *what);
/// Ends the process as a module's error or trap says. One of the two is there.
_Noreturn void end_module(wasmtime_error *error, wasm_trap *trap, enum outcome otherwise);

#endif

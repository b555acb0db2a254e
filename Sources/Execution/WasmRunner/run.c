// One run of one compiled module.
#if defined(__linux__)
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner.h"

extern char **environ;

/// Elements of tables are pointers, which the limit of the memory does not count.
enum { TABLE_ELEMENTS_MAX = 1 << 20, TABLES_MAX = 64 };

/// (status). Instead of wasmtime's own, which takes statuses of 126 and more for a trap. Standard output is written
/// through, so that there is nothing to flush.
static wasm_trap *proc_exit(void *data, wasmtime_caller *caller, wasm_raw *values, size_t count) {
    (void)data, (void)caller, (void)count;
    _exit(values[0].i32 & 0xff);
}

// MARK: what it is given

/// In the order they came in, which the driver sorts.
static void set_environment(wasi_config *wasi) {
    static const char prefix[] = "WEFT_WASM_ENV_";
    size_t room = 0, count = 0;
    for (char **entry = environ; *entry; entry++) room++;
    const char **names = calloc(room + 1, sizeof *names), **values = calloc(room + 1, sizeof *values);
    if (!names || !values) end(OUTCOME_OUT_OF_MEMORY, "no memory for the environment");
    for (char **entry = environ; *entry; entry++) {
        if (strncmp(*entry, prefix, LENGTH(prefix))) continue;
        char *name = *entry + LENGTH(prefix), *equals = strchr(name, '=');
        if (!equals) continue;
        *equals = 0;
        names[count] = name;
        values[count++] = equals + 1;
    }
    if (!api.wasi_config_set_env(wasi, count, names, values))
        end(OUTCOME_USAGE, "an environment variable is not UTF-8");
}

static wasi_config *make_wasi(const struct options *options) {
    wasi_config *wasi = api.wasi_config_new();
    size_t count = 0;
    while (options->arguments[count]) count++;
    if (!api.wasi_config_set_argv(wasi, count, options->arguments)) end(OUTCOME_USAGE, "an argument is not UTF-8");
    set_environment(wasi);
    api.wasi_config_inherit_stdin(wasi);
    api.wasi_config_inherit_stdout(wasi);
    api.wasi_config_inherit_stderr(wasi);
    // Both names, since C libraries differ in what they make of a relative path.
    if (!api.wasi_config_preopen_dir(wasi, ".", ".", true) || !api.wasi_config_preopen_dir(wasi, ".", "/work", true))
        end(OUTCOME_NO_FILE, "the working directory cannot be opened");
    return wasi;
}

// MARK: the run

void run(const char *library, const char *compiled, const struct options *options) {
    open_library(library);
    wasm_engine *engine = make_engine(&options->settings);
    wasmtime_module *module = NULL;
    check(api.wasmtime_module_deserialize_file(engine, compiled, &module), OUTCOME_STALE,
          "the compiled module cannot be used");
    wasmtime_store *store = api.wasmtime_store_new(engine, NULL, NULL);
    wasmtime_context *context = api.wasmtime_store_context(store);
    // Two instances: the module, and the helper of deterministic mode.
    api.wasmtime_store_limiter(store, options->memory_bytes, TABLE_ELEMENTS_MAX, 2, TABLES_MAX, 1);
    if (options->settings.counts_fuel || options->settings.is_deterministic)
        check(api.wasmtime_context_set_fuel(context, options->fuel ? options->fuel : UINT64_MAX), OUTCOME_NO_ENGINE,
              "fuel cannot be counted");
    check(api.wasmtime_context_set_wasi(context, make_wasi(options)), OUTCOME_NO_ENGINE, "WASI cannot be set up");
    wasmtime_linker *linker = api.wasmtime_linker_new(engine);
    check(api.wasmtime_linker_define_wasi(linker), OUTCOME_NO_ENGINE, "WASI cannot be set up");
    api.wasmtime_linker_allow_shadowing(linker, true);
    define(linker, "proc_exit", "i", "", proc_exit);
    if (options->settings.is_deterministic) make_deterministic(linker, engine, options->seed);

    wasmtime_instance instance;
    wasm_trap *trap = NULL;
    wasmtime_error *error = api.wasmtime_linker_instantiate(linker, context, module, &instance, &trap);
    if (error || trap) end_module(error, trap, OUTCOME_BAD_MODULE);
    wasmtime_extern start;
    static const char name[] = "_start";
    if (!api.wasmtime_instance_export_get(context, &instance, name, LENGTH(name), &start) || start.kind != EXTERN_FUNC)
        end(OUTCOME_BAD_MODULE, "the module exports no function _start: build it as a WASI command");
    // Checked: a hostile module may have given it parameters.
    error = api.wasmtime_func_call(context, &start.of.func, NULL, 0, NULL, 0, &trap);
    if (error || trap) end_module(error, trap, OUTCOME_TRAP);
    _exit(0);
}
#endif

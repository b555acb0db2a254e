// wasmtime by its own C API, as a program of its own would use it: linked against the library, nothing around it.
//
//   wasm_api compile MODULE COMPILED   once, beforehand
//   wasm_api once COMPILED             a process that maps the compiled module, runs it and ends
//   wasm_api loop COMPILED             for each line on standard input, runs it COUNT times, and says on standard error how
//                                      many nanoseconds one took: a store, WASI, an instance, its _start, and all let go
//
// The declarations are those of weft-wasm (engine.h); everything else is not shared with it.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine.h"

#define DECLARE(result, name, parameters) result name parameters;
ENGINE_FUNCTIONS(DECLARE)
void wasmtime_store_delete(wasmtime_store *);

enum { COUNT = 20 };

static void fail(const char *what) {
    fprintf(stderr, "wasm_api: %s\n", what);
    exit(1);
}

static void expect(const void *error, const char *what) {
    if (error) fail(what);
}

static void compile(wasm_engine *engine, const char *path, const char *compiled_path) {
    FILE *in = fopen(path, "rb"), *out = fopen(compiled_path, "wb");
    static uint8_t bytes[1 << 20];
    if (!in || !out) fail("a file cannot be opened");
    size_t size = fread(bytes, 1, sizeof bytes, in);
    wasmtime_module *module;
    wasm_bytes compiled;
    expect(wasmtime_module_new(engine, bytes, size, &module), "the module cannot be compiled");
    expect(wasmtime_module_serialize(module, &compiled), "the module cannot be saved");
    if (fwrite(compiled.data, 1, compiled.size, out) != compiled.size || fclose(out)) fail("cannot write");
}

static void run(wasm_engine *engine, wasmtime_module *module, wasmtime_linker *linker, bool lets_go) {
    wasmtime_store *store = wasmtime_store_new(engine, NULL, NULL);
    wasmtime_context *context = wasmtime_store_context(store);
    wasi_config *wasi = wasi_config_new();
    const char *arguments[] = {"module"};
    wasi_config_set_argv(wasi, 1, arguments);
    wasi_config_inherit_stdin(wasi);
    wasi_config_inherit_stdout(wasi);
    wasi_config_inherit_stderr(wasi);
    expect(wasmtime_context_set_wasi(context, wasi), "WASI cannot be set up");
    wasmtime_instance instance;
    wasm_trap *trap = NULL;
    expect(wasmtime_linker_instantiate(linker, context, module, &instance, &trap), "no instance can be made");
    expect(trap, "it trapped");
    wasmtime_extern start;
    if (!wasmtime_instance_export_get(context, &instance, "_start", 6, &start)) fail("it has no _start");
    expect(wasmtime_func_call(context, &start.of.func, NULL, 0, NULL, 0, &trap), "it failed");
    expect(trap, "it trapped");
    if (lets_go) wasmtime_store_delete(store);
}

int main(int count, char **arguments) {
    if (count < 3) fail("compile, once or loop, and a file");
    wasm_engine *engine = wasm_engine_new_with_config(wasm_config_new());
    if (!strcmp(arguments[1], "compile")) {
        if (count < 4) fail("compile takes two files");
        compile(engine, arguments[2], arguments[3]);
        return 0;
    }
    wasmtime_module *module;
    expect(wasmtime_module_deserialize_file(engine, arguments[2], &module), "the compiled module cannot be used");
    wasmtime_linker *linker = wasmtime_linker_new(engine);
    expect(wasmtime_linker_define_wasi(linker), "WASI cannot be set up");
    if (!strcmp(arguments[1], "once")) {
        run(engine, module, linker, false);
        _exit(0);
    }
    char line[16];
    while (fgets(line, sizeof line, stdin)) {
        struct timespec before, after;
        clock_gettime(CLOCK_MONOTONIC, &before);
        for (int index = 0; index < COUNT; index++) run(engine, module, linker, true);
        clock_gettime(CLOCK_MONOTONIC, &after);
        long long elapsed = (after.tv_sec - before.tv_sec) * 1000000000LL + after.tv_nsec - before.tv_nsec;
        fprintf(stderr, "%lld\n", elapsed / COUNT);
    }
    return 0;
}

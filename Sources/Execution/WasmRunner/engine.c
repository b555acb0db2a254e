// The engine's library, and how its errors end this process.
#if defined(__linux__)
#define _GNU_SOURCE
#include "engine.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct engine_functions api;

void open_library(const char *path) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) end(OUTCOME_NO_ENGINE, "wasmtime's library cannot be opened: %s", dlerror());
#define FIND(result, name, parameters)                                                                   \
    api.name = (result(*) parameters)dlsym(library, #name);                                              \
    if (!api.name) end(OUTCOME_NO_ENGINE, "%s has no %s: wasmtime 50 or later is needed", path, #name);
    ENGINE_FUNCTIONS(FIND)
#undef FIND
}

wasm_engine *make_engine(const struct settings *settings) {
    wasm_config *config = api.wasm_config_new();
    // WASI preview 1 knows neither: a module that needs one is told so when it is compiled.
    api.wasmtime_config_wasm_threads_set(config, false);
    api.wasmtime_config_wasm_memory64_set(config, false);
    // Only debuggers read them, and nobody debugs here.
    api.wasmtime_config_native_unwind_info_set(config, false);
    api.wasmtime_config_parallel_compilation_set(config, settings->compiles_in_parallel);
    api.wasmtime_config_consume_fuel_set(config, settings->counts_fuel || settings->is_deterministic);
    if (settings->is_deterministic) {
        api.wasmtime_config_cranelift_nan_canonicalization_set(config, true);
        api.wasmtime_config_wasm_relaxed_simd_deterministic_set(config, true);
    }
    wasm_engine *engine = api.wasm_engine_new_with_config(config);
    if (!engine) end(OUTCOME_NO_ENGINE, "wasmtime has no compiler for this machine");
    return engine;
}

// MARK: endings

void end(enum outcome outcome, const char *format, ...) {
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    if (length < 0) length = 0;
    if ((size_t)length >= sizeof line - 1) length = sizeof line - 2;
    // One line, whatever a hostile module's names hold.
    for (int index = 0; index < length; index++)
        if ((unsigned char)line[index] < 0x20 || line[index] == 0x7f) line[index] = ' ';
    dprintf(STDERR_FILENO, "weft-wasm: %.*s\n", length, line);
    sigset_t none;
    sigemptyset(&none);
    signal(outcome, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    raise(outcome);
    _exit(70);
}

/// The engine's texts have a cause at their end and the functions that were being run before it, innermost first, each
/// on a line with its address. Makes one line of them: the cause, then the first few functions.
static _Noreturn void end_with_text(enum outcome outcome, const char *what, const wasm_bytes *text) {
    char copy[16384], functions[400] = "";
    size_t size = text->size < sizeof copy - 1 ? text->size : sizeof copy - 1, used = 0;
    memcpy(copy, text->data, size);
    while (size && (copy[size - 1] == '\n' || copy[size - 1] == ' ' || copy[size - 1] == 0)) size--;
    copy[size] = 0;
    static const char introduction[] = "Caused by:", trap[] = "wasm trap: ", frames[] = "wasm backtrace:";
    char *cause = copy, *backtrace = strstr(copy, frames), *found;
    while ((found = strstr(cause, introduction))) cause = found + LENGTH(introduction);
    cause += strspn(cause, " \n0123456789:");
    if (!strncmp(cause, trap, LENGTH(trap))) cause += LENGTH(trap);
    int depth = 0;
    for (char *line = backtrace; line && line < cause && depth < 6; line = strchr(line + 1, '\n')) {
        char *name = strchr(line + 1, '!'), *line_end = strchr(line + 1, '\n');
        if (!name || !line_end || name > line_end) continue;
        int count = snprintf(functions + used, sizeof functions - used, "%s%.*s", depth++ ? " < " : ", in ",
                             (int)(line_end - name - 1 < 60 ? line_end - name - 1 : 60), name + 1);
        if (count < 0 || (size_t)count >= sizeof functions - used) break;
        used += (size_t)count;
    }
    end(outcome, "%s: %.500s%s", what, cause, functions);
}

static bool contains(const wasm_bytes *text, const char *words) {
    return memmem(text->data, text->size, words, strlen(words)) != NULL;
}

void check(wasmtime_error *error, enum outcome otherwise, const char *what) {
    if (!error) return;
    wasm_bytes text;
    api.wasmtime_error_message(error, &text);
    end_with_text(otherwise, what, &text);
}

static _Noreturn void end_trapped(wasm_trap *trap) {
    wasm_bytes text;
    api.wasm_trap_message(trap, &text);
    uint8_t code = UINT8_MAX;
    bool has_code = api.wasmtime_trap_code(trap, &code);
    if (has_code && code == TRAP_OUT_OF_FUEL) end_with_text(OUTCOME_OUT_OF_FUEL, "out of fuel", &text);
    if (has_code && code == TRAP_ALLOCATION_TOO_LARGE) end_with_text(OUTCOME_OUT_OF_MEMORY, "out of memory", &text);
    end_with_text(OUTCOME_TRAP, "trapped", &text);
}

void end_module(wasmtime_error *error, wasm_trap *trap, enum outcome otherwise) {
    if (!error) end_trapped(trap);
    wasm_bytes text;
    api.wasmtime_error_message(error, &text);
    if (contains(&text, "exceeds memory limits") || contains(&text, "exceeds table limits"))
        end_with_text(OUTCOME_OUT_OF_MEMORY, "out of memory", &text);
    end_with_text(otherwise, otherwise == OUTCOME_BAD_MODULE ? "the module cannot be run" : "trapped", &text);
}
#endif

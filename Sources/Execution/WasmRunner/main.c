// weft-wasm: compiles WebAssembly modules and runs them as WASI commands, with wasmtime's library opened at run time.
//
// It is no wall and trusts its caller: the driver starts it inside the process sandbox, which is the wall.
//
//   weft-wasm compile LIBRARY MODULE COMPILED [options]         prints the engine's version
//   weft-wasm run LIBRARY COMPILED [options] -- NAME ARGUMENTS…  NAME is what the module is called
//
//   --deterministic SEED  the same answer everywhere; implies counting fuel
//   --fuel UNITS          stop after so much work (0: count it, without a limit)
//   --memory BYTES        what the module's memory and tables may hold
//   --parallel            compile with more than one thread
//
// Variables named WEFT_WASM_ENV_X are the module's as X; it sees no others. The working directory is its `.` and `/work`.
#if defined(__linux__)
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner.h"

static uint64_t number(const char *option, const char *text) {
    char *rest = NULL;
    errno = 0;
    unsigned long long value = text && *text >= '0' && *text <= '9' ? strtoull(text, &rest, 10) : 0;
    if (!rest || *rest || errno) end(OUTCOME_USAGE, "%s takes a number, not %s", option, text ? text : "nothing");
    return value;
}

static struct options parse(char **arguments) {
    struct options options = {.memory_bytes = -1, .arguments = NULL};
    for (; *arguments; arguments++) {
        const char *name = *arguments;
        if (!strcmp(name, "--")) {
            options.arguments = (const char **)arguments + 1;
            break;
        }
        if (!strcmp(name, "--parallel")) {
            options.settings.compiles_in_parallel = true;
            continue;
        }
        uint64_t value = number(name, *++arguments);
        if (!strcmp(name, "--deterministic")) {
            options.settings.is_deterministic = true;
            options.seed = value;
        } else if (!strcmp(name, "--fuel")) {
            options.settings.counts_fuel = true;
            options.fuel = value;
        } else if (!strcmp(name, "--memory")) {
            options.memory_bytes = (int64_t)(value < INT64_MAX ? value : INT64_MAX);
        } else {
            end(OUTCOME_USAGE, "%s is not an option", name);
        }
    }
    return options;
}

/// The engine's version, as it notes it at the beginning of what it compiles: a byte, a length, a text.
static void print_version(const wasm_bytes *compiled) {
    const Elf64_Ehdr *header = (const void *)compiled->data;
    if (compiled->size < sizeof *header || header->e_shentsize != sizeof(Elf64_Shdr) ||
        header->e_shoff > compiled->size ||
        (compiled->size - header->e_shoff) / sizeof(Elf64_Shdr) < header->e_shnum || header->e_shnum < 2)
        return;
    const Elf64_Shdr *sections = (const void *)(compiled->data + header->e_shoff);
    uint64_t at = sections[1].sh_offset, size = sections[1].sh_size;
    if (at > compiled->size || size > compiled->size - at || size < 2) return;
    size_t length = (uint8_t)compiled->data[at + 1];
    if (length <= size - 2) printf("%.*s\n", (int)length, compiled->data + at + 2);
    fflush(stdout);
}

static void compile(const char *library, const char *module_path, const char *compiled_path,
                    const struct options *options) {
    int file = open(module_path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (file < 0 || fstat(file, &status)) end(OUTCOME_NO_FILE, "the module cannot be read: %s", strerror(errno));
    // An empty file cannot be mapped, and what is not a module need not wait for the engine.
    static const uint8_t magic[8] = {0, 'a', 's', 'm', 1, 0, 0, 0};
    uint8_t begin[8] = {0};
    if (read(file, begin, sizeof begin) != sizeof begin || memcmp(begin, magic, sizeof magic)) {
        if (!memcmp(begin, magic, 4) && begin[4] == 0x0d)
            end(OUTCOME_BAD_MODULE, "this is a component; build it as a WASI preview 1 core module");
        end(OUTCOME_BAD_MODULE, "this is not a WebAssembly module (version 1, binary format)");
    }
    size_t size = (size_t)status.st_size;
    void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0);
    if (bytes == MAP_FAILED) end(OUTCOME_NO_FILE, "the module cannot be mapped: %s", strerror(errno));
    open_library(library);
    wasmtime_module *module = NULL;
    check(api.wasmtime_module_new(make_engine(&options->settings), bytes, size, &module), OUTCOME_BAD_MODULE,
          "the module cannot be compiled");
    wasm_bytes compiled;
    check(api.wasmtime_module_serialize(module, &compiled), OUTCOME_BAD_MODULE, "the compiled module cannot be saved");
    int out = open(compiled_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    for (size_t done = 0; done < compiled.size;) {
        ssize_t count = out < 0 ? -1 : write(out, compiled.data + done, compiled.size - done);
        if (count <= 0) end(OUTCOME_NO_FILE, "the compiled module cannot be written: %s", strerror(errno));
        done += (size_t)count;
    }
    print_version(&compiled);
    // The process is about to end: taking everything apart first would only take time.
    _exit(0);
}

int main(int count, char **arguments) {
    // A file that grows too large is an error for the module to see, not a signal, which it cannot handle.
    signal(SIGXFSZ, SIG_IGN);
    if (count >= 5 && !strcmp(arguments[1], "compile")) {
        struct options options = parse(arguments + 5);
        compile(arguments[2], arguments[3], arguments[4], &options);
    }
    if (count >= 4 && !strcmp(arguments[1], "run")) {
        struct options options = parse(arguments + 4);
        if (!options.arguments || !options.arguments[0])
            end(OUTCOME_USAGE, "run takes the module's arguments after --, its own name first");
        run(arguments[2], arguments[3], &options);
    }
    fprintf(stderr, "weft-wasm is started by a Weft worker: compile LIBRARY MODULE COMPILED [options], or\n"
                    "run LIBRARY COMPILED [options] -- NAME ARGUMENTS…\n");
    return 64;
}
#else
#include <stdio.h>

int main(void) {
    fprintf(stderr, "weft-wasm runs inside weft-sandbox, which needs Linux\n");
    return 69;
}
#endif

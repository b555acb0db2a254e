// CUDA C on the processor: the system's C++ compiler makes a library of it, over the header in `emulation/`.
#if defined(__linux__)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "emulated_unit.h"
#include "runner.h"

static char unit_path[4096], library_path[4096];

// As weft_report.h has them.
enum { EMULATION_OK, EMULATION_NO_ENTRY, EMULATION_BAD_LAUNCH, EMULATION_DIVERGED, EMULATION_STOPPED, EMULATION_NO_MEMORY };

static const char *variable(const char *name) {
    const char *value = getenv(name);
    if (!value || !*value) end(OUTCOME_NO_DEVICE, "%s is not set", name);
    return value;
}

/// Where this run's own files are to be.
static void name_files(void) {
    const char *folder = getenv("TMPDIR");
    if (!folder || !*folder) folder = "/tmp";
    snprintf(unit_path, sizeof unit_path, "%s/weft-kernel-%d.cpp", folder, (int)getpid());
    snprintf(library_path, sizeof library_path, "%s/weft-kernel-%d.so", folder, (int)getpid());
}

static void write_unit(const struct order *order) {
    const char *entries[LAUNCHES_MAX];
    size_t count = 0;
    for (unsigned index = 0; index < order->launch_count; index++) {
        bool is_known = false;
        for (size_t other = 0; other < count; other++) is_known |= !strcmp(entries[other], order->launches[index].entry);
        if (!is_known) entries[count++] = order->launches[index].entry;
    }
    const char *why = "there is no memory";
    char *unit = emulated_unit(order->source, entries, count, &why);
    if (!unit) end(OUTCOME_BAD_SOURCE, "the source cannot be compiled: %s", why);
    write_file(unit_path, unit, strlen(unit));
    free(unit);
}

/// GCC's and Clang's words for the same; each refuses the other's.
static const char *no_carets(const char *compiler) {
    char *whole = realpath(compiler, NULL);
    bool is_clang = strstr(compiler, "clang") || (whole && strstr(whole, "clang"));
    free(whole);
    return is_clang ? "-fno-caret-diagnostics" : "-fno-diagnostics-show-caret";
}

_Noreturn static void start_compiler(const struct order *order, const char *output) {
    const char *compiler = variable("WEFT_CXX");
    const char *arguments[DEFINES_MAX + 40] = {
        compiler, "-std=c++20", "-O2", "-shared", "-fPIC", "-fno-exceptions", "-fno-rtti", "-fstack-clash-protection",
        "-fno-strict-aliasing", "-pthread", "-w", "-fno-diagnostics-color", "-fmax-errors=20", "-DWEFT_CUDA=1",
    };
    int count = 14;
    arguments[count++] = no_carets(compiler);
    arguments[count++] = order->is_fast ? "-ffp-contract=fast" : "-ffp-contract=off";
    arguments[count++] = "-I";
    arguments[count++] = variable("WEFT_EMULATION");
    for (unsigned index = 0; index < order->define_count; index++) {
        char *define = NULL;
        if (asprintf(&define, "-D%s=%s", order->defines[index].name, order->defines[index].value) < 0) _exit(1);
        arguments[count++] = define;
    }
    arguments[count++] = "-o";
    arguments[count++] = output;
    arguments[count++] = unit_path;
    arguments[count] = NULL;
    dup2(2, 1);
    execv(compiler, (char **)arguments);
    end(OUTCOME_NO_DEVICE, "%s cannot be run: %s", compiler, strerror(errno));
}

static void compile(struct order *order, const char *artefact) {
    name_files();
    write_unit(order);
    fflush(NULL);
    pid_t child = fork();
    if (child < 0) end(OUTCOME_OUT_OF_MEMORY, "the compiler cannot be started: %s", strerror(errno));
    if (!child) start_compiler(order, artefact);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    unlink(unit_path);
    if (WIFEXITED(status) && WEXITSTATUS(status) == OUTCOME_NO_DEVICE) _exit(OUTCOME_NO_DEVICE);
    if (status) end(OUTCOME_BAD_SOURCE, "the source cannot be compiled");
}

static void *open_artefact(const char *path) {
    char *whole = path ? realpath(path, NULL) : NULL;
    void *library = whole ? dlopen(whole, RTLD_NOW | RTLD_LOCAL) : NULL;
    free(whole);
    return library;
}

typedef int launch_function(const char *, const unsigned *, const unsigned *, unsigned long, void **);
typedef int parameters_function(const char *, unsigned long *, unsigned);
typedef const char *error_function(void);

static void check(const struct launch *launch, parameters_function *parameters) {
    unsigned long sizes[ARGUMENTS_MAX];
    int count = parameters(launch->entry, sizes, ARGUMENTS_MAX);
    if (count < 0) end(OUTCOME_BAD_LAUNCH, "the source has no kernel %s", launch->entry);
    if ((unsigned)count != launch->argument_count)
        end(OUTCOME_BAD_LAUNCH, "%s takes %d arguments, not %u", launch->entry, count, launch->argument_count);
    for (unsigned index = 0; index < launch->argument_count; index++) {
        const struct argument *argument = &launch->arguments[index];
        if (argument->kind == ARGUMENT_LOCAL)
            end(OUTCOME_BAD_LAUNCH, "argument %u of %s is local memory, which only OpenCL has", index, launch->entry);
        unsigned long given = argument->kind == ARGUMENT_BUFFER ? sizeof(void *) : argument->size;
        if (sizes[index] != given)
            end(OUTCOME_BAD_LAUNCH, "argument %u of %s has %lu bytes, not %lu", index, launch->entry, sizes[index], given);
    }
}

static void run(struct order *order, const char *artefact, const char *kept) {
    void *library = open_artefact(artefact);
    if (!library) {
        name_files();
        const char *path = kept ? kept : library_path;
        compile(order, path);
        library = open_artefact(path);
        if (!library) end(OUTCOME_BAD_SOURCE, "what came of the source cannot be loaded: %s", dlerror());
    }
    launch_function *launch = (launch_function *)dlsym(library, "weft_emulated_launch");
    parameters_function *parameters = (parameters_function *)dlsym(library, "weft_emulated_parameters");
    error_function *error = (error_function *)dlsym(library, "weft_emulated_error");
    if (!launch || !parameters || !error) end(OUTCOME_BAD_SOURCE, "what came of the source is no library of kernels");
    char threads[16];
    snprintf(threads, sizeof threads, "%u", order->processors);
    setenv("WEFT_EMULATION_THREADS", threads, 1);
    for (unsigned index = 0; index < order->launch_count; index++) {
        struct launch *one = &order->launches[index];
        check(one, parameters);
        void *values[ARGUMENTS_MAX + 1];
        for (unsigned position = 0; position < one->argument_count; position++) {
            struct argument *argument = &one->arguments[position];
            values[position] = argument->kind == ARGUMENT_BUFFER ? (void *)&order->buffers[argument->buffer].bytes : argument->scalar;
        }
        int code = launch(one->entry, one->grid, one->block, one->shared_bytes, values);
        if (!code) continue;
        enum outcome outcome = code == EMULATION_NO_MEMORY ? OUTCOME_OUT_OF_MEMORY
                               : code == EMULATION_NO_ENTRY || code == EMULATION_BAD_LAUNCH ? OUTCOME_BAD_LAUNCH : OUTCOME_FAULT;
        end(outcome, "%s: %s", one->entry, error());
    }
}

static void probe(const char *library) {
    (void)library;
    const char *compiler = getenv("WEFT_CXX");
    bool is_there = compiler && !access(compiler, X_OK);
    json_state("emulated", is_there ? "ready" : "no-library", is_there ? "" : "there is no C++ compiler", compiler, NULL);
    json_devices();
    json_end();
}

const struct backend emulated_backend = {"emulated", compile, run, probe};
#endif

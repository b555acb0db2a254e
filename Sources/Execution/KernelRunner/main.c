// weft-kernel: compiles kernels for a device and runs them, with the device's libraries opened at run time.
//
// It is no wall and trusts its caller: the driver starts it inside the process sandbox, which is the wall.
//
//   weft-kernel compile BACKEND ORDER SOURCE ARTEFACT   leaves what the launches of the order need in ARTEFACT
//   weft-kernel run BACKEND ORDER SOURCE ARTEFACT KEPT  files in, launches, files out, in the working directory; ARTEFACT is
//                                                       what an earlier run left in KEPT. Each can be `-` for none.
//   weft-kernel probe BACKEND [LIBRARY]                 what there is, as a line of JSON
//
// BACKEND is opencl, cuda, hip, level-zero or emulated.
#if defined(__linux__)
#define _GNU_SOURCE
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner.h"

static const struct backend *const backends[] = {
    &opencl_backend, &cuda_backend, &hip_backend, &level_zero_backend, &emulated_backend, NULL,
};

void end(enum outcome outcome, const char *format, ...) {
    char text[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fflush(stdout);
    fprintf(stderr, "weft-kernel: %s\n", text);
    fflush(stderr);
    // Without the libraries' own farewells, which may wait for what never ends.
    _exit(outcome);
}

void tell_log(const char *log, size_t size) {
    while (size && (!log[size - 1] || log[size - 1] == '\n')) size--;
    fwrite(log, 1, size < LOG_BYTES ? size : LOG_BYTES, stderr);
    if (size > LOG_BYTES) fputs("\n…", stderr);
    if (size) fputc('\n', stderr);
}

static const char *given(const char *path) { return strcmp(path, "-") ? path : NULL; }

int main(int count, char **arguments) {
    const struct backend *backend = NULL;
    for (size_t index = 0; count > 2 && backends[index]; index++)
        if (!strcmp(arguments[2], backends[index]->name)) backend = backends[index];
    if (!backend) end(OUTCOME_USAGE, "usage: weft-kernel compile|run|probe opencl|cuda|hip|level-zero|emulated …");
    if (!strcmp(arguments[1], "probe")) {
        backend->probe(count > 3 ? arguments[3] : NULL);
        fflush(stdout);
        _exit(0);
    }
    bool is_run = !strcmp(arguments[1], "run");
    if (count != (is_run ? 7 : 6) || (!is_run && strcmp(arguments[1], "compile")))
        end(OUTCOME_USAGE, "usage: weft-kernel compile|run BACKEND ORDER SOURCE ARTEFACT [KEPT]");
    // A file that grows too large is told by what writes it.
    signal(SIGXFSZ, SIG_IGN);
    static struct order order;
    read_order(arguments[3], arguments[4], &order);
    if (is_run) {
        load_buffers(&order);
        backend->run(&order, given(arguments[5]), given(arguments[6]));
        save_buffers(&order);
    } else {
        backend->compile(&order, arguments[5]);
    }
    if (fflush(stdout)) end(OUTCOME_NO_FILE, "standard output cannot be written");
    _exit(OUTCOME_DONE);
}
#else
int main(void) { return 90; }
#endif

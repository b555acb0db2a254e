// Level Zero, as far as saying whether there is anything: kernels are not run by it.
#if defined(__linux__)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>

#include "runner.h"

enum { LEVEL_ZERO_UNINITIALIZED = 0x78000001 };

static void probe(const char *given) {
    const char *const usual[] = {"libze_loader.so.1", "libze_loader.so", NULL}, *const alone[] = {given, NULL};
    const char *name = NULL, *state = "no-library";
    char why[512] = "";
    void *library = open_library(given ? alone : usual, &name, why, sizeof why);
    if (library) {
        int (*init)(unsigned) = (int (*)(unsigned))dlsym(library, "zeInit");
        int (*drivers)(uint32_t *, void *) = (int (*)(uint32_t *, void *))dlsym(library, "zeDriverGet");
        state = "broken";
        uint32_t count = 0;
        int code = init && drivers ? init(0) : 0;
        if (!init || !drivers)
            snprintf(why, sizeof why, "%s lacks zeInit or zeDriverGet", name);
        else if (code == LEVEL_ZERO_UNINITIALIZED || (!code && (drivers(&count, NULL) || !count)))
            state = "no-device", snprintf(why, sizeof why, "the loader has no drivers");
        else if (code)
            snprintf(why, sizeof why, "zeInit: code 0x%x", (unsigned)code);
        else
            state = "no-device", snprintf(why, sizeof why, "%u drivers are there, but kernels are not run by Level Zero", count);
    }
    json_state("level-zero", state, why, name, NULL);
    json_devices();
    json_end();
}

const struct backend level_zero_backend = {"level-zero", NULL, NULL, probe};
#endif

// Libraries that are opened at run time, never linked.
#if defined(__linux__)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "runner.h"

void *open_library(const char *const *names, const char **name, char *why, size_t why_size) {
    snprintf(why, why_size, "none was asked for");
    for (; *names; names++) {
        void *library = dlopen(*names, RTLD_NOW | RTLD_GLOBAL);
        if (library) {
            *name = *names;
            *why = 0;
            return library;
        }
        const char *error = dlerror();
        snprintf(why, why_size, "%s", error ? error : *names);
    }
    return NULL;
}
#endif

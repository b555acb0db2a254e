// weft-hardware: watches GPUs and measures how fast a machine is. Whatever it loads may crash or hang, and takes nobody
// with it: it runs as a process of its own, for as long as its caller lets it; what it measures, inside the sandbox.
//
//   weft-hardware nvml                       NVIDIA's GPUs, by libnvidia-ml
//   weft-hardware rocm-smi                   AMD's GPUs, by librocm_smi64
//   weft-hardware processor MEMORY_BYTES     one core, all cores, memory; arrays have so many bytes in all
//   weft-hardware disk DIRECTORY BYTES       a file of so many bytes, written and read
//   weft-hardware device BACKEND INDEX       one device by opencl, cuda or hip
//
// Each prints one JSON object on one line.
#if defined(__linux__)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "measure.h"
#include "output.h"

double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int in_order(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

double median(double *values, unsigned count) {
    if (!count) return -1;
    qsort(values, count, sizeof *values, in_order);
    return values[count / 2];
}

void *open_library(const char *const *names, char *why, unsigned why_bytes) {
    snprintf(why, why_bytes, "no name to look for");
    const char *folders = getenv("WEFT_DEVICE_LIBRARIES");
    for (const char *const *name = names; *name; name++) {
        for (const char *at = folders; at && *at;) {
            size_t length = strcspn(at, ":");
            char path[PATH_MAX];
            if (length && (size_t)snprintf(path, sizeof path, "%.*s/%s", (int)length, at, *name) < sizeof path) {
                void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
                if (library) return library;
            }
            at += length + (at[length] == ':');
        }
        void *library = dlopen(*name, RTLD_NOW | RTLD_LOCAL);
        if (library) return library;
        const char *error = dlerror();
        snprintf(why, why_bytes, "%s", error ? error : "it cannot be opened");
    }
    return NULL;
}

int main(int count, char **arguments) {
    signal(SIGXFSZ, SIG_IGN);
    const char *command = count > 1 ? arguments[1] : "";
    if (count == 2 && !strcmp(command, "nvml")) watch_nvml();
    if (count == 2 && !strcmp(command, "rocm-smi")) watch_rocm();
    if (count == 3 && !strcmp(command, "processor")) measure_processor(arguments[2]);
    if (count == 4 && !strcmp(command, "disk")) measure_disk(arguments[2], arguments[3]);
    if (count == 4 && !strcmp(command, "device")) measure_device(arguments[2], arguments[3]);
    fprintf(stderr, "weft-hardware is started by Weft: nvml, rocm-smi, processor MEMORY_BYTES,\n"
                    "disk DIRECTORY BYTES, or device BACKEND INDEX\n");
    return 64;
}
#else
#include <stdio.h>

int main(void) {
    fprintf(stderr, "weft-hardware needs Linux\n");
    return 69;
}
#endif

// What the tests want of the device, and faults on demand.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake.h"

enum { SETTINGS_MAX = 64 };
static struct { char *name, *value; unsigned calls; } settings[SETTINGS_MAX];
static unsigned count;
static bool is_read, is_probe;

/// Whether the program was started as `weft-kernel probe …`.
static bool asks_only(void) {
    char line[4096] = "";
    int file = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? 0 : read(file, line, sizeof line - 1);
    if (file >= 0) close(file);
    return length > 0 && !strcmp(line + strlen(line) + 1, "probe");
}

static void read_settings(void) {
    if (is_read) return;
    is_read = true;
    is_probe = asks_only();
    Dl_info self;
    char path[4096], line[1024];
    if (!dladdr((void *)read_settings, &self)) return;
    const char *slash = strrchr(self.dli_fname, '/');
    snprintf(path, sizeof path, "%.*sfake.conf", slash ? (int)(slash - self.dli_fname + 1) : 0, self.dli_fname);
    FILE *file = fopen(path, "re");
    while (file && count < SETTINGS_MAX && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        char *blank = strchr(line, ' ');
        if (!blank) continue;
        *blank = 0;
        settings[count].name = strdup(line);
        settings[count++].value = strdup(blank + 1);
    }
    if (file) fclose(file);
}

const char *setting(const char *name, const char *otherwise) {
    read_settings();
    for (unsigned index = 0; is_probe && index < count; index++)
        if (!strncmp(settings[index].name, "probe.", 6) && !strcmp(settings[index].name + 6, name)) return settings[index].value;
    for (unsigned index = 0; index < count; index++)
        if (!strcmp(settings[index].name, name)) return settings[index].value;
    return otherwise;
}

long number_setting(const char *name, long otherwise) {
    const char *text = setting(name, NULL);
    return text ? strtol(text, NULL, 10) : otherwise;
}

ze_result_t called(const char *name) {
    if (number_setting("trace", 0)) fprintf(stderr, "ze: %s\n", name);
    for (unsigned index = 0; index < count; index++) {
        const char *what = settings[index].name;
        if (!strncmp(what, "probe.", 6)) {
            if (!is_probe) continue;
            what += 6;
        }
        char function[128];
        unsigned code = 0, before = 0;
        if (sscanf(settings[index].value, "%127s %x %u", function, &code, &before) < 1 || strcmp(function, name)) continue;
        if (!strcmp(what, "hang"))
            for (;;) pause();
        if (!strcmp(what, "crash")) abort();
        if (!strcmp(what, "fail") && settings[index].calls++ >= before) return code;
    }
    static bool is_initialised;
    if (!strcmp(name, "zeInit")) is_initialised = true;
    return is_initialised ? ZE_RESULT_SUCCESS : ZE_RESULT_ERROR_UNINITIALIZED;
}

void broken(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("fake Level Zero: a rule is broken: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    abort();
}

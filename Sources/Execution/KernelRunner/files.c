// Whole files.
#if defined(__linux__)
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner.h"

char *read_file(const char *path, uint64_t limit, size_t *size, enum outcome outcome) {
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct stat status;
    if (file < 0 || fstat(file, &status)) end(outcome, "cannot open %s: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode)) end(outcome, "%s is not a file", path);
    if ((uint64_t)status.st_size > limit)
        end(outcome, "%s has %llu bytes; at most %llu are taken", path, (unsigned long long)status.st_size,
            (unsigned long long)limit);
    char *bytes = malloc((size_t)status.st_size + 1);
    if (!bytes) end(OUTCOME_OUT_OF_MEMORY, "there is no memory for %s", path);
    size_t count = 0;
    while (count < (size_t)status.st_size) {
        ssize_t part = read(file, bytes + count, (size_t)status.st_size - count);
        if (part < 0 && errno == EINTR) continue;
        if (part <= 0) end(outcome, "cannot read %s", path);
        count += (size_t)part;
    }
    close(file);
    bytes[count] = 0;
    *size = count;
    return bytes;
}

void write_file(const char *path, const void *bytes, size_t size) {
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (file < 0) end(OUTCOME_NO_FILE, "cannot create %s: %s", path, strerror(errno));
    for (size_t count = 0; count < size;) {
        ssize_t part = write(file, (const char *)bytes + count, size - count);
        if (part < 0 && errno == EINTR) continue;
        if (part <= 0) end(OUTCOME_NO_FILE, "cannot write %s: %s", path, strerror(errno));
        count += (size_t)part;
    }
    if (close(file)) end(OUTCOME_NO_FILE, "cannot write %s: %s", path, strerror(errno));
}
#endif

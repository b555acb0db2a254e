// A disk: one file, written from beginning to end until it is on the disk, and read again past the system's memory.
#if defined(__linux__)
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "measure.h"
#include "output.h"

#define PIECE_BYTES (4 << 20)
#define DISK_REPETITIONS 3

static double transfer(int file, char *piece, uint64_t bytes, int writes) {
    double begin = seconds();
    for (uint64_t done = 0; done < bytes;) {
        ssize_t count = writes ? write(file, piece, PIECE_BYTES) : read(file, piece, PIECE_BYTES);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return -1;
        done += (uint64_t)count;
    }
    if (writes && fsync(file)) return -1;
    return seconds() - begin;
}

_Noreturn void measure_disk(const char *directory, const char *bytes_text) {
    uint64_t bytes = strtoull(bytes_text, NULL, 10) / PIECE_BYTES * PIECE_BYTES;
    char path[4096];
    if (!bytes || (size_t)snprintf(path, sizeof path, "%s/weft-disk-benchmark", directory) >= sizeof path)
        finish_without("broken", "a directory and at least %d bytes are needed", PIECE_BYTES);
    char *piece = aligned_alloc(4096, PIECE_BYTES);
    if (!piece) finish_without("broken", "there is no memory");
    // Nothing that a file system could make smaller.
    uint64_t state = 0x9e3779b97f4a7c15;
    for (size_t i = 0; i < PIECE_BYTES / sizeof state; i++) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        memcpy(piece + i * sizeof state, &state, sizeof state);
    }
    double written[DISK_REPETITIONS], read[DISK_REPETITIONS];
    for (unsigned repetition = 0; repetition < DISK_REPETITIONS; repetition++) {
        unlink(path);
        int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (file < 0) finish_without("broken", "the file cannot be made: %s", strerror(errno));
        written[repetition] = transfer(file, piece, bytes, 1);
        posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
        close(file);
        file = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
        if (file < 0) {
            file = open(path, O_RDONLY | O_CLOEXEC);
            if (!repetition) note("this file system always reads by the system's memory");
        }
        read[repetition] = file < 0 ? -1 : transfer(file, piece, bytes, 0);
        close(file);
        unlink(path);
        if (written[repetition] <= 0 || read[repetition] <= 0)
            finish_without("broken", "the file could not be written and read: %s", strerror(errno));
    }
    begin_object(NULL);
    put_text("state", "ready");
    put_integer("disk_write_bytes_per_second", (int64_t)((double)bytes / median(written, DISK_REPETITIONS)));
    put_integer("disk_read_bytes_per_second", (int64_t)((double)bytes / median(read, DISK_REPETITIONS)));
    put_notes();
    end_object();
    finish();
}
#endif

// Buffers in this process: filled from files, written to files.
#if defined(__linux__)
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner.h"

bool is_npy(const char *path) {
    size_t length = strlen(path);
    return length >= 4 && !strcmp(path + length - 4, ".npy");
}

/// Zeros between two pages that cannot be touched, so that a kernel on the processor that goes far wrong is stopped.
static uint8_t *make_bytes(uint64_t size) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t whole = (size_t)((size + page - 1) / page * page);
    uint8_t *place = mmap(NULL, whole + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (place == MAP_FAILED || mprotect(place + page, whole, PROT_READ | PROT_WRITE))
        end(OUTCOME_OUT_OF_MEMORY, "there is no memory for a buffer of %llu bytes", (unsigned long long)size);
    return place + page;
}

static void fill(const struct buffer *buffer) {
    int file = open(buffer->input, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct stat status;
    if (file < 0 || fstat(file, &status) || !S_ISREG(status.st_mode))
        end(OUTCOME_BAD_INPUT, "%s cannot be read: %s", buffer->input, file < 0 ? strerror(errno) : "it is not a file");
    uint64_t expected = buffer->size;
    if (is_npy(buffer->input)) {
        char problem[256];
        if (!skip_npy_header(file, buffer, problem, sizeof problem))
            end(OUTCOME_BAD_INPUT, "%s %s", buffer->input, problem);
        expected += (uint64_t)lseek(file, 0, SEEK_CUR);
    }
    if ((uint64_t)status.st_size != expected)
        end(OUTCOME_BAD_INPUT, "%s has %lld bytes; its buffer's type and shape make %llu", buffer->input,
            (long long)status.st_size, (unsigned long long)expected);
    for (uint64_t count = 0; count < buffer->size;) {
        ssize_t part = read(file, buffer->bytes + count, (size_t)(buffer->size - count));
        if (part < 0 && errno == EINTR) continue;
        if (part <= 0) end(OUTCOME_BAD_INPUT, "%s cannot be read", buffer->input);
        count += (uint64_t)part;
    }
    close(file);
}

void load_buffers(struct order *order) {
    uint64_t total = 0;
    for (unsigned index = 0; index < order->buffer_count; index++) total += order->buffers[index].size;
    if (total > order->memory_bytes)
        end(OUTCOME_OUT_OF_MEMORY, "its buffers have %llu bytes together, more than the %llu that it may use",
            (unsigned long long)total, (unsigned long long)order->memory_bytes);
    for (unsigned index = 0; index < order->buffer_count; index++) {
        struct buffer *buffer = &order->buffers[index];
        buffer->bytes = make_bytes(buffer->size);
        if (buffer->input) fill(buffer);
    }
}

_Noreturn static void fail_to_write(const char *path) {
    bool is_full = errno == EFBIG || errno == ENOSPC || errno == EDQUOT;
    end(is_full ? OUTCOME_OUT_OF_DISK : OUTCOME_BAD_INPUT, "%s cannot be written: %s", path, strerror(errno));
}

static void make_folders(const char *path) {
    char part[4096];
    if (strlen(path) >= sizeof part) end(OUTCOME_NO_FILE, "a path is too long");
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
        if (*part && mkdir(part, 0755) && errno != EEXIST)
            fail_to_write(part);
    }
}

static void write_all(int file, const char *path, const void *bytes, uint64_t size) {
    for (uint64_t count = 0; count < size;) {
        ssize_t part = write(file, (const char *)bytes + count, (size_t)(size - count));
        if (part < 0 && errno == EINTR) continue;
        if (part <= 0) fail_to_write(path);
        count += (uint64_t)part;
    }
}

void save_buffers(const struct order *order) {
    for (unsigned index = 0; index < order->buffer_count; index++) {
        const struct buffer *buffer = &order->buffers[index];
        if (!buffer->output) continue;
        make_folders(buffer->output);
        int file = open(buffer->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
        if (file < 0) fail_to_write(buffer->output);
        if (is_npy(buffer->output)) {
            char header[512];
            write_all(file, buffer->output, header, npy_header(buffer, header, sizeof header));
        }
        write_all(file, buffer->output, buffer->bytes, buffer->size);
        if (close(file)) fail_to_write(buffer->output);
    }
}
#endif

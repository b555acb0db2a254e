// The order: records of a letter, a length of four bytes (little endian) and so many bytes.
#if defined(__linux__)
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest.h"

static bool take_text(char **list, size_t *count, const char *bytes, size_t size) {
    if (*count >= LIST_MAX) return false;
    char *text = malloc(size + 1);
    if (!text) return false;
    memcpy(text, bytes, size);
    text[size] = 0;
    list[(*count)++] = text;
    return true;
}

static bool take(struct order *order, char kind, const char *bytes, size_t size) {
    unsigned long long number = 0;
    if (size == 8)
        for (int index = 7; index >= 0; index--) number = number << 8 | (unsigned char)bytes[index];
    switch (kind) {
    case 'A': return take_text(order->arguments, &order->argument_count, bytes, size);
    case 'E': return take_text(order->environment, &order->environment_count, bytes, size);
    case 'K': return take_text(order->modules, &order->module_count, bytes, size);
    case 'M': order->memory_bytes = number; return true;
    case 'P': order->process_count = number; return true;
    case 'D': order->disk_bytes = number; return true;
    case 'T': order->temporary_bytes = number; return true;
    case 'I': order->has_input = true; return true;
    default: return false;
    }
}

bool read_order(struct order *order) {
    int fd = open(ORDER_PATH, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (fd < 0 || fstat(fd, &status)) return false;
    size_t size = (size_t)status.st_size, at = 0;
    char *bytes = malloc(size + 1);
    while (bytes && at < size) {
        ssize_t count = read(fd, bytes + at, size - at);
        if (count <= 0) return false;
        at += (size_t)count;
    }
    close(fd);
    if (!bytes) return false;
    for (at = 0; at < size;) {
        if (size - at < 5) return false;
        size_t length = 0;
        for (int index = 3; index >= 0; index--) length = length << 8 | (unsigned char)bytes[at + 1 + (size_t)index];
        if (length > size - at - 5 || !take(order, bytes[at], bytes + at + 5, length)) return false;
        at += 5 + length;
    }
    return order->argument_count > 0;
}
#endif

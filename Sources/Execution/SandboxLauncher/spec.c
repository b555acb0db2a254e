// Reading a spec: a bounded parse of records, refusing whatever is not exactly as protocol.h says.
#if defined(__linux__)
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launcher.h"

bool failed(struct failure *failure, const char *step, const char *format, ...) {
    failure->error = errno;
    snprintf(failure->step, sizeof failure->step, "%s", step);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(failure->text, sizeof failure->text, format, arguments);
    va_end(arguments);
    return false;
}

static bool malformed(struct failure *failure, const char *what) {
    errno = EINVAL;
    return failed(failure, "spec", "malformed: %s", what);
}

struct cursor {
    const char *at;
    size_t left;
};

static bool take(struct cursor *cursor, void *value, size_t size) {
    if (cursor->left < size) return false;
    memcpy(value, cursor->at, size);
    cursor->at += size;
    cursor->left -= size;
    return true;
}

static bool take_string(struct cursor *cursor, const char **value) {
    const char *end = memchr(cursor->at, 0, cursor->left);
    if (!end) return false;
    *value = cursor->at;
    cursor->left -= (size_t)(end + 1 - cursor->at);
    cursor->at = end + 1;
    return true;
}

static bool take_path(struct cursor *cursor, const char **value) {
    return take_string(cursor, value) && **value == '/';
}

/// One record of the body, counted (when `spec->arguments` is still NULL) or stored.
static bool take_record(struct spec *spec, uint32_t tag, struct cursor body, size_t counts[2]) {
    bool counting = !spec->arguments;
    const char *string = NULL;
    struct operation operation = {.tag = (enum spec_tag)tag, .tree = -1};
    uint32_t key = 0;
    uint64_t value = 0;
    switch (tag) {
    case SPEC_ARGUMENT:
    case SPEC_ENVIRONMENT:
        if (!take_string(&body, &string) || body.left) return false;
        if (!counting) (tag == SPEC_ARGUMENT ? spec->arguments : spec->environment)[counts[tag - 1]] = (char *)string;
        counts[tag - 1]++;
        return true;
    case SPEC_BIND:
        if (!take(&body, &operation.flags, 4) || !take_path(&body, &operation.source) ||
            !take_path(&body, &operation.target))
            return false;
        break;
    case SPEC_DIRECTORY:
        if (!take_path(&body, &operation.target)) return false;
        break;
    case SPEC_SYMLINK:
        if (!take_string(&body, &operation.source) || !take_path(&body, &operation.target)) return false;
        break;
    case SPEC_FILE:
        if (!take_path(&body, &operation.target)) return false;
        operation.bytes = body.at;
        operation.size = body.left;
        body.left = 0;
        break;
    case SPEC_TMPFS:
        if (!take(&body, &operation.size, 8) || !take(&body, &operation.inodes, 8) ||
            !take_path(&body, &operation.target))
            return false;
        break;
    case SPEC_CGROUP_V1:
        if (!take_path(&body, &string) || body.left) return false;
        if (counting) return true;
        if (spec->cgroup_v1_count == CGROUPS_MAX) return false;
        spec->cgroup_v1[spec->cgroup_v1_count++] = string;
        return true;
    case SPEC_CGROUP_V2:
        return take_path(&body, &spec->cgroup_v2) && !body.left;
    case SPEC_HOSTNAME:
        return take_string(&body, &spec->hostname) && !body.left;
    case SPEC_WORK:
        return take_string(&body, &spec->work) && !body.left;
    case SPEC_DIRECTORY_AT_START:
        return take_path(&body, &spec->directory_at_start) && !body.left;
    case SPEC_SETTING:
        if (!take(&body, &key, 4) || !take(&body, &value, 8) || body.left || key >= SETTING_COUNT) return false;
        spec->settings[key] = value;
        return true;
    default:
        return false;
    }
    if (body.left) return false;
    if (!counting) spec->operations[spec->operation_count] = operation;
    spec->operation_count++;
    return true;
}

static bool take_records(struct spec *spec, size_t length, size_t counts[2], struct failure *failure) {
    struct cursor cursor = {spec->buffer, length};
    counts[0] = counts[1] = 0;
    spec->operation_count = 0;
    while (cursor.left) {
        uint32_t tag, size;
        if (!take(&cursor, &tag, 4) || !take(&cursor, &size, 4) || size > cursor.left)
            return malformed(failure, "a record is cut short");
        struct cursor body = {cursor.at, size};
        if (!take_record(spec, tag, body, counts)) {
            errno = EINVAL;
            return failed(failure, "spec", "malformed: a record of kind %u", tag);
        }
        cursor.at += size;
        cursor.left -= size;
    }
    return true;
}

static bool parse(struct spec *spec, size_t length, struct failure *failure) {
    size_t counts[2];
    if (!take_records(spec, length, counts, failure)) return false;
    if (spec->operation_count > OPERATIONS_MAX) return malformed(failure, "too many file system operations");
    spec->argument_count = counts[0];
    // One slot more than needed each: lists end with NULL, and calloc(0) may return NULL.
    spec->environment = calloc(counts[1] + 1, sizeof(char *));
    spec->operations = calloc(spec->operation_count + 1, sizeof(struct operation));
    spec->arguments = calloc(counts[0] + 1, sizeof(char *));
    if (!spec->arguments || !spec->environment || !spec->operations)
        return failed(failure, "spec", "no memory for the lists");
    if (!take_records(spec, length, counts, failure)) return false;
    return true;
}

bool spec_names_user(const struct spec *spec, struct failure *failure) {
    uint64_t last = 0xfffffffdu;
    uint64_t uid = spec->settings[SETTING_UID], gid = spec->settings[SETTING_GID];
    bool is_valid = uid >= 1 && uid <= last && gid >= 1 && gid <= last;
    return is_valid || malformed(failure, "user and group must be between 1 and 4294967293");
}

static bool make_buffer(struct spec *spec, size_t length, struct failure *failure) {
    *spec = (struct spec){.directory_at_start = "/", .hostname = "weft"};
    spec->buffer = malloc(length);
    return spec->buffer || failed(failure, "spec", "no memory for %zu bytes", length);
}

bool spec_read(const char *bytes, size_t length, struct spec *spec, struct failure *failure) {
    if (!make_buffer(spec, length, failure)) return false;
    memcpy(spec->buffer, bytes, length);
    return parse(spec, length, failure);
}

bool spec_read_file(int fd, struct spec *spec, struct failure *failure) {
    struct stat status;
    if (fstat(fd, &status)) return failed(failure, "spec", "cannot stat the spec");
    if (status.st_size < 1 || status.st_size > SPEC_BYTES_MAX) {
        errno = E2BIG;
        return failed(failure, "spec", "has %lld bytes, may have 1 to %d", (long long)status.st_size, SPEC_BYTES_MAX);
    }
    size_t length = (size_t)status.st_size, done = 0;
    if (!make_buffer(spec, length, failure)) return false;
    while (done < length) {
        ssize_t count = pread(fd, spec->buffer + done, length - done, (off_t)done);
        if (count <= 0) return failed(failure, "spec", "cannot read the spec");
        done += (size_t)count;
    }
    return parse(spec, length, failure);
}

void spec_free(struct spec *spec) {
    free(spec->buffer);
    free(spec->arguments);
    free(spec->environment);
    free(spec->operations);
    *spec = (struct spec){0};
}
#endif

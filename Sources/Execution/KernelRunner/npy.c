// NumPy's file format for one array (numpy.lib.format): a magic, a version, and a Python dictionary as text.
#if defined(__linux__)
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner.h"

static const char magic[] = "\x93NUMPY";
enum { MAGIC_BYTES = 6, HEADER_BYTES_MAX = 64 << 10, ALIGNMENT = 64 };

/// What NumPy calls a type; bfloat16 has no name there and travels as the bits of uint16, or as two opaque bytes.
static const char *descriptions(const char *type) {
    static const char *const names[][2] = {
        {"float16", "<f2"}, {"bfloat16", "<u2"}, {"float32", "<f4"}, {"float64", "<f8"}, {"int8", "|i1"},
        {"int16", "<i2"},   {"int32", "<i4"},    {"int64", "<i8"},   {"uint8", "|u1"},   {"uint16", "<u2"},
        {"uint32", "<u4"},  {"uint64", "<u8"},
    };
    for (size_t index = 0; index < sizeof names / sizeof *names; index++)
        if (!strcmp(type, names[index][0])) return names[index][1];
    end(OUTCOME_USAGE, "the type %s is not known", type);
}

/// The text after `'key':` and its blanks; NULL where there is none.
static const char *value_of(const char *header, const char *key) {
    char quoted[32];
    snprintf(quoted, sizeof quoted, "'%s':", key);
    const char *place = strstr(header, quoted);
    if (!place) return NULL;
    place += strlen(quoted);
    while (*place == ' ') place++;
    return place;
}

static bool fits_type(const char *header, const struct buffer *buffer, char *problem, size_t size) {
    const char *value = value_of(header, "descr");
    if (!value || (*value != '\'' && *value != '"')) {
        snprintf(problem, size, "has no plain numbers in it");
        return false;
    }
    const char *close = strchr(value + 1, *value);
    size_t length = close ? (size_t)(close - value - 1) : 0;
    const char *expected = descriptions(buffer->type);
    bool fits = length == 3 && !strncmp(value + 1, expected, 3);
    // One byte has no order, however it is written.
    if (length == 3 && expected[0] == '|') fits = !strncmp(value + 2, expected + 1, 2);
    if (!strcmp(buffer->type, "bfloat16") && length == 3 && !strncmp(value + 2, "V2", 2)) fits = true;
    if (!fits)
        snprintf(problem, size, "has numbers of type %.*s; its buffer's are %s (%s)", (int)(length < 32 ? length : 32),
                 value + 1, buffer->type, expected);
    return fits;
}

static bool fits_shape(const char *header, const struct buffer *buffer, char *problem, size_t size) {
    const char *value = value_of(header, "shape");
    bool fits = value && *value == '(';
    const char *place = fits ? value + 1 : NULL;
    for (unsigned index = 0; fits && index < buffer->dimensions; index++) {
        char *after = NULL;
        while (*place == ' ' || *place == ',') place++;
        fits = *place >= '0' && *place <= '9' && strtoull(place, &after, 10) == buffer->shape[index];
        place = after;
    }
    if (fits) {
        while (*place == ' ' || *place == ',') place++;
        fits = *place == ')';
    }
    if (!fits) {
        const char *close = value ? strchr(value, ')') : NULL;
        size_t length = close ? (size_t)(close - value + 1) : 0;
        snprintf(problem, size, "has the shape %.*s, which is not its buffer's", (int)(length < 100 ? length : 0),
                 value ? value : "");
    }
    return fits;
}

bool skip_npy_header(int file, const struct buffer *buffer, char *problem, size_t problem_size) {
    unsigned char start[12];
    static char header[HEADER_BYTES_MAX + 1];
    snprintf(problem, problem_size, "is not in NumPy's format");
    if (read(file, start, 10) != 10 || memcmp(start, magic, MAGIC_BYTES)) return false;
    if (start[6] < 1 || start[6] > 3) return false;
    size_t length = start[8] | (size_t)start[9] << 8;
    if (start[6] > 1) {
        if (read(file, start + 10, 2) != 2) return false;
        length |= (size_t)start[10] << 16 | (size_t)start[11] << 24;
    }
    if (length > HEADER_BYTES_MAX || read(file, header, length) != (ssize_t)length) return false;
    header[length] = 0;
    const char *order = value_of(header, "fortran_order");
    if (!order || strncmp(order, "False", 5)) {
        snprintf(problem, problem_size, "is in Fortran's order; save numpy.ascontiguousarray of it");
        // Of a single row, NumPy may say so although it is all the same.
        if (!order || buffer->dimensions > 1) return false;
    }
    return fits_type(header, buffer, problem, problem_size) && fits_shape(header, buffer, problem, problem_size);
}

size_t npy_header(const struct buffer *buffer, char *header, size_t capacity) {
    char *text = header + 10;
    int length = snprintf(text, capacity - 10, "{'descr': '%s', 'fortran_order': False, 'shape': (",
                          descriptions(buffer->type));
    for (unsigned index = 0; index < buffer->dimensions; index++)
        length += snprintf(text + length, capacity - 10 - (size_t)length, "%llu%s", (unsigned long long)buffer->shape[index],
                           buffer->dimensions == 1 ? "," : index + 1 < buffer->dimensions ? ", " : "");
    length += snprintf(text + length, capacity - 10 - (size_t)length, "), }");
    // The numbers begin at a multiple of the alignment, after a line feed.
    while ((10 + length + 1) % ALIGNMENT) text[length++] = ' ';
    text[length++] = '\n';
    memcpy(header, magic, MAGIC_BYTES);
    header[6] = 1;
    header[7] = 0;
    header[8] = (char)(length & 0xff);
    header[9] = (char)(length >> 8);
    return (size_t)(10 + length);
}
#endif

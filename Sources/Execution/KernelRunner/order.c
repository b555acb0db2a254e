// What the driver wants done, as lines of words. It was written by the driver of what it had checked; it is checked again for
// what this program rests on.
//
//   weft-kernel 1
//   fast                                   exactness may be traded for speed
//   define NAME VALUE
//   memory BYTES                           what all buffers together may have
//   processors COUNT
//   architecture NAME                      sm_90, gfx90a
//   pci ADDRESS | device INDEX
//   buffer TYPE BYTES COUNT DIMENSION…     and, of the buffer before:
//   in PATH
//   out PATH
//   launch X Y Z X Y Z SHARED ENTRY        grid, block, and of the launch before:
//   pass INDEX                             a buffer
//   scalar BYTES HEX                       little-endian
//   local BYTES
//   end
#if defined(__linux__)
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "runner.h"

static unsigned line_number;

static _Noreturn void bad(const char *what) { end(OUTCOME_USAGE, "line %u of the order: %s", line_number, what); }

/// The next word of the line, which is cut there.
static char *word(char **line) {
    char *start = *line;
    if (!start || !*start) bad("a word is missing");
    char *blank = strchr(start, ' ');
    *line = blank ? blank + 1 : NULL;
    if (blank) *blank = 0;
    return start;
}

static char *rest(char **line) {
    char *start = *line;
    if (!start || !*start) bad("its end is missing");
    *line = NULL;
    return start;
}

static uint64_t number(char **line, uint64_t least, uint64_t most) {
    const char *text = word(line);
    char *after = NULL;
    errno = 0;
    unsigned long long value = *text >= '0' && *text <= '9' ? strtoull(text, &after, 10) : 0;
    if (!after || *after || errno || value < least || value > most) bad("a number is not possible");
    return value;
}

static struct buffer *add_buffer(struct order *order, char **line) {
    if (order->buffer_count == BUFFERS_MAX) bad("too many buffers");
    struct buffer *buffer = &order->buffers[order->buffer_count++];
    buffer->type = word(line);
    buffer->size = number(line, 1, UINT64_C(1) << 40);
    buffer->dimensions = (unsigned)number(line, 0, DIMENSIONS_MAX);
    for (unsigned index = 0; index < buffer->dimensions; index++)
        buffer->shape[index] = number(line, 1, UINT64_C(1) << 40);
    return buffer;
}

static struct launch *add_launch(struct order *order, char **line) {
    if (order->launch_count == LAUNCHES_MAX) bad("too many launches");
    struct launch *launch = &order->launches[order->launch_count++];
    for (unsigned index = 0; index < 3; index++) launch->grid[index] = (unsigned)number(line, 1, INT32_MAX);
    for (unsigned index = 0; index < 3; index++) launch->block[index] = (unsigned)number(line, 1, 1024);
    launch->shared_bytes = number(line, 0, 1 << 20);
    launch->entry = rest(line);
    launch->arguments = calloc(ARGUMENTS_MAX, sizeof *launch->arguments);
    if (!launch->arguments) end(OUTCOME_OUT_OF_MEMORY, "there is no memory for a launch");
    return launch;
}

static struct argument *add_argument(struct launch *launch, enum argument_kind kind) {
    if (!launch || launch->argument_count == ARGUMENTS_MAX) bad("an argument belongs to no launch");
    struct argument *argument = &launch->arguments[launch->argument_count++];
    argument->kind = kind;
    return argument;
}

static void read_scalar(struct argument *argument, char **line) {
    argument->size = number(line, 1, SCALAR_BYTES);
    const char *digits = word(line);
    if (strlen(digits) != argument->size * 2) bad("a scalar is not so long");
    for (size_t index = 0; index < argument->size; index++) {
        const char pair[3] = {digits[2 * index], digits[2 * index + 1], 0};
        char *after = NULL;
        argument->scalar[index] = (uint8_t)strtoul(pair, &after, 16);
        if (*after) bad("a scalar is none");
    }
}

/// Returns false at the end of the order.
static bool read_line(struct order *order, char *line, struct buffer **buffer, struct launch **launch) {
    const char *name = word(&line);
    if (!strcmp(name, "end")) return false;
    if (!strcmp(name, "fast")) {
        order->is_fast = true;
    } else if (!strcmp(name, "define")) {
        if (order->define_count == DEFINES_MAX) bad("too many macros");
        struct define *define = &order->defines[order->define_count++];
        define->name = word(&line);
        define->value = line ? rest(&line) : "";
    } else if (!strcmp(name, "memory")) {
        order->memory_bytes = number(&line, 0, INT64_MAX);
    } else if (!strcmp(name, "processors")) {
        order->processors = (unsigned)number(&line, 1, 4096);
    } else if (!strcmp(name, "architecture")) {
        order->architecture = rest(&line);
    } else if (!strcmp(name, "pci")) {
        order->pci = rest(&line);
    } else if (!strcmp(name, "device")) {
        order->device_index = (unsigned)number(&line, 0, 1024);
    } else if (!strcmp(name, "buffer")) {
        *buffer = add_buffer(order, &line);
    } else if (!strcmp(name, "in") && *buffer) {
        (*buffer)->input = rest(&line);
    } else if (!strcmp(name, "out") && *buffer) {
        (*buffer)->output = rest(&line);
    } else if (!strcmp(name, "launch")) {
        *launch = add_launch(order, &line);
    } else if (!strcmp(name, "pass")) {
        if (!order->buffer_count) bad("there is no buffer");
        add_argument(*launch, ARGUMENT_BUFFER)->buffer = (unsigned)number(&line, 0, order->buffer_count - 1);
    } else if (!strcmp(name, "scalar")) {
        read_scalar(add_argument(*launch, ARGUMENT_SCALAR), &line);
    } else if (!strcmp(name, "local")) {
        add_argument(*launch, ARGUMENT_LOCAL)->size = number(&line, 1, 1 << 20);
    } else {
        bad("it is not known");
    }
    if (line && *line) bad("there is more than belongs there");
    return true;
}

void read_order(const char *path, const char *source_path, struct order *order) {
    size_t size;
    char *text = read_file(path, 16 << 20, &size, OUTCOME_USAGE);
    order->processors = 1;
    order->memory_bytes = INT64_MAX;
    struct buffer *buffer = NULL;
    struct launch *launch = NULL;
    char *state = NULL, *line = strtok_r(text, "\n", &state);
    line_number = 1;
    if (!line || strcmp(line, "weft-kernel 1")) bad("this is no order for weft-kernel 1");
    do {
        line = strtok_r(NULL, "\n", &state);
        line_number++;
        if (!line) bad("it has no end");
    } while (read_line(order, line, &buffer, &launch));
    if (!order->launch_count) bad("nothing is launched");
    order->source = read_file(source_path, 16 << 20, &order->source_size, OUTCOME_NO_FILE);
}

bool is_repeated(const struct order *order, unsigned launch) {
    const struct launch *one = &order->launches[launch];
    for (const struct launch *other = order->launches; other < one; other++)
        if (!strcmp(one->entry, other->entry) && !memcmp(one->block, other->block, sizeof one->block)) return true;
    return false;
}
#endif

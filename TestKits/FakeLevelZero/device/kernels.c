// What the device can compute: kernels are known by their names, because nothing here reads the instructions of a module.
#include <string.h>

#include "fake.h"

static void *pointer(const struct arguments *arguments, unsigned index) {
    void *value;
    memcpy(&value, arguments->value[index], sizeof value);
    return value;
}

/// An element of a buffer; NULL outside of it.
static void *element(const struct arguments *arguments, unsigned index, size_t position, size_t size) {
    uint8_t *start = pointer(arguments, index);
    return start && is_reachable(start + position * size, size, ON_DEVICE) ? start + position * size : NULL;
}

/// y = a · x + y, with an item for each element.
static bool saxpy(const struct arguments *arguments, const uint32_t group[3], const uint32_t size[3]) {
    float a;
    memcpy(&a, arguments->value[0], sizeof a);
    for (uint32_t item = 0; item < size[0]; item++) {
        size_t position = (size_t)group[0] * size[0] + item;
        float *x = element(arguments, 1, position, sizeof *x), *y = element(arguments, 2, position, sizeof *y);
        if (!x || !y) return false;
        *y += a * *x;
    }
    return true;
}

/// Each group writes its items' numbers backwards, by way of local memory.
static bool reversed(const struct arguments *arguments, const uint32_t group[3], const uint32_t size[3]) {
    int32_t kept[GROUP_ITEMS_MAX];
    if (arguments->size[1] < size[0] * sizeof *kept) return false;
    for (uint32_t item = 0; item < size[0]; item++) kept[item] = (int32_t)(group[0] * size[0] + item);
    for (uint32_t item = 0; item < size[0]; item++) {
        int32_t *x = element(arguments, 0, (size_t)group[0] * size[0] + item, sizeof *x);
        if (!x) return false;
        *x = kept[size[0] - 1 - item];
    }
    return true;
}

/// x[item] = y + item.
static bool weft_probe(const struct arguments *arguments, const uint32_t group[3], const uint32_t size[3]) {
    int32_t y;
    memcpy(&y, arguments->value[1], sizeof y);
    for (uint32_t item = 0; item < size[0]; item++) {
        size_t position = (size_t)group[0] * size[0] + item;
        int32_t *x = element(arguments, 0, position, sizeof *x);
        if (!x) return false;
        *x = y + (int32_t)position;
    }
    return true;
}

/// x[0] = 10 · x[0] + y: what comes of several shows their order.
static bool digit(const struct arguments *arguments, const uint32_t group[3], const uint32_t size[3]) {
    (void)group, (void)size;
    int32_t y, *x = element(arguments, 0, 0, sizeof *x);
    memcpy(&y, arguments->value[1], sizeof y);
    if (x) *x = 10 * *x + y;
    return x;
}

static const struct known_kernel kernels[] = {
    {"saxpy", 3, {4, PARAMETER_POINTER, PARAMETER_POINTER}, saxpy},
    {"reversed", 2, {PARAMETER_POINTER, PARAMETER_LOCAL}, reversed},
    {"weft_probe", 2, {PARAMETER_POINTER, 4}, weft_probe},
    {"digit", 2, {PARAMETER_POINTER, 4}, digit},
};

const struct known_kernel *known_kernel(const char *name) {
    for (size_t index = 0; index < sizeof kernels / sizeof *kernels; index++)
        if (!strcmp(kernels[index].name, name)) return &kernels[index];
    return NULL;
}

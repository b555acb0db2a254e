// Handles, and whether they may still be used.
#include <stdlib.h>

#include "fake.h"

static const uint32_t MARK = 0x7a65726f;
static const char *const names[] = {"", "driver", "device", "context", "command queue", "command list", "module", "build log", "kernel"};

void *make(enum kind kind, size_t size) {
    struct object *object = calloc(1, size);
    if (!object) abort();
    object->mark = MARK;
    object->kind = kind;
    return object;
}

void *use(void *handle, enum kind kind) {
    struct object *object = handle;
    if (!object) broken("a %s is NULL", names[kind]);
    if (object->mark != MARK || object->kind != kind) broken("what is given as a %s is none", names[kind]);
    if (object->is_destroyed) broken("a %s is used after it was destroyed", names[kind]);
    return object;
}

/// Its memory stays, so that a later use can be told.
void destroy(void *handle, enum kind kind) { ((struct object *)use(handle, kind))->is_destroyed = true; }

void check_structure(const void *structure, uint32_t stype, const char *name) {
    const struct { uint32_t stype; const void *next; } *head = structure;
    if (!head) broken("%s is NULL", name);
    if (head->stype != stype) broken("%s says that it is structure 0x%x, not 0x%x", name, head->stype, stype);
    for (head = head->next; head; head = head->next)
        if (head->stype != 0x1000f) broken("behind %s there is structure 0x%x, which nobody offered", name, head->stype);
}

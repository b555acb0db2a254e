// Deterministic mode, what is told of files: entries of directories in the order of their names; no times; inodes
// numbered as they are met; no sizes of directories.
//
// The truth comes from wasmtime's own functions. Those find the memory to write to by asking who calls, so a callback
// cannot call them itself: a small module does, which has the calling module's memory as its own.
#if defined(__linux__)
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "runner.h"

/// (module
///   (import WASI "fd_filestat_get" (func $s …)) (import WASI "path_filestat_get" (func $p …))
///   (import WASI "fd_readdir" (func $r …)) (import "weft" "memory" (memory 0)) (export "memory" (memory 0))
///   (func (export "s") (param i32 i32) (result i32) local.get 0 local.get 1 call $s)
///   (func (export "p") …) (func (export "r") …))
static const uint8_t helper_module[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x19, 0x03, 0x60, 0x02, 0x7f, 0x7f, 0x01,
    0x7f, 0x60, 0x05, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x01, 0x7f, 0x60, 0x05, 0x7f, 0x7f, 0x7f, 0x7e,
    0x7f, 0x01, 0x7f, 0x02, 0x88, 0x01, 0x04, 0x16, 0x77, 0x61, 0x73, 0x69, 0x5f, 0x73, 0x6e, 0x61,
    0x70, 0x73, 0x68, 0x6f, 0x74, 0x5f, 0x70, 0x72, 0x65, 0x76, 0x69, 0x65, 0x77, 0x31, 0x0f, 0x66,
    0x64, 0x5f, 0x66, 0x69, 0x6c, 0x65, 0x73, 0x74, 0x61, 0x74, 0x5f, 0x67, 0x65, 0x74, 0x00, 0x00,
    0x16, 0x77, 0x61, 0x73, 0x69, 0x5f, 0x73, 0x6e, 0x61, 0x70, 0x73, 0x68, 0x6f, 0x74, 0x5f, 0x70,
    0x72, 0x65, 0x76, 0x69, 0x65, 0x77, 0x31, 0x11, 0x70, 0x61, 0x74, 0x68, 0x5f, 0x66, 0x69, 0x6c,
    0x65, 0x73, 0x74, 0x61, 0x74, 0x5f, 0x67, 0x65, 0x74, 0x00, 0x01, 0x16, 0x77, 0x61, 0x73, 0x69,
    0x5f, 0x73, 0x6e, 0x61, 0x70, 0x73, 0x68, 0x6f, 0x74, 0x5f, 0x70, 0x72, 0x65, 0x76, 0x69, 0x65,
    0x77, 0x31, 0x0a, 0x66, 0x64, 0x5f, 0x72, 0x65, 0x61, 0x64, 0x64, 0x69, 0x72, 0x00, 0x02, 0x04,
    0x77, 0x65, 0x66, 0x74, 0x06, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 0x02, 0x00, 0x00, 0x03, 0x04,
    0x03, 0x00, 0x01, 0x02, 0x07, 0x16, 0x04, 0x06, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 0x02, 0x00,
    0x01, 0x73, 0x00, 0x03, 0x01, 0x70, 0x00, 0x04, 0x01, 0x72, 0x00, 0x05, 0x0a, 0x28, 0x03, 0x08,
    0x00, 0x20, 0x00, 0x20, 0x01, 0x10, 0x00, 0x0b, 0x0e, 0x00, 0x20, 0x00, 0x20, 0x01, 0x20, 0x02,
    0x20, 0x03, 0x20, 0x04, 0x10, 0x01, 0x0b, 0x0e, 0x00, 0x20, 0x00, 0x20, 0x01, 0x20, 0x02, 0x20,
    0x03, 0x20, 0x04, 0x10, 0x02, 0x0b, 0x00, 0x11, 0x04, 0x6e, 0x61, 0x6d, 0x65, 0x01, 0x0a, 0x03,
    0x00, 0x01, 0x73, 0x01, 0x01, 0x70, 0x02, 0x01, 0x72
};

enum { STAT, PATH_STAT, READ_DIRECTORY, HELPER_COUNT };
static const char *const helper_names[HELPER_COUNT] = {"s", "p", "r"};

static wasm_engine *helper_engine;
static wasmtime_func helpers[HELPER_COUNT];
static bool has_helpers;

/// Made when it is first needed: most modules never ask.
static void make_helpers(const struct guest *guest) {
    wasmtime_module *module = NULL;
    check(api.wasmtime_module_new(helper_engine, helper_module, sizeof helper_module, &module), OUTCOME_NO_ENGINE,
          "the helper module cannot be compiled");
    wasmtime_linker *linker = api.wasmtime_linker_new(helper_engine);
    check(api.wasmtime_linker_define_wasi(linker), OUTCOME_NO_ENGINE, "WASI cannot be set up");
    wasmtime_extern memory = {.kind = EXTERN_MEMORY, .of.memory = guest->memory};
    check(api.wasmtime_linker_define(linker, guest->context, "weft", 4, "memory", 6, &memory), OUTCOME_NO_ENGINE,
          "the helper module cannot be given the memory");
    wasmtime_instance instance;
    wasm_trap *trap = NULL;
    wasmtime_error *error = api.wasmtime_linker_instantiate(linker, guest->context, module, &instance, &trap);
    if (error || trap) end_module(error, trap, OUTCOME_BAD_MODULE);
    for (int index = 0; index < HELPER_COUNT; index++) {
        wasmtime_extern function;
        if (!api.wasmtime_instance_export_get(guest->context, &instance, helper_names[index], 1, &function))
            end(OUTCOME_NO_ENGINE, "the helper module lacks a function");
        helpers[index] = function.of.func;
    }
    has_helpers = true;
}

/// Calls wasmtime's own function. The guest's memory is as it was, but for what that wrote.
static wasm_trap *call(const struct guest *guest, int helper, wasm_raw *values, size_t count) {
    if (!has_helpers) make_helpers(guest);
    wasm_trap *trap = NULL;
    check(api.wasmtime_func_call_unchecked(guest->context, &helpers[helper], values, count, &trap), OUTCOME_NO_ENGINE,
          "a function of WASI failed");
    return trap;
}

static wasm_trap *answer(wasm_raw *values, int32_t error) {
    values[0].i32 = error;
    return NULL;
}

static uint64_t load(const uint8_t *at, int size) {
    uint64_t value = 0;
    for (int byte = size - 1; byte >= 0; byte--) value = value << 8 | at[byte];
    return value;
}

static void store(uint8_t *at, uint64_t value, int size) {
    for (int byte = 0; byte < size; byte++) at[byte] = (uint8_t)(value >> 8 * byte);
}

// MARK: inodes

/// Numbers in the order in which inodes are met. What is met in the same order has the same number everywhere; a file
/// that takes over a removed one's inode takes over its number, too, which is the host's choice.
static struct {
    uint64_t inode, number;
} *inodes;
static uint64_t inode_count, inode_room;
enum { INODES_MAX = 1 << 20 };

/// 0 when there are too many.
static uint64_t number_of(uint64_t inode) {
    if (inode_count * 2 >= inode_room) {
        if (inode_count >= INODES_MAX) return 0;
        uint64_t room = inode_room ? inode_room * 2 : 256;
        void *old = inodes;
        uint64_t old_room = inode_room;
        inodes = calloc(room, sizeof *inodes);
        if (!inodes) end(OUTCOME_OUT_OF_MEMORY, "no memory to number files");
        inode_room = room;
        typeof(inodes) entries = old;
        for (uint64_t index = 0; index < old_room; index++) {
            if (!entries[index].number) continue;
            uint64_t slot = entries[index].inode * 0x9e3779b97f4a7c15u % room;
            while (inodes[slot].number) slot = (slot + 1) % room;
            inodes[slot] = entries[index];
        }
        free(old);
    }
    uint64_t slot = inode * 0x9e3779b97f4a7c15u % inode_room;
    for (; inodes[slot].number; slot = (slot + 1) % inode_room)
        if (inodes[slot].inode == inode) return inodes[slot].number;
    inodes[slot].inode = inode;
    return inodes[slot].number = ++inode_count;
}

// MARK: one file

/// device 8, inode 8, type 1, padding 7, links 8, size 8, times 3 × 8
enum { FILESTAT_BYTES = 64, TYPE_DIRECTORY = 3 };

static wasm_trap *stat_with(int helper, wasmtime_caller *caller, wasm_raw *values, size_t count, int result_index) {
    struct guest guest;
    int32_t result = values[result_index].i32;
    if (!find_guest(caller, &guest) || !holds(&guest, result, FILESTAT_BYTES)) return answer(values, WASI_FAULT);
    wasm_trap *trap = call(&guest, helper, values, count);
    if (trap || values[0].i32 != WASI_SUCCESS) return trap;
    uint8_t *at = guest.bytes + (uint32_t)result;
    store(at, 0, 8);
    uint64_t number = number_of(load(at + 8, 8));
    if (!number) return answer(values, WASI_NOMEM);
    store(at + 8, number, 8);
    if (at[16] == TYPE_DIRECTORY) {
        // File systems differ in both.
        store(at + 24, 1, 8);
        store(at + 32, 0, 8);
    }
    memset(at + 40, 0, 24);
    return NULL;
}

/// (file, result)
static wasm_trap *fd_filestat_get(void *data, wasmtime_caller *caller, wasm_raw *values, size_t count) {
    (void)data;
    return stat_with(STAT, caller, values, count, 1);
}

/// (directory, flags, path, its length, result)
static wasm_trap *path_filestat_get(void *data, wasmtime_caller *caller, wasm_raw *values, size_t count) {
    (void)data;
    return stat_with(PATH_STAT, caller, values, count, 4);
}

// MARK: a directory

/// next 8, inode 8, length of the name 4, type 1, padding 3; the name follows
enum { ENTRY_BYTES = 24, NAMES_MAX = 64 << 20, SCRATCH_BYTES = 64 << 10 };

/// A listing, whole and in order. One is kept: directories are read one after the other.
static struct {
    int32_t file;
    uint8_t *bytes;     // entries as WASI has them, one after the other
    uint8_t **entries;  // each one's place, by name
    size_t size, room, count;
} listing = {.file = -1};

static size_t entry_size(const uint8_t *entry) { return ENTRY_BYTES + load(entry + 16, 4); }

static int by_name(const void *left, const void *right) {
    const uint8_t *a = *(uint8_t *const *)left, *b = *(uint8_t *const *)right;
    size_t a_size = entry_size(a) - ENTRY_BYTES, b_size = entry_size(b) - ENTRY_BYTES;
    int order = memcmp(a + ENTRY_BYTES, b + ENTRY_BYTES, a_size < b_size ? a_size : b_size);
    return order ? order : (a_size > b_size) - (a_size < b_size);
}

/// Adds what lies in the scratch memory; returns the cookie to go on from.
static uint64_t add_entries(const uint8_t *bytes, size_t used, uint64_t cookie) {
    size_t at = 0;
    while (at + ENTRY_BYTES <= used && at + entry_size(bytes + at) <= used) {
        cookie = load(bytes + at, 8);
        at += entry_size(bytes + at);
        listing.count++;
    }
    if (listing.size + at > listing.room) {
        listing.room = (listing.size + at) * 2;
        listing.bytes = realloc(listing.bytes, listing.room);
        if (!listing.bytes) end(OUTCOME_OUT_OF_MEMORY, "no memory for the names in a directory");
    }
    memcpy(listing.bytes + listing.size, bytes, at);
    listing.size += at;
    return cookie;
}

static int32_t sort_listing(void) {
    free(listing.entries);
    listing.entries = calloc(listing.count + 1, sizeof *listing.entries);
    if (!listing.entries) end(OUTCOME_OUT_OF_MEMORY, "no memory for the names in a directory");
    uint8_t *at = listing.bytes;
    for (size_t index = 0; index < listing.count; index++) {
        listing.entries[index] = at;
        at += entry_size(at);
    }
    qsort(listing.entries, listing.count, sizeof *listing.entries, by_name);
    for (size_t index = 0; index < listing.count; index++) {
        uint64_t number = number_of(load(listing.entries[index] + 8, 8));
        if (!number) return WASI_NOMEM;
        store(listing.entries[index], index + 1, 8);
        store(listing.entries[index] + 8, number, 8);
    }
    return WASI_SUCCESS;
}

/// Reads all of a directory, with the beginning of the module's memory as the place to read to; it is put back.
static wasm_trap *list(const struct guest *guest, int32_t file, int32_t *error) {
    static uint8_t saved[SCRATCH_BYTES];
    size_t scratch = guest->size < SCRATCH_BYTES ? (size_t)guest->size : SCRATCH_BYTES;
    listing.file = -1;
    listing.size = listing.count = 0;
    memcpy(saved, guest->bytes, scratch);
    uint64_t cookie = 0;
    wasm_trap *trap = NULL;
    *error = scratch < 4096 ? WASI_NOMEM : WASI_SUCCESS;
    while (!*error) {
        // The first eight bytes are for the size of the result.
        wasm_raw values[5] = {{.i32 = file}, {.i32 = 8}, {.i32 = (int32_t)scratch - 8}, {.i64 = (int64_t)cookie},
                              {.i32 = 0}};
        trap = call(guest, READ_DIRECTORY, values, 5);
        *error = values[0].i32;
        if (trap || *error) break;
        size_t used = load(guest->bytes, 4), before = listing.count;
        if (used > scratch - 8) used = scratch - 8;
        cookie = add_entries(guest->bytes + 8, used, cookie);
        if (listing.size > NAMES_MAX) *error = WASI_NOMEM;
        if (used < scratch - 8 || listing.count == before) break;
    }
    memcpy(guest->bytes, saved, scratch);
    if (!trap && !*error) *error = sort_listing();
    if (!trap && !*error) listing.file = file;
    return trap;
}

/// (directory, buffer, its size, cookie, result)
static wasm_trap *fd_readdir(void *data, wasmtime_caller *caller, wasm_raw *values, size_t count) {
    (void)data, (void)count;
    struct guest guest;
    int32_t file = values[0].i32, result = values[4].i32;
    uint64_t size = (uint32_t)values[2].i32, cookie = (uint64_t)values[3].i64;
    if (!find_guest(caller, &guest) || !holds(&guest, values[1].i32, size) || !holds(&guest, result, 4))
        return answer(values, WASI_FAULT);
    uint8_t *buffer = guest.bytes + (uint32_t)values[1].i32;
    if (cookie == 0 || listing.file != file) {
        int32_t error;
        wasm_trap *trap = list(&guest, file, &error);
        if (trap || error) return trap ? trap : answer(values, error);
    }
    uint64_t used = 0;
    for (uint64_t index = cookie; index < listing.count && used < size; index++) {
        uint64_t whole = entry_size(listing.entries[index]), part = whole < size - used ? whole : size - used;
        memcpy(buffer + used, listing.entries[index], part);
        used += part;
    }
    store(guest.bytes + (uint32_t)result, used, 4);
    return answer(values, WASI_SUCCESS);
}

void make_files_deterministic(wasmtime_linker *linker, wasm_engine *engine) {
    helper_engine = engine;
    define(linker, "fd_filestat_get", "ii", "i", fd_filestat_get);
    define(linker, "path_filestat_get", "iiiii", "i", path_filestat_get);
    define(linker, "fd_readdir", "iiiIi", "i", fd_readdir);
}
#endif

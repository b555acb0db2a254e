// Deterministic mode: the same module with the same input gives the same answer, on whatever machine and whenever.
//
// The compiler does its part (not-a-number with one bit pattern, relaxed instructions in their one form, no threads).
// Here are the functions of WASI that would tell machines or moments apart: time, randomness, waiting. Those that tell
// about files are in filesystem.c.
#if defined(__linux__)
#define _GNU_SOURCE
#include <string.h>

#include "runner.h"

// MARK: the module's memory

bool find_guest(wasmtime_caller *caller, struct guest *guest) {
    static const char name[] = "memory";
    wasmtime_extern item;
    if (!api.wasmtime_caller_export_get(caller, name, LENGTH(name), &item) || item.kind != EXTERN_MEMORY) return false;
    guest->context = api.wasmtime_caller_context(caller);
    guest->memory = item.of.memory;
    guest->bytes = api.wasmtime_memory_data(guest->context, &guest->memory);
    guest->size = api.wasmtime_memory_data_size(guest->context, &guest->memory);
    return true;
}

bool holds(const struct guest *guest, int32_t offset, uint64_t size) {
    return (uint64_t)(uint32_t)offset + size <= guest->size;
}

// MARK: definitions

static void fill_types(wasm_valtypes *types, const char *letters) {
    api.wasm_valtype_vec_new_uninitialized(types, strlen(letters));
    for (size_t index = 0; letters[index]; index++)
        types->data[index] = api.wasm_valtype_new(letters[index] == 'I' ? VALUE_I64 : VALUE_I32);
}

void define(wasmtime_linker *linker, const char *name, const char *parameters, const char *results,
            wasm_callback callback) {
    wasm_valtypes inputs, outputs;
    fill_types(&inputs, parameters);
    fill_types(&outputs, results);
    wasm_functype *type = api.wasm_functype_new(&inputs, &outputs);
    check(api.wasmtime_linker_define_func_unchecked(linker, WASI, LENGTH(WASI), name, strlen(name), type, callback,
                                                    NULL, NULL),
          OUTCOME_NO_ENGINE, "a function of WASI cannot be replaced");
    api.wasm_functype_delete(type);
}

static wasm_trap *answer(wasm_raw *values, int32_t error) {
    values[0].i32 = error;
    return NULL;
}

// MARK: randomness

static uint64_t random_state;

/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
static uint64_t next_random(void) {
    uint64_t value = random_state += 0x9e3779b97f4a7c15u;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
    return value ^ (value >> 31);
}

/// (buffer, size). Little-endian, as all of WebAssembly; a part of eight bytes costs a whole number.
static wasm_trap *random_get(void *data, wasmtime_caller *caller, wasm_raw *values, size_t count) {
    (void)data, (void)count;
    struct guest guest;
    uint64_t size = (uint32_t)values[1].i32;
    if (!find_guest(caller, &guest) || !holds(&guest, values[0].i32, size)) return answer(values, WASI_FAULT);
    uint8_t *at = guest.bytes + (uint32_t)values[0].i32;
    for (uint64_t done = 0; done < size;) {
        uint64_t number = next_random();
        for (int byte = 0; byte < 8 && done < size; byte++, number >>= 8) at[done++] = (uint8_t)number;
    }
    return answer(values, WASI_SUCCESS);
}

// MARK: time

enum { CLOCK_REALTIME_ID, CLOCK_MONOTONIC_ID, CLOCK_COUNT };
/// What it costs to look, and the resolution that is told: a loop that waits for the time comes to its end.
static const uint64_t nanoseconds_per_look = 1000;
/// 2020-01-01T00:00:00Z. Not zero: programs take that for a clock that was never set.
static const uint64_t realtime_start = 1577836800ull * 1000000000;
/// Moves when it is looked at and when the module waits, and by nothing else. Fuel would be nearer to time, but what
/// instructions cost differs between versions of the engine.
static uint64_t elapsed;

static uint64_t clock_now(uint32_t clock) { return elapsed + (clock == CLOCK_REALTIME_ID ? realtime_start : 0); }

static void store64(uint8_t *at, uint64_t value) {
    for (int byte = 0; byte < 8; byte++) at[byte] = (uint8_t)(value >> 8 * byte);
}

static uint64_t load64(const uint8_t *at) {
    uint64_t value = 0;
    for (int byte = 7; byte >= 0; byte--) value = value << 8 | at[byte];
    return value;
}

/// (clock, precision, result)
static wasm_trap *clock_time_get(void *data, wasmtime_caller *caller, wasm_raw *values, size_t count) {
    (void)data, (void)count;
    struct guest guest;
    uint32_t clock = (uint32_t)values[0].i32;
    // Those of processor time, which wasmtime does not have either.
    if (clock >= CLOCK_COUNT) return answer(values, WASI_BADF);
    if (!find_guest(caller, &guest) || !holds(&guest, values[2].i32, 8)) return answer(values, WASI_FAULT);
    elapsed += nanoseconds_per_look;
    store64(guest.bytes + (uint32_t)values[2].i32, clock_now(clock));
    return answer(values, WASI_SUCCESS);
}

/// (clock, result)
static wasm_trap *clock_res_get(void *data, wasmtime_caller *caller, wasm_raw *values, size_t count) {
    (void)data, (void)count;
    struct guest guest;
    if ((uint32_t)values[0].i32 >= CLOCK_COUNT) return answer(values, WASI_BADF);
    if (!find_guest(caller, &guest) || !holds(&guest, values[1].i32, 8)) return answer(values, WASI_FAULT);
    store64(guest.bytes + (uint32_t)values[1].i32, nanoseconds_per_look);
    return answer(values, WASI_SUCCESS);
}

// MARK: waiting

enum { SUBSCRIPTION_BYTES = 48, EVENT_BYTES = 32, EVENT_CLOCK = 0, EVENTS_MAX = 4096 };

/// Whether it waits for a clock, and for how long from now; UINT64_MAX for a clock that there is not.
static bool waits_for_clock(const uint8_t *subscription, uint64_t *wait) {
    if (subscription[8] != EVENT_CLOCK) return false;
    uint64_t clock = load64(subscription + 16) & UINT32_MAX, timeout = load64(subscription + 24);
    bool is_absolute = subscription[40] & 1;
    if (clock >= CLOCK_COUNT) {
        *wait = UINT64_MAX;
    } else if (is_absolute) {
        uint64_t now = clock_now((uint32_t)clock);
        *wait = timeout > now ? timeout - now : 0;
    } else {
        *wait = timeout;
    }
    return true;
}

static void write_event(uint8_t *at, const uint8_t *subscription, uint16_t error) {
    memset(at, 0, EVENT_BYTES);
    memcpy(at, subscription, 8);
    at[8] = (uint8_t)error;
    at[10] = subscription[8];
    if (subscription[8] != EVENT_CLOCK) at[16] = 1;  // a byte can be read or written
}

/// (subscriptions, events, how many, result). Files never keep anybody waiting, and nobody waits for the clock: it is
/// put forward.
static wasm_trap *poll_oneoff(void *data, wasmtime_caller *caller, wasm_raw *values, size_t count) {
    (void)data, (void)count;
    struct guest guest;
    uint32_t subscribed = (uint32_t)values[2].i32, happened = 0;
    if (subscribed == 0) return answer(values, WASI_INVAL);
    if (subscribed > EVENTS_MAX) return answer(values, WASI_NOMEM);
    if (!find_guest(caller, &guest) || !holds(&guest, values[0].i32, (uint64_t)subscribed * SUBSCRIPTION_BYTES) ||
        !holds(&guest, values[1].i32, (uint64_t)subscribed * EVENT_BYTES) || !holds(&guest, values[3].i32, 4))
        return answer(values, WASI_FAULT);
    // A copy: the module may have put its events where its subscriptions are.
    static uint8_t subscriptions[EVENTS_MAX * SUBSCRIPTION_BYTES];
    memcpy(subscriptions, guest.bytes + (uint32_t)values[0].i32, (size_t)subscribed * SUBSCRIPTION_BYTES);
    const uint8_t *end_of_all = subscriptions + (size_t)subscribed * SUBSCRIPTION_BYTES;
    uint64_t shortest = UINT64_MAX;
    bool has_file = false;
    for (const uint8_t *one = subscriptions; one < end_of_all; one += SUBSCRIPTION_BYTES) {
        uint64_t wait;
        if (!waits_for_clock(one, &wait)) has_file = true;
        else if (wait < shortest) shortest = wait;
    }
    if (has_file) shortest = 0;
    uint8_t *events = guest.bytes + (uint32_t)values[1].i32;
    for (const uint8_t *one = subscriptions; one < end_of_all; one += SUBSCRIPTION_BYTES) {
        uint64_t wait;
        bool is_clock = waits_for_clock(one, &wait);
        bool is_bad = is_clock && load64(one + 16) % (1ull << 32) >= CLOCK_COUNT;
        if (is_clock && !is_bad && wait > shortest) continue;
        write_event(events + (size_t)happened++ * EVENT_BYTES, one, is_bad ? WASI_INVAL : WASI_SUCCESS);
    }
    if (shortest != UINT64_MAX) elapsed += shortest;
    uint8_t *result = guest.bytes + (uint32_t)values[3].i32;
    for (int byte = 0; byte < 4; byte++) result[byte] = (uint8_t)(happened >> 8 * byte);
    return answer(values, WASI_SUCCESS);
}

void make_deterministic(wasmtime_linker *linker, wasm_engine *engine, uint64_t seed) {
    random_state = seed;
    define(linker, "random_get", "ii", "i", random_get);
    define(linker, "clock_time_get", "iIi", "i", clock_time_get);
    define(linker, "clock_res_get", "ii", "i", clock_res_get);
    define(linker, "poll_oneoff", "iiii", "i", poll_oneoff);
    make_files_deterministic(linker, engine);
}
#endif

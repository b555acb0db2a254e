// One device, through one library: arithmetic, memory, transfers, launches, what can be allocated, and heat.
#if defined(__linux__)
#define _GNU_SOURCE
#include "device.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "measure.h"
#include "output.h"

#define RUN_SECONDS 0.05
#define ROUNDS_MAX (1 << 22)
#define LAUNCHES 200
#define TRANSFER_BYTES ((size_t)64 << 20)
#define COPY_BYTES ((size_t)256 << 20)
#define ELEMENT_BYTES 16
#define PIECES_MAX 256
#define SMALLEST_PIECE ((uint64_t)32 << 20)
#define HEAT_SECONDS 2.0

static const struct library *library;
static struct facts facts;

static double timed(enum kernel kernel, unsigned blocks, uint64_t first, uint64_t second, int count) {
    double begin = seconds();
    if (!library->launch(kernel, blocks, first, second, count) || !library->wait()) {
        note("%s: %s", kernel_names[kernel], library->failure());
        return -1;
    }
    return seconds() - begin;
}

static double median_time(enum kernel kernel, unsigned blocks, uint64_t first, uint64_t second, int count) {
    double times[REPETITIONS];
    for (unsigned repetition = 0; repetition < REPETITIONS; repetition++) {
        times[repetition] = timed(kernel, blocks, first, second, count);
        if (times[repetition] < 0) return -1;
    }
    return median(times, REPETITIONS);
}

/// Operations a second; below 0 where the device cannot do them.
static double arithmetic(enum kernel kernel, unsigned blocks, uint64_t out, int *rounds) {
    *rounds = 16;
    if (!facts.has[kernel]) return -1;
    for (;;) {
        double took = timed(kernel, blocks, out, 0, *rounds);
        if (took < 0) return -1;
        if (took >= RUN_SECONDS || *rounds >= ROUNDS_MAX) break;
        *rounds *= took < RUN_SECONDS / 8 ? 8 : 2;
    }
    double took = median_time(kernel, blocks, out, 0, *rounds);
    double lanes = facts.lanes[kernel];
    return took <= 0 ? -1 : ROUND_OPERATIONS * lanes * *rounds * (double)blocks * BLOCK_THREADS / took;
}

static size_t at_most(size_t bytes, unsigned part) {
    return facts.memory_bytes && bytes > facts.memory_bytes / part ? (size_t)(facts.memory_bytes / part) : bytes;
}

static void measure_memory(void) {
    size_t bytes = at_most(facts.is_processor ? COPY_BYTES / 4 : COPY_BYTES, 8) / ELEMENT_BYTES / BLOCK_THREADS *
                   ELEMENT_BYTES * BLOCK_THREADS;
    uint64_t from = 0, to = 0;
    if (!library->allocate(bytes, &from) || !library->allocate(bytes, &to)) {
        note("copy: %s", library->failure());
        return;
    }
    int elements = (int)(bytes / ELEMENT_BYTES);
    unsigned blocks = (unsigned)(elements / BLOCK_THREADS);
    if (library->clear(from, bytes) && timed(KERNEL_COPY, blocks, from, to, elements) >= 0) {
        double took = median_time(KERNEL_COPY, blocks, from, to, elements);
        if (took > 0) put_integer("memory_bytes_per_second", (int64_t)(2.0 * (double)bytes / took));
    }
    library->release(from);
    library->release(to);
}

static void measure_transfers(void) {
    size_t bytes = at_most(TRANSFER_BYTES, 8);
    uint64_t memory = 0;
    void *host = library->host_memory ? library->host_memory(bytes) : NULL;
    if (!host) host = malloc(bytes);
    if (!host || !library->allocate(bytes, &memory)) {
        note("transfers: there is no memory for them");
        return;
    }
    memset(host, 1, bytes);
    double up[REPETITIONS], down[REPETITIONS];
    bool works = library->upload(memory, host, bytes) && library->download(memory, host, bytes);
    for (unsigned repetition = 0; works && repetition < REPETITIONS; repetition++) {
        double begin = seconds();
        works = library->upload(memory, host, bytes);
        double middle = seconds();
        works = works && library->download(memory, host, bytes);
        up[repetition] = middle - begin;
        down[repetition] = seconds() - middle;
    }
    if (works) {
        put_integer("upload_bytes_per_second", (int64_t)((double)bytes / median(up, REPETITIONS)));
        put_integer("download_bytes_per_second", (int64_t)((double)bytes / median(down, REPETITIONS)));
    } else {
        note("transfers: %s", library->failure());
    }
    library->release(memory);
}

static void measure_launches(void) {
    double times[LAUNCHES];
    if (timed(KERNEL_EMPTY, 1, 0, 0, 0) < 0) return;
    for (unsigned launch = 0; launch < LAUNCHES; launch++) {
        times[launch] = timed(KERNEL_EMPTY, 1, 0, 0, 0);
        if (times[launch] < 0) return;
    }
    put_integer("launch_nanoseconds", (int64_t)(median(times, LAUNCHES) * 1e9));
}

/// Takes large pieces until there are none, then smaller ones, and fills each, because drivers promise more than they have.
static void measure_allocation(void) {
    // A processor's is the machine's.
    if (facts.is_processor) return;
    if (!facts.memory_bytes) {
        note("allocatable memory: its driver does not tell how much there is");
        return;
    }
    uint64_t pieces[PIECES_MAX], total = 0;
    unsigned count = 0;
    for (uint64_t size = facts.memory_bytes / 16; size >= SMALLEST_PIECE && count < PIECES_MAX;) {
        uint64_t memory = 0;
        bool works = total + size <= facts.memory_bytes && library->allocate((size_t)size, &memory);
        if (works && !library->clear(memory, (size_t)size)) {
            library->release(memory);
            works = false;
        }
        if (works) {
            pieces[count++] = memory;
            total += size;
        } else {
            size /= 2;
        }
    }
    put_integer("allocatable_bytes", (int64_t)total);
    while (count) library->release(pieces[--count]);
}

static void measure_heat(unsigned blocks, uint64_t out, int rounds) {
    // Sensors of processors are read elsewhere.
    if (facts.is_processor) return;
    if (!facts.pci_address[0]) {
        note("temperature: its library does not tell where it is");
        return;
    }
    double begin = seconds();
    while (seconds() - begin < HEAT_SECONDS) {
        if (timed(KERNEL_SINGLE, blocks, out, 0, rounds) < 0) return;
    }
    double degrees = nvml_temperature(facts.pci_address);
    if (degrees < 0) degrees = rocm_temperature(facts.pci_address);
    if (degrees < 0) note("temperature: no management library tells it");
    else put_integer("load_millidegrees", (int64_t)(degrees * 1000));
}

_Noreturn void measure_device(const char *backend, const char *index_text) {
    const struct library *const libraries[] = {&opencl_library, &cuda_library, &hip_library};
    for (unsigned at = 0; at < sizeof libraries / sizeof *libraries; at++) {
        if (!strcmp(libraries[at]->name, backend)) library = libraries[at];
    }
    if (!library) finish_without("no-library", "nothing is measured by %s", backend);
    library->open((unsigned)strtoul(index_text, NULL, 10), &facts);
    unsigned units = facts.compute_units ? facts.compute_units : 1;
    // Enough threads that every unit has several blocks; a processor has few units, each as fast as many of a GPU's.
    unsigned blocks = units * (facts.is_processor ? 4 : 16);
    uint64_t out = 0;
    if (!library->allocate((size_t)blocks * BLOCK_THREADS * RESULT_BYTES, &out))
        finish_without("broken", "no memory can be had on it: %s", library->failure());
    begin_object(NULL);
    put_text("state", "ready");
    put_text("backend", backend);
    put_text("name", facts.name);
    int rounds = 0, ignored = 0;
    double single = arithmetic(KERNEL_SINGLE, blocks, out, &rounds);
    double twice = arithmetic(KERNEL_DOUBLE, blocks, out, &ignored);
    double half = arithmetic(KERNEL_HALF, blocks, out, &ignored);
    put_integer("single_megaflops", (int64_t)(single / 1e6));
    put_integer("double_megaflops", (int64_t)(twice / 1e6));
    put_integer("half_megaflops", (int64_t)(half / 1e6));
    if (!facts.has[KERNEL_DOUBLE]) note("double: it has no numbers of 64 bits");
    if (!facts.has[KERNEL_HALF]) note("half: its library has no numbers of 16 bits");
    measure_memory();
    measure_transfers();
    measure_launches();
    measure_heat(blocks, out, rounds);
    library->release(out);
    measure_allocation();
    put_notes();
    end_object();
    finish();
}
#endif

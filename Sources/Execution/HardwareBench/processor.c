// The processor: products and sums of 64-bit numbers in registers, by one core and by all that this process may use; and
// its memory, by the triad of McCalpin's STREAM (a = b + s · c; 24 bytes for each element).
#if defined(__linux__)
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"
#include "output.h"

#define THREADS_MAX 1024
#define ROUND_STEPS 64
#define RUN_SECONDS 0.08

typedef double vector __attribute__((vector_size(64)));

// Six sums of eight numbers at once: twelve registers of AVX2, which is more than its pipelines hold and fewer than it has.
#define STEP(a) a = a * factor + addend;
#define ROUNDS                                                                                                         \
    vector factor, addend, s0, s1, s2, s3, s4, s5;                                                                     \
    for (int lane = 0; lane < 8; lane++) factor[lane] = 0.9999, addend[lane] = 0.0001 * (lane + 1);                    \
    s0 = s1 = s2 = s3 = s4 = s5 = addend;                                                                              \
    for (uint64_t round = 0; round < rounds; round++) {                                                                \
        for (int step = 0; step < ROUND_STEPS; step++) {                                                               \
            STEP(s0) STEP(s1) STEP(s2) STEP(s3) STEP(s4) STEP(s5)                                                      \
        }                                                                                                              \
        __asm__ volatile("" ::: "memory");                                                                             \
    }                                                                                                                  \
    vector sum = s0 + s1 + s2 + s3 + s4 + s5;                                                                          \
    double total = 0;                                                                                                  \
    for (int lane = 0; lane < 8; lane++) total += sum[lane];                                                           \
    return total;

#define ROUND_OPERATIONS (2.0 * 8 * 6 * ROUND_STEPS)

static double rounds_plain(uint64_t rounds) { ROUNDS }
#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) static double rounds_avx2(uint64_t rounds) { ROUNDS }
__attribute__((target("avx512f,fma"))) static double rounds_avx512(uint64_t rounds) { ROUNDS }
#endif

static double (*choose(void))(uint64_t) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f")) return rounds_avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return rounds_avx2;
#endif
    return rounds_plain;
}

static double (*compute)(uint64_t);
static volatile double sink;

struct worker {
    pthread_t thread;
    pthread_barrier_t *barrier;
    uint64_t rounds;
    double *target;
    const double *left, *right;
    size_t elements;
    double begin, end;
};

static void *work(void *pointer) {
    struct worker *worker = pointer;
    // Its own processor touches its memory first, so that it is near.
    for (size_t i = 0; i < worker->elements; i++) {
        worker->target[i] = 0;
        ((double *)worker->left)[i] = 1;
        ((double *)worker->right)[i] = 2;
    }
    pthread_barrier_wait(worker->barrier);
    worker->begin = seconds();
    if (worker->elements) {
        for (size_t i = 0; i < worker->elements; i++) worker->target[i] = worker->left[i] + 3 * worker->right[i];
    } else {
        sink = compute(worker->rounds);
    }
    worker->end = seconds();
    return NULL;
}

/// From the first thread's start to the last one's end; below 0 when not all of them could be started.
static double run(struct worker *workers, unsigned count) {
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, NULL, count);
    unsigned started = 0;
    for (; started < count; started++) {
        workers[started].barrier = &barrier;
        if (pthread_create(&workers[started].thread, NULL, work, &workers[started])) break;
    }
    // Those that were started wait for the others at the barrier, for ever; the caller ends the program.
    if (started < count) return -1;
    double begin = 0, end = 0;
    for (unsigned index = 0; index < count; index++) {
        pthread_join(workers[index].thread, NULL);
        if (!index || workers[index].begin < begin) begin = workers[index].begin;
        if (workers[index].end > end) end = workers[index].end;
    }
    pthread_barrier_destroy(&barrier);
    return end - begin;
}

static uint64_t calibrate(void) {
    uint64_t rounds = 256;
    for (;;) {
        double begin = seconds();
        sink = compute(rounds);
        double took = seconds() - begin;
        if (took >= RUN_SECONDS / 4 || rounds > UINT64_C(1) << 40) {
            return (uint64_t)((double)rounds * RUN_SECONDS / took) + 1;
        }
        rounds *= 2;
    }
}

static unsigned allowed(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set)) return 1;
    int count = CPU_COUNT(&set);
    return count < 1 ? 1 : count > THREADS_MAX ? THREADS_MAX : (unsigned)count;
}

static double operations(unsigned threads, uint64_t rounds, struct worker *workers) {
    double times[REPETITIONS];
    for (unsigned repetition = 0; repetition < REPETITIONS; repetition++) {
        for (unsigned index = 0; index < threads; index++) workers[index] = (struct worker){.rounds = rounds};
        double took = run(workers, threads);
        if (took <= 0) return -1;
        times[repetition] = took;
    }
    return ROUND_OPERATIONS * (double)rounds * threads / median(times, REPETITIONS);
}

static double triad(unsigned threads, size_t bytes, struct worker *workers) {
    size_t elements = bytes / 3 / sizeof(double) / threads;
    if (elements < 4096) return -1;
    double times[REPETITIONS];
    double *arrays[3];
    for (unsigned index = 0; index < 3; index++) {
        if (!(arrays[index] = malloc(elements * threads * sizeof(double)))) return -1;
    }
    for (unsigned repetition = 0; repetition < REPETITIONS; repetition++) {
        for (unsigned index = 0; index < threads; index++) {
            size_t offset = elements * index;
            workers[index] = (struct worker){.target = arrays[0] + offset, .left = arrays[1] + offset,
                                             .right = arrays[2] + offset, .elements = elements};
        }
        double took = run(workers, threads);
        if (took <= 0) return -1;
        times[repetition] = took;
    }
    return 24.0 * (double)elements * threads / median(times, REPETITIONS);
}

_Noreturn void measure_processor(const char *memory_bytes) {
    static struct worker workers[THREADS_MAX];
    compute = choose();
    unsigned threads = allowed();
    uint64_t rounds = calibrate();
    double single = operations(1, rounds, workers);
    double all = operations(threads, rounds, workers);
    if (all < 0) note("not all of %u threads could be started", threads);
    double memory = all < 0 ? -1 : triad(threads, strtoull(memory_bytes, NULL, 10), workers);
    if (memory < 0) note("there was no memory to measure the speed of memory with");
    begin_object(NULL);
    put_text("state", "ready");
    put_integer("single_megaflops", (int64_t)(single / 1e6));
    put_integer("all_megaflops", (int64_t)(all / 1e6));
    put_integer("memory_bytes_per_second", (int64_t)memory);
    put_notes();
    end_object();
    finish();
}
#endif

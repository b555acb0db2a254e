// What processes cost on this machine when nothing is between them: no queue, no journal, no network, no sandbox.
//
//   raw-spawn process --tasks N    N times /bin/true on two slots
//   raw-spawn latency --tasks N    the same on one slot, each one timed
//
// Prints one JSON line. A slot is a thread that starts a process and waits for it. One thread that keeps two processes
// in flight is slower, as posix_spawn holds its caller up until the child has replaced its image; that figure is
// printed beside the other (one_thread_tasks_per_second), but the limit is the faster of the two.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SLOTS = 2, MOST_TASKS = 10000000 };

static char *const arguments[] = {"/bin/true", NULL};
static char *const environment[] = {"PATH=/usr/bin:/bin", NULL};
static atomic_long left;

static void fail(const char *what, int error) {
    fprintf(stderr, "raw-spawn: %s: %s\n", what, strerror(error));
    exit(1);
}

static double now_seconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static pid_t start(void) {
    pid_t pid;
    int error = posix_spawn(&pid, arguments[0], NULL, NULL, arguments, environment);
    if (error) fail("posix_spawn", error);
    return pid;
}

static void finish(pid_t pid) {
    int status;
    pid_t ended;
    do ended = waitpid(pid, &status, 0);
    while (ended < 0 && errno == EINTR);
    if (ended < 0) fail("waitpid", errno);
    if (status) fail("/bin/true did not succeed", 0);
}

static void *slot(void *unused) {
    while (atomic_fetch_sub(&left, 1) > 0) finish(start());
    return unused;
}

static double seconds_with_a_thread_per_slot(long tasks) {
    pthread_t threads[SLOTS];
    double begin = now_seconds();
    atomic_store(&left, tasks);
    for (int index = 0; index < SLOTS; index++) {
        int error = pthread_create(&threads[index], NULL, slot, NULL);
        if (error) fail("pthread_create", error);
    }
    for (int index = 0; index < SLOTS; index++) pthread_join(threads[index], NULL);
    return now_seconds() - begin;
}

static double seconds_with_one_thread(long tasks) {
    double begin = now_seconds();
    long in_flight = 0;
    for (long index = 0; index < tasks; index++) {
        start();
        if (++in_flight < SLOTS) continue;
        finish(-1);
        in_flight--;
    }
    for (; in_flight > 0; in_flight--) finish(-1);
    return now_seconds() - begin;
}

static int ascending(const void *left_value, const void *right_value) {
    double a = *(const double *)left_value, b = *(const double *)right_value;
    return (a > b) - (a < b);
}

static void measure_rate(long tasks) {
    seconds_with_a_thread_per_slot(50);
    double seconds = seconds_with_a_thread_per_slot(tasks);
    double one_thread = seconds_with_one_thread(tasks);
    printf("{\"tasks\": %ld, \"seconds\": %.6f, \"tasks_per_second\": %.1f, \"one_thread_tasks_per_second\": %.1f}\n",
        tasks, seconds, (double)tasks / seconds, (double)tasks / one_thread);
}

static void measure_latency(long tasks) {
    double *milliseconds = malloc(sizeof(double) * (size_t)tasks);
    if (!milliseconds) fail("malloc", errno);
    for (int warm = 0; warm < 20; warm++) finish(start());
    for (long index = 0; index < tasks; index++) {
        double begin = now_seconds();
        finish(start());
        milliseconds[index] = (now_seconds() - begin) * 1e3;
    }
    qsort(milliseconds, (size_t)tasks, sizeof(double), ascending);
    printf("{\"tasks\": %ld, \"p50_ms\": %.4f, \"p99_ms\": %.4f}\n", tasks, milliseconds[tasks * 50 / 100],
        milliseconds[tasks * 99 / 100]);
    free(milliseconds);
}

int main(int count, char **values) {
    long tasks = 0;
    if (count == 4 && !strcmp(values[2], "--tasks")) tasks = strtol(values[3], NULL, 10);
    int rate = count > 1 && !strcmp(values[1], "process");
    int latency = count > 1 && !strcmp(values[1], "latency");
    if (tasks < 1 || tasks > MOST_TASKS || (!rate && !latency)) {
        fprintf(stderr, "usage: raw-spawn process|latency --tasks N   (1 to %d)\n", MOST_TASKS);
        return 2;
    }
    if (rate) measure_rate(tasks);
    else measure_latency(tasks);
    return 0;
}

// Ending whatever descends from a process, where no process namespace does it.
//
// The process must be a subreaper: what loses its parent then becomes its child, so as long as anything of the tree is
// left, there is a child, and wait(2) says so. Only to find the deeper ones is /proc read.
#if defined(__linux__)
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "launcher.h"

enum { PROCESSES_MAX = 32768, GIVE_UP_US = 5000000 };

struct entry {
    pid_t pid;
    pid_t parent;
    bool is_ours;
};

static pid_t parent_of(const char *pid) {
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%.16s/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    ssize_t count = read(fd, text, sizeof text - 1);
    close(fd);
    if (count <= 0) return 0;
    text[count] = 0;
    // The name in parentheses may hold anything; fields are counted from the last one (proc_pid_stat(5)).
    const char *end = strrchr(text, ')');
    return end && end[1] && end[2] ? (pid_t)atoi(end + 3) : 0;
}

static size_t list_processes(struct entry *entries) {
    DIR *directory = opendir("/proc");
    size_t count = 0;
    if (!directory) return 0;
    for (struct dirent *item; count < PROCESSES_MAX && (item = readdir(directory));) {
        pid_t pid = (pid_t)atoi(item->d_name);
        if (pid > 0) entries[count++] = (struct entry){.pid = pid, .parent = parent_of(item->d_name)};
    }
    closedir(directory);
    return count;
}

static struct entry *find(struct entry *entries, size_t count, pid_t pid) {
    for (size_t index = 0; index < count; index++)
        if (entries[index].pid == pid) return &entries[index];
    return NULL;
}

/// Marks all descendants of this process, without those of what is kept.
static void mark(struct entry *entries, size_t count, bool (*is_kept)(pid_t)) {
    pid_t own = getpid();
    for (bool grew = true; grew;) {
        grew = false;
        for (size_t index = 0; index < count; index++) {
            struct entry *entry = &entries[index];
            if (entry->is_ours || (entry->parent == own && is_kept && is_kept(entry->pid))) continue;
            const struct entry *parent = entry->parent == own ? NULL : find(entries, count, entry->parent);
            if (entry->parent != own && !(parent && parent->is_ours)) continue;
            entry->is_ours = grew = true;
        }
    }
}

/// Looks again until no more are found: what stands still makes no more children meanwhile.
static void stop_all(struct entry *entries, bool (*is_kept)(pid_t)) {
    size_t stopped = 0;
    for (int look = 0; look < 8; look++) {
        memset(entries, 0, PROCESSES_MAX * sizeof *entries);
        size_t count = list_processes(entries), found = 0;
        mark(entries, count, is_kept);
        for (size_t index = 0; index < count; index++)
            if (entries[index].is_ours && kill(entries[index].pid, SIGSTOP) == 0) found++;
        if (found == stopped) return;
        stopped = found;
    }
}

/// All are stopped before one is killed.
static void kill_all(struct entry *entries, bool (*is_kept)(pid_t)) {
    stop_all(entries, is_kept);
    for (size_t index = 0; index < PROCESSES_MAX && entries[index].pid; index++)
        if (entries[index].is_ours) kill(entries[index].pid, SIGKILL);
}

void tell_descendants(int signal) {
    struct entry *entries = calloc(PROCESSES_MAX + 1, sizeof *entries);
    if (!entries) return;
    if (signal == SIGSTOP) {
        stop_all(entries, NULL);
    } else {
        size_t count = list_processes(entries);
        mark(entries, count, NULL);
        for (size_t index = 0; index < count; index++)
            if (entries[index].is_ours) kill(entries[index].pid, signal);
    }
    free(entries);
}

/// Reaps who has ended. True while there may be more to come.
static bool reap(struct rusage *usage, bool (*is_kept)(pid_t)) {
    for (;;) {
        struct rusage one;
        siginfo_t ended = {.si_pid = 0};
        // What is kept is somebody else's to reap.
        if (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) < 0) return errno == EINTR;
        if (!ended.si_pid) return true;
        if (is_kept && is_kept(ended.si_pid)) return true;
        if (wait4(ended.si_pid, NULL, 0, &one) > 0) add_usage(usage, &one);
    }
}

void end_descendants(struct rusage *usage, bool (*is_kept)(pid_t)) {
    if (!reap(usage, is_kept)) return;
    struct entry *entries = calloc(PROCESSES_MAX + 1, sizeof *entries);
    if (!entries) return;
    uint64_t give_up_us = now_us() + GIVE_UP_US;
    do {
        size_t left = 0, count = list_processes(entries);
        mark(entries, count, is_kept);
        for (size_t index = 0; index < count; index++) left += entries[index].is_ours;
        if (!left) break;
        memset(entries, 0, PROCESSES_MAX * sizeof *entries);
        kill_all(entries, is_kept);
        struct timespec moment = {.tv_nsec = 500000};
        nanosleep(&moment, NULL);
        memset(entries, 0, PROCESSES_MAX * sizeof *entries);
    } while (reap(usage, is_kept) && now_us() < give_up_us);
    free(entries);
}
#endif

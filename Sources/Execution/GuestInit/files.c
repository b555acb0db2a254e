// The payload's files, in and out. On the way out nothing runs any more, but what lies there was made by the payload.
#if defined(__linux__)
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest.h"

typedef bool visit(int folder, const char *name, const char *path, const struct stat *status, const void *argument);

/// Calls `visitor` for everything below a directory, a folder before what is in it. Closes `folder`.
static bool walk(int folder, const char *path, int depth, visit *visitor, const void *argument) {
    DIR *stream = fdopendir(folder);
    if (!stream) {
        close(folder);
        return false;
    }
    bool fine = true;
    struct dirent *entry;
    while (fine && (entry = readdir(stream))) {
        const char *name = entry->d_name;
        if (!strcmp(name, ".") || !strcmp(name, "..")) continue;
        char below[4096];
        if ((size_t)snprintf(below, sizeof below, "%s%s%s", path, *path ? "/" : "", name) >= sizeof below) continue;
        struct stat status;
        if (fstatat(dirfd(stream), name, &status, AT_SYMLINK_NOFOLLOW)) continue;
        fine = visitor(dirfd(stream), name, below, &status, argument);
        if (!fine || !S_ISDIR(status.st_mode)) continue;
        int next = depth < DEPTH_MAX ? openat(dirfd(stream), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
        if (next >= 0) fine = walk(next, below, depth + 1, visitor, argument);
    }
    closedir(stream);
    return fine;
}

// MARK: in

/// Copied and removed one after the other: the most that lies twice is one file.
static bool move_in(int folder, const char *name, const char *path, const struct stat *status, const void *argument) {
    (void)argument;
    char target[4200];
    snprintf(target, sizeof target, WORK_FOLDER "/%s", path);
    if (S_ISDIR(status->st_mode))
        return (!mkdir(target, 0755) || errno == EEXIST) && !chown(target, PAYLOAD_USER, PAYLOAD_USER);
    if (!S_ISREG(status->st_mode)) return true;
    int from = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    int to = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, status->st_mode & 0777);
    bool fine = from >= 0 && to >= 0;
    static char bytes[64 << 10];
    for (ssize_t count = 1; fine && count;) {
        count = read(from, bytes, sizeof bytes);
        fine = count >= 0 && write(to, bytes, (size_t)count) == count;
    }
    fine = fine && !fchown(to, PAYLOAD_USER, PAYLOAD_USER);
    if (from >= 0) close(from);
    if (to >= 0) close(to);
    return fine && !unlinkat(folder, name, 0);
}

bool move_inputs(void) {
    int folder = open(FILES_FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return errno == ENOENT;
    return walk(folder, "", 0, move_in, NULL);
}

// MARK: out

static bool send_out(int folder, const char *name, const char *path, const struct stat *status, const void *argument) {
    const struct timespec *since = argument;
    if (!S_ISREG(status->st_mode)) return true;
    const struct timespec *changed = &status->st_ctim;
    if (changed->tv_sec < since->tv_sec || (changed->tv_sec == since->tv_sec && changed->tv_nsec < since->tv_nsec))
        return true;
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return true;
    static char bytes[FRAME_BYTES_MAX];
    bytes[0] = (status->st_mode & 0111) != 0;
    size_t size = strlen(path);
    memcpy(bytes + 1, path, size);
    send_frame(FRAME_FILE, bytes, 1 + size);
    for (;;) {
        ssize_t count = read(fd, bytes, sizeof bytes);
        if (count <= 0) break;
        send_frame(FRAME_DATA, bytes, (size_t)count);
    }
    close(fd);
    return true;
}

void send_files(struct timespec since) {
    int folder = open(WORK_FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) walk(folder, "", 0, send_out, &since);
}
#endif

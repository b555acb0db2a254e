// The root that tasks see. The host's paths are opened first, then the old root is let go, and only then is the new one
// built, so no symbolic link anywhere can lead the set-up back to the host.
#if defined(__linux__)
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel.h"
#include "launcher.h"

static bool set_mount_attributes(int tree, bool recursive, uint64_t attributes) {
    struct k_mount_attr attribute = {.attr_set = attributes};
    unsigned flags = K_AT_EMPTY_PATH | (recursive ? K_AT_RECURSIVE : 0);
    return syscall(NR_MOUNT_SETATTR, tree, "", flags, &attribute, sizeof attribute) == 0;
}

/// Opens the source of a bind as a detached copy of its mount, already restricted.
static bool open_source(struct operation *operation, struct failure *failure) {
    unsigned flags = K_OPEN_TREE_CLONE | K_OPEN_TREE_CLOEXEC | K_AT_RECURSIVE;
    operation->tree = (int)syscall(NR_OPEN_TREE, AT_FDCWD, operation->source, flags);
    if (operation->tree < 0) {
        if ((operation->flags & BIND_OPTIONAL) && errno == ENOENT) return true;
        return failed(failure, "bind", "cannot open %s", operation->source);
    }
    struct stat status;
    if (fstat(operation->tree, &status)) return failed(failure, "bind", "cannot stat %s", operation->source);
    operation->is_directory = S_ISDIR(status.st_mode);
    uint64_t attributes = K_MOUNT_ATTR_NOSUID;
    // A device can be written to on a read-only mount; what is read-only is its owner and mode.
    if (!(operation->flags & BIND_WRITABLE)) attributes |= K_MOUNT_ATTR_RDONLY;
    attributes |= operation->flags & BIND_DEVICE ? K_MOUNT_ATTR_NOEXEC : K_MOUNT_ATTR_NODEV;
    if (!set_mount_attributes(operation->tree, true, attributes))
        return failed(failure, "bind", "cannot restrict %s (Linux 5.12 or later is needed)", operation->source);
    return true;
}

static bool make_parents(const char *path, struct failure *failure) {
    char part[4096];
    if (strlen(path) >= sizeof part) {
        errno = ENAMETOOLONG;
        return failed(failure, "root", "%.200s", path);
    }
    for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        size_t length = (size_t)(slash - path);
        memcpy(part, path, length);
        part[length] = 0;
        if (mkdir(part, 0755) && errno != EEXIST) return failed(failure, "root", "cannot make %s", part);
    }
    return true;
}

static bool make_directory(const char *path, struct failure *failure) {
    if (mkdir(path, 0755) && errno != EEXIST) return failed(failure, "root", "cannot make %s", path);
    return true;
}

static bool attach_bind(const struct operation *operation, struct failure *failure) {
    if (operation->tree < 0) return true;
    if (operation->is_directory) {
        if (!make_directory(operation->target, failure)) return false;
    } else if (mknod(operation->target, S_IFREG | 0644, 0) && errno != EEXIST) {
        return failed(failure, "root", "cannot make %s", operation->target);
    }
    if (syscall(NR_MOVE_MOUNT, operation->tree, "", AT_FDCWD, operation->target, K_MOVE_MOUNT_F_EMPTY_PATH))
        return failed(failure, "bind", "cannot attach %s at %s", operation->source, operation->target);
    close(operation->tree);
    return true;
}

static bool write_file(const struct operation *operation, struct failure *failure) {
    int fd = open(operation->target, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
    if (fd < 0) return failed(failure, "root", "cannot make %s", operation->target);
    bool written = write(fd, operation->bytes, operation->size) == (ssize_t)operation->size;
    close(fd);
    return written || failed(failure, "root", "cannot write %s", operation->target);
}

static bool mount_tmpfs(const struct operation *operation, struct failure *failure) {
    char options[96];
    snprintf(options, sizeof options, "mode=1777,size=%llu,nr_inodes=%llu", (unsigned long long)operation->size,
             (unsigned long long)operation->inodes);
    if (mount("tmpfs", operation->target, "tmpfs", MS_NOSUID | MS_NODEV, options))
        return failed(failure, "tmpfs", "cannot mount %s", operation->target);
    return true;
}

static bool perform(const struct operation *operation, struct failure *failure) {
    if (!make_parents(operation->target, failure)) return false;
    switch (operation->tag) {
    case SPEC_BIND: return attach_bind(operation, failure);
    case SPEC_DIRECTORY: return make_directory(operation->target, failure);
    case SPEC_FILE: return write_file(operation, failure);
    case SPEC_TMPFS: return make_directory(operation->target, failure);  // mounted by every run
    case SPEC_SYMLINK:
        if (symlink(operation->source, operation->target))
            return failed(failure, "root", "cannot link %s", operation->target);
        return true;
    default: return true;
    }
}

/// An empty root with a fresh /proc, in place of the host's.
static bool leave_host(const struct spec *spec, struct failure *failure) {
    // Any directory that surely exists will do: it is covered only in this namespace, and only for a moment.
    const char *place = "/tmp";
    if (mount("tmpfs", place, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=4m,nr_inodes=4096"))
        return failed(failure, "root", "cannot mount a tmpfs");
    if (chdir(place)) return failed(failure, "root", "chdir");
    // Before the host's /proc is gone: in a user namespace the kernel wants to see an unmasked one.
    // Read-only: nothing under /proc/sys, and no process's attributes, can be written.
    unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY;
    if (mkdir("proc", 0555)) return failed(failure, "root", "cannot make /proc");
    if (spec->settings[SETTING_PROC] && mount("proc", "proc", "proc", flags, NULL))
        return failed(failure, "proc", "cannot mount a fresh /proc (a container's masked /proc forbids it)");
    if (syscall(SYS_pivot_root, ".", ".")) return failed(failure, "root", "pivot_root");
    if (umount2(".", MNT_DETACH)) return failed(failure, "root", "cannot let go of the host's root");
    if (chdir("/")) return failed(failure, "root", "chdir /");
    return true;
}

bool build_root(const struct spec *spec, struct failure *failure) {
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
        return failed(failure, "mount namespace", "cannot make mounts private (are user namespaces restricted here?)");
    struct operation *end = spec->operations + spec->operation_count;
    for (struct operation *operation = spec->operations; operation < end; operation++)
        if (operation->tag == SPEC_BIND && !open_source(operation, failure)) return false;
    if (!leave_host(spec, failure)) return false;
    for (struct operation *operation = spec->operations; operation < end; operation++)
        if (!perform(operation, failure)) return false;
    struct k_mount_attr read_only = {.attr_set = K_MOUNT_ATTR_RDONLY};
    if (syscall(NR_MOUNT_SETATTR, AT_FDCWD, "/", 0, &read_only, sizeof read_only))
        return failed(failure, "root", "cannot make the root read-only");
    return true;
}

/// Puts the run's own directory in place of the one that holds it. That one is not covered but gone.
static bool attach_work(const char *relative, struct failure *failure) {
    char path[4096];
    if ((size_t)snprintf(path, sizeof path, WORK_PATH "/%s", relative) >= sizeof path) {
        errno = ENAMETOOLONG;
        return failed(failure, "work", "%.200s", relative);
    }
    int tree = (int)syscall(NR_OPEN_TREE, AT_FDCWD, path, K_OPEN_TREE_CLONE | K_OPEN_TREE_CLOEXEC);
    if (tree < 0) return failed(failure, "work", "cannot open %.200s", relative);
    bool attached = umount2(WORK_PATH, MNT_DETACH) == 0 &&
                    syscall(NR_MOVE_MOUNT, tree, "", AT_FDCWD, WORK_PATH, K_MOVE_MOUNT_F_EMPTY_PATH) == 0;
    close(tree);
    return attached || failed(failure, "work", "cannot attach %.200s", relative);
}

static bool is_below(const char *path, const char *folder) {
    size_t length = strlen(folder);
    return !strncmp(path, folder, length) && path[length] == '/';
}

/// Mounts an empty file system, and again on it what the cell has bound below its place.
static bool renew_tmpfs(const struct spec *cell, const struct operation *tmpfs, struct failure *failure) {
    int trees[OPERATIONS_MAX];
    unsigned flags = K_OPEN_TREE_CLONE | K_OPEN_TREE_CLOEXEC | K_AT_RECURSIVE;
    for (size_t index = 0; index < cell->operation_count; index++) {
        const struct operation *bind = &cell->operations[index];
        trees[index] = -1;
        if (bind->tag != SPEC_BIND || bind->tree < 0 || !is_below(bind->target, tmpfs->target)) continue;
        trees[index] = (int)syscall(NR_OPEN_TREE, AT_FDCWD, bind->target, flags);
        if (trees[index] < 0) return failed(failure, "bind", "cannot open %s again", bind->target);
    }
    if (!mount_tmpfs(tmpfs, failure)) return false;
    for (size_t index = 0; index < cell->operation_count; index++) {
        struct operation bind = cell->operations[index];
        bind.tree = trees[index];
        if (bind.tree >= 0 && !perform(&bind, failure)) return false;
    }
    return true;
}

bool renew_mounts(const struct spec *cell, const struct spec *run, struct failure *failure) {
    if (unshare(CLONE_NEWNS | CLONE_NEWIPC)) return failed(failure, "namespaces", "unshare");
    const struct operation *end = cell->operations + cell->operation_count;
    for (const struct operation *operation = cell->operations; operation < end; operation++)
        if (operation->tag == SPEC_TMPFS && !renew_tmpfs(cell, operation, failure)) return false;
    return !run->work || attach_work(run->work, failure);
}
#endif

// The inside of a sandbox: from the moment after clone to the task's exec, and the init that outlives it.
//
// The root is an empty tmpfs. Host paths come in as detached mounts that were opened before the old root went away; all
// paths are then resolved inside the new root, so no symbolic link anywhere can lead the set-up back to the host.
#if defined(__linux__)
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel.h"
#include "launcher.h"

/// Where init keeps the two pipes once the launcher's descriptors are closed.
enum { STATUS_FD = 3, LIFE_FD = 4 };

static bool die_with_launcher(int life_fd, struct failure *failure) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)) return failed(failure, "parent death signal", "prctl");
    // It may have died before that call: then no signal comes, but the pipe has hung up.
    struct pollfd life = {.fd = life_fd, .events = POLLIN};
    if (poll(&life, 1, 0) > 0 && (life.revents & (POLLHUP | POLLERR))) _exit(1);
    return true;
}

static bool wait_for_go(int life_fd, struct failure *failure) {
    char go;
    ssize_t count;
    do count = read(life_fd, &go, 1);
    while (count < 0 && errno == EINTR);
    if (count == 0) _exit(1);
    return count == 1 || failed(failure, "start", "cannot read from the launcher");
}

static bool join_cgroups(const struct child_context *context, struct failure *failure) {
    // "0" is the writer itself: unlike any other number that does not stop the whole machine's forks and exits.
    for (size_t index = 0; index < context->spec->cgroup_v1_count; index++)
        if (write(context->cgroup_fd[index], "0", 1) != 1)
            return failed(failure, "cgroup", "cannot join %s", context->spec->cgroup_v1[index]);
    // Seen from inside, the group is now the root of its hierarchy.
    if (unshare(CLONE_NEWCGROUP) && errno != EINVAL) return failed(failure, "cgroup namespace", "unshare");
    return true;
}

/// Lets the task open /dev/stdin, /dev/stdout and /dev/stderr, which checks the owner again. Not for a regular file as
/// input: that may be a file of the worker's which the task must not be able to change.
static void give_standard(const struct spec *spec) {
    if (spec->settings[SETTING_USER_NAMESPACE]) return;
    for (int fd = 0; fd < 3; fd++) {
        struct stat status;
        if (fstat(fd, &status)) continue;
        if (!S_ISFIFO(status.st_mode) && !(fd && S_ISREG(status.st_mode))) continue;
        if (fchown(fd, (uid_t)spec->settings[SETTING_UID], (gid_t)-1)) continue;  // a convenience, not a wall
    }
}

/// After this only standard input, output and error, STATUS_FD and LIFE_FD are open.
static bool keep_descriptors(struct child_context *context, struct failure *failure) {
    for (int index = 0; index < 3; index++)
        if (dup2(context->standard[index], index) < 0) return failed(failure, "descriptors", "cannot move %d", index);
    give_standard(context->spec);
    int status = fcntl(context->status_fd, F_DUPFD_CLOEXEC, 10);
    int life = fcntl(context->life_fd, F_DUPFD_CLOEXEC, 10);
    if (status < 0 || life < 0 || dup3(status, STATUS_FD, O_CLOEXEC) < 0 || dup3(life, LIFE_FD, O_CLOEXEC) < 0)
        return failed(failure, "descriptors", "cannot move the pipes");
    context->status_fd = STATUS_FD;
    context->life_fd = LIFE_FD;
    if (syscall(NR_CLOSE_RANGE, 5, ~0u, 0)) return failed(failure, "descriptors", "close_range");
    return true;
}

/// The host's out-of-memory killer should take a payload before it takes the worker.
static void volunteer_for_oom(void) {
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;
    if (write(fd, "500", 3) < 0) { /* a hint; the limits hold without it */
    }
    close(fd);
}

static bool raise_loopback(struct failure *failure) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return failed(failure, "loopback", "socket");
    struct ifreq request = {.ifr_flags = IFF_UP | IFF_RUNNING};
    strcpy(request.ifr_name, "lo");
    bool up = ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    close(fd);
    return up || failed(failure, "loopback", "cannot bring lo up");
}

// MARK: file system

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
    if (!make_directory(operation->target, failure)) return false;
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
    case SPEC_TMPFS: return mount_tmpfs(operation, failure);
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

static bool build_root(const struct spec *spec, struct failure *failure) {
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
    if (chdir(spec->directory_at_start)) return failed(failure, "directory", "chdir %s", spec->directory_at_start);
    return true;
}

// MARK: processes

static bool set_up(struct child_context *context, struct failure *failure) {
    const struct spec *spec = context->spec;
    close(context->life_write_fd);  // its own copy would keep the pipe from hanging up
    if (!die_with_launcher(context->life_fd, failure) || !wait_for_go(context->life_fd, failure) ||
        !join_cgroups(context, failure) || !keep_descriptors(context, failure))
        return false;
    umask(0);
    volunteer_for_oom();
    if (sethostname(spec->hostname, strlen(spec->hostname))) return failed(failure, "host name", "sethostname");
    if (spec->settings[SETTING_NETWORK] == NETWORK_LOOPBACK && !raise_loopback(failure)) return false;
    if (!build_root(spec, failure) || !give_up_privileges(spec, failure)) return false;
    // Changing user has undone both: the signal is cleared, and /proc/1 must stay closed to the task.
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)) return failed(failure, "init", "cannot hide init's memory");
    if (!die_with_launcher(context->life_fd, failure)) return false;
    umask(022);
    return install_filter(spec, failure);
}

static void report(int fd, const struct child_report *report) {
    // If nobody reads it the launcher is gone, and this process is about to be.
    if (write(fd, report, sizeof *report) < 0) return;
}

static const char *search_path(const struct spec *spec) {
    for (char **entry = spec->environment; *entry; entry++)
        if (!strncmp(*entry, "PATH=", 5)) return *entry + 5;
    return "/usr/local/bin:/usr/bin:/bin";
}

/// Like execvpe, but never hands a file it cannot run to a shell.
static void execute(const struct spec *spec) {
    const char *name = spec->arguments[0];
    if (strchr(name, '/')) {
        execve(name, spec->arguments, spec->environment);
        return;
    }
    int error = ENOENT;
    for (const char *at = search_path(spec); *at;) {
        size_t length = strcspn(at, ":");
        char path[4096];
        if (length && (size_t)snprintf(path, sizeof path, "%.*s/%s", (int)length, at, name) < sizeof path) {
            execve(path, spec->arguments, spec->environment);
            if (errno != ENOENT && errno != ENOTDIR) error = errno;
        }
        at += length;
        at += *at == ':';
    }
    errno = error;
}

static _Noreturn void task_main(const struct spec *spec) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int number = 1; number <= 64; number++) signal(number, SIG_DFL);
    setsid();
    execute(spec);
    struct child_report message = {.wait_status = 0};
    failed(&message.failure, "exec", "cannot execute %s", spec->arguments[0]);
    report(STATUS_FD, &message);
    _exit(127);
}

/// Reaps whatever is left to it until the task ends, then ends itself; the kernel kills all that remain.
static _Noreturn void init_main(pid_t task) {
    syscall(NR_CLOSE_RANGE, 0, 2, 0);  // the task's pipes must close when the task closes them
    struct child_report message = {.wait_status = 0};
    for (;;) {
        int status;
        pid_t pid = waitpid(-1, &status, 0);
        if (pid == task) {
            message.wait_status = status;
            report(STATUS_FD, &message);
            _exit(0);
        }
        if (pid < 0 && errno != EINTR) _exit(1);
    }
}

_Noreturn void child_main(const struct child_context *given) {
    struct child_context context = *given;
    struct child_report message = {.wait_status = 0};
    if (set_up(&context, &message.failure)) {
        pid_t task = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
        if (task == 0) task_main(context.spec);
        if (task > 0) init_main(task);
        failed(&message.failure, "fork", "cannot start the task");
    }
    report(context.status_fd, &message);
    _exit(1);
}
#endif

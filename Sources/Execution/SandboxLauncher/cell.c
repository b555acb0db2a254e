// Making cells: the clone, and what has to be done for it from outside.
#if defined(__linux__)
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel.h"
#include "launcher.h"

static bool write_file_at(pid_t pid, const char *name, const char *text, struct failure *failure) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (!written) failed(failure, "user namespace", "cannot write %s", name);
    close_if_open(fd);
    return written;
}

/// One user, one group: the launcher's own, under the numbers the spec asks for.
static bool write_maps(pid_t pid, const struct spec *spec, struct failure *failure) {
    char users[64], groups[64];
    snprintf(users, sizeof users, "%u %u 1\n", (unsigned)spec->settings[SETTING_UID], geteuid());
    snprintf(groups, sizeof groups, "%u %u 1\n", (unsigned)spec->settings[SETTING_GID], getegid());
    return write_file_at(pid, "setgroups", "deny", failure) && write_file_at(pid, "uid_map", users, failure) &&
           write_file_at(pid, "gid_map", groups, failure);
}

/// Moves the child by its number: for kernels that cannot start it in its group (before 5.7).
static bool move_to_cgroup(pid_t pid, const struct spec *spec, struct failure *failure) {
    char path[4096], text[16];
    snprintf(path, sizeof path, "%s/cgroup.procs", spec->cgroup_v2);
    snprintf(text, sizeof text, "%d", pid);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool written = fd >= 0 && write(fd, text, strlen(text)) > 0;
    if (!written) failed(failure, "cgroup", "cannot join %s", spec->cgroup_v2);
    close_if_open(fd);
    return written;
}

/// clone3 without a new stack: returns twice, like fork.
static pid_t clone_cell(const struct spec *spec, int cgroup_fd) {
    uint64_t walls = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
    struct k_clone_args arguments = {.exit_signal = SIGCHLD};
    if (!spec->settings[SETTING_OPEN]) arguments.flags |= walls;
    if (spec->settings[SETTING_USER_NAMESPACE]) arguments.flags |= CLONE_NEWUSER;
    if (cgroup_fd >= 0) {
        arguments.flags |= K_CLONE_INTO_CGROUP;
        arguments.cgroup = (uint64_t)cgroup_fd;
    }
    return (pid_t)syscall(NR_CLONE3, &arguments, sizeof arguments);
}

static _Noreturn void become_cell(const struct cell_context *context) {
    if (context->spec->settings[SETTING_OPEN]) opener_main(context);
    init_main(context);
}

/// Starts the process and lets it go. What must be closed again whatever happens is closed by the caller.
static pid_t start_process(const struct cell_context *context, int cgroup_fd, struct failure *failure) {
    const struct spec *spec = context->spec;
    pid_t pid = clone_cell(spec, cgroup_fd);
    bool join_later = pid < 0 && cgroup_fd >= 0 && (errno == EINVAL || errno == E2BIG);
    if (join_later) pid = clone_cell(spec, -1);
    if (pid == 0) become_cell(context);
    if (pid < 0) {
        const char *hint = errno == EPERM    ? " (neither CAP_SYS_ADMIN nor unprivileged user namespaces)"
                           : errno == ENOSPC ? " (the limit of user namespaces, user.max_user_namespaces)"
                                             : "";
        failed(failure, "clone", "cannot make the namespaces%s", hint);
        return -1;
    }
    bool ready = (!join_later || move_to_cgroup(pid, spec, failure)) &&
                 (!spec->settings[SETTING_USER_NAMESPACE] || write_maps(pid, spec, failure));
    if (ready && write(context->life_write_fd, "g", 1) != 1)
        ready = failed(failure, "start", "cannot release the child");
    if (ready) return pid;
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
    return -1;
}

static bool open_cgroups(struct cell_context *context, int *cgroup_fd, struct failure *failure) {
    const struct spec *spec = context->spec;
    for (size_t index = 0; index < spec->cgroup_v1_count; index++) {
        context->cgroup_fd[index] = open(spec->cgroup_v1[index], O_WRONLY | O_CLOEXEC);
        if (context->cgroup_fd[index] < 0) return failed(failure, "cgroup", "cannot open %s", spec->cgroup_v1[index]);
    }
    if (!spec->cgroup_v2) return true;
    *cgroup_fd = open(spec->cgroup_v2, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *cgroup_fd >= 0 || failed(failure, "cgroup", "cannot open %s", spec->cgroup_v2);
}

pid_t start_cell(const struct spec *spec, int socket, int *life_fd, struct failure *failure) {
    struct cell_context context = {.spec = spec, .launcher = getpid(), .socket = socket};
    memset(context.cgroup_fd, -1, sizeof context.cgroup_fd);
    int life[2] = {-1, -1}, cgroup_fd = -1;
    pid_t pid = -1;
    if (pipe2(life, O_CLOEXEC)) {
        failed(failure, "pipe", "cannot make a pipe");
    } else if (open_cgroups(&context, &cgroup_fd, failure)) {
        context.life_fd = life[0];
        context.life_write_fd = life[1];
        pid = start_process(&context, cgroup_fd, failure);
    }
    for (size_t index = 0; index < spec->cgroup_v1_count; index++) close_if_open(context.cgroup_fd[index]);
    close_if_open(cgroup_fd);
    close_if_open(life[0]);
    if (pid < 0) close_if_open(life[1]);
    else *life_fd = life[1];
    return pid;
}
#endif

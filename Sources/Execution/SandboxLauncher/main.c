// weft-sandbox: starts sandboxes for one worker, enforces their deadlines, and reports how they ended.
//
// A process of its own, because a sandbox must die with whatever started it and because forking a small single-threaded
// process is fast. It holds no policy: what a sandbox contains comes in the spec. See docs/sandbox.md.
#if defined(__linux__)
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kernel.h"
#include "launcher.h"

struct sandbox {
    uint64_t id;
    pid_t pid;
    int pidfd;      // readable when the init, and so every process of the sandbox, is gone
    int status_fd;  // reads the init's one child_report
    int life_fd;    // its closing tells the child that the launcher is gone
    uint64_t started_us;
    uint64_t deadline_us;  // UINT64_MAX: none
    enum exit_reason kill_reason;
    bool killed;
};

struct launcher {
    struct sandbox sandboxes[SANDBOXES_MAX];  // the first `count` are live
    size_t count;
};

/// What came with one request.
struct incoming {
    struct request request;
    int fds[4];
    int fd_count;
};

static uint64_t now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void close_if_open(int fd) {
    if (fd >= 0) close(fd);
}

/// Sends one reply. Without a worker to read it there is no reason to live; sandboxes die with this process.
static void send_reply(const struct reply *reply) {
    while (send(SOCKET_FD, reply, sizeof *reply, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
        if (errno == EINTR) continue;
        struct pollfd writable = {.fd = SOCKET_FD, .events = POLLOUT};
        if (errno != EAGAIN || poll(&writable, 1, 10000) <= 0) exit(1);
    }
}

static void send_failure(uint64_t id, const struct failure *failure) {
    struct reply reply = {.magic = PROTOCOL_MAGIC, .kind = REPLY_ERROR, .id = id, .a = failure->error};
    memcpy(reply.step, failure->step, sizeof reply.step);
    memcpy(reply.text, failure->text, sizeof reply.text);
    send_reply(&reply);
}

// MARK: starting

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
static pid_t clone_child(const struct spec *spec, int cgroup_fd, int *pidfd) {
    uint64_t flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | K_CLONE_PIDFD;
    if (spec->settings[SETTING_USER_NAMESPACE]) flags |= CLONE_NEWUSER;
    struct k_clone_args arguments = {
        .flags = flags, .pidfd = (uint64_t)(uintptr_t)pidfd, .exit_signal = SIGCHLD,
    };
    if (cgroup_fd >= 0) {
        arguments.flags |= K_CLONE_INTO_CGROUP;
        arguments.cgroup = (uint64_t)cgroup_fd;
    }
    return (pid_t)syscall(NR_CLONE3, &arguments, sizeof arguments);
}

/// Starts the child and lets it go. What must be closed again whatever happens is closed by the caller.
static bool start_child(const struct child_context *context, int cgroup_fd, struct sandbox *sandbox,
                        struct failure *failure) {
    const struct spec *spec = context->spec;
    sandbox->pid = clone_child(spec, cgroup_fd, &sandbox->pidfd);
    bool join_later = sandbox->pid < 0 && cgroup_fd >= 0 && (errno == EINVAL || errno == E2BIG);
    if (join_later) sandbox->pid = clone_child(spec, -1, &sandbox->pidfd);
    if (sandbox->pid == 0) child_main(context);
    if (sandbox->pid < 0) {
        const char *hint = errno == EPERM ? " (neither CAP_SYS_ADMIN nor unprivileged user namespaces)"
                           : errno == ENOSPC ? " (the limit of user namespaces, user.max_user_namespaces)" : "";
        return failed(failure, "clone", "cannot make the namespaces%s", hint);
    }
    bool ready = (!join_later || move_to_cgroup(sandbox->pid, spec, failure)) &&
                 (!spec->settings[SETTING_USER_NAMESPACE] || write_maps(sandbox->pid, spec, failure));
    if (ready && write(context->life_write_fd, "g", 1) != 1) ready = failed(failure, "start", "cannot release the child");
    if (ready) return true;
    kill(sandbox->pid, SIGKILL);
    while (waitpid(sandbox->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    close(sandbox->pidfd);
    return false;
}

static bool open_cgroups(struct child_context *context, int *cgroup_fd, struct failure *failure) {
    const struct spec *spec = context->spec;
    for (size_t index = 0; index < spec->cgroup_v1_count; index++) {
        context->cgroup_fd[index] = open(spec->cgroup_v1[index], O_WRONLY | O_CLOEXEC);
        if (context->cgroup_fd[index] < 0) return failed(failure, "cgroup", "cannot open %s", spec->cgroup_v1[index]);
    }
    if (!spec->cgroup_v2) return true;
    *cgroup_fd = open(spec->cgroup_v2, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *cgroup_fd >= 0 || failed(failure, "cgroup", "cannot open %s", spec->cgroup_v2);
}

static bool start(const struct incoming *incoming, const struct spec *spec, struct sandbox *sandbox,
                  struct failure *failure) {
    struct child_context context = {.spec = spec, .status_fd = -1, .life_fd = -1};
    memcpy(context.standard, incoming->fds, sizeof context.standard);
    memset(context.cgroup_fd, -1, sizeof context.cgroup_fd);
    int status[2] = {-1, -1}, life[2] = {-1, -1}, cgroup_fd = -1;
    bool started = false;
    if (pipe2(status, O_CLOEXEC | O_NONBLOCK) || pipe2(life, O_CLOEXEC)) {
        failed(failure, "pipe", "cannot make a pipe");
    } else if (open_cgroups(&context, &cgroup_fd, failure)) {
        context.status_fd = status[1];
        context.life_fd = life[0];
        context.life_write_fd = life[1];
        sandbox->started_us = now_us();
        uint64_t wall_ms = spec->settings[SETTING_WALL_MS];
        sandbox->deadline_us = wall_ms ? sandbox->started_us + wall_ms * 1000 : UINT64_MAX;
        started = start_child(&context, cgroup_fd, sandbox, failure);
    }
    for (size_t index = 0; index < CGROUPS_MAX; index++) close_if_open(context.cgroup_fd[index]);
    close_if_open(cgroup_fd);
    close_if_open(status[1]);
    close_if_open(life[0]);
    sandbox->status_fd = status[0];
    sandbox->life_fd = life[1];
    if (!started) {
        close_if_open(status[0]);
        close_if_open(life[1]);
    }
    return started;
}

static void spawn(struct launcher *launcher, const struct incoming *incoming) {
    struct failure failure = {.error = 0};
    struct spec spec = {0};
    struct sandbox sandbox = {.id = incoming->request.id, .pidfd = -1};
    bool started = false;
    if (incoming->fd_count != 4) {
        errno = EPROTO;
        failed(&failure, "request", "%d descriptors came with it instead of 4", incoming->fd_count);
    } else if (launcher->count == SANDBOXES_MAX) {
        errno = EAGAIN;
        failed(&failure, "request", "%d sandboxes run already", SANDBOXES_MAX);
    } else {
        started = spec_read(incoming->fds[3], &spec, &failure) && start(incoming, &spec, &sandbox, &failure);
    }
    spec_free(&spec);
    if (!started) {
        send_failure(incoming->request.id, &failure);
        return;
    }
    launcher->sandboxes[launcher->count++] = sandbox;
    struct reply reply = {
        .magic = PROTOCOL_MAGIC, .kind = REPLY_STARTED, .id = sandbox.id, .a = sandbox.pid,
    };
    send_reply(&reply);
}

// MARK: ending

/// Kills the init; the kernel then kills everything in its process namespace.
static void kill_sandbox(struct sandbox *sandbox, enum exit_reason reason) {
    if (sandbox->killed) return;
    sandbox->killed = true;
    sandbox->kill_reason = reason;
    syscall(NR_PIDFD_SEND_SIGNAL, sandbox->pidfd, SIGKILL, NULL, 0);
}

static uint64_t microseconds(struct timeval time) {
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_usec;
}

static void set_reason(const struct sandbox *sandbox, const struct child_report *report, bool reported,
                       struct reply *reply) {
    // What the task managed to say before it was killed is not an outcome: it had no more time.
    if (sandbox->killed) {
        reply->a = (int32_t)sandbox->kill_reason;
    } else if (!reported) {
        reply->a = EXIT_REASON_INIT_LOST;
        reply->b = SIGKILL;
    } else if (WIFSIGNALED(report->wait_status)) {
        reply->a = EXIT_REASON_SIGNAL;
        reply->b = WTERMSIG(report->wait_status);
    } else {
        reply->a = EXIT_REASON_CODE;
        reply->b = WEXITSTATUS(report->wait_status);
    }
}

/// Reaps a sandbox whose init has ended. Returns whether it was there to reap.
static bool finish(struct sandbox *sandbox) {
    int status;
    struct rusage usage;
    pid_t pid = wait4(sandbox->pid, &status, WNOHANG, &usage);
    if (pid == 0 || (pid < 0 && errno == EINTR)) return false;
    struct reply reply = {
        .magic = PROTOCOL_MAGIC,
        .kind = REPLY_EXITED,
        .id = sandbox->id,
        .wall_us = now_us() - sandbox->started_us,
        .cpu_user_us = microseconds(usage.ru_utime),
        .cpu_system_us = microseconds(usage.ru_stime),
        .resident_peak_bytes = (uint64_t)usage.ru_maxrss * 1024,
    };
    struct child_report report = {.wait_status = 0};
    bool reported = read(sandbox->status_fd, &report, sizeof report) == (ssize_t)sizeof report;
    close(sandbox->status_fd);
    close(sandbox->life_fd);
    close(sandbox->pidfd);
    if (reported && report.failure.step[0] && !sandbox->killed) {
        send_failure(sandbox->id, &report.failure);
    } else {
        set_reason(sandbox, &report, reported, &reply);
        send_reply(&reply);
    }
    return true;
}

// MARK: the loop

/// Receives one request. Returns false when the worker has gone.
static bool receive(struct incoming *incoming) {
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int) * 8)];
    } control;
    struct iovec part = {.iov_base = &incoming->request, .iov_len = sizeof incoming->request};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control,
    };
    ssize_t count;
    do count = recvmsg(SOCKET_FD, &message, MSG_CMSG_CLOEXEC);
    while (count < 0 && errno == EINTR);
    incoming->fd_count = 0;
    if (count <= 0) return false;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        size_t received = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t index = 0; index < received; index++) {
            int fd;
            memcpy(&fd, CMSG_DATA(header) + index * sizeof fd, sizeof fd);
            if (incoming->fd_count < 4) incoming->fds[incoming->fd_count++] = fd;
            else close(fd);
        }
    }
    return count == (ssize_t)sizeof incoming->request && incoming->request.magic == PROTOCOL_MAGIC;
}

static void answer(struct launcher *launcher, const struct incoming *incoming) {
    switch (incoming->request.kind) {
    case REQUEST_SPAWN:
        spawn(launcher, incoming);
        break;
    case REQUEST_KILL:
        // One that has already ended is no error: its last word and this request have crossed.
        for (size_t index = 0; index < launcher->count; index++)
            if (launcher->sandboxes[index].id == incoming->request.id)
                kill_sandbox(&launcher->sandboxes[index], EXIT_REASON_KILLED);
        break;
    default:
        break;
    }
    for (int index = 0; index < incoming->fd_count; index++) close(incoming->fds[index]);
}

/// Kills what is over its time. Returns how long poll may wait for the next deadline, in milliseconds.
static int enforce_deadlines(struct launcher *launcher) {
    uint64_t now = now_us(), next = UINT64_MAX;
    for (size_t index = 0; index < launcher->count; index++) {
        struct sandbox *sandbox = &launcher->sandboxes[index];
        if (sandbox->killed) continue;
        if (sandbox->deadline_us <= now) kill_sandbox(sandbox, EXIT_REASON_DEADLINE);
        else if (sandbox->deadline_us < next) next = sandbox->deadline_us;
    }
    if (next == UINT64_MAX) return -1;
    uint64_t wait_ms = (next - now) / 1000 + 1;
    return wait_ms > 60000 ? 60000 : (int)wait_ms;
}

static void serve(struct launcher *launcher) {
    static struct pollfd polled[SANDBOXES_MAX + 1];
    for (;;) {
        int wait_ms = enforce_deadlines(launcher);
        polled[0] = (struct pollfd){.fd = SOCKET_FD, .events = POLLIN};
        size_t count = launcher->count;
        for (size_t index = 0; index < count; index++)
            polled[index + 1] = (struct pollfd){.fd = launcher->sandboxes[index].pidfd, .events = POLLIN};
        if (poll(polled, count + 1, wait_ms) < 0) continue;
        // From the end, so that the last live one can take a finished one's place.
        for (size_t index = count; index-- > 0;)
            if (polled[index + 1].revents && finish(&launcher->sandboxes[index]))
                launcher->sandboxes[index] = launcher->sandboxes[--launcher->count];
        if (polled[0].revents) {
            struct incoming incoming;
            if (!receive(&incoming)) return;
            answer(launcher, &incoming);
        }
    }
}

static void prepare(void) {
    for (int number = 1; number <= 64; number++) signal(number, SIG_DFL);
    // A terminal's interrupt is the worker's to handle; it closes the socket when it is done.
    signal(SIGINT, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    int null = open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3; fd++) dup2(null, fd);
    syscall(NR_CLOSE_RANGE, SOCKET_FD + 1, ~0u, 0);
    fcntl(SOCKET_FD, F_SETFD, FD_CLOEXEC);
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    if (chdir("/")) exit(1);
}

int main(void) {
    int type = 0;
    socklen_t size = sizeof type;
    if (getsockopt(SOCKET_FD, SOL_SOCKET, SO_TYPE, &type, &size) || type != SOCK_SEQPACKET) {
        fprintf(stderr, "weft-sandbox is started by a Weft worker, which passes it a socket on descriptor 3\n");
        return 64;
    }
    prepare();
    struct reply hello = {
        .magic = PROTOCOL_MAGIC, .kind = REPLY_HELLO, .a = PROTOCOL_VERSION, .b = (int32_t)getpid(),
    };
    send_reply(&hello);
    static struct launcher launcher;
    serve(&launcher);
    // The worker is gone. Killing is not left to the death signal alone: it would not reach a child that has just
    // changed its user.
    for (size_t index = 0; index < launcher.count; index++)
        kill_sandbox(&launcher.sandboxes[index], EXIT_REASON_KILLED);
    return 0;
}
#else
#include <stdio.h>

int main(void) {
    fprintf(stderr, "weft-sandbox needs Linux namespaces; this system has none\n");
    return 69;
}
#endif

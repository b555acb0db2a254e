// What cells with and without walls have in common: they serve runs, one after the other.
#if defined(__linux__)
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kernel.h"
#include "launcher.h"

// MARK: becoming a cell

bool die_with_launcher(int signal, int life_fd, struct failure *failure) {
    if (prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0)) return failed(failure, "parent death signal", "prctl");
    // It may have died before that call: then no signal comes, but the pipe has hung up.
    struct pollfd life = {.fd = life_fd, .events = POLLIN};
    if (poll(&life, 1, 0) > 0 && (life.revents & (POLLHUP | POLLERR))) _exit(1);
    return true;
}

bool wait_for_go(int life_fd, struct failure *failure) {
    char go;
    ssize_t count;
    do count = read(life_fd, &go, 1);
    while (count < 0 && errno == EINTR);
    if (count == 0) _exit(1);
    return count == 1 || failed(failure, "start", "cannot read from the launcher");
}

/// After this only /dev/null (as 0, 1 and 2), CELL_SOCKET_FD and LIFE_FD are open.
bool keep_descriptors(struct cell_context *context, struct failure *failure) {
    int cell_socket = fcntl(context->socket, F_DUPFD_CLOEXEC, 10);
    int life = fcntl(context->life_fd, F_DUPFD_CLOEXEC, 10);
    if (cell_socket < 0 || life < 0 || dup3(cell_socket, CELL_SOCKET_FD, O_CLOEXEC) < 0 ||
        dup3(life, LIFE_FD, O_CLOEXEC) < 0)
        return failed(failure, "descriptors", "cannot move the cell's own");
    context->socket = CELL_SOCKET_FD;
    context->life_fd = LIFE_FD;
    if (syscall(NR_CLOSE_RANGE, CELL_FDS_END, ~0u, 0)) return failed(failure, "descriptors", "close_range");
    return true;
}

/// Nothing is handled or ignored, as a task expects it; the end of a child waits to be asked for.
void reset_signals(void) {
    for (int number = 1; number <= 64; number++) signal(number, SIG_DFL);
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGCHLD);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_SETMASK, &blocked, NULL);
}

// MARK: the task

static const char *search_path(const struct spec *spec) {
    for (char **entry = spec->environment; *entry; entry++)
        if (!strncmp(*entry, "PATH=", 5)) return *entry + 5;
    return "/usr/local/bin:/usr/bin:/bin";
}

/// Returns only where the file cannot be executed.
///
/// A file that was just written may still be open for writing in a child that another thread of its writer is making:
/// from there it is closed when that child executes something. So a busy file (ETXTBSY) is tried again for a while.
static void execute_file(const char *path, const struct spec *spec) {
    enum { TRIES = 1000 };
    const struct timespec millisecond = {.tv_nsec = 1000000};
    for (int tries = 0; tries < TRIES; tries++) {
        execve(path, spec->arguments, spec->environment);
        if (errno != ETXTBSY) return;
        nanosleep(&millisecond, NULL);
    }
    errno = ETXTBSY;
}

/// Like execvpe, but never hands a file it cannot run to a shell.
static void execute(const struct spec *spec) {
    const char *name = spec->arguments[0];
    if (strchr(name, '/')) {
        execute_file(name, spec);
        return;
    }
    int error = ENOENT;
    for (const char *at = search_path(spec); *at;) {
        size_t length = strcspn(at, ":");
        char path[4096];
        if (length && (size_t)snprintf(path, sizeof path, "%.*s/%s", (int)length, at, name) < sizeof path) {
            execute_file(path, spec);
            if (errno != ENOENT && errno != ENOTDIR) error = errno;
        }
        at += length;
        at += *at == ':';
    }
    errno = error;
}

/// For the task's process.
static task_preparation prepare_task;

/// Shares its memory with the cell, which stands still until the command is executed or this process has ended.
static int task_main(void *argument) {
    struct run *run = argument;
    sigset_t none;
    sigemptyset(&none);
    setsid();
    bool ready = true;
    for (int index = 0; index < 3 && ready; index++)
        if (dup2(run->standard[index], index) < 0)
            ready = failed(&run->failure, "descriptors", "cannot move %d", index);
    if (ready && prepare_task(run)) {
        syscall(NR_CLOSE_RANGE, CELL_SOCKET_FD, ~0u, 0);
        sigprocmask(SIG_SETMASK, &none, NULL);
        execute(&run->spec);
        failed(&run->failure, "exec", "cannot execute %.200s", run->spec.arguments[0]);
    }
    _exit(127);
}

// MARK: a run

static uint64_t microseconds(struct timeval time) {
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_usec;
}

void add_usage(struct rusage *total, const struct rusage *one) {
    timeradd(&total->ru_utime, &one->ru_utime, &total->ru_utime);
    timeradd(&total->ru_stime, &one->ru_stime, &total->ru_stime);
    if (one->ru_maxrss > total->ru_maxrss) total->ru_maxrss = one->ru_maxrss;
}

static void go_on(struct run *run, uint64_t microseconds) {
    if (run->deadline_us != UINT64_MAX) run->deadline_us += microseconds;
}

/// What the worker has to say while something runs.
static void hear(struct run *run, const struct cell_kind *kind) {
    static struct incoming incoming;
    while (receive_message(CELL_SOCKET_FD, MSG_DONTWAIT, &incoming)) {
        uint64_t microseconds;
        switch (incoming.request.kind) {
        case REQUEST_PAUSE:
            if (run->paused_us) break;
            run->paused_us = now_us();
            run->is_stopped = !incoming.spec_bytes;
            if (run->is_stopped) kind->tell(SIGSTOP);
            break;
        case REQUEST_RESUME:
            if (!run->paused_us) break;
            go_on(run, now_us() - run->paused_us);
            run->paused_us = 0;
            if (run->is_stopped) kind->tell(SIGCONT);
            break;
        case REQUEST_EXTEND:
            if (incoming.spec_bytes != sizeof microseconds) break;
            memcpy(&microseconds, incoming.spec, sizeof microseconds);
            go_on(run, microseconds);
            break;
        default:
            break;
        }
        close_incoming(&incoming);
    }
}

/// Whether the launcher, and nobody else, has told this process to end what runs: a task of the same user could, too.
static bool is_told_to_give_up(int signals, const struct cell_kind *kind) {
    struct signalfd_siginfo information;
    bool told = false;
    while (read(signals, &information, sizeof information) == sizeof information)
        told = told || (kind->gives_up && information.ssi_signo == (uint32_t)kind->gives_up &&
                        information.ssi_pid == (uint32_t)kind->launcher);
    return told;
}

/// Waits until the task has ended (true), its time is up, or the cell is told to give up.
static bool wait_for_task(pid_t task, struct run *run, const struct cell_kind *kind, int signals, int *status,
                          struct rusage *usage, enum exit_reason *reason) {
    struct pollfd polled[2] = {{.fd = signals, .events = POLLIN}, {.fd = CELL_SOCKET_FD, .events = POLLIN}};
    for (;;) {
        struct rusage one;
        int ended;
        pid_t pid;
        while ((pid = wait4(-1, &ended, WNOHANG, &one)) > 0) {
            add_usage(usage, &one);
            if (pid != task) continue;
            *status = ended;
            return true;
        }
        uint64_t now = now_us();
        if (run->deadline_us <= now && !run->paused_us) {
            *reason = EXIT_REASON_DEADLINE;
            return false;
        }
        // No deadline is one that is looked at once an hour.
        bool is_waiting = run->deadline_us == UINT64_MAX || run->paused_us;
        uint64_t left = is_waiting ? 3600000000ull : run->deadline_us - now;
        struct timespec timeout = {.tv_sec = (time_t)(left / 1000000), .tv_nsec = (long)(left % 1000000 * 1000)};
        if (ppoll(polled, 2, &timeout, NULL) <= 0) continue;
        if (polled[0].revents && is_told_to_give_up(signals, kind)) {
            *reason = EXIT_REASON_KILLED;
            return false;
        }
        // A worker that has hung up says no more; the launcher ends this cell soon.
        if (polled[1].revents & POLLIN) hear(run, kind);
        if (polled[1].revents & (POLLHUP | POLLERR)) polled[1].fd = -1;
    }
}

static void perform(struct run *run, uint64_t id, const struct cell_kind *kind, int signals) {
    // 16-byte aligned, as the calling conventions want a stack.
    static char stack[128 << 10] __attribute__((aligned(16)));
    run->started_us = now_us();
    uint64_t wall_ms = run->spec.settings[SETTING_WALL_MS];
    run->deadline_us = wall_ms ? run->started_us + wall_ms * 1000 : UINT64_MAX;
    struct reply reply = {.magic = PROTOCOL_MAGIC, .kind = REPLY_EXITED, .id = id};
    struct rusage usage = {.ru_maxrss = 0};
    int status = 0;
    enum exit_reason reason = EXIT_REASON_CODE;
    pid_t task = clone(task_main, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, run);
    if (task < 0) failed(&run->failure, "fork", "cannot start the task");
    // The task's pipes must close when the task closes them.
    for (int index = 0; index < 3; index++) close(run->standard[index]);
    bool ended = task > 0 && wait_for_task(task, run, kind, signals, &status, &usage, &reason);
    kind->end(&usage);
    if (run->failure.step[0]) {
        if (!send_failure(CELL_SOCKET_FD, id, &run->failure)) _exit(1);
        return;
    }
    if (ended && WIFSIGNALED(status)) {
        reason = EXIT_REASON_SIGNAL;
        reply.b = WTERMSIG(status);
    } else if (ended) {
        reply.b = WEXITSTATUS(status);
    }
    reply.a = (int32_t)reason;
    reply.wall_us = now_us() - run->started_us;
    reply.cpu_user_us = microseconds(usage.ru_utime);
    reply.cpu_system_us = microseconds(usage.ru_stime);
    reply.resident_peak_bytes = (uint64_t)usage.ru_maxrss * 1024;
    if (!send_reply(CELL_SOCKET_FD, &reply)) _exit(1);
}

/// Tells of children that have ended, and of the signal that ends a run early. Both are blocked.
static int open_signals(const struct cell_kind *kind) {
    sigset_t awaited;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGCHLD);
    if (kind->gives_up) sigaddset(&awaited, kind->gives_up);
    return signalfd(-1, &awaited, SFD_CLOEXEC | SFD_NONBLOCK);
}

_Noreturn void serve_runs(const struct spec *cell, const struct cell_kind *kind) {
    static struct incoming incoming;
    prepare_task = kind->prepare;
    int signals = open_signals(kind);
    if (signals < 0) {
        struct failure failure = {.error = 0};
        failed(&failure, "init", "signalfd");
        send_failure(CELL_SOCKET_FD, 0, &failure);
        _exit(1);
    }
    // A request stays in the socket until it is about to be served: if this process is killed before, the worker's end
    // says that it was left unread (ECONNRESET), and the run can be tried elsewhere.
    while (receive_message(CELL_SOCKET_FD, MSG_PEEK, &incoming)) {
        struct run run = {.cell = cell};
        char taken;
        if (incoming.request.kind < REQUEST_RUN || incoming.request.kind > REQUEST_EXTEND) break;
        if (recv(CELL_SOCKET_FD, &taken, sizeof taken, 0) < 0) _exit(1);
        // About a run that is over.
        if (incoming.request.kind != REQUEST_RUN) {
            close_incoming(&incoming);
            continue;
        }
        if (read_incoming_spec(&incoming, 3, &run.spec, &run.failure) &&
            (run.spec.argument_count || failed(&run.failure, "spec", "malformed: no arguments"))) {
            memcpy(run.standard, incoming.fds, sizeof run.standard);
            if (incoming.fd_count > 3) close(incoming.fds[3]);
            perform(&run, incoming.request.id, kind, signals);
        } else {
            close_incoming(&incoming);
            if (!send_failure(CELL_SOCKET_FD, incoming.request.id, &run.failure)) _exit(1);
        }
        spec_free(&run.spec);
        if (kind->gives_up && getppid() != kind->launcher) _exit(1);
    }
    _exit(0);
}
#endif

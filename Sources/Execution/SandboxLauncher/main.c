// weft-sandbox: makes cells for one worker, in which it runs commands, and says when they are gone.
//
// A process of its own, because a sandbox must die with whatever started it and because forking a small single-threaded
// process is fast. It holds no policy: what a cell contains comes in its spec. See docs/sandbox.md.
#if defined(__linux__)
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel.h"
#include "launcher.h"

struct cell {
    uint64_t id;
    pid_t pid;    // of its first process; signals are safe, since only this process reaps it
    int life_fd;  // its closing tells the cell that the launcher is gone
    bool is_open;
};

static struct cell cells[CELLS_MAX];  // the first `cell_count` are live
static size_t cell_count;

static bool is_cell(pid_t pid) {
    for (size_t index = 0; index < cell_count; index++)
        if (cells[index].pid == pid) return true;
    return false;
}

/// Without a worker to hear it there is no reason to live; cells die with this process.
static void tell(enum reply_kind kind, uint64_t id, int32_t a, int32_t b) {
    struct reply reply = {.magic = PROTOCOL_MAGIC, .kind = kind, .id = id, .a = a, .b = b};
    if (!send_reply(SOCKET_FD, &reply)) exit(1);
}

static void make_cell(const struct incoming *incoming) {
    struct failure failure = {.error = 0};
    struct spec spec = {.buffer = NULL};
    struct cell cell = {.id = incoming->request.id, .pid = -1};
    if (cell_count == CELLS_MAX) {
        errno = EAGAIN;
        failed(&failure, "launcher", "%d cells are in use", CELLS_MAX);
    } else if (read_incoming_spec(incoming, 1, &spec, &failure)) {
        cell.is_open = spec.settings[SETTING_OPEN];
        if (cell.is_open || spec_names_user(&spec, &failure))
            cell.pid = start_cell(&spec, incoming->fds[0], &cell.life_fd, &failure);
    }
    spec_free(&spec);
    if (cell.pid > 0) {
        cells[cell_count++] = cell;
        return;
    }
    if (incoming->fd_count) send_failure(incoming->fds[0], cell.id, &failure);
    tell(REPLY_GONE, cell.id, 0, 0);
}

/// Of a cell with walls, the kernel kills everything when its init dies. One without ends its run first, and stays.
static void kill_cell(const struct cell *cell) { kill(cell->pid, cell->is_open ? SIGTERM : SIGKILL); }

static void answer(const struct incoming *incoming) {
    switch (incoming->request.kind) {
    case REQUEST_CELL:
        make_cell(incoming);
        break;
    case REQUEST_KILL:
        // One that has already ended is no error: its last word and this request have crossed.
        for (size_t index = 0; index < cell_count; index++)
            if (cells[index].id == incoming->request.id) kill_cell(&cells[index]);
        break;
    default:
        break;
    }
    close_incoming(incoming);
}

/// Reaps the cells that have ended. Any other child was left by a cell without walls that somebody killed.
static void reap(void) {
    bool orphans = false;
    for (;;) {
        pid_t pid = waitpid(-1, NULL, WNOHANG);
        if (pid <= 0) break;
        size_t index = 0;
        while (index < cell_count && cells[index].pid != pid) index++;
        if (index == cell_count) {
            orphans = true;
            continue;
        }
        struct cell cell = cells[index];
        cells[index] = cells[--cell_count];
        close(cell.life_fd);
        if (cell.is_open || orphans) {
            struct rusage usage = {.ru_maxrss = 0};
            end_descendants(&usage, is_cell);
        }
        tell(REPLY_GONE, cell.id, 0, 0);
    }
}

static void serve(int signals) {
    static struct incoming incoming;
    struct pollfd polled[2] = {{.fd = SOCKET_FD, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
    for (;;) {
        if (poll(polled, 2, -1) < 0) continue;
        if (polled[1].revents) {
            struct signalfd_siginfo information;
            if (read(signals, &information, sizeof information) > 0) reap();
        }
        if (polled[0].revents) {
            if (!receive_message(SOCKET_FD, 0, &incoming)) return;
            answer(&incoming);
        }
    }
}

static int prepare(void) {
    for (int number = 1; number <= 64; number++) signal(number, SIG_DFL);
    // A terminal's interrupt is the worker's to handle; it closes the socket when it is done.
    signal(SIGINT, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    int null = open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3; fd++) dup2(null, fd);
    syscall(NR_CLOSE_RANGE, SOCKET_FD + 1, ~0u, 0);
    fcntl(SOCKET_FD, F_SETFD, FD_CLOEXEC);
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    // Not for what runs behind walls, but for what a killed cell without them leaves behind.
    if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) || chdir("/")) exit(1);
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_SETMASK, &child, NULL);
    return signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
}

int main(void) {
    int type = 0;
    socklen_t size = sizeof type;
    if (getsockopt(SOCKET_FD, SOL_SOCKET, SO_TYPE, &type, &size) || type != SOCK_SEQPACKET) {
        fprintf(stderr, "weft-sandbox is started by a Weft worker, which passes it a socket on descriptor 3\n");
        return 64;
    }
    int signals = prepare();
    if (signals < 0) return 1;
    tell(REPLY_HELLO, 0, PROTOCOL_VERSION, (int32_t)getpid());
    serve(signals);
    // The worker is gone. Killing is not left to the death signal alone: it would not reach a child that has just
    // changed its privileges.
    for (size_t index = 0; index < cell_count; index++) kill_cell(&cells[index]);
    return 0;
}
#else
#include <stdio.h>

int main(void) {
    fprintf(stderr, "weft-sandbox needs Linux namespaces; this system has none\n");
    return 69;
}
#endif

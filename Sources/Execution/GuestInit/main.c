// weft-guest: the first process of a virtual machine that runs one payload. Linked statically: there is nothing else.
//
// It finds its order and the payload's files in the initial file system, runs the payload as an ordinary user within
// control groups, and tells the worker over one serial port what comes of it, in frames: a letter, a length of four
// bytes (little endian), and so many bytes. VM/GuestFrames.swift has the other end.
#if defined(__linux__)
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

static int port = -1;

_Noreturn static void power_off(void) {
    reboot(RB_AUTOBOOT);  // with -no-reboot this ends the machine
    _exit(1);
}

/// A pause that no signal shortens to nothing of importance.
static void pause_ms(long milliseconds) {
    struct timespec time = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static void write_all(int fd, const void *bytes, size_t size) {
    const char *at = bytes;
    while (size) {
        ssize_t count = write(fd, at, size);
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (count <= 0) power_off();
        at += count;
        size -= (size_t)count;
    }
}

void send_frame(char kind, const void *bytes, size_t size) {
    static unsigned char frame[5 + FRAME_BYTES_MAX];
    if (size > FRAME_BYTES_MAX) size = FRAME_BYTES_MAX;
    frame[0] = (unsigned char)kind;
    for (int index = 0; index < 4; index++) frame[1 + index] = (unsigned char)(size >> 8 * index);
    memcpy(frame + 5, bytes, size);
    write_all(port, frame, 5 + size);
}

/// Something that should have worked in a machine made for it.
_Noreturn static void give_up(const char *what) {
    char text[256];
    int size = snprintf(text, sizeof text, "%s: %s", what, strerror(errno));
    if (port >= 0) {
        send_frame(FRAME_TROUBLE, text, (size_t)size);
        pause_ms(10000);
    }
    power_off();
}

static bool write_text(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return false;
    bool written = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    close(fd);
    return written;
}

static unsigned long long read_number(const char *path, const char *key) {
    static char text[4096];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    ssize_t size = read(fd, text, sizeof text - 1);
    close(fd);
    if (size <= 0) return 0;
    text[size] = 0;
    if (!*key) return strtoull(text, NULL, 10);
    for (char *line = text; line; line = strchr(line, '\n')) {
        if (*line == '\n') line++;
        if (!strncmp(line, key, strlen(key)) && line[strlen(key)] == ' ')
            return strtoull(line + strlen(key), NULL, 10);
    }
    return 0;
}

// MARK: set-up

/// In whatever order they need each other: tried until a round brings nothing.
static void load_modules(const struct order *order) {
    bool loaded[LIST_MAX] = {false};
    for (bool progress = true; progress;) {
        progress = false;
        for (size_t index = 0; index < order->module_count; index++) {
            if (loaded[index]) continue;
            int fd = open(order->modules[index], O_RDONLY | O_CLOEXEC);
            if (fd < 0) continue;
            if (!syscall(SYS_finit_module, fd, "", 0) || errno == EEXIST) loaded[index] = progress = true;
            close(fd);
        }
    }
}

/// The device appears a moment after its driver; without it there is nobody to tell.
static void open_port(void) {
    for (int tries = 0; tries < 5000 && port < 0; tries++) {
        port = open("/dev/vport0p1", O_WRONLY | O_CLOEXEC);
        if (port < 0) pause_ms(2);
    }
    if (port < 0) power_off();
}

static void make_groups(const struct order *order) {
    char text[32];
    mkdir("/groups", 0755);
    if (mount("none", "/groups", "cgroup2", 0, NULL)) give_up("control groups");
    if (!write_text("/groups/cgroup.subtree_control", "+memory +pids")) give_up("control group controllers");
    if (mkdir(RUN_GROUP, 0755)) give_up("the payload's control group");
    snprintf(text, sizeof text, "%llu", order->memory_bytes);
    if (!write_text(RUN_GROUP "/memory.max", text)) give_up("memory.max");
    if (!write_text(RUN_GROUP "/memory.oom.group", "1")) give_up("memory.oom.group");
    snprintf(text, sizeof text, "%llu", order->process_count);
    if (!write_text(RUN_GROUP "/pids.max", text)) give_up("pids.max");
}

static void mount_space(const char *path, unsigned long long bytes) {
    char options[96];
    snprintf(options, sizeof options, "mode=755,uid=%d,gid=%d,size=%llu,nr_inodes=%d", PAYLOAD_USER, PAYLOAD_USER, bytes,
             INODES_MAX);
    mkdir(path, 0755);
    if (mount("none", path, "tmpfs", MS_NOSUID | MS_NODEV, options)) give_up(path);
}

// MARK: the payload

_Noreturn static void become_payload(const struct order *order, int output, int error, int told) {
    int input = open(order->has_input ? INPUT_PATH : "/dev/null", O_RDONLY | O_CLOEXEC);
    setsid();
    bool ready = input >= 0 && dup2(input, 0) == 0 && dup2(output, 1) == 1 && dup2(error, 2) == 2 &&
                 write_text(RUN_GROUP "/cgroup.procs", "0") && !chdir(WORK_FOLDER);
    struct rlimit none = {0, 0}, files = {1024, 1024};
    ready = ready && !setrlimit(RLIMIT_CORE, &none) && !setrlimit(RLIMIT_NOFILE, &files);
    ready = ready && !setgroups(0, NULL) && !setresgid(PAYLOAD_USER, PAYLOAD_USER, PAYLOAD_USER) &&
            !setresuid(PAYLOAD_USER, PAYLOAD_USER, PAYLOAD_USER) && !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    sigset_t nothing;
    sigemptyset(&nothing);
    sigprocmask(SIG_SETMASK, &nothing, NULL);
    if (ready) {
        // Unlike execvp it never hands a file that it cannot run to a shell.
        const char *name = order->arguments[0];
        if (strchr(name, '/')) {
            execve(name, order->arguments, order->environment);
        } else {
            char path[512];
            if ((size_t)snprintf(path, sizeof path, "/bin/%s", name) < sizeof path)
                execve(path, order->arguments, order->environment);
            else
                errno = ENAMETOOLONG;
        }
    }
    int code = errno;
    (void)!write(told, &code, sizeof code);
    _exit(127);
}

/// Passes on what has been written; false once nobody can write any more.
static bool pass_on(int fd, char kind) {
    static char bytes[FRAME_BYTES_MAX];
    ssize_t count;
    do count = read(fd, bytes, sizeof bytes);
    while (count < 0 && errno == EINTR);
    if (count > 0) send_frame(kind, bytes, (size_t)count);
    return count > 0 || (count < 0 && errno == EAGAIN);
}

/// Until the payload has ended, and then, when everything else of it is killed, until its pipes are empty.
static int attend(pid_t payload, int output, int error) {
    struct pollfd watched[] = {{output, POLLIN, 0}, {error, POLLIN, 0}};
    bool ended = false;
    int status = 0;
    while (!ended || watched[0].fd >= 0 || watched[1].fd >= 0) {
        // Short, for a child's end that came between the look and the wait.
        int ready = poll(watched, 2, 5);
        for (int index = 0; ready > 0 && index < 2; index++) {
            if (watched[index].fd < 0 || !watched[index].revents) continue;
            if (!pass_on(watched[index].fd, index ? FRAME_ERROR : FRAME_OUTPUT)) watched[index].fd = -1;
        }
        pid_t pid;
        int one;
        while ((pid = waitpid(-1, &one, WNOHANG)) > 0) {
            if (pid != payload) continue;
            ended = true;
            status = one;
        }
        // Again and again: a fork may have been under way.
        if (ended) {
            write_text(RUN_GROUP "/cgroup.kill", "1");
            kill(-1, SIGKILL);
        }
    }
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR) kill(-1, SIGKILL);
    return status;
}

static void put(unsigned char *at, unsigned long long value, int bytes) {
    for (int index = 0; index < bytes; index++) at[index] = (unsigned char)(value >> 8 * index);
}

static void run(const struct order *order) {
    int output[2], error[2], told[2];
    if (pipe2(output, O_CLOEXEC) || pipe2(error, O_CLOEXEC) || pipe2(told, O_CLOEXEC)) give_up("pipes");
    struct timespec start;
    // Files that change from now on are the payload's. File times are as coarse as this clock.
    clock_gettime(CLOCK_REALTIME_COARSE, &start);
    pid_t payload = fork();
    if (payload < 0) give_up("fork");
    if (!payload) become_payload(order, output[1], error[1], told[1]);
    close(output[1]);
    close(error[1]);
    close(told[1]);
    int code;
    if (read(told[0], &code, sizeof code) == sizeof code) {
        unsigned char bytes[4];
        put(bytes, (unsigned)code, 4);
        send_frame(FRAME_NOT_EXECUTED, bytes, 4);
        return;
    }
    send_frame(FRAME_STARTED, "", 0);
    fcntl(output[0], F_SETFL, O_NONBLOCK);
    fcntl(error[0], F_SETFL, O_NONBLOCK);
    int status = attend(payload, output[0], error[0]);
    unsigned char usage[24];
    put(usage, read_number(RUN_GROUP "/memory.events", "oom_kill"), 8);
    put(usage + 8, read_number(RUN_GROUP "/memory.peak", ""), 8);
    put(usage + 16, read_number(RUN_GROUP "/cpu.stat", "usage_usec"), 8);
    send_frame(FRAME_USAGE, usage, sizeof usage);
    send_files(start);
    unsigned char end[5] = {WIFSIGNALED(status)};
    put(end + 1, (unsigned)(WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status)), 4);
    send_frame(FRAME_ENDED, end, sizeof end);
}

int main(void) {
    if (getpid() != 1) {
        fputs("weft-guest is the first process of a virtual machine, and nothing else\n", stderr);
        return 64;
    }
    // As the kernel makes it, everybody may write to it.
    chmod("/", 0755);
    mkdir("/dev", 0755);
    mkdir("/proc", 0755);
    mount("none", "/dev", "devtmpfs", MS_NOSUID, NULL);
    mount("none", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    static struct order order;
    bool understood = read_order(&order);
    load_modules(&order);
    open_port();
    if (!understood) {
        errno = EINVAL;
        give_up("the order");
    }
    make_groups(&order);
    mount_space(WORK_FOLDER, order.disk_bytes);
    mount_space("/tmp", order.temporary_bytes);
    if (!move_inputs()) give_up("the payload's files");
    run(&order);
    // The worker ends the machine once it has read everything; turned off now, the last words could be lost.
    pause_ms(60000);
    power_off();
}
#else
int main(void) { return 64; }
#endif

// The init of a cell with walls: sets it up from inside, then serves runs.
//
// It keeps the few privileges that setting up a run takes, and the task has no way to it: another user or no
// capabilities, memory and /proc/1 closed, no signal that a process of the namespace could end it with.
#if defined(__linux__)
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher.h"

static bool join_cgroups(const struct cell_context *context, struct failure *failure) {
    // "0" is the writer itself: unlike any other number that does not stop the whole machine's forks and exits.
    for (size_t index = 0; index < context->spec->cgroup_v1_count; index++)
        if (write(context->cgroup_fd[index], "0", 1) != 1)
            return failed(failure, "cgroup", "cannot join %s", context->spec->cgroup_v1[index]);
    // Seen from inside, the group is now the root of its hierarchy.
    if (unshare(CLONE_NEWCGROUP) && errno != EINVAL) return failed(failure, "cgroup namespace", "unshare");
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

static bool set_up(struct cell_context *context, struct failure *failure) {
    const struct spec *spec = context->spec;
    close(context->life_write_fd);  // its own copy would keep the pipe from hanging up
    if (!die_with_launcher(SIGKILL, context->life_fd, failure) || !wait_for_go(context->life_fd, failure) ||
        !join_cgroups(context, failure) || !keep_descriptors(context, failure))
        return false;
    reset_signals();
    setsid();
    umask(0);
    volunteer_for_oom();
    if (sethostname(spec->hostname, strlen(spec->hostname))) return failed(failure, "host name", "sethostname");
    if (spec->settings[SETTING_NETWORK] == NETWORK_LOOPBACK && !raise_loopback(failure)) return false;
    if (!build_root(spec, failure) || !reduce_privileges(spec, failure)) return false;
    // Changing privileges may have undone both: the signal is cleared, and /proc/1 must stay closed to the task.
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)) return failed(failure, "init", "cannot hide init's memory");
    umask(022);
    return die_with_launcher(SIGKILL, context->life_fd, failure);
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

static bool prepare(struct run *run) {
    struct failure *failure = &run->failure;
    give_standard(run->cell);
    if (!renew_mounts(run->cell, &run->spec, failure)) return false;
    const char *directory = run->spec.directory_at_start;
    if (chdir(directory)) return failed(failure, "directory", "chdir %.200s", directory);
    return give_up_privileges(run->cell, failure) && install_filter(run->cell, failure);
}

/// As pid 1: whatever runs in the namespace descends from this process, so without children there is nobody.
static void end(struct rusage *usage) {
    struct rusage one;
    for (;;) {
        pid_t pid = wait4(-1, NULL, WNOHANG, &one);
        if (pid < 0 && errno == ECHILD) return;
        if (pid == 0) {
            // Reaches all at once: nobody in the middle of a fork escapes it (fork fails once a signal is pending).
            kill(-1, SIGKILL);
            pid = wait4(-1, NULL, 0, &one);
        }
        if (pid > 0) add_usage(usage, &one);
    }
}

/// As pid 1: everybody else in the namespace, all at once.
static void tell(int signal) { kill(-1, signal); }

_Noreturn void init_main(const struct cell_context *given) {
    struct cell_context context = *given;
    struct failure failure = {.error = 0};
    struct cell_kind kind = {.prepare = prepare, .end = end, .tell = tell};
    if (set_up(&context, &failure)) serve_runs(context.spec, &kind);
    send_failure(context.socket, 0, &failure);
    _exit(1);
}
#endif

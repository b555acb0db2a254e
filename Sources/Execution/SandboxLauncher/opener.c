// A cell without walls, for owners who asked for that: a process whose only business is to know its descendants.
//
// Whatever a run starts and leaves, daemons included, becomes a child of this process when its parent ends, and one run
// at a time is served here; so it is always clear to which run a process belongs, and when nothing of it is left.
#if defined(__linux__)
#define _GNU_SOURCE
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launcher.h"

static bool set_up(struct cell_context *context, struct failure *failure) {
    close(context->life_write_fd);
    if (!keep_descriptors(context, failure)) return false;
    reset_signals();
    // Not the terminal's: its signals are for the worker.
    setsid();
    umask(022);
    if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)) return failed(failure, "subreaper", "prctl");
    // A signal that it can answer: first end the run, then itself.
    return die_with_launcher(SIGTERM, context->life_fd, failure);
}

static bool prepare(struct run *run) {
    // Should this process be killed, at least the leader goes with it at once, and the launcher sees to the others.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)) return failed(&run->failure, "parent death signal", "prctl");
    const char *directory = run->spec.directory_at_start;
    return chdir(directory) == 0 || failed(&run->failure, "directory", "chdir %.200s", directory);
}

static void end(struct rusage *usage) { end_descendants(usage, NULL); }

_Noreturn void opener_main(const struct cell_context *given) {
    struct cell_context context = *given;
    struct failure failure = {.error = 0};
    struct cell_kind kind = {
        .prepare = prepare, .end = end, .tell = tell_descendants, .gives_up = SIGTERM, .launcher = context.launcher};
    if (set_up(&context, &failure)) serve_runs(context.spec, &kind);
    send_failure(context.socket, 0, &failure);
    _exit(1);
}
#endif

// The parts of weft-sandbox and what they share.
#ifndef WEFT_SANDBOX_LAUNCHER_H
#define WEFT_SANDBOX_LAUNCHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "protocol.h"

/// Where something went wrong and why. `step` is empty while nothing has.
struct failure {
    int32_t error;
    char step[STEP_BYTES];
    char text[TEXT_BYTES];
};

struct operation {
    enum spec_tag tag;
    uint32_t flags;
    const char *source;  // bind: host path; symlink: what it points to
    const char *target;  // absolute path in the sandbox
    const void *bytes;
    uint64_t size;
    uint64_t inodes;
    int tree;  // bind: the detached mount, once opened; -1 where an optional source is missing
    bool is_directory;
};

/// A parsed spec. Strings point into `buffer`.
struct spec {
    char *buffer;
    char **arguments;    // NULL-terminated
    char **environment;  // NULL-terminated
    struct operation *operations;
    size_t operation_count;
    const char *cgroup_v1[CGROUPS_MAX];
    size_t cgroup_v1_count;
    const char *cgroup_v2;
    const char *hostname;
    const char *directory_at_start;
    uint64_t settings[SETTING_COUNT];
};

/// What the sandbox's init tells the launcher through the status pipe; shorter than PIPE_BUF, so written whole.
struct child_report {
    int32_t wait_status;  // meaningful when failure.step is empty
    struct failure failure;
};

/// Everything the cloned child needs. Descriptors are the launcher's numbers.
struct child_context {
    const struct spec *spec;
    int standard[3];
    int status_fd;  // writes one child_report
    int life_fd;    // gives one byte when the child may go on; hangs up when the launcher is gone
    int life_write_fd;
    int cgroup_fd[CGROUPS_MAX];
};

bool spec_read(int fd, struct spec *spec, struct failure *failure);
void spec_free(struct spec *spec);

/// Sets up the sandbox from inside, becomes its init, and never returns.
_Noreturn void child_main(const struct child_context *context);

/// Gives up every privilege, irrevocably, and installs the system call filter.
bool give_up_privileges(const struct spec *spec, struct failure *failure);
bool install_filter(const struct spec *spec, struct failure *failure);

/// Notes the step that failed with the current errno; always false, so that callers can return it.
bool failed(struct failure *failure, const char *step, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif

// The parts of weft-sandbox and what they share.
#ifndef WEFT_SANDBOX_LAUNCHER_H
#define WEFT_SANDBOX_LAUNCHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
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

/// A parsed spec, of a cell or of a run. Strings point into `buffer`.
struct spec {
    char *buffer;
    char **arguments;    // NULL-terminated
    char **environment;  // NULL-terminated
    size_t argument_count;
    struct operation *operations;
    size_t operation_count;
    const char *cgroup_v1[CGROUPS_MAX];
    size_t cgroup_v1_count;
    const char *cgroup_v2;
    const char *hostname;
    const char *directory_at_start;
    const char *work;
    uint64_t settings[SETTING_COUNT];
};

/// A message, and what came with it.
struct incoming {
    struct request request;
    char spec[INLINE_BYTES_MAX];
    size_t spec_bytes;
    int fds[4];
    int fd_count;
};

/// Where a cell has its descriptors once everything else is closed.
enum { CELL_SOCKET_FD = 3, LIFE_FD = 4, CELL_FDS_END };

/// Everything a process that becomes a cell needs. Descriptors are the launcher's numbers.
struct cell_context {
    const struct spec *spec;
    pid_t launcher;
    int socket;
    int life_fd;  // gives one byte when the child may go on; hangs up when the launcher is gone
    int life_write_fd;
    int cgroup_fd[CGROUPS_MAX];
};

/// One run in a cell. Shared with the task's process until that executes the command.
struct run {
    const struct spec *cell;
    struct spec spec;
    int standard[3];
    struct failure failure;
    uint64_t started_us;
    uint64_t deadline_us;  // UINT64_MAX: none
    uint64_t paused_us;    // since when it stands still; 0: it does not
    bool is_stopped;       // by signals
};

// spec.c
bool spec_read(const char *bytes, size_t length, struct spec *spec, struct failure *failure);
bool spec_read_file(int fd, struct spec *spec, struct failure *failure);
void spec_free(struct spec *spec);
/// Whether the task of a cell with walls will be a user, and not root.
bool spec_names_user(const struct spec *spec, struct failure *failure);
/// Notes the step that failed with the current errno; always false, so that callers can return it.
bool failed(struct failure *failure, const char *step, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// messages.c
uint64_t now_us(void);
void close_if_open(int fd);
/// False when there is nobody to read from any more. `flags` as recvmsg has them.
bool receive_message(int socket, int flags, struct incoming *incoming);
bool read_incoming_spec(const struct incoming *incoming, int expected_fds, struct spec *spec, struct failure *failure);
void close_incoming(const struct incoming *incoming);
/// False when there is nobody to read it.
bool send_reply(int socket, const struct reply *reply);
bool send_failure(int socket, uint64_t id, const struct failure *failure);

// cell.c
/// Starts a cell's first process. On success `*life_fd` must stay open as long as the cell lives.
pid_t start_cell(const struct spec *spec, int socket, int *life_fd, struct failure *failure);

// init.c
_Noreturn void init_main(const struct cell_context *context);
// opener.c
_Noreturn void opener_main(const struct cell_context *context);

// run.c
/// Does what a run needs before its command is executed; false and `failure` if that cannot be done.
typedef bool (*task_preparation)(struct run *run);
/// Ends everything that descends from this process and adds what it used.
typedef void (*ending)(struct rusage *usage);
/// Sends a signal to everything that descends from this process.
typedef void (*telling)(int signal);
/// How the two kinds of cell differ.
struct cell_kind {
    task_preparation prepare;
    ending end;
    telling tell;
    int gives_up;  // a signal of the launcher's that ends a run early, or 0
    pid_t launcher;
};
/// Serves runs one after the other until the worker hangs up.
_Noreturn void serve_runs(const struct spec *cell, const struct cell_kind *kind);
void add_usage(struct rusage *total, const struct rusage *one);
bool die_with_launcher(int signal, int life_fd, struct failure *failure);
bool wait_for_go(int life_fd, struct failure *failure);
bool keep_descriptors(struct cell_context *context, struct failure *failure);
void reset_signals(void);

// descendants.c
/// Kills all that descend from this process but what `is_kept` names, and reaps it; gives up after some seconds.
void end_descendants(struct rusage *usage, bool (*is_kept)(pid_t));
/// Stops all that descend from this process (SIGSTOP), or lets it go on (SIGCONT).
void tell_descendants(int signal);

// root.c
bool build_root(const struct spec *spec, struct failure *failure);
/// What a run may change, made anew, in a mount namespace of its own.
bool renew_mounts(const struct spec *cell, const struct spec *run, struct failure *failure);

// privileges.c
/// Of a cell's init: keeps only what setting up runs takes. Children cannot get back the rest.
bool reduce_privileges(const struct spec *spec, struct failure *failure);
/// Of a task: gives up every privilege, irrevocably.
bool give_up_privileges(const struct spec *spec, struct failure *failure);
// filter.c
bool install_filter(const struct spec *spec, struct failure *failure);

#endif

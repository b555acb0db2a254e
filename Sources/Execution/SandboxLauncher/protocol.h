// What the worker says to the launcher and to the cells, over SOCK_SEQPACKET sockets. The launcher has its on descriptor
// 3; every cell has one of its own, whose other end the worker keeps, so that a run costs the launcher nothing.
// Both ends run on one machine, so integers are in native order. The Swift side is in
// WeftSandbox/LauncherProtocol.swift; a change here is a change there, and of PROTOCOL_VERSION.
#ifndef WEFT_SANDBOX_PROTOCOL_H
#define WEFT_SANDBOX_PROTOCOL_H

#include <stdint.h>

#define PROTOCOL_MAGIC 0x54464557u  // "WEFT"
#define PROTOCOL_VERSION 3

enum { SOCKET_FD = 3, STEP_BYTES = 64, TEXT_BYTES = 256, CELLS_MAX = 1024 };
enum { INLINE_BYTES_MAX = 32 << 10, SPEC_BYTES_MAX = 8 << 20, OPERATIONS_MAX = 1024, CGROUPS_MAX = 16 };

enum request_kind {
    // To the launcher: makes a cell. With the cell's end of its socket. The spec says what the cell is.
    REQUEST_CELL = 1,
    // To the launcher: ends a cell with everything in it.
    REQUEST_KILL = 2,
    // To a cell: runs a command. With standard input, output and error. The spec says what to run.
    REQUEST_RUN = 3,
    // To a cell: its run stands still, and so does the run's clock, until REQUEST_RESUME. By signals: for where the
    // worker has no control group to freeze. With anything in the place of the spec only the clock stands still: somebody
    // else holds the run. Ignored where nothing runs, as are the next two.
    REQUEST_PAUSE = 4,
    REQUEST_RESUME = 5,
    // To a cell: its run has so many more microseconds, a u64 in the place of the spec. Waits in the socket of a cell
    // that is frozen from outside, and is read before the clock is.
    REQUEST_EXTEND = 6,
};

/// The spec follows in the same message, or, if that has only this header, lies in one more descriptor: a file.
struct request {
    uint32_t magic;
    uint32_t kind;
    uint64_t id;  // the cell's
};

enum reply_kind {
    REPLY_HELLO = 1,   // from the launcher. a: protocol version, b: its process id
    REPLY_GONE = 2,    // from the launcher: the cell and everything in it is gone. The last word on this id
    REPLY_EXITED = 3,  // from a cell: nothing of the run is left. a: enum exit_reason, b: exit code or signal
    REPLY_ERROR = 4,   // from a cell: the run did not begin, and nothing of it is left. a: errno, with step and text
};

enum exit_reason {
    EXIT_REASON_CODE = 0,
    EXIT_REASON_SIGNAL = 1,
    EXIT_REASON_DEADLINE = 2,
    EXIT_REASON_KILLED = 3,  // because the worker asked
    // What the worker makes of a cell that is gone without a word on its run: the out-of-memory killer, or an
    // administrator. Nobody sends it.
    EXIT_REASON_CELL_LOST = 4,
};

struct reply {
    uint32_t magic;
    uint32_t kind;
    uint64_t id;
    int32_t a;
    int32_t b;
    uint64_t wall_us;
    uint64_t cpu_user_us;
    uint64_t cpu_system_us;
    uint64_t resident_peak_bytes;
    char step[STEP_BYTES];
    char text[TEXT_BYTES];
};

// A spec is a sequence of records: u32 tag, u32 payload length, payload. No padding.
// Every string is followed by a NUL byte and contains no other.
enum spec_tag {
    SPEC_ARGUMENT = 1,     // run. string
    SPEC_ENVIRONMENT = 2,  // run. string, NAME=value
    SPEC_BIND = 3,         // cell. u32 flags, string host path, string path in the sandbox
    SPEC_DIRECTORY = 4,    // cell. string path
    SPEC_SYMLINK = 5,      // cell. string what it points to, string path
    SPEC_FILE = 6,         // cell. string path, bytes
    SPEC_TMPFS = 7,        // cell, but made anew for every run. u64 bytes, u64 inodes, string path
    SPEC_CGROUP_V1 = 8,    // cell. string path of a `tasks` file
    SPEC_CGROUP_V2 = 9,    // cell. string path of a directory
    SPEC_SETTING = 10,     // u32 key, u64 value
    SPEC_HOSTNAME = 11,    // cell. string
    SPEC_DIRECTORY_AT_START = 12,  // run. string absolute path, in the sandbox if there is one
    SPEC_WORK = 13,  // run. string: what shall be WORK_PATH, relative to what the cell has bound there
};

#define WORK_PATH "/work"

enum bind_flag { BIND_WRITABLE = 1, BIND_DEVICE = 2, BIND_OPTIONAL = 4 };

enum spec_setting {
    SETTING_UID = 0,
    SETTING_GID = 1,
    SETTING_USER_NAMESPACE = 2,   // 1: map the launcher's own user to SETTING_UID in a new user namespace
    SETTING_WALL_MS = 3,          // run. 0: no deadline
    SETTING_NETWORK = 4,          // enum network_mode
    SETTING_FILE_SIZE_BYTES = 5,  // 0: not limited
    SETTING_OPEN_FILES = 6,       // 0: not limited
    SETTING_PROCESSES = 7,        // 0: not limited by rlimit. Counts per user, or per user namespace where there is one
    SETTING_PROC = 8,             // 1: a fresh /proc
    SETTING_OPEN = 9,             // 1: no walls at all; nothing else of the cell's spec matters
    SETTING_COUNT,
};

enum network_mode { NETWORK_NONE = 0, NETWORK_LOOPBACK = 1 };

#endif

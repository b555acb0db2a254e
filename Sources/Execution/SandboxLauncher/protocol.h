// What worker and launcher say to each other, over a SOCK_SEQPACKET socket on file descriptor 3.
// Both ends run on one machine, so integers are in native order. The Swift side is in
// WeftSandbox/LauncherProtocol.swift; a change here is a change there, and of PROTOCOL_VERSION.
#ifndef WEFT_SANDBOX_PROTOCOL_H
#define WEFT_SANDBOX_PROTOCOL_H

#include <stdint.h>

#define PROTOCOL_MAGIC 0x54464557u  // "WEFT"
#define PROTOCOL_VERSION 1

enum { SOCKET_FD = 3, STEP_BYTES = 64, TEXT_BYTES = 256, SANDBOXES_MAX = 1024 };
enum { SPEC_BYTES_MAX = 8 << 20, OPERATIONS_MAX = 1024, CGROUPS_MAX = 16 };

enum request_kind {
    REQUEST_SPAWN = 1,  // with four descriptors: standard input, output, error, and a memfd that holds the spec
    REQUEST_KILL = 2,
};

struct request {
    uint32_t magic;
    uint32_t kind;
    uint64_t id;
};

enum reply_kind {
    REPLY_HELLO = 1,    // a: protocol version, b: process id of the launcher
    REPLY_STARTED = 2,  // a: process id of the sandbox's init, as the host sees it
    REPLY_EXITED = 3,   // a: enum exit_reason, b: exit code or signal. The last word on this id
    REPLY_ERROR = 4,    // a: errno, with step and text. The last word on this id
};

enum exit_reason {
    EXIT_REASON_CODE = 0,
    EXIT_REASON_SIGNAL = 1,
    EXIT_REASON_DEADLINE = 2,
    EXIT_REASON_KILLED = 3,     // because the worker asked
    EXIT_REASON_INIT_LOST = 4,  // something outside killed the init: the out-of-memory killer, or an administrator
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

// The spec is a sequence of records: u32 tag, u32 payload length, payload. No padding.
// Every string is followed by a NUL byte and contains no other.
enum spec_tag {
    SPEC_ARGUMENT = 1,     // string
    SPEC_ENVIRONMENT = 2,  // string, NAME=value
    SPEC_BIND = 3,         // u32 flags, string host path, string path in the sandbox
    SPEC_DIRECTORY = 4,    // string path
    SPEC_SYMLINK = 5,      // string what it points to, string path
    SPEC_FILE = 6,         // string path, bytes
    SPEC_TMPFS = 7,        // u64 bytes, u64 inodes, string path
    SPEC_CGROUP_V1 = 8,    // string path of a `tasks` file
    SPEC_CGROUP_V2 = 9,    // string path of a directory
    SPEC_SETTING = 10,     // u32 key, u64 value
    SPEC_HOSTNAME = 11,    // string
    SPEC_DIRECTORY_AT_START = 12,  // string path in the sandbox
};

enum bind_flag { BIND_WRITABLE = 1, BIND_DEVICE = 2, BIND_OPTIONAL = 4 };

enum spec_setting {
    SETTING_UID = 0,
    SETTING_GID = 1,
    SETTING_USER_NAMESPACE = 2,   // 1: map the launcher's own user to SETTING_UID in a new user namespace
    SETTING_WALL_MS = 3,          // 0: no deadline
    SETTING_NETWORK = 4,          // enum network_mode
    SETTING_FILE_SIZE_BYTES = 5,  // 0: not limited
    SETTING_OPEN_FILES = 6,       // 0: not limited
    SETTING_PROCESSES = 7,        // 0: not limited by rlimit. Counts per user, or per user namespace where there is one
    SETTING_PROC = 8,             // 1: a fresh /proc
    SETTING_COUNT,
};

enum network_mode { NETWORK_NONE = 0, NETWORK_LOOPBACK = 1 };

#endif

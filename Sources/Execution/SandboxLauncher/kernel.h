// System calls and constants that are newer than the C library's headers we build with.
// Numbers from 403 on are the same on every architecture.
#ifndef WEFT_SANDBOX_KERNEL_H
#define WEFT_SANDBOX_KERNEL_H

#include <stdint.h>

#define NR_PIDFD_SEND_SIGNAL 424
#define NR_IO_URING_SETUP 425
#define NR_IO_URING_ENTER 426
#define NR_IO_URING_REGISTER 427
#define NR_OPEN_TREE 428
#define NR_MOVE_MOUNT 429
#define NR_FSOPEN 430
#define NR_FSCONFIG 431
#define NR_FSMOUNT 432
#define NR_FSPICK 433
#define NR_CLONE3 435
#define NR_CLOSE_RANGE 436
#define NR_PIDFD_GETFD 438
#define NR_PROCESS_MADVISE 440
#define NR_MOUNT_SETATTR 442
#define NR_QUOTACTL_FD 443
#define NR_PROCESS_MRELEASE 448
#define NR_OPEN_TREE_ATTR 467
#define NR_NEWEST_KNOWN 469  // file_setattr, Linux 6.17; what comes later is answered with ENOSYS until it is reviewed

#define K_OPEN_TREE_CLONE 1u
#define K_OPEN_TREE_CLOEXEC 02000000u
#define K_AT_RECURSIVE 0x8000u
#define K_AT_EMPTY_PATH 0x1000u
#define K_MOVE_MOUNT_F_EMPTY_PATH 0x4u
#define K_MOUNT_ATTR_RDONLY 0x1u
#define K_MOUNT_ATTR_NOSUID 0x2u
#define K_MOUNT_ATTR_NODEV 0x4u
#define K_MOUNT_ATTR_NOEXEC 0x8u

struct k_mount_attr {
    uint64_t attr_set;
    uint64_t attr_clr;
    uint64_t propagation;
    uint64_t userns_fd;
};

#define K_CLONE_PIDFD 0x1000ull
#define K_CLONE_INTO_CGROUP 0x200000000ull

struct k_clone_args {
    uint64_t flags;
    uint64_t pidfd;
    uint64_t child_tid;
    uint64_t parent_tid;
    uint64_t exit_signal;
    uint64_t stack;
    uint64_t stack_size;
    uint64_t tls;
    uint64_t set_tid;
    uint64_t set_tid_size;
    uint64_t cgroup;
};

#endif

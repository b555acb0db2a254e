// The system call filter: classic BPF, written by hand so that nothing need be linked or installed.
// Everything a program normally does is allowed. Denied is what reaches past the sandbox, or is kernel surface that
// payloads have no business with. See docs/sandbox.md for the reasoning; the list there follows this one.
#if defined(__linux__)
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "kernel.h"
#include "launcher.h"

#if defined(__x86_64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "no system call filter for this architecture yet"
#endif

/// Answered with EPERM whatever their arguments.
static const unsigned short denied[] = {
    // Looking into, or steering, other processes.
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp, NR_PIDFD_GETFD, NR_PROCESS_MADVISE,
    NR_PROCESS_MRELEASE, SYS_migrate_pages, SYS_move_pages,
    // Mounts and roots.
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, NR_OPEN_TREE, NR_OPEN_TREE_ATTR, NR_MOVE_MOUNT, NR_FSOPEN,
    NR_FSCONFIG, NR_FSMOUNT, NR_FSPICK, NR_MOUNT_SETATTR, SYS_open_by_handle_at, SYS_swapon, SYS_swapoff,
    SYS_quotactl, NR_QUOTACTL_FD, SYS_fanotify_init,
    // Namespaces. clone is looked at below.
    SYS_unshare, SYS_setns,
    // Kernel programs, tracing, keys, asynchronous queues: large surfaces with a history.
    SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_add_key, SYS_request_key, SYS_keyctl, NR_IO_URING_SETUP,
    NR_IO_URING_ENTER, NR_IO_URING_REGISTER,
    // The machine itself.
    SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_reboot, SYS_syslog, SYS_acct,
    SYS_settimeofday, SYS_clock_settime, SYS_clock_adjtime, SYS_adjtimex, SYS_sethostname, SYS_setdomainname,
    SYS_vhangup,
#if defined(SYS_kexec_file_load)
    SYS_kexec_file_load,
#endif
    // Gone from newer kernels, and so from newer headers.
#if defined(SYS_lookup_dcookie)
    SYS_lookup_dcookie,
#endif
#if defined(SYS_nfsservctl)
    SYS_nfsservctl,
#endif
#if defined(__x86_64__)
    SYS_iopl, SYS_ioperm, SYS_modify_ldt, SYS_uselib, SYS_create_module, SYS_get_kernel_syms, SYS_query_module,
    SYS__sysctl,
#endif
};

enum { DENIED_COUNT = sizeof denied / sizeof denied[0], PROGRAM_MAX = DENIED_COUNT * 2 + 64 };

#define RETURN_ERROR(number) (SECCOMP_RET_ERRNO | ((number) & SECCOMP_RET_DATA))
#define LOAD(offset) emit(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (offset)))
#define RETURN(value) emit(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, (value)))
/// Runs the next `count` instructions only when the accumulator compares so; skips them otherwise.
#define WHEN(comparison, value, count) \
    emit(program, (struct sock_filter)BPF_JUMP(BPF_JMP | (comparison) | BPF_K, (value), 0, (count)))
#define UNLESS(comparison, value, count) \
    emit(program, (struct sock_filter)BPF_JUMP(BPF_JMP | (comparison) | BPF_K, (value), (count), 0))

// Both architectures are little endian: the low half of an argument comes first. The kernel takes these arguments as
// int or unsigned int, so the high half never matters.
#define ARGUMENT(index) (offsetof(struct seccomp_data, args) + 8 * (index))

struct program {
    struct sock_filter code[PROGRAM_MAX];
    unsigned short length;
};

static void emit(struct program *program, struct sock_filter instruction) {
    program->code[program->length++] = instruction;
}

static void emit_sockets(struct program *program, bool loopback) {
    WHEN(BPF_JEQ, SYS_socketpair, 4);
    LOAD(ARGUMENT(0));
    WHEN(BPF_JEQ, AF_UNIX, 1);
    RETURN(SECCOMP_RET_ALLOW);
    RETURN(RETURN_ERROR(EACCES));
    WHEN(BPF_JEQ, SYS_socket, loopback ? 12 : 4);
    LOAD(ARGUMENT(0));
    WHEN(BPF_JEQ, AF_UNIX, 1);
    RETURN(SECCOMP_RET_ALLOW);
    if (loopback) {
        WHEN(BPF_JEQ, AF_INET, 1);
        RETURN(SECCOMP_RET_ALLOW);
        WHEN(BPF_JEQ, AF_INET6, 1);
        RETURN(SECCOMP_RET_ALLOW);
        // Only NETLINK_ROUTE, which is protocol 0: libraries list the interfaces with it.
        WHEN(BPF_JEQ, AF_NETLINK, 3);
        LOAD(ARGUMENT(2));
        WHEN(BPF_JEQ, 0, 1);
        RETURN(SECCOMP_RET_ALLOW);
    }
    RETURN(RETURN_ERROR(EACCES));
}

bool install_filter(const struct spec *spec, struct failure *failure) {
    struct program space = {.length = 0}, *program = &space;
    LOAD(offsetof(struct seccomp_data, arch));
    UNLESS(BPF_JEQ, NATIVE_ARCHITECTURE, 1);
    RETURN(SECCOMP_RET_KILL_PROCESS);
    LOAD(offsetof(struct seccomp_data, nr));
#if defined(__x86_64__)
    // The x32 numbering would pass by every comparison below. -1 is what a tracer uses to skip a call.
    WHEN(BPF_JGE, 0x40000000u, 1);
    RETURN(SECCOMP_RET_KILL_PROCESS);
#endif
    WHEN(BPF_JGT, NR_NEWEST_KNOWN, 1);
    RETURN(RETURN_ERROR(ENOSYS));
    // Its flags are behind a pointer, where a filter cannot look. C libraries fall back to clone on ENOSYS.
    WHEN(BPF_JEQ, NR_CLONE3, 1);
    RETURN(RETURN_ERROR(ENOSYS));
    for (size_t index = 0; index < DENIED_COUNT; index++) {
        WHEN(BPF_JEQ, denied[index], 1);
        RETURN(RETURN_ERROR(EPERM));
    }
    // NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. (NEWTIME does not fit into clone's flags.)
    WHEN(BPF_JEQ, SYS_clone, 4);
    LOAD(ARGUMENT(0));
    WHEN(BPF_JSET, 0x7e020000u, 1);
    RETURN(RETURN_ERROR(EPERM));
    RETURN(SECCOMP_RET_ALLOW);
    // Only PER_LINUX and "tell me": other personalities weaken address space randomisation.
    WHEN(BPF_JEQ, SYS_personality, 5);
    LOAD(ARGUMENT(0));
    UNLESS(BPF_JEQ, 0u, 2);
    UNLESS(BPF_JEQ, 0xffffffffu, 1);
    RETURN(RETURN_ERROR(EPERM));
    RETURN(SECCOMP_RET_ALLOW);
    // TIOCSTI and TIOCLINUX put words into a terminal's mouth.
    WHEN(BPF_JEQ, SYS_ioctl, 6);
    LOAD(ARGUMENT(1));
    WHEN(BPF_JEQ, 0x5412u, 1);
    RETURN(RETURN_ERROR(EPERM));
    WHEN(BPF_JEQ, 0x541cu, 1);
    RETURN(RETURN_ERROR(EPERM));
    RETURN(SECCOMP_RET_ALLOW);
    emit_sockets(program, spec->settings[SETTING_NETWORK] == NETWORK_LOOPBACK);
    RETURN(SECCOMP_RET_ALLOW);

    struct sock_fprog filter = {.len = program->length, .filter = program->code};
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0))
        return failed(failure, "system call filter", "the kernel refused it (CONFIG_SECCOMP_FILTER is needed)");
    return true;
}
#endif

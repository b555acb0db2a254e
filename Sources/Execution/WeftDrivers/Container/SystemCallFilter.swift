#if os(Linux)
    import Glibc

    /// Which system calls a payload in a container may use, in the form that Docker, Podman and runc read (a seccomp
    /// profile; OCI runtime specification, `linux.seccomp`). One for all, since the profiles that engines have themselves
    /// differ: Podman's lets payloads make user namespaces, for example.
    ///
    /// What is not named is denied; what the sandbox denies (docs/sandbox.md) is not named. Calls of other architectures,
    /// 32-bit ones included, end the payload.
    struct SystemCallFilter: Encodable, Sendable, Hashable {
        struct Argument: Encodable, Sendable, Hashable {
            var index: Int
            var value: UInt64
            var valueTwo: UInt64 = 0
            var op = "SCMP_CMP_EQ"
        }

        struct Rule: Encodable, Sendable, Hashable {
            var names: [String]
            var action = "SCMP_ACT_ALLOW"
            var args: [Argument] = []
            var errnoRet: UInt32?
        }

        /// Denied with EPERM; what is newer than the runtime knows, with ENOSYS.
        var defaultAction = "SCMP_ACT_ERRNO"
        var syscalls: [Rule]

        static let standard = SystemCallFilter(
            syscalls: [
                Rule(names: allowed),
                // NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET.
                Rule(
                    names: ["clone"],
                    args: [Argument(index: 0, value: 0x7e02_0000, op: "SCMP_CMP_MASKED_EQ")]),
                // Its flags are behind a pointer, where a filter cannot look. C libraries fall back to clone.
                Rule(names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: UInt32(ENOSYS)),
                Rule(names: ["socket"], args: [Argument(index: 0, value: UInt64(AF_UNIX))]),
                Rule(names: ["socket"], args: [Argument(index: 0, value: UInt64(AF_INET))]),
                Rule(names: ["socket"], args: [Argument(index: 0, value: UInt64(AF_INET6))]),
                // NETLINK_ROUTE: libraries list the interfaces with it.
                Rule(
                    names: ["socket"],
                    args: [Argument(index: 0, value: UInt64(AF_NETLINK)), Argument(index: 2, value: 0)]),
                Rule(names: ["socketpair"], args: [Argument(index: 0, value: UInt64(AF_UNIX))]),
                // PER_LINUX, and "tell me": others weaken the randomisation of addresses.
                Rule(names: ["personality"], args: [Argument(index: 0, value: 0)]),
                Rule(names: ["personality"], args: [Argument(index: 0, value: 0xffff_ffff)]),
            ])

        /// As engines are given it, at most once per process.
        static let json = Result { String(decoding: try EngineClient.encode(standard), as: UTF8.self) }

        /// As Podman is given it, which reads a file: written anew, and in place once it is whole.
        ///
        /// - Throws: ``SystemError``.
        static func write(to path: String) throws {
            let temporary = "\(path).\(UInt64.random(in: .min ... .max))"
            let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
            guard file >= 0 else { throw SystemError("cannot create \(temporary)") }
            defer { close(file) }
            do {
                try Array(json.get().utf8).withUnsafeBytes { try writeAll(file, $0) }
                guard rename(temporary, path) == 0 else { throw SystemError("cannot create \(path)") }
            } catch {
                unlink(temporary)
                throw error
            }
        }

        private static let allowed = """
            accept accept4 access alarm arch_prctl bind brk cachestat capget capset chdir chmod chown clock_getres
            clock_gettime clock_nanosleep close close_range connect copy_file_range creat dup dup2 dup3 epoll_create
            epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd eventfd2 execve execveat exit exit_group
            faccessat faccessat2 fadvise64 fallocate fchdir fchmod fchmodat fchmodat2 fchown fchownat fcntl fdatasync
            fgetxattr flistxattr flock fork fremovexattr fsetxattr fstat fstatfs fsync ftruncate futex futex_requeue
            futex_wait futex_waitv futex_wake futimesat get_robust_list get_thread_area getcpu getcwd getdents getdents64
            getegid geteuid getgid getgroups getitimer getpeername getpgid getpgrp getpid getppid getpriority getrandom
            getresgid getresuid getrlimit getrusage getsid getsockname getsockopt gettid gettimeofday getuid getxattr
            getxattrat inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel io_destroy io_getevents
            io_pgetevents io_setup io_submit ioctl ioprio_get ioprio_set kill landlock_add_rule landlock_create_ruleset
            landlock_restrict_self lchown lgetxattr link linkat listen listxattr listxattrat llistxattr lremovexattr lseek
            lsetxattr lstat madvise map_shadow_stack membarrier memfd_create mincore mkdir mkdirat mknod mknodat mlock
            mlock2 mlockall mmap mprotect mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedsend mq_unlink mremap
            mseal msgctl msgget msgrcv msgsnd msync munlock munlockall munmap nanosleep newfstatat open openat openat2
            pause pidfd_open pidfd_send_signal pipe pipe2 pkey_alloc pkey_free pkey_mprotect poll ppoll prctl pread64
            preadv preadv2 prlimit64 pselect6 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv recvfrom
            recvmmsg recvmsg remap_file_pages removexattr removexattrat rename renameat renameat2 restart_syscall
            riscv_flush_icache rmdir rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn
            rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo sched_get_priority_max sched_get_priority_min
            sched_getaffinity sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval sched_setaffinity
            sched_setattr sched_setparam sched_setscheduler sched_yield seccomp select semctl semget semop semtimedop
            sendfile sendmmsg sendmsg sendto set_robust_list set_thread_area set_tid_address setfsgid setfsuid setgid
            setgroups setitimer setpgid setpriority setregid setresgid setresuid setreuid setrlimit setsid setsockopt
            setuid setxattr setxattrat shmat shmctl shmdt shmget shutdown sigaltstack signalfd signalfd4 splice stat
            statfs statx symlink symlinkat sync sync_file_range sync_file_range2 syncfs sysinfo tee tgkill time
            timer_create timer_delete timer_getoverrun timer_gettime timer_settime timerfd_create timerfd_gettime
            timerfd_settime times tkill truncate umask uname unlink unlinkat utime utimensat utimes vfork vmsplice wait4
            waitid write writev
            """.split { $0 == " " || $0 == "\n" }.map(String.init)
    }
#endif

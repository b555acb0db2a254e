extension Attack {
    /// More rights than a payload has.
    static let ofPrivileges: [Attack] = [
        Attack(
            "become-root", "makes itself another user",
            """
            DENIED(setuid(0)); DENIED(setgid(0)); DENIED(setresuid(0, 0, 0)); DENIED(setfsuid(0) == 0 ? 0 : (errno = EPERM, -1));
            DENIED(setgroups(1, (gid_t[]){0})); DENIED(setgroups(0, NULL));
            BLOCKED(geteuid() == 0 ? 0 : -1); BLOCKED(getegid() == 0 ? 0 : -1);
            """),
        Attack(
            "capabilities", "has capabilities, or takes some",
            """
            struct { unsigned version; int pid; } header = {0x20080522, 0};
            struct { unsigned effective, permitted, inheritable; } sets[2] = {{~0u, ~0u, ~0u}, {~0u, ~0u, ~0u}};
            DENIED(syscall(SYS_capset, &header, sets));
            syscall(SYS_capget, &header, sets);
            BLOCKED(sets[0].effective | sets[0].permitted | sets[1].effective | sets[1].permitted ? 0 : -1);
            BLOCKED(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 21 /* SYS_ADMIN */, 0, 0));
            BLOCKED(prctl(PR_SET_SECUREBITS, 1, 0, 0, 0));
            """),
        Attack(
            "regain-privileges",
            "turns off the promise never to gain privileges, which is what makes setuid programs harmless",
            """
            BLOCKED(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0)); BLOCKED(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? -1 : 0);
            """),
        Attack(
            "own-filter", "puts a system call filter that allows everything over the wall's",
            holds: .blockedByTheMachine,
            """
            struct sock_filter allow = {.code = 6 /* BPF_RET | BPF_K */, .k = 0x7fff0000 /* SECCOMP_RET_ALLOW */};
            struct sock_fprog program = {.len = 1, .filter = &allow};
            prctl(PR_SET_SECCOMP, 2 /* SECCOMP_MODE_FILTER */, &program, 0, 0);
            DENIED(unshare(CLONE_NEWUSER)); BLOCKED(prctl(PR_SET_SECCOMP, 0, 0, 0, 0));
            """),
        Attack(
            "namespaces", "makes namespaces, in which it would be root", holds: .blockedByTheMachine,
            """
            static const int kinds[] = {CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS,
                CLONE_NEWCGROUP, 0x80 /* CLONE_NEWTIME */};
            for (int i = 0; i < COUNT(kinds); i++) {
                DENIED(in_child(unshare(kinds[i]))); DENIED(in_child(unshare(CLONE_NEWUSER | kinds[i])));
                if (kinds[i] != 0x80) DENIED(cloned(kinds[i])); 
                if (kinds[i] != 0x80) DENIED(cloned(CLONE_NEWUSER | kinds[i]));
            }
            uint64_t request[11] = {CLONE_NEWUSER, [4] = SIGCHLD};
            DENIED(ended_child(syscall(435 /* clone3 */, request, sizeof request)));
            """),
        Attack(
            "join-namespaces", "joins the namespaces of its init, or of a process outside", holds: .blockedByTheMachine,
            """
            static const char *names[] = {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup"};
            for (int i = 0; i < COUNT(names); i++) {
                BLOCKED(setns(open(text("/proc/%d/ns/%s", victim, names[i]), O_RDONLY), 0));
                DENIED(setns(open(text("/proc/self/ns/%s", names[i]), O_RDONLY), 0));
            }
            """),
        Attack(
            "root-in-namespace", "mounts and makes devices as the root of a user namespace of its own",
            holds: .blockedByTheMachine,
            """
            BLOCKED(in_child(unshare(CLONE_NEWUSER | CLONE_NEWNS) ? -1 : mount("none", "/tmp", "tmpfs", 0, "")));
            BLOCKED(in_child(unshare(CLONE_NEWUSER | CLONE_NEWNET) ? -1 : socket(AF_PACKET, SOCK_RAW, 0)));
            """),
        Attack(
            "mounts", "mounts, mounts anew, unmounts, by the old calls and the new",
            """
            DENIED(mount("none", "/tmp", "tmpfs", 0, "")); DENIED(mount("/", "/work", NULL, MS_BIND, NULL));
            DENIED(mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL)); DENIED(mount("proc", "/tmp", "proc", 0, ""));
            DENIED(umount2("/proc", MNT_DETACH)); DENIED(umount2("/work", MNT_DETACH));
            DENIED(syscall(428 /* open_tree */, AT_FDCWD, "/", 1)); DENIED(syscall(430 /* fsopen */, "tmpfs", 0));
            DENIED(syscall(442 /* mount_setattr */, AT_FDCWD, "/", 0, (uint64_t[4]){0}, 32));
            BLOCKED(syscall(429 /* move_mount */, AT_FDCWD, "/proc", AT_FDCWD, "/work", 0));
            """),
        Attack(
            "roots", "changes its root directory to get above it",
            """
            DENIED(chroot("/tmp")); DENIED(syscall(SYS_pivot_root, ".", "."));
            mkdir("root", 0700); chdir("root"); DENIED(chroot("."));
            for (int i = 0; i < 64; i++) chdir("..");
            BLOCKED(open(secret + 1, O_RDONLY));
            """),
        Attack(
            "other-call-tables", "uses the system calls of 32-bit programs, which filters may forget",
            holds: .blockedByTheMachine,
            """
            #if defined(__x86_64__)
            long result;
            // socket(AF_INET) by socketcall.
            __asm__ volatile("int $0x80" : "=a"(result) : "a"(102), "b"(1), "c"(0) : "memory");
            BLOCKED(result == -EFAULT || result >= 0 ? 0 : -1);
            BLOCKED(syscall(0x40000000 + SYS_getpid));
            #else
            BLOCKED(-1);
            #endif
            """),
        Attack(
            "scheduling", "takes precedence over others: negative niceness, real time", holds: .blockedByTheMachine,
            """
            struct sched_param first = {.sched_priority = 1};
            DENIED(setpriority(PRIO_PROCESS, 0, -20)); DENIED(sched_setscheduler(0, SCHED_FIFO, &first));
            DENIED(sched_setscheduler(0, SCHED_RR, &first)); BLOCKED(setpriority(PRIO_USER, 0, -20));
            DENIED(syscall(SYS_ioprio_set, 1, 0, 1 << 13 /* IOPRIO_CLASS_RT */));
            """),
        Attack(
            "raise-limits", "raises its own limits, and changes those of a process outside",
            holds: .blockedByTheMachine,
            seen: .victim,
            """
            static const int kinds[] = {RLIMIT_NOFILE, RLIMIT_FSIZE, RLIMIT_NPROC, RLIMIT_CORE};
            for (int i = 0; i < COUNT(kinds); i++) {
                struct rlimit limit;
                getrlimit(kinds[i], &limit);
                if (limit.rlim_max == RLIM_INFINITY) continue;
                limit.rlim_max++;
                DENIED(setrlimit(kinds[i], &limit));
            }
            struct rlimit none = {0, 0};
            BLOCKED(prlimit(victim, RLIMIT_NOFILE, &none, NULL));
            """),
        Attack(
            "spared-by-the-killer", "asks the kernel to kill others before it when memory is short",
            holds: .blockedByTheMachine,
            """
            BLOCKED(put("/proc/self/oom_score_adj", "-1000")); BLOCKED(put("/proc/self/oom_adj", "-17"));
            BLOCKED(put("/proc/1/oom_score_adj", "-1000"));
            """),
        Attack(
            "address-layout", "turns off the randomisation of addresses", holds: .blockedByTheMachine,
            """
            DENIED(syscall(SYS_personality, 0x0040000 /* ADDR_NO_RANDOMIZE */));
            DENIED(syscall(SYS_personality, 0x0400000 /* READ_IMPLIES_EXEC */));
            """),
    ]
}

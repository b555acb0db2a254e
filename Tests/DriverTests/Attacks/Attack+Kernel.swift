extension Attack {
    /// The kernel, and the machine's settings.
    static let ofTheKernel: [Attack] = [
        Attack(
            "kernel-programs", "loads programs into the kernel (bpf)", holds: .blockedByTheMachine,
            """
            uint32_t map[18] = {2, 4, 4, 1};
            DENIED(syscall(SYS_bpf, 0 /* BPF_MAP_CREATE */, map, sizeof map));
            DENIED(syscall(SYS_bpf, 5 /* BPF_PROG_LOAD */, map, sizeof map));
            """),
        Attack(
            "performance-counters", "counts what the processor does for others", holds: .blockedByTheMachine,
            """
            struct perf_event_attr event = {.size = sizeof event, .type = PERF_TYPE_SOFTWARE};
            DENIED(syscall(SYS_perf_event_open, &event, 0, -1, -1, 0));
            DENIED(syscall(SYS_perf_event_open, &event, -1, 0, -1, 0));
            """),
        Attack(
            "page-faults", "handles page faults itself, to stop the kernel half way", holds: .blockedByTheMachine,
            """
            DENIED(syscall(SYS_userfaultfd, O_CLOEXEC));
            """),
        Attack(
            "kernel-rings", "has the kernel do work by io_uring, past filters", holds: .blockedByTheMachine,
            """
            uint32_t parameters[30] = {0};
            DENIED(syscall(425 /* io_uring_setup */, 8, parameters));
            """),
        Attack(
            "keyring", "keeps and finds keys in the kernel's keyring", holds: .blockedByTheMachine,
            """
            DENIED(syscall(SYS_add_key, "user", "weft", "x", 1, -4)); DENIED(syscall(SYS_request_key, "user", "weft", 0, 0));
            DENIED(syscall(SYS_keyctl, 0, -3, 1));
            """),
        Attack(
            "kernel-modules", "loads and removes kernel modules", seen: .settings,
            """
            DENIED(syscall(SYS_init_module, space, 64, "")); DENIED(syscall(SYS_finit_module, 0, "", 0));
            DENIED(syscall(SYS_delete_module, "ext4", O_NONBLOCK));
            """),
        Attack(
            "other-kernel", "loads another kernel, restarts or halts the machine", seen: .settings,
            """
            DENIED(syscall(SYS_kexec_load, 0, 0, NULL, 0)); DENIED(reboot(RB_AUTOBOOT)); DENIED(reboot(RB_DISABLE_CAD));
            """),
        Attack(
            "swap-and-accounts", "adds swap, writes accounts of processes, sets quotas", seen: .settings,
            """
            close(open("swap", O_WRONLY | O_CREAT, 0600));
            DENIED(swapon("/work/swap", 0)); DENIED(swapoff("/work/swap")); DENIED(acct("/work/swap"));
            BLOCKED(syscall(SYS_quotactl, 0x800002 << 8, "/dev/sda", 0, 0)); DENIED(vhangup());
            """),
        Attack(
            "clock", "sets the machine's clock", seen: .settings,
            """
            struct timeval now = {1, 0};
            struct timespec precise = {1, 0};
            struct timex adjust = {.modes = ADJ_TICK, .tick = 10000};
            DENIED(settimeofday(&now, NULL)); DENIED(clock_settime(CLOCK_REALTIME, &precise)); DENIED(adjtimex(&adjust));
            """),
        Attack(
            "host-name", "renames the machine", seen: .settings,
            """
            DENIED(sethostname("owned", 5)); DENIED(setdomainname("owned", 5));
            """),
        Attack(
            "ports", "reads and writes the machine's ports",
            """
            #if defined(__x86_64__)
            DENIED(iopl(3)); DENIED(ioperm(0x70, 2, 1));
            #else
            BLOCKED(-1);
            #endif
            """),
        Attack(
            "kernel-settings", "writes kernel settings in /proc: who gets core dumps, who loads modules",
            holds: .blockedByTheMachine, seen: .settings,
            """
            static const char *names[] = {"sys/kernel/core_pattern", "sys/kernel/modprobe", "sys/kernel/hostname",
                "sys/vm/drop_caches", "sys/vm/overcommit_memory", "sys/fs/binfmt_misc/register", "sysrq-trigger",
                "sys/net/ipv4/ip_forward", "sys/kernel/yama/ptrace_scope", "irq/1/smp_affinity",
                "sys/user/max_user_namespaces", "sys/kernel/unprivileged_bpf_disabled"};
            for (int i = 0; i < COUNT(names); i++) BLOCKED(put(text("/proc/%s", names[i]), "0"));
            """),
        Attack(
            "device-settings", "writes settings of devices and power in /sys", seen: .settings,
            """
            static const char *names[] = {"kernel/uevent_helper", "power/state", "kernel/profiling", "module/kernel/parameters/panic",
                "kernel/mm/transparent_hugepage/enabled", "block/vda/queue/scheduler", "class/net/lo/mtu", "kernel/debug/sched"};
            for (int i = 0; i < COUNT(names); i++) BLOCKED(put(text("/sys/%s", names[i]), "0"));
            """),
        Attack(
            "user-maps", "maps other users onto itself",
            """
            BLOCKED(put("/proc/self/uid_map", "0 0 1")); BLOCKED(put("/proc/self/gid_map", "0 0 1"));
            """),
        Attack(
            "control-groups",
            "leaves its control groups, widens them, or has the kernel run a program when one is empty",
            seen: .settings,
            """
            static const char *roots[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/pids", "/sys/fs/cgroup/cpu",
                "/sys/fs/cgroup/devices", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/rdma", "/groups", "/groups/run"};
            static const char *names[] = {"cgroup.procs", "release_agent", "notify_on_release", "memory.limit_in_bytes",
                "memory.max", "pids.max", "cpu.max", "cpu.cfs_quota_us", "devices.allow", "cgroup.subtree_control"};
            for (int root = 0; root < COUNT(roots); root++) {
                for (int i = 0; i < COUNT(names); i++) BLOCKED(put(text("%s/%s", roots[root], names[i]), "0"));
                BLOCKED(mkdir(text("%s/weft-attack", roots[root]), 0777));
            }
            """),
        Attack(
            "kernel-log", "reads and clears the kernel's log", holds: .blockedByTheMachine,
            """
            DENIED(syscall(SYS_syslog, 3, space, 100)); DENIED(syscall(SYS_syslog, 5, NULL, 0));
            BLOCKED(open("/proc/kmsg", O_RDONLY)); 
            """),
        Attack(
            "file-watching", "watches what others do with files", holds: .blockedByTheMachine,
            """
            DENIED(syscall(SYS_fanotify_init, 0, O_RDONLY)); DENIED(syscall(SYS_fanotify_init, 0x0c, O_RDONLY));
            """),
        Attack(
            "terminal", "types into the terminal of whoever started the worker",
            """
            char letter = 'x';
            BLOCKED(ioctl(0, TIOCSTI, &letter)); BLOCKED(ioctl(2, 0x100000000ull | TIOCSTI, &letter));
            letter = 3;
            BLOCKED(ioctl(0, TIOCLINUX, &letter)); BLOCKED(open("/dev/tty", O_RDWR)); BLOCKED(ioctl(0, TIOCSCTTY, 1));
            """),
        Attack(
            "local-descriptor-tables", "changes segment descriptors, an old way into kernels",
            holds: .blockedByTheMachine,
            """
            #if defined(__x86_64__)
            uint32_t entry[4] = {0, 0, 0xfffff, 0x51};
            DENIED(syscall(SYS_modify_ldt, 1, entry, sizeof entry));
            #else
            BLOCKED(-1);
            #endif
            """),
    ]
}

extension Attack {
    /// Other processes, and staying behind.
    static let ofProcesses: [Attack] = [
        Attack(
            "see-processes", "finds a process outside by its command line or its environment", seen: .secret,
            """
            DIR *list = opendir("/proc");
            for (struct dirent *entry; list && (entry = readdir(list));) {
                if (atoi(entry->d_name) <= 0) continue;
                static const char *files[] = {"cmdline", "environ"};
                for (int i = 0; i < 2; i++) {
                    int fd = open(text("/proc/%s/%s", entry->d_name, files[i]), O_RDONLY);
                    ssize_t size = read(fd, space, 4096);
                    close(fd);
                    BLOCKED(size > 0 && memmem(space, size, "victim-", 7) ? 0 : -1);
                }
            }
            if (list) closedir(list);
            """),
        Attack(
            "look-into-processes", "opens memory, environment, root and files of a process outside, and of init",
            seen: .secret,
            """
            static const char *files[] = {"mem", "environ", "maps", "root", "cwd", "fd", "ns/mnt", "exe", "syscall", "stack"};
            for (int i = 0; i < COUNT(files); i++) {
                BLOCKED(open(text("/proc/%d/%s", victim, files[i]), O_RDONLY));
                if (getppid() != 1) BLOCKED(open(text("/proc/1/%s", files[i]), O_RDONLY));
            }
            """),
        Attack(
            "signal-others", "signals a process outside, by its number and by a descriptor", seen: .victim,
            """
            BLOCKED(kill(victim, SIGKILL)); BLOCKED(kill(victim, 0)); BLOCKED(syscall(434 /* pidfd_open */, victim, 0));
            BLOCKED(syscall(SYS_tgkill, victim, victim, SIGKILL)); BLOCKED(sigqueue(victim, SIGTERM, (union sigval){0}));
            """),
        Attack(
            "signal-everybody", "signals everybody it may signal",
            holds: .harmless(because: "its process namespace has nobody but itself in it"), seen: .victim,
            """
            // Those of this program are spared: 0 asks who could be reached.
            kill(-1, 0); kill(-1, SIGCONT); kill(0, SIGCONT); kill(-victim, SIGKILL);
            """),
        Attack(
            "signal-init", "sends every signal to its init", holds: .harmless(because: "the kernel keeps them from it"),
            """
            if (getppid() != 1) for (int number = 1; number < 65; number++) if (number != SIGSTOP) kill(1, number);
            """),
        Attack(
            "trace", "traces its init, and a process outside", holds: .blockedByTheMachine, seen: .victim,
            """
            BLOCKED(ptrace(PTRACE_ATTACH, victim, 0, 0)); BLOCKED(ptrace(PTRACE_SEIZE, victim, 0, 0));
            DENIED(ptrace(PTRACE_SEIZE, 1, 0, 0));
            """),
        Attack(
            "process-memory", "reads and writes the memory of processes outside", holds: .blockedByTheMachine,
            seen: .secret,
            """
            struct iovec part = {space, 8};
            BLOCKED(process_vm_readv(victim, &part, 1, &part, 1, 0)); BLOCKED(process_vm_writev(victim, &part, 1, &part, 1, 0));
            DENIED(process_vm_readv(getppid(), &part, 1, &part, 1, 0));
            DENIED(syscall(SYS_kcmp, 1, getpid(), 0, 0, 0)); BLOCKED(syscall(440 /* process_madvise */, 1, &part, 1, 4, 0));
            """),
        Attack(
            "steal-descriptors", "takes another process's open files", holds: .blockedByTheMachine, seen: .secret,
            """
            int handle = syscall(434 /* pidfd_open */, getppid(), 0);
            DENIED(syscall(438 /* pidfd_getfd */, handle, 0, 0));
            """),
        Attack(
            "daemon", "leaves a process in a session of its own that ignores every signal",
            holds: .harmless(
                because: "everything in its process namespace, or its tree, is killed before the attempt is over"),
            seen: .processes,
            """
            if (fork() == 0) { setsid(); if (fork() == 0) { ignore_signals(); close_streams(); for (;;) pause(); } _exit(0); }
            """),
        Attack(
            "daemon-with-output", "leaves a process that holds its standard output open",
            holds: .harmless(because: "it is killed, and then nobody holds it open"), seen: .processes,
            """
            if (fork() == 0) { setsid(); if (fork() == 0) { ignore_signals(); for (;;) pause(); } _exit(0); }
            """),
        Attack(
            "orphan-reaper", "makes itself the parent of orphans, and leaves some",
            holds: .harmless(because: "it dies with them"), seen: .processes,
            """
            if (fork() == 0) {
                prctl(PR_SET_CHILD_SUBREAPER, 1); prctl(PR_SET_PDEATHSIG, 0); ignore_signals();
                for (int i = 0; i < 3; i++) if (fork() == 0) { setsid(); close_streams(); for (;;) pause(); }
                close_streams();
                for (;;) pause();
            }
            """),
        Attack(
            "stopped-process", "leaves a stopped process, which no longer listens to signals but the last",
            holds: .harmless(because: "SIGKILL reaches stopped ones too"), seen: .processes,
            """
            if (fork() == 0) { close_streams(); raise(SIGSTOP); for (;;) pause(); }
            """),
        Attack(
            "memory-program", "runs a program that is in no file, only in memory",
            holds: .harmless(because: "the wall is around processes, whatever they execute"), seen: .secret,
            """
            int own = open("/proc/self/exe", O_RDONLY), copy = syscall(SYS_memfd_create, "copy", MFD_CLOEXEC);
            for (ssize_t size; (size = read(own, space, sizeof space)) > 0;) write(copy, space, size);
            pid_t child = fork();
            if (child == 0) {
                char *arguments[] = {"inner", "inner", (char *)secret, NULL}, *none[] = {NULL};
                syscall(SYS_execveat, copy, "", arguments, none, AT_EMPTY_PATH);
                _exit(0);
            }
            int status = 0;
            waitpid(child, &status, 0);
            BLOCKED(WIFEXITED(status) && WEXITSTATUS(status) == 0 ? -1 : 0);
            """),
    ]
}

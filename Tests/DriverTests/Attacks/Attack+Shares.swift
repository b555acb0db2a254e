extension Attack {
    /// More than its share, in ways that the limits' own tests do not go through (DriverLimitTests).
    static let ofShares: [Attack] = [
        Attack(
            "descriptors", "opens files until there are no more",
            holds: .harmless(because: "open files are limited, and belong to it"),
            """
            int opened = 0;
            while (opened < 100000 && open("/dev/null", O_RDONLY) >= 0) opened++;
            BLOCKED(opened == 100000 ? 0 : -1);
            """),
        Attack(
            "locked-memory", "locks memory so that it cannot be taken from it",
            holds: .harmless(because: "locked memory counts as its memory, and its lock ends with it"),
            """
            char *pages = mmap(NULL, 8 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            mlock(pages, 8 << 20); mlockall(MCL_CURRENT); munlockall(); munmap(pages, 8 << 20);
            mmap(NULL, 64 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
            """),
        Attack(
            "sparse-memory", "has the kernel make tables for a large, nearly empty address space",
            holds: .harmless(because: "page tables count as its memory"),
            """
            char *pages = mmap(NULL, 1ul << 36, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
            if (pages != MAP_FAILED) for (long i = 0; i < 256; i++) pages[i << 28 >> 2] = 1;
            """),
        Attack(
            "temporary-files", "fills /tmp and /dev/shm",
            holds: .harmless(because: "they are its own, bounded, in memory that counts as its own"),
            """
            static const char *folders[] = {"/tmp", "/dev/shm"};
            for (int i = 0; i < 2; i++) {
                int fd = open(text("%s/big", folders[i]), O_WRONLY | O_CREAT, 0600), parts = 0;
                while (parts < 128 && write(fd, space, sizeof space) == sizeof space) parts++;
                close(fd); unlink(text("%s/big", folders[i]));
                BLOCKED(parts == 128 ? 0 : -1);
            }
            """),
        Attack(
            "huge-sparse-file", "makes a file that claims a tebibyte",
            holds: .harmless(because: "what a file occupies counts, and its size is limited"), seen: .end,
            """
            signal(SIGXFSZ, SIG_IGN);
            int fd = open("sparse", O_RDWR | O_CREAT, 0600);
            ftruncate(fd, 1ll << 40); pwrite(fd, "x", 1, (1ll << 40) - 1); close(fd); unlink("sparse");
            """),
        Attack(
            "timers", "sets thousands of timers and alarms, and queues signals",
            holds: .harmless(because: "they are bounded for its user, count as kernel memory, and end with it"),
            """
            timer_t timer;
            struct sigevent nothing = {.sigev_notify = SIGEV_NONE};
            int made = 0;
            while (made < 5000 && timer_create(CLOCK_MONOTONIC, &nothing, &timer) == 0) made++;
            sigset_t blocked;
            sigfillset(&blocked); sigprocmask(SIG_BLOCK, &blocked, NULL);
            for (int i = 0; i < 5000 && sigqueue(getpid(), SIGRTMIN, (union sigval){0}) == 0; i++) {}
            """),
        Attack(
            "core-dump", "crashes, to have a memory image written somewhere",
            holds: .harmless(because: "core dumps are limited to nothing, which it cannot raise"), seen: .outputs,
            """
            if (fork() == 0) { struct rlimit most = {RLIM_INFINITY, RLIM_INFINITY}; setrlimit(RLIMIT_CORE, &most); abort(); }
            wait(NULL);
            BLOCKED(open("core", O_RDONLY));
            """),
        Attack(
            "processors", "moves to processors that others use",
            holds: .harmless(because: "its processor time is limited wherever it is spent"),
            """
            cpu_set_t all;
            memset(&all, 0xff, sizeof all);
            sched_setaffinity(0, sizeof all, &all);
            """),
    ]

    /// What the next payload would find, in the same cell or on the same engine. `attack find` looks for it.
    static let ofLeavings: [Attack] = [
        Attack(
            "leave-files", "leaves files, folders and modes in all places that outlive a process",
            holds: .harmless(because: "they are made anew for every run"), seen: .next,
            """
            for (int i = 0; i < COUNT(left); i++) close(open(left[i], O_WRONLY | O_CREAT, 0666));
            mkdir("/tmp/left-folder", 0700); chmod("/tmp", 0700); chmod("/dev/shm", 0700);
            """),
        Attack(
            "leave-shared-memory", "leaves shared memory, semaphores and queues",
            holds: .harmless(because: "their namespace is made anew for every run"), seen: .next,
            """
            shmget(LEFT_KEY, 4096, IPC_CREAT | 0666); msgget(LEFT_KEY, IPC_CREAT | 0666); semget(LEFT_KEY, 1, IPC_CREAT | 0666);
            syscall(SYS_mq_open, "left", O_RDWR | O_CREAT, 0666, NULL);
            """),
        Attack(
            "leave-server", "leaves a server that listens on a socket without a path",
            holds: .harmless(because: "it is killed before the next run begins"), seen: .next,
            """
            if (fork() == 0) {
                setsid(); ignore_signals(); close_streams();
                talk(bind);
                for (;;) pause();
            }
            for (int tries = 0; tries < 500 && talk(connect); tries++) usleep(1000);
            """),
        Attack(
            "change-program", "changes its own program and inputs, for whoever runs next",
            holds: .harmless(because: "every attempt gets its files anew from what their digests name"), seen: .next,
            """
            static const char *names[] = {"attack", "main.s", "input"};
            for (int i = 0; i < COUNT(names); i++) {
                chmod(names[i], 0777); unlink(names[i]);
                int fd = open(names[i], O_WRONLY | O_CREAT, 0777);
                write(fd, "#!/bin/sh\\necho changed\\n", 23); close(fd);
            }
            """),
    ]
}

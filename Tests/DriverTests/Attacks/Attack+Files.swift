extension Attack {
    /// The host's files, and what may be done with one's own.
    static let ofFiles: [Attack] = [
        Attack(
            "host-secret", "reads a file of the host that everyone may read, by every way round", seen: .secret,
            """
            static const char *ways[] = {"", "/proc/1/root", "/proc/self/root", "/proc/self/cwd/..", "/work/../..",
                "/proc/thread-self/root", "/../../.."};
            for (int i = 0; i < COUNT(ways); i++) BLOCKED(open(text("%s%s", ways[i], secret), O_RDONLY));
            """),
        Attack(
            "host-accounts", "reads the accounts' passwords", seen: .secret,
            """
            BLOCKED(open("/etc/shadow", O_RDONLY)); BLOCKED(open("/etc/gshadow", O_RDONLY));
            BLOCKED(open("/etc/sudoers", O_RDONLY)); BLOCKED(open("/etc/ssh/ssh_host_ed25519_key", O_RDONLY));
            """),
        Attack(
            "host-homes", "lists the homes of the host's users, and its logs", seen: .secret,
            """
            BLOCKED(open("/root/.bashrc", O_RDONLY)); BLOCKED(open("/root/.ssh", O_RDONLY));
            BLOCKED(open("/var/log/dpkg.log", O_RDONLY)); BLOCKED(open("/var/lib/dpkg", O_RDONLY));
            BLOCKED(open("/var/spool/cron", O_RDONLY));
            """),
        Attack(
            "worker-data", "reads the worker's identity and other workspaces", seen: .secret,
            """
            BLOCKED(open(text("%s/identity.key", data), O_RDONLY)); BLOCKED(open(text("%s/work", data), O_RDONLY));
            BLOCKED(open("../identity.key", O_RDONLY)); BLOCKED(open("../../identity.key", O_RDONLY));
            BLOCKED(open("/work/../identity.key", O_RDONLY)); BLOCKED(open(data, O_RDONLY));
            """),
        Attack(
            "link-to-host", "follows symbolic links of its own to the host's files", seen: .secret,
            """
            symlink(secret, "link"); symlink("/proc/1/root", "up"); symlink("../..", "above");
            BLOCKED(open("link", O_RDONLY)); BLOCKED(open(text("up%s", secret), O_RDONLY));
            BLOCKED(open(text("above%s", secret), O_RDONLY));
            """),
        Attack(
            "hard-link-to-host", "makes a hard link to a file outside its directory", seen: .secret,
            """
            BLOCKED(link(secret, "hard")); BLOCKED(link("/etc/passwd", "hard"));
            BLOCKED(linkat(AT_FDCWD, "/proc/1/exe", AT_FDCWD, "hard", AT_SYMLINK_FOLLOW));
            """),
        Attack(
            "write-host", "writes into the host's files", seen: .secret,
            """
            BLOCKED(open(secret, O_WRONLY | O_APPEND)); BLOCKED(open(text("%s/new", folder), O_WRONLY | O_CREAT, 0666));
            BLOCKED(mkdir(text("%s/new", folder), 0777)); BLOCKED(unlink(secret)); BLOCKED(rename(secret, "got"));
            BLOCKED(truncate(secret, 0)); BLOCKED(chmod(secret, 0777));
            """),
        Attack(
            "write-system", "changes programs, libraries and settings of the system it sees", seen: .secret,
            """
            static const char *paths[] = {"/new", "/usr/new", "/usr/bin/new", "/bin/new", "/sbin/new", "/lib/new", "/etc/new",
                "/var/new", "/usr/lib/new", "/etc/passwd", "/etc/hosts", "/etc/ld.so.preload", "/bin/sh", "/bin/busybox"};
            for (int i = 0; i < COUNT(paths); i++) BLOCKED(open(paths[i], O_WRONLY | O_CREAT, 0666));
            BLOCKED(unlink("/bin/sh")); BLOCKED(rename("/etc", "/etc2")); BLOCKED(chmod("/bin", 0777));
            BLOCKED(mkdir("/new", 0777)); BLOCKED(rmdir("/tmp"));
            """),
        Attack(
            "write-engine", "overwrites what runs it: the init, the emulator, the engine's program", seen: .secret,
            """
            static const char *paths[] = {"/proc/1/exe", "/.weft/emulator", "/.weft/program", "/.weft/kernel", "/weft/weft-wasm",
                "/weft/order", "/init", "/proc/self/exe", "/usr/sbin/runc", "/usr/bin/weft-sandbox"};
            for (int i = 0; i < COUNT(paths); i++) BLOCKED(open(paths[i], O_WRONLY));
            """),
        Attack(
            "file-handles", "opens a file by a handle of the file system, past all paths", holds: .blockedByTheMachine,
            seen: .secret,
            """
            struct { struct file_handle handle; char space[128]; } request = {{.handle_bytes = 128}};
            int mount;
            name_to_handle_at(AT_FDCWD, "/work", &request.handle, &mount, 0);
            DENIED(open_by_handle_at(open("/work", O_RDONLY), &request.handle, O_RDONLY));
            DENIED(syscall(SYS_open_by_handle_at, AT_FDCWD, &request, O_RDONLY));
            """),
        Attack(
            "make-devices", "makes device nodes of its own", holds: .blockedByTheMachine,
            """
            DENIED(mknod("disk", S_IFBLK | 0666, makedev(254, 0))); DENIED(mknod("/tmp/mem", S_IFCHR | 0666, makedev(1, 1)));
            DENIED(mknod("/dev/shm/null", S_IFCHR | 0666, makedev(1, 3)));
            """),
        Attack(
            "open-devices", "opens the machine's memory, disks and other devices", holds: .blockedByTheMachine,
            seen: .settings,
            """
            static const char *names[] = {"mem", "kmem", "port", "kmsg", "sda", "vda", "nvme0n1", "loop0", "loop-control", "dm-0",
                "fuse", "kvm", "net/tun", "vhost-net", "snapshot", "uinput", "input/event0", "dri/card0", "nvidia0", "rtc0",
                "watchdog", "hpet", "cpu_dma_latency", "mapper/control", "btrfs-control", "userfaultfd", "vport0p1", "vsock"};
            for (int i = 0; i < COUNT(names); i++) {
                BLOCKED(open(text("/dev/%s", names[i]), O_RDONLY)); BLOCKED(open(text("/dev/%s", names[i]), O_WRONLY));
            }
            """),
        Attack(
            "kernel-memory", "reads the kernel's memory and symbols",
            """
            BLOCKED(open("/dev/mem", O_RDONLY)); BLOCKED(open("/boot/System.map", O_RDONLY));
            BLOCKED(open("/sys/kernel/debug/tracing", O_RDONLY)); BLOCKED(open("/sys/kernel/security/lsm", O_WRONLY));
            int fd = open("/proc/kcore", O_RDONLY);
            BLOCKED(fd < 0 ? -1 : read(fd, space, 64) > 0 ? 0 : -1);
            """),
        Attack(
            "guess-descriptors", "looks for descriptors that were left open for it",
            """
            for (int fd = 3; fd < 4096; fd++) BLOCKED(fcntl(fd, F_GETFD));
            """),
        Attack(
            "immutable-files", "marks files so that nobody can remove them", seen: .end,
            """
            int fd = open("stays", O_WRONLY | O_CREAT, 0600), flags = 0x10 /* FS_IMMUTABLE_FL */;
            BLOCKED(ioctl(fd, FS_IOC_SETFLAGS, &flags));
            flags = 0x20 /* FS_APPEND_FL */;
            BLOCKED(ioctl(fd, FS_IOC_SETFLAGS, &flags));
            """),
        Attack(
            "file-capabilities", "gives a program capabilities by an attribute",
            """
            unsigned capability[6] = {0x02000001, ~0u, ~0u, ~0u, ~0u, 0};
            close(open("able", O_WRONLY | O_CREAT, 0755));
            BLOCKED(setxattr("able", "security.capability", capability, 20, 0));
            BLOCKED(setxattr("able", "trusted.weft", "x", 1, 0));
            """),
        Attack(
            "give-away", "gives files to root, or makes them run as root",
            """
            close(open("mine", O_WRONLY | O_CREAT, 0755));
            BLOCKED(chown("mine", 0, 0)); BLOCKED(lchown("/work", 0, 0)); BLOCKED(chown("/", getuid(), getgid()));
            """),
        Attack(
            "locked-folders", "leaves folders that it has closed to everybody, and deep ones",
            holds: .harmless(
                because: "removal follows no link, needs no permission of theirs, and has no depth to overflow"),
            seen: .end,
            """
            mkdir("locked", 0700); close(open("locked/file", O_WRONLY | O_CREAT, 0)); chmod("locked", 0);
            mkdir("deep", 0700); chdir("deep");
            for (int i = 0; i < 100; i++) { mkdir("d", 0700); chdir("d"); }
            """),
        Attack(
            "odd-names", "leaves files with names that are no text, or look like something else",
            holds: .harmless(because: "names are bytes to the worker, and only declared ones are looked for"),
            seen: .end,
            #"""
            static const char *names[] = {"\xff\xfe", "a\nb", "-rf *", "..x", "\033[2J", ".weft-deep-1", "$(reboot)", "\\", " "};
            for (int i = 0; i < COUNT(names); i++) close(open(names[i], O_WRONLY | O_CREAT, 0600));
            """#),
        Attack(
            "output-links", "leaves links, pipes, sockets and folders where its outputs should be",
            holds: .harmless(because: "outputs are opened without following links, and only plain files are taken"),
            seen: .outputs,
            """
            symlink(secret, "out-link"); symlink(folder, "out-folder-link"); mkfifo("out-pipe", 0666); mkdir("out-folder", 0700);
            symlink("../../../../../../etc/passwd", "out-relative"); symlink("/proc/self/environ", "out-environment");
            struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "out-socket"};
            bind(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&address, sizeof address);
            """),
        Attack(
            "output-race", "exchanges an output for a link over and over while it is being measured and collected",
            holds: .harmless(
                because: "nothing of the payload runs any more when outputs are collected; measuring follows no links"),
            seen: .outputs,
            """
            if (fork() == 0) {
                for (;;) {
                    unlink("out-race"); symlink(secret, "out-race"); unlink("out-race");
                    close(open("out-race", O_WRONLY | O_CREAT, 0600)); usleep(200);
                }
            }
            """),
    ]
}

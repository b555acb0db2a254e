/// The program that attacks. Compiled with the system's `cc` when the tests start; each subcommand is one attack, which
/// says what happened and exits with 0 if the sandbox held and 1 if it did not.
enum AttackProgram {
    static let source = #"""
        #define _GNU_SOURCE
        #include <dirent.h>
        #include <errno.h>
        #include <fcntl.h>
        #include <linux/perf_event.h>
        #include <netinet/in.h>
        #include <sched.h>
        #include <signal.h>
        #include <stddef.h>
        #include <stdint.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/ioctl.h>
        #include <sys/ipc.h>
        #include <sys/mount.h>
        #include <sys/msg.h>
        #include <sys/prctl.h>
        #include <sys/ptrace.h>
        #include <sys/reboot.h>
        #include <sys/resource.h>
        #include <sys/sem.h>
        #include <sys/shm.h>
        #include <sys/socket.h>
        #include <sys/stat.h>
        #include <sys/swap.h>
        #include <sys/syscall.h>
        #include <sys/time.h>
        #include <sys/timex.h>
        #include <sys/uio.h>
        #include <sys/un.h>
        #include <sys/wait.h>
        #include <time.h>
        #include <unistd.h>

        static int broken;

        // The attack must fail; with `wanted`, for just that reason.
        #define BLOCKED_WITH(wanted, call) do { \
            errno = 0; \
            long outcome = (long)(call); \
            int reason = errno; \
            int held = outcome < 0 && (!(wanted) || reason == (wanted)); \
            printf("%s %s: %ld %s\n", held ? "held" : "BROKEN", #call, outcome, strerror(reason)); \
            if (!held) broken = 1; \
        } while (0)
        #define BLOCKED(call) BLOCKED_WITH(0, call)

        static char block[1 << 20];

        static int go_on_writing(int fd) {
            for (;;) if (write(fd, block, sizeof block) < 0) return errno;
        }

        static double seconds(void) {
            struct timespec now;
            clock_gettime(CLOCK_MONOTONIC, &now);
            return now.tv_sec + now.tv_nsec / 1e9;
        }

        static void ignore_everything(void) {
            for (int number = 1; number < 65; number++) signal(number, SIG_IGN);
        }

        static void fork_for_ever(void) {
            for (;;) fork();
        }

        // What one task leaves, and the next looks for.
        enum { LEFT_KEY = 0x57454654, LEFT_PORT = 34567 };
        static const char *left[] = {"/work/left", "/tmp/left", "/tmp/.left", "/dev/shm/left"};

        static int talk(int family, int (*use)(int, const struct sockaddr *, socklen_t)) {
            struct sockaddr_un local = {.sun_family = AF_UNIX, .sun_path = "\0left"};
            struct sockaddr_in6 net = {.sin6_family = AF_INET6, .sin6_port = htons(LEFT_PORT)};
            net.sin6_addr = in6addr_loopback;
            int fd = socket(family, SOCK_STREAM, 0);
            int done = family == AF_UNIX ? use(fd, (struct sockaddr *)&local, sizeof(sa_family_t) + 5)
                                         : use(fd, (struct sockaddr *)&net, sizeof net);
            if (done == 0) listen(fd, 8);
            return done;
        }

        static int leave(void) {
            int missing = 0;
            for (int index = 0; index < 4; index++) missing += open(left[index], O_WRONLY | O_CREAT, 0666) < 0;
            mkdir("/tmp/d", 0700);
            chmod("/tmp", 0700);
            sethostname("left", 4);
            missing += shmget(LEFT_KEY, 4096, IPC_CREAT | 0666) < 0;
            missing += msgget(LEFT_KEY, IPC_CREAT | 0666) < 0;
            missing += semget(LEFT_KEY, 1, IPC_CREAT | 0666) < 0;
            missing += syscall(SYS_mq_open, "left", O_RDWR | O_CREAT, 0666, NULL) < 0;
            printf("%d could not be left\n", missing);
            if (fork() == 0) {
                setsid();
                if (fork() == 0) {
                    ignore_everything();
                    talk(AF_UNIX, bind);
                    talk(AF_INET6, bind);
                    for (int fd = 0; fd < 3; fd++) close(fd);
                    for (;;) pause();
                }
                _exit(0);
            }
            // Until it listens.
            for (int tries = 0; tries < 2000 && talk(AF_UNIX, connect); tries++) usleep(1000);
            return missing != 0;
        }

        static int find(void) {
            char name[64] = "";
            struct stat status;
            for (int index = 0; index < 4; index++) BLOCKED_WITH(ENOENT, open(left[index], O_RDONLY));
            BLOCKED_WITH(ENOENT, shmget(LEFT_KEY, 0, 0));
            BLOCKED_WITH(ENOENT, msgget(LEFT_KEY, 0));
            BLOCKED_WITH(ENOENT, semget(LEFT_KEY, 0, 0));
            BLOCKED_WITH(ENOENT, syscall(SYS_mq_open, "left", O_RDONLY, 0, NULL));
            BLOCKED_WITH(ECONNREFUSED, talk(AF_UNIX, connect));
            BLOCKED(talk(AF_INET6, connect));
            gethostname(name, sizeof name);
            stat("/tmp", &status);
            printf("%s %o\n", name, status.st_mode & 07777);
            return broken || strcmp(name, "weft") || (status.st_mode & 07777) != 01777;
        }

        int main(int count, char **arguments) {
            setvbuf(stdout, NULL, _IONBF, 0);
            memset(block, 'x', sizeof block);
            const char *attack = count > 1 ? arguments[1] : "";
            #define ATTACK(name) else if (!strcmp(attack, name))
            if (!strcmp(attack, "read")) {
                for (int index = 2; index < count; index++) BLOCKED(open(arguments[index], O_RDONLY));
            }
            ATTACK("write") {
                for (int index = 2; index < count; index++) BLOCKED(open(arguments[index], O_WRONLY | O_CREAT, 0666));
            }
            ATTACK("socket") {
                BLOCKED_WITH(EACCES, socket(AF_INET, SOCK_STREAM, 0));
                BLOCKED_WITH(EACCES, socket(AF_INET6, SOCK_DGRAM, 0));
                BLOCKED_WITH(EACCES, socket(AF_NETLINK, SOCK_RAW, 0));
                BLOCKED_WITH(EACCES, socket(AF_PACKET, SOCK_RAW, 0));
                BLOCKED_WITH(EACCES, socket(AF_VSOCK, SOCK_STREAM, 0));
                BLOCKED_WITH(EACCES, socket(38 /* AF_ALG */, SOCK_SEQPACKET, 0));
                int pair[2];
                BLOCKED_WITH(EACCES, socketpair(AF_TIPC, SOCK_STREAM, 0, pair));
                if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair)) broken = 1;
            }
            ATTACK("loopback") {
                struct sockaddr_storage address = {.ss_family = AF_INET};
                socklen_t size = sizeof address;
                int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
                // Bound to no address, connecting to it means connecting to the loopback interface.
                broken = listen(listener, 1) || getsockname(listener, (struct sockaddr *)&address, &size) ||
                         connect(client, (struct sockaddr *)&address, size);
                printf("loopback %s\n", strerror(errno));
                BLOCKED_WITH(EACCES, socket(AF_PACKET, SOCK_RAW, 0));
                BLOCKED(socket(AF_INET, SOCK_RAW, 1));
            }
            ATTACK("abstract") {
                struct sockaddr_un address = {.sun_family = AF_UNIX};
                size_t length = strlen(arguments[2]);
                memcpy(address.sun_path + 1, arguments[2], length);
                int fd = socket(AF_UNIX, SOCK_STREAM, 0);
                BLOCKED_WITH(ECONNREFUSED, connect(fd, (struct sockaddr *)&address,
                                                   offsetof(struct sockaddr_un, sun_path) + 1 + length));
            }
            ATTACK("processes") {
                DIR *directory = opendir("/proc");
                int found = 0;
                for (struct dirent *entry; (entry = readdir(directory));) found += atoi(entry->d_name) > 0;
                printf("%d processes, parent %d\n", found, getppid());
                broken = found != 2 || getppid() != 1;
            }
            ATTACK("signals") {
                BLOCKED(kill(atoi(arguments[2]), SIGKILL));
                BLOCKED(kill(-1, SIGKILL));
                for (int number = 1; number < 65; number++) kill(1, number);
                puts("init was sent every signal");
            }
            ATTACK("fork") {
                int children = 0;
                for (;;) {
                    pid_t child = fork();
                    if (child < 0) break;
                    if (child == 0) for (;;) pause();
                    children++;
                }
                printf("%d children, then %s\n", children, strerror(errno));
            }
            ATTACK("fork-bomb") { fork_for_ever(); }
            ATTACK("memory") {
                for (;;) {
                    char *bytes = malloc(sizeof block);
                    if (!bytes) return 1;
                    memset(bytes, 1, sizeof block);
                }
            }
            ATTACK("big-file") {
                signal(SIGXFSZ, SIG_IGN);
                int reason = go_on_writing(open("/work/big", O_WRONLY | O_CREAT, 0600));
                printf("stopped: %s\n", strerror(reason));
                broken = reason != EFBIG;
            }
            ATTACK("sparse-file") {
                signal(SIGXFSZ, SIG_IGN);
                int fd = open("/work/sparse", O_RDWR | O_CREAT, 0600);
                BLOCKED_WITH(EFBIG, ftruncate(fd, 1ll << 40));
                BLOCKED_WITH(EFBIG, pwrite(fd, "x", 1, 1ll << 40));
            }
            ATTACK("many-big-files") {
                signal(SIGXFSZ, SIG_IGN);
                for (int index = 0;; index++) {
                    char name[64];
                    snprintf(name, sizeof name, "/work/f%d", index);
                    int fd = open(name, O_WRONLY | O_CREAT, 0600);
                    for (int part = 0; part < 8; part++) if (write(fd, block, sizeof block) < 0) break;
                    close(fd);
                    usleep(5000);
                }
            }
            ATTACK("many-files") {
                for (int index = 0;; index++) {
                    char name[64];
                    snprintf(name, sizeof name, "/work/f%d", index);
                    close(open(name, O_WRONLY | O_CREAT, 0600));
                }
            }
            ATTACK("hidden-files") {
                mkdir("/work/d", 0700);
                for (int index = 0;; index++) {
                    chmod("/work/d", 0700);
                    char name[64];
                    snprintf(name, sizeof name, "/work/d/f%d", index);
                    int fd = open(name, O_WRONLY | O_CREAT, 0600);
                    chmod("/work/d", 0);
                    if (write(fd, block, sizeof block) < 0) break;
                    close(fd);
                    usleep(5000);
                }
            }
            ATTACK("unlinked-files") {
                for (int index = 0;; index++) {
                    int fd = open("/work/gone", O_WRONLY | O_CREAT, 0600);
                    unlink("/work/gone");
                    if (write(fd, block, sizeof block) < 0) break;
                    usleep(5000);
                }
            }
            ATTACK("deep-directories") {
                for (;;) if (mkdir("d", 0700) || chdir("d")) pause();
            }
            ATTACK("fill") {
                char name[256];
                snprintf(name, sizeof name, "%s/big", arguments[2]);
                int reason = go_on_writing(open(name, O_WRONLY | O_CREAT, 0600));
                struct stat status;
                stat(name, &status);
                printf("%lld bytes, then %s\n", (long long)status.st_size, strerror(reason));
                broken = reason != ENOSPC || status.st_size > 2 << 20;
                unlink(name);
                int files = 0, fd;
                do {
                    snprintf(name, sizeof name, "%s/f%d", arguments[2], files++);
                    fd = open(name, O_WRONLY | O_CREAT, 0600);
                    close(fd);
                } while (fd >= 0 && files < 1000000);
                printf("%d files\n", files);
                broken |= files > 10000;
            }
            ATTACK("daemon") {
                if (fork()) return 0;
                setsid();
                if (fork()) return 0;
                ignore_everything();
                prctl(PR_SET_PDEATHSIG, 0);
                for (int fd = 0; fd < 3; fd++) close(fd);
                for (;;) pause();
            }
            ATTACK("stubborn") {
                ignore_everything();
                if (fork() == 0) { setsid(); if (fork() == 0) for (;;) pause(); for (;;) pause(); }
                for (;;) pause();
            }
            ATTACK("leave") { return leave(); }
            ATTACK("find") { return find(); }
            ATTACK("setuid") {
                printf("user %d, effective %d, no new privileges %d\n", getuid(), geteuid(),
                       prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
                broken = geteuid() == 0 || getegid() == 0 || geteuid() != getuid();
                BLOCKED(setuid(0));
                BLOCKED(setgid(0));
                BLOCKED(setgroups(0, NULL));
            }
            ATTACK("capabilities") {
                char text[4096] = "";
                int fd = open("/proc/self/status", O_RDONLY);
                if (read(fd, text, sizeof text - 1) < 0) return 1;
                for (const char *set = text; (set = strstr(set, "\nCap")); set++) {
                    printf("%.24s\n", set + 1);
                    broken |= strtoull(set + 9, NULL, 16) != 0;
                }
                broken |= !strstr(text, "NoNewPrivs:\t1") || !strstr(text, "Seccomp:\t2");
            }
            ATTACK("ptrace") {
                pid_t child = fork();
                if (child == 0) for (;;) pause();
                char byte;
                struct iovec part = {&byte, 1};
                BLOCKED_WITH(EPERM, ptrace(PTRACE_TRACEME, 0, 0, 0));
                BLOCKED_WITH(EPERM, ptrace(PTRACE_ATTACH, child, 0, 0));
                BLOCKED_WITH(EPERM, ptrace(PTRACE_SEIZE, 1, 0, 0));
                BLOCKED_WITH(EPERM, process_vm_readv(child, &part, 1, &part, 1, 0));
                BLOCKED_WITH(EPERM, process_vm_writev(child, &part, 1, &part, 1, 0));
                BLOCKED_WITH(EPERM, syscall(SYS_kcmp, getpid(), child, 0, 0, 0));
                BLOCKED_WITH(EPERM, syscall(438 /* pidfd_getfd */, 0, 0, 0));
            }
            ATTACK("mount") {
                BLOCKED_WITH(EPERM, mount("tmpfs", "/work", "tmpfs", 0, NULL));
                BLOCKED_WITH(EPERM, mount(NULL, "/usr", NULL, MS_REMOUNT | MS_BIND, NULL));
                BLOCKED_WITH(EPERM, umount2("/usr", MNT_DETACH));
                BLOCKED_WITH(EPERM, syscall(SYS_pivot_root, "/work", "/work"));
                BLOCKED_WITH(EPERM, chroot("/work"));
                BLOCKED_WITH(EPERM, syscall(428 /* open_tree */, AT_FDCWD, "/usr", 1));
                BLOCKED_WITH(EPERM, syscall(429 /* move_mount */, 0, "", 0, "", 0));
                BLOCKED_WITH(EPERM, syscall(430 /* fsopen */, "tmpfs", 0));
                BLOCKED_WITH(EPERM, syscall(431 /* fsconfig */, 0, 0, 0, 0, 0));
                BLOCKED_WITH(EPERM, syscall(432 /* fsmount */, 0, 0, 0));
                BLOCKED_WITH(EPERM, syscall(433 /* fspick */, AT_FDCWD, "/usr", 0));
                BLOCKED_WITH(EPERM, syscall(442 /* mount_setattr */, AT_FDCWD, "/usr", 0, 0, 0));
                BLOCKED_WITH(EPERM, syscall(467 /* open_tree_attr */, AT_FDCWD, "/usr", 0, 0, 0));
            }
            ATTACK("modules") {
                BLOCKED_WITH(EPERM, syscall(SYS_init_module, block, 1, ""));
                BLOCKED_WITH(EPERM, syscall(SYS_finit_module, 0, "", 0));
                BLOCKED_WITH(EPERM, syscall(SYS_delete_module, "ext4", 0));
                BLOCKED_WITH(EPERM, syscall(SYS_kexec_load, 0, 0, 0, 0));
            }
            ATTACK("namespaces") {
                int kinds[] = {CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS,
                               CLONE_NEWCGROUP};
                for (int index = 0; index < 7; index++) {
                    BLOCKED_WITH(EPERM, unshare(kinds[index]));
                    BLOCKED_WITH(EPERM, syscall(SYS_clone, kinds[index] | SIGCHLD, 0, 0, 0, 0));
                    BLOCKED_WITH(EPERM, syscall(SYS_clone, CLONE_NEWUSER | kinds[index] | SIGCHLD, 0, 0, 0, 0));
                }
                uint64_t request[11] = {CLONE_NEWUSER, [4] = SIGCHLD};
                BLOCKED_WITH(ENOSYS, syscall(435 /* clone3 */, request, sizeof request));
                int own = open("/proc/self/ns/net", O_RDONLY);
                BLOCKED_WITH(EPERM, setns(own, 0));
            }
            ATTACK("handles") {
                struct { struct file_handle handle; char space[128]; } request = {{.handle_bytes = 128}};
                int mount;
                int named = name_to_handle_at(AT_FDCWD, "/work", &request.handle, &mount, 0);
                printf("name_to_handle_at: %d\n", named);
                BLOCKED_WITH(EPERM, open_by_handle_at(open("/work", O_RDONLY), &request.handle, O_RDONLY));
            }
            ATTACK("keyring") {
                BLOCKED_WITH(EPERM, syscall(SYS_add_key, "user", "weft", "x", 1, -4));
                BLOCKED_WITH(EPERM, syscall(SYS_request_key, "user", "weft", 0, 0));
                BLOCKED_WITH(EPERM, syscall(SYS_keyctl, 0, -3, 0));
            }
            ATTACK("kernel-surface") {
                struct perf_event_attr event = {.size = sizeof event};
                BLOCKED_WITH(EPERM, syscall(425 /* io_uring_setup */, 8, block));
                BLOCKED_WITH(EPERM, syscall(426 /* io_uring_enter */, 0, 0, 0, 0, 0));
                BLOCKED_WITH(EPERM, syscall(427 /* io_uring_register */, 0, 0, 0, 0));
                BLOCKED_WITH(EPERM, syscall(SYS_bpf, 0, block, 128));
                BLOCKED_WITH(EPERM, syscall(SYS_perf_event_open, &event, 0, -1, -1, 0));
                BLOCKED_WITH(EPERM, syscall(SYS_userfaultfd, 1));
                BLOCKED_WITH(ENOSYS, syscall(900));
            }
            ATTACK("machine") {
                struct timeval now = {1, 0};
                struct timespec precise = {1, 0};
                struct timex adjust = {.modes = 0};
                BLOCKED_WITH(EPERM, reboot(RB_AUTOBOOT));
                BLOCKED_WITH(EPERM, settimeofday(&now, NULL));
                BLOCKED_WITH(EPERM, clock_settime(CLOCK_REALTIME, &precise));
                BLOCKED_WITH(EPERM, adjtimex(&adjust));
                BLOCKED_WITH(EPERM, swapon("/work/x", 0));
                BLOCKED_WITH(EPERM, acct("/work/x"));
                BLOCKED_WITH(EPERM, syscall(SYS_quotactl, 0, "/", 0, 0));
                BLOCKED_WITH(EPERM, sethostname("x", 1));
                BLOCKED_WITH(EPERM, syscall(SYS_syslog, 3, block, 10));
                BLOCKED_WITH(EPERM, syscall(SYS_personality, 0x0040000));
                if (syscall(SYS_personality, 0xffffffff) < 0) broken = 1;
            }
            ATTACK("terminal") {
                char letter = 'x';
                BLOCKED_WITH(EPERM, ioctl(0, TIOCSTI, &letter));
                BLOCKED_WITH(EPERM, ioctl(0, 0x100000000ull | TIOCSTI, &letter));
                BLOCKED_WITH(EPERM, ioctl(0, TIOCLINUX, &letter));
                BLOCKED(open("/dev/tty", O_RDWR));
                BLOCKED(open("/dev/ptmx", O_RDWR));
            }
            ATTACK("descriptors") {
                for (int fd = 3; fd < 4096; fd++) if (fcntl(fd, F_GETFD) >= 0) { printf("%d is open\n", fd); broken = 1; }
            }
            ATTACK("devices") {
                BLOCKED(mknod("/work/null", S_IFCHR | 0666, 0x103));
                BLOCKED(mknod("/work/disk", S_IFBLK | 0666, 0xfe00));
                BLOCKED(mknod("/tmp/null", S_IFCHR | 0666, 0x103));
                BLOCKED(mknod("/dev/shm/null", S_IFCHR | 0666, 0x103));
                BLOCKED(open("/dev/mem", O_RDONLY));
                BLOCKED(open("/dev/kmsg", O_RDONLY));
                BLOCKED(chmod("/dev/null", 0777));
                BLOCKED(unlink("/dev/null"));
                BLOCKED(open("/work/planted", O_RDONLY));
            }
        #if defined(__x86_64__)
            ATTACK("x32") { syscall(0x40000000 + 39); broken = 1; }
            ATTACK("i386") { long result; __asm__ volatile("int $0x80" : "=a"(result) : "a"(20)); broken = 1; }
        #endif
            ATTACK("spin") {
                double end = seconds() + atof(arguments[2]);
                while (seconds() < end) {}
            }
            ATTACK("touch-memory") {
                char *bytes = malloc(atol(arguments[2]));
                memset(bytes, 1, atol(arguments[2]));
                printf("%d\n", bytes[4095]);
            }
            ATTACK("arguments") {
                for (int index = 2; index < count; index++) {
                    for (const char *at = arguments[index]; *at; at++) printf("%02x", (unsigned char)*at);
                    puts("");
                }
            }
            ATTACK("limits") {
                struct rlimit files, core, size;
                getrlimit(RLIMIT_NOFILE, &files);
                getrlimit(RLIMIT_CORE, &core);
                getrlimit(RLIMIT_FSIZE, &size);
                printf("%ld %ld %ld\n", (long)files.rlim_max, (long)core.rlim_max, (long)size.rlim_max);
                files.rlim_max++;
                BLOCKED(setrlimit(RLIMIT_NOFILE, &files));
            }
            else { printf("no attack is called %s\n", attack); return 2; }
            return broken;
        }
        """#
}

/// A C program that tries, one at a time, what a container must not be able to do. It prints ESCAPED where it could.
enum ContainerAttackProgram {
    static let source = #"""
        #define _GNU_SOURCE
        #include <errno.h>
        #include <fcntl.h>
        #include <sched.h>
        #include <signal.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/mman.h>
        #include <sys/mount.h>
        #include <sys/ptrace.h>
        #include <sys/socket.h>
        #include <sys/stat.h>
        #include <sys/syscall.h>
        #include <sys/sysmacros.h>
        #include <sys/wait.h>
        #include <unistd.h>

        static int escaped(int yes) { puts(yes ? "ESCAPED" : "held"); return 0; }

        int main(int count, char **words) {
            const char *what = count > 1 ? words[1] : "";
            if (!strcmp(what, "setuid")) return escaped(setuid(0) == 0 || setresuid(0, 0, 0) == 0);
            if (!strcmp(what, "setgroups")) { gid_t g = 0; return escaped(setgroups(1, &g) == 0); }
            if (!strcmp(what, "mount")) return escaped(mount("none", "/tmp", "tmpfs", 0, "") == 0);
            if (!strcmp(what, "remount")) return escaped(mount("", "/", "", MS_REMOUNT | MS_BIND, "") == 0);
            if (!strcmp(what, "unshare-mount")) return escaped(unshare(CLONE_NEWNS) == 0);
            if (!strcmp(what, "userns-mount"))
                return escaped(unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && mount("none", "/tmp", "tmpfs", 0, "") == 0);
            if (!strcmp(what, "pivot")) return escaped(syscall(SYS_pivot_root, ".", ".") == 0);
            if (!strcmp(what, "chroot")) return escaped(chroot("/tmp") == 0);
            if (!strcmp(what, "mknod")) return escaped(mknod("/tmp/disk", S_IFBLK | 0600, makedev(254, 0)) == 0);
            if (!strcmp(what, "kernel-memory"))
                return escaped(open("/dev/mem", O_RDONLY) >= 0 || open("/proc/kcore", O_RDONLY) >= 0
                    || open("/dev/kmsg", O_RDONLY) >= 0);
            if (!strcmp(what, "disks")) {
                int found = 0; char path[32];
                const char *names[] = {"vda", "sda", "nvme0n1", "loop0", "dm-0"};
                for (int i = 0; i < 5; i++) { sprintf(path, "/dev/%s", names[i]); found |= open(path, O_RDONLY) >= 0; }
                return escaped(found);
            }
            if (!strcmp(what, "proc-write"))
                return escaped(open("/proc/sys/kernel/core_pattern", O_WRONLY) >= 0
                    || open("/proc/sysrq-trigger", O_WRONLY) >= 0 || open("/proc/sys/vm/drop_caches", O_WRONLY) >= 0
                    || open("/sys/kernel/uevent_helper", O_WRONLY) >= 0);
            if (!strcmp(what, "cgroup-write")) {
                const char *paths[] = {"/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory.max",
                    "/sys/fs/cgroup/pids/pids.max", "/sys/fs/cgroup/devices/devices.allow", "/sys/fs/cgroup/cgroup.procs"};
                int found = 0;
                for (int i = 0; i < 5; i++) found |= open(paths[i], O_WRONLY) >= 0;
                return escaped(found);
            }
            if (!strcmp(what, "raw-socket")) return escaped(socket(AF_INET, SOCK_RAW, 1) >= 0);
            if (!strcmp(what, "packet-socket")) return escaped(socket(AF_PACKET, SOCK_RAW, 0) >= 0);
            if (!strcmp(what, "handle")) {
                struct { unsigned bytes; int type; unsigned char handle[8]; } h = {8, 1, {2}};
                return escaped(syscall(SYS_open_by_handle_at, AT_FDCWD, &h, O_RDONLY) >= 0);
            }
            if (!strcmp(what, "bpf")) { char a[128] = {0}; return escaped(syscall(SYS_bpf, 5, a, sizeof a) >= 0); }
            if (!strcmp(what, "module")) return escaped(syscall(SYS_init_module, "", 0, "") == 0);
            if (!strcmp(what, "clock")) { long t[2] = {0, 0}; return escaped(syscall(SYS_clock_settime, 0, t) == 0); }
            if (!strcmp(what, "hostname")) return escaped(sethostname("owned", 5) == 0);
            if (!strcmp(what, "signal-all")) {
                /* the child must not hold the output open */
                if (fork() == 0) { close(1); close(2); sleep(1); _exit(0); }
                kill(-1, 0);
                return escaped(kill(2000000, 0) == 0);
            }
            if (!strcmp(what, "descriptors")) {
                int found = 0;
                for (int fd = 3; fd < 256; fd++) found |= fcntl(fd, F_GETFD) >= 0;
                return escaped(found);
            }
            if (!strcmp(what, "hog")) {
                for (;;) { char *p = malloc(1 << 20); if (!p) return 9; memset(p, 1, 1 << 20); }
            }
            if (!strcmp(what, "hog-child")) {
                if (fork() == 0) for (;;) { char *p = malloc(1 << 20); if (!p) _exit(9); memset(p, 1, 1 << 20); }
                wait(0); puts("parent lives"); return 0;
            }
            if (!strcmp(what, "forks")) {
                int made = 0;
                for (int i = 0; i < 5000; i++) { int p = fork(); if (p == 0) { pause(); _exit(0); } if (p > 0) made++; else break; }
                printf("%d\n", made); return 0;
            }
            if (!strcmp(what, "daemon")) {
                if (fork() == 0) { setsid(); if (fork() == 0) { for (;;) pause(); } _exit(0); }
                puts("left"); return 0;
            }
            return 64;
        }
        """#
}

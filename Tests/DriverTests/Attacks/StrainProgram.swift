/// What uses, and uses up, the things that are limited: for processors of machines as a part of ``AttackProgram``, and for
/// WebAssembly as a program of its own. Numbers are MiB, processes and milliseconds.
enum StrainProgram {
    /// C, without `main`; it needs nothing that WASI does not have, outside `#if`.
    static let source = #"""
        static long milliseconds(void) {
            struct timespec now;
            clock_gettime(CLOCK_MONOTONIC, &now);
            return now.tv_sec * 1000 + now.tv_nsec / 1000000;
        }

        // Touches each page of so much memory; 0 when there is no more.
        static int touch(long mebibytes) {
            char *bytes = malloc(mebibytes << 20);
            for (long i = 0; bytes && i < mebibytes << 20; i += 4096) *(volatile char *)(bytes + i) = (char)i;
            return bytes != NULL;
        }

        static char mebibyte[1 << 20];
        #if defined(__wasi__)
        #define FULL_NAME "full%d"
        #else
        #define FULL_NAME "\xff%d"
        #endif

        // 0, or what kept it from writing so much into one file.
        static int fill(const char *name, long mebibytes) {
            int fd = open(name, O_WRONLY | O_CREAT, 0600);
            for (long i = 0; i < mebibytes; i++)
                for (long at = 0; at < (long)sizeof mebibyte;) {
                    ssize_t size = write(fd, mebibyte + at, sizeof mebibyte - at);
                    if (size < 0) return errno;
                    at += size;
                }
            return close(fd) ? errno : 0;
        }

        #if !defined(__wasi__)
        // How many processes there may be besides this one.
        static int fork_all(int most) {
            static pid_t children[20000];
            int made = 0;
            while (made < most && (children[made] = fork()) >= 0) {
                if (children[made] == 0) for (;;) pause();
                made++;
            }
            for (int i = 0; i < made; i++) kill(children[i], SIGKILL);
            while (wait(NULL) > 0) {}
            return made;
        }
        #endif

        static int strain(int count, char **words) {
            const char *what = count > 0 ? words[0] : "";
            long first = count > 1 ? atol(words[1]) : 0, second = count > 2 ? atol(words[2]) : 0;
            memset(mebibyte, 'y', sizeof mebibyte);
            if (!strcmp(what, "use")) {  // memory, disk, bytes to either stream
                touch(first);
                int reason = fill("used", second);
                for (long i = count > 3 ? atol(words[3]) : 0; i > 0; i--) {
                    putchar('o');
                    if (i % 100 == 0) fputc('e', stderr);
                }
                return fflush(stdout) ? errno : reason;
            }
            if (!strcmp(what, "hog")) {
                while (touch(1)) {}
                return 12;
            }
            if (!strcmp(what, "fill-one")) return fill("full", 1 << 20);
            if (!strcmp(what, "fill-many"))
                for (int i = 0;; i++) {
                    char name[32];
                    // No text in any encoding, where names may be that: they count all the same.
                    snprintf(name, sizeof name, FULL_NAME, i);
                    int reason = fill(name, 1);
                    if (reason) return reason;
                }
            if (!strcmp(what, "spin")) {  // milliseconds, processes
                long end = milliseconds() + first;
        #if !defined(__wasi__)
                for (long i = 1; i < second; i++) if (fork() == 0) break;
        #endif
                while (milliseconds() < end) {}
        #if !defined(__wasi__)
                while (wait(NULL) > 0) {}
        #endif
                return 0;
            }
            if (!strcmp(what, "sleep")) {
                struct timespec long_time = {first, 0};
                nanosleep(&long_time, NULL);
                return 0;
            }
        #if !defined(__wasi__)
            if (!strcmp(what, "forks")) {  // most
                printf("%d\n", fork_all((int)first));
                return fflush(stdout);
            }
            if (!strcmp(what, "bomb")) for (;;) fork();
        #endif
            return 64;
        }

        """#
}

/// The program of all attacks, in C. Compiled once, statically, so that it runs behind every wall.
///
/// - `attack try NAME:VALUE …` tries one after the other, each in a process of its own, and says what came of each in a
///   line: its name, `held`, `done` or `OPEN`, and a detail, with tabs between them.
/// - `attack find` looks for what an earlier payload left.
/// - `attack strain …` uses, and uses up, what is limited (``StrainProgram``).
enum AttackProgram {
    static var source: String {
        let functions = Attack.all.map { "static void attack_\(identifier($0))(void) {\n\($0.code)\n}\n" }
        let rows = Attack.all.map { attack in
            let isBlocked = if case .harmless = attack.holds { 0 } else { 1 }
            return "    {\"\(attack.name)\", attack_\(identifier(attack)), \(isBlocked)},\n"
        }
        return prelude + StrainProgram.source + functions.joined() + "static const struct attack attacks[] = {\n"
            + rows.joined() + "};\n" + main
    }

    private static func identifier(_ attack: Attack) -> String { attack.name.replacing("-", with: "_") }

    private static let prelude = #"""
        #define _GNU_SOURCE
        #include <arpa/inet.h>
        #include <dirent.h>
        #include <errno.h>
        #include <fcntl.h>
        #include <grp.h>
        #include <linux/filter.h>
        #include <linux/fs.h>
        #include <linux/perf_event.h>
        #include <net/if.h>
        #include <sched.h>
        #include <signal.h>
        #include <stdarg.h>
        #include <stddef.h>
        #include <stdint.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/fsuid.h>
        #include <sys/io.h>
        #include <sys/ioctl.h>
        #include <sys/ipc.h>
        #include <sys/mman.h>
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
        #include <sys/sysmacros.h>
        #include <sys/time.h>
        #include <sys/timex.h>
        #include <sys/uio.h>
        #include <sys/un.h>
        #include <sys/wait.h>
        #include <sys/xattr.h>
        #include <time.h>
        #include <unistd.h>

        #define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

        struct attack { const char *name; void (*run)(void); int must_fail; };

        // What is outside: a secret in a folder, a worker's data, a process, a server, a key of shared memory.
        static const char *secret = "/nowhere", *folder = "/nowhere", *data = "/nowhere", *abstract = "nobody";
        static int victim = 999999, port = 9, key = 1;

        static char space[1 << 20];
        static int is_open;
        static char detail[512];

        static void judge(const char *call, long outcome, int reason, int strict) {
            int held = outcome < 0 && (!strict || reason == EPERM || reason == EACCES || reason == ENOSYS || reason == EROFS);
            if (held || is_open) return;
            is_open = 1;
            snprintf(detail, sizeof detail, "%s gave %ld (%s)", call, outcome, outcome < 0 ? strerror(reason) : "it worked");
            for (char *at = detail; *at; at++) if (*at == '\n' || *at == '\t') *at = ' ';
        }

        // The call must fail; for DENIED, because it may not be done.
        #define BLOCKED(...) do { errno = 0; long outcome = (long)(__VA_ARGS__); judge(#__VA_ARGS__, outcome, errno, 0); } while (0)
        #define DENIED(...) do { errno = 0; long outcome = (long)(__VA_ARGS__); judge(#__VA_ARGS__, outcome, errno, 1); } while (0)

        // The text, until eight more have been made.
        static const char *text(const char *format, ...) {
            static char texts[8][4200];
            static int next;
            char *result = texts[next++ % 8];
            va_list arguments;
            va_start(arguments, format);
            vsnprintf(result, sizeof texts[0], format, arguments);
            va_end(arguments);
            return result;
        }

        // What a child process that has done it says of it.
        #define in_child(call) ({ \
            int answer[2], value[2] = {-1, EPERM}; \
            pipe2(answer, O_CLOEXEC); \
            pid_t child = fork(); \
            if (child == 0) { errno = 0; value[0] = (int)(call); value[1] = errno; write(answer[1], value, sizeof value); _exit(0); } \
            close(answer[1]); read(answer[0], value, sizeof value); close(answer[0]); waitpid(child, NULL, 0); \
            errno = value[1]; value[0]; })

        // The result of a call that may have made a child, which is over at once.
        static long ended_child(long result) {
            if (result == 0) _exit(0);
            int reason = errno;
            if (result > 0) waitpid(result, NULL, __WALL);
            errno = reason;
            return result;
        }
        static long cloned(unsigned long flags) { return ended_child(syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0)); }

        static int put(const char *path, const char *value) {
            int fd = open(path, O_WRONLY);
            if (fd < 0) return -1;
            int result = write(fd, value, strlen(value)) < 0 ? -1 : 0, reason = errno;
            close(fd);
            errno = reason;
            return result;
        }

        // Whether somebody there hears a byte.
        static int reach(int family, int kind, const char *host, int at) {
            struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(at)};
            struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(at)};
            inet_pton(family, host, family == AF_INET ? (void *)&four.sin_addr : (void *)&six.sin6_addr);
            int fd = socket(family, kind, 0);
            if (fd < 0) return -1;
            struct timeval patience = {0, 300000};
            int yes = 1;
            setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
            setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes);
            int result = family == AF_INET ? connect(fd, (void *)&four, sizeof four) : connect(fd, (void *)&six, sizeof six);
            if (result == 0) result = send(fd, "attack", 6, MSG_NOSIGNAL) < 0 ? -1 : 0;
            int reason = errno;
            close(fd);
            errno = reason;
            return result;
        }

        static void ignore_signals(void) {
            for (int number = 1; number < 65; number++) signal(number, SIG_IGN);
        }
        static void close_streams(void) {
            for (int fd = 0; fd < 3; fd++) close(fd);
        }

        // What one payload leaves, and the next looks for.
        enum { LEFT_KEY = 0x57454654 };
        static const char *left[] = {"/work/left", "/tmp/left", "/tmp/.left", "/dev/shm/left", "/var/tmp/left", "/run/left", "/left"};
        static int talk(int (*use)(int, const struct sockaddr *, socklen_t)) {
            struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "\0weft-left"};
            int fd = socket(AF_UNIX, SOCK_STREAM, 0);
            int done = use(fd, (struct sockaddr *)&address, sizeof(sa_family_t) + 10);
            if (done == 0) listen(fd, 8);
            return done;
        }

        """#

    private static let main = #"""

        static void say(const char *name, const char *verdict) {
            char line[1024];
            int size = snprintf(line, sizeof line, "%s\t%s\t%s\n", name, verdict, detail);
            write(1, line, size);
        }

        static void try(const struct attack *attack) {
            pid_t child = fork();
            if (child < 0) {
                snprintf(detail, sizeof detail, "no process: %s", strerror(errno));
                return say(attack->name, "BROKEN");
            }
            if (child == 0) {
                signal(SIGPIPE, SIG_IGN);
                alarm(15);
                attack->run();
                say(attack->name, is_open ? "OPEN" : attack->must_fail ? "held" : "done");
                _exit(0);
            }
            int status = 0;
            waitpid(child, &status, 0);
            if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
            int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
            snprintf(detail, sizeof detail, "ended by signal %d", number);
            // The system call filter kills what uses other numbers than the machine's; without such calls they are no
            // instruction at all.
            say(attack->name, number == SIGSYS || number == SIGSEGV || number == SIGILL ? "killed" : "BROKEN");
            detail[0] = 0;
        }

        static int find(void) {
            for (int i = 0; i < COUNT(left); i++) BLOCKED(open(left[i], O_RDONLY));
            BLOCKED(shmget(LEFT_KEY, 0, 0)); BLOCKED(msgget(LEFT_KEY, 0)); BLOCKED(semget(LEFT_KEY, 0, 0));
            BLOCKED(syscall(SYS_mq_open, "left", O_RDONLY, 0, NULL)); BLOCKED(talk(connect));
            char name[64] = "";
            struct stat status = {0};
            gethostname(name, sizeof name);
            stat("/tmp", &status);
            BLOCKED(strcmp(name, "owned") ? -1 : 0); BLOCKED(status.st_mode & 1 ? -1 : 0);
            say("find", is_open ? "OPEN" : "held");
            return is_open;
        }

        static void take(const char *argument) {
            const char *value = strchr(argument, ':');
            if (!value++) return;
            #define NAMED(name) if (!strncmp(argument, name ":", strlen(name) + 1))
            NAMED("secret") secret = value;
            NAMED("folder") folder = value;
            NAMED("data") data = value;
            NAMED("abstract") abstract = value;
            NAMED("victim") victim = atoi(value);
            NAMED("port") port = atoi(value);
            NAMED("key") key = atoi(value);
        }

        int main(int count, char **arguments) {
            const char *what = count > 1 ? arguments[1] : "";
            memset(space, 'x', sizeof space);
            if (!strcmp(what, "find")) return find();
            if (!strcmp(what, "strain")) return strain(count - 2, arguments + 2);
            if (!strcmp(what, "inner")) return open(arguments[2], O_RDONLY) >= 0;
            if (strcmp(what, "try")) return 64;
            const char *only = NULL;
            for (int i = 2; i < count; i++) {
                take(arguments[i]);
                if (!strncmp(arguments[i], "only:", 5)) only = arguments[i] + 5;
            }
            for (int i = 0; i < COUNT(attacks); i++) if (!only || !strcmp(only, attacks[i].name)) try(&attacks[i]);
            return 0;
        }
        """#
}

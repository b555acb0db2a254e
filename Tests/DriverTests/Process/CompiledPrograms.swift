#if os(Linux)
    import Glibc
    import Testing
    import WeftDrivers
    import WeftModel

    /// Programs without a C library, compiled by the toolchain's clang for any of its processors.
    enum CompiledPrograms {
        /// Compiles and links. `source` finds `call(number, …)` with up to six arguments, `NUMBER(generic, x86)` for
        /// system calls by their number, `say`, `print`, and is to define `int start(long *stack)`.
        static func build(_ source: String, for architecture: ProgramArchitecture, in folder: String) throws -> [UInt8]
        {
            let base = "\(folder)/program-\(architecture)-\(UInt32.random(in: 0 ... .max))"
            let text = prelude + source
            let file = open("\(base).c", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
            try #require(file >= 0)
            try #require(write(file, text, text.utf8.count) == text.utf8.count)
            close(file)
            let triple = architecture == .arm ? "arm-linux-gnueabi" : "\(architecture.rawValue)-linux-gnu"
            let command =
                "clang --target=\(triple) -O1 -w -ffreestanding -fno-stack-protector -fno-pic -nostdlib -static "
                + "\(architecture == .arm ? "-march=armv7-a" : "") -fuse-ld=lld -o \(base) \(base).c"
            try #require(system(command) == 0, "the toolchain's clang must compile for \(architecture)")
            let program = try ProducedFile(reading: base)
            return try program.read(offset: 0, length: Int(program.sizeBytes))
        }

        private static let prelude = """
            typedef unsigned long word;
            #if defined(__x86_64__)
            #define NUMBER(generic, x86) (x86)
            static long call(long n, word a, word b, word c, word d, word e, word f) {
                register word r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
                long r;
                __asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                                 : "rcx", "r11", "memory");
                return r;
            }
            __asm__(".globl _start\\n_start: xor %ebp,%ebp\\n mov %rsp,%rdi\\n and $-16,%rsp\\n call enter\\n");
            #elif defined(__aarch64__)
            #define NUMBER(generic, x86) (generic)
            static long call(long n, word a, word b, word c, word d, word e, word f) {
                register word x8 __asm__("x8") = n, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
                register word x3 __asm__("x3") = d, x4 __asm__("x4") = e, x5 __asm__("x5") = f;
                __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
                return (long)x0;
            }
            __asm__(".globl _start\\n_start: mov x0, sp\\n bl enter\\n");
            #elif defined(__riscv)
            #define NUMBER(generic, x86) (generic)
            static long call(long n, word a, word b, word c, word d, word e, word f) {
                register word a7 __asm__("a7") = n, a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c;
                register word a3 __asm__("a3") = d, a4 __asm__("a4") = e, a5 __asm__("a5") = f;
                __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5) : "memory");
                return (long)a0;
            }
            __asm__(".globl _start\\n_start: mv a0, sp\\n call enter\\n");
            #elif defined(__arm__)
            static long call(long n, word a, word b, word c, word d, word e, word f) {
                register word r7 __asm__("r7") = n == 64 ? 4 : n == 63 ? 3 : 1, r0 __asm__("r0") = a;
                register word r1 __asm__("r1") = b, r2 __asm__("r2") = c;
                __asm__ volatile("svc #0" : "+r"(r0) : "r"(r7), "r"(r1), "r"(r2) : "memory");
                return (long)r0;
            }
            #define NUMBER(generic, x86) (generic)
            __asm__(".globl _start\\n_start: mov r0, sp\\n bl enter\\n");
            #endif
            void *memset(void *p, int v, word n) { for (char *c = p; n--; c++) *(volatile char *)c = v; return p; }
            void *memcpy(void *p, const void *q, word n) {
                for (word i = 0; i < n; i++) ((volatile char *)p)[i] = ((const char *)q)[i];
                return p;
            }
            static word length(const char *s) { word n = 0; while (s[n]) n++; return n; }
            static long say(int fd, const char *s) { return call(NUMBER(64, 1), fd, (word)s, length(s), 0, 0, 0); }
            static void print(const char *s) { say(1, s); }
            int start(long *stack);
            __attribute__((used)) void enter(long *stack) {
                int status = start(stack);
                for (;;) call(NUMBER(94, 231), status, 0, 0, 0, 0, 0);
            }

            """

        /// Says its arguments, copies its input, complains, and ends with 7.
        static let talker = """
            int start(long *stack) {
                for (long i = 1; i < stack[0]; i++) { print((char *)stack[1 + i]); print("\\n"); }
                char buffer[512];
                long n;
                while ((n = call(NUMBER(63, 0), 0, (word)buffer, sizeof buffer, 0, 0, 0)) > 0)
                    call(NUMBER(64, 1), 1, (word)buffer, n, 0, 0, 0);
                say(2, "complaint\\n");
                return 7;
            }
            """

        /// Runs a script for its name's sake: prints all its arguments in one line.
        static let interpreter = """
            int start(long *stack) {
                for (long i = 1; i < stack[0]; i++) { print((char *)stack[1 + i]); print(" "); }
                print("\\n");
                return 0;
            }
            """

        static let spinner = "int start(long *stack) { print(\"on\\n\"); for (volatile long i = 0;; i++) {} }"

        static let hog = """
            int start(long *stack) {
                for (;;) {
                    char *p = (char *)call(NUMBER(222, 9), 0, 1 << 24, 3, 0x22, -1, 0);
                    if ((long)p < 0 && (long)p > -4096) return 9;
                    for (long i = 0; i < 1 << 24; i += 4096) p[i] = 1;
                }
            }
            """

        /// Tries what no payload may do, and says of each whether it was held.
        static let attacker = """
            static void held(const char *name, long r) { print(name); print(r < 0 ? " held\\n" : " OPEN\\n"); }
            static long at(const char *path, long flags) {
                return call(NUMBER(56, 257), -100, (word)path, flags, 0600, 0, 0);
            }
            int start(long *stack) {
                char buffer[256];
                memset(buffer, 0, sizeof buffer);
                held("inet", call(NUMBER(198, 41), 2, 1, 0, 0, 0, 0));
                held("inet6", call(NUMBER(198, 41), 10, 1, 0, 0, 0, 0));
                held("netlink", call(NUMBER(198, 41), 16, 3, 0, 0, 0, 0));
                held("packet", call(NUMBER(198, 41), 17, 3, 0, 0, 0, 0));
                held("vsock", call(NUMBER(198, 41), 40, 1, 0, 0, 0, 0));
                held("mount", call(NUMBER(40, 165), (word)"none", (word)"/tmp", (word)"tmpfs", 0, 0, 0));
                held("umount", call(NUMBER(39, 166), (word)"/work", 2, 0, 0, 0, 0));
                held("chroot", call(NUMBER(51, 161), (word)"/tmp", 0, 0, 0, 0, 0));
                held("unshare", call(NUMBER(97, 272), 0x10000000, 0, 0, 0, 0, 0));
                held("setns", call(NUMBER(268, 308), 0, 0, 0, 0, 0, 0));
                held("ptrace", call(NUMBER(117, 101), 16, 1, 0, 0, 0, 0));
                held("readv", call(NUMBER(270, 310), 1, (word)buffer, 1, (word)buffer, 1, 0));
                held("bpf", call(NUMBER(280, 321), 0, (word)buffer, 64, 0, 0, 0));
                held("perf", call(NUMBER(241, 298), (word)buffer, 0, -1, -1, 0, 0));
                held("uring", call(NUMBER(425, 425), 8, (word)buffer, 0, 0, 0, 0));
                held("keyctl", call(NUMBER(219, 250), 0, -3, 1, 0, 0, 0));
                held("reboot", call(NUMBER(142, 169), 0xfee1dead, 672274793, 0, 0, 0, 0));
                held("module", call(NUMBER(105, 175), (word)buffer, 64, (word)"", 0, 0, 0));
                held("handle", call(NUMBER(265, 304), -100, (word)buffer, 0, 0, 0, 0));
                held("namespaces", call(NUMBER(220, 56), 0x10000000 | 17, 0, 0, 0, 0, 0));
                held("setuid", call(NUMBER(146, 105), 0, 0, 0, 0, 0, 0));
                held("killinit", call(NUMBER(129, 62), 1, 9, 0, 0, 0, 0) ? -1 : -1);
                held("shadow", at("/etc/shadow", 0));
                held("root", at("/root", 0));
                held("memory", at("/dev/mem", 2));
                held("kvm", at("/dev/kvm", 2));
                held("emulator", at("/.weft/emulator", 1));
                held("usr", at("/usr/weft-was-here", 0101));
                held("top", at("/weft-was-here", 0101));
                held("host", at("/proc/1/root/etc/hostname", 0) < 0 ? -1 : at("/proc/1/root/root", 0));
                held("sysctl", at("/proc/sys/kernel/hostname", 1));
                held("trigger", at("/proc/sysrq-trigger", 1));
                return 0;
            }
            """
    }
#endif

// A program without a C library, for any processor that clang compiles for. See build.sh beside it.
#if defined(__x86_64__)
#define SYSTEM_CALL(number, a, b, c) \
    __asm__ volatile("syscall" ::"a"((long)number), "D"((long)a), "S"(b), "d"((long)c) : "rcx", "r11", "memory")
enum { WRITE = 1, EXIT = 60 };
static const char text[] = "hello from x86_64\n";
#elif defined(__aarch64__)
#define SYSTEM_CALL(number, a, b, c)                                                                     \
    do {                                                                                                 \
        register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = (long)(b),     \
                      x2 __asm__("x2") = c;                                                              \
        __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");                    \
    } while (0)
enum { WRITE = 64, EXIT = 93 };
static const char text[] = "hello from arm64\n";
#elif defined(__riscv)
#define SYSTEM_CALL(number, a, b, c)                                                                     \
    do {                                                                                                 \
        register long a7 __asm__("a7") = number, a0 __asm__("a0") = a, a1 __asm__("a1") = (long)(b),     \
                      a2 __asm__("a2") = c;                                                              \
        __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2) : "memory");                     \
    } while (0)
enum { WRITE = 64, EXIT = 93 };
static const char text[] = "hello from riscv64\n";
#endif

void _start(void) {
    SYSTEM_CALL(WRITE, 1, text, sizeof text - 1);
    SYSTEM_CALL(EXIT, 0, 0, 0);
    __builtin_unreachable();
}

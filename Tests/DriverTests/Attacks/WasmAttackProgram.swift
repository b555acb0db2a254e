/// The program of the attacks that modules try by way of WASI: `try NAME:VALUE …`, as ``AttackProgram``, but all in one process, as there are no others.
enum WasmAttackProgram {
    static let bytes: Result<[UInt8], any Error> = Result { try WasmProgram.compile(source) }

    private static var source: String {
        let functions = Attack.ofModules.map { attack in
            "static void attack_\(attack.name.replacing("-", with: "_"))(void) {\n\(attack.code)\n}\n"
        }
        let calls = Attack.ofModules.map { attack in
            let isBlocked = if case .harmless = attack.holds { 0 } else { 1 }
            return "    try(\"\(attack.name)\", attack_\(attack.name.replacing("-", with: "_")), \(isBlocked));\n"
        }
        return WasmProgram.includes + prelude + functions.joined()
            + "int main(int count, char **arguments) {\n    take(count, arguments);\n" + calls.joined() + "}\n"
    }

    private static let prelude = #"""
        #include <stdint.h>
        #define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

        static const char *secret = "/nowhere", *folder = "/nowhere", *data = "/nowhere";
        static char space[1 << 20];
        static __wasi_fd_t got;
        static int is_open;
        static char detail[512];

        static void judge(const char *call, long outcome) {
            if (outcome < 0 || is_open) return;
            is_open = 1;
            snprintf(detail, sizeof detail, "%s gave %ld", call, outcome);
            for (char *at = detail; *at; at++) if (*at == '\n' || *at == '\t') *at = ' ';
        }

        // All that there are.
        #define RIGHTS 0x1fffffffull

        // It must fail; a call of WASI by its error's number.
        #define BLOCKED(...) judge(#__VA_ARGS__, (long)(__VA_ARGS__))
        #define WASI(...) judge(#__VA_ARGS__, (__VA_ARGS__) ? -1 : 0)
        #define LOOK(fd, path) do { \
            for (int follows = 0; follows < 2; follows++) { \
                WASI(__wasi_path_open(fd, follows, path, 0, 0, 0, 0, &got)); \
                WASI(__wasi_path_open(fd, follows, path, 2 /* directory */, RIGHTS, RIGHTS, 0, &got)); \
            } } while (0)
        #define OPEN(fd, path) do { \
            for (int follows = 0; follows < 2; follows++) { \
                WASI(__wasi_path_open(fd, follows, path, 0, 0, 0, 0, &got)); \
                WASI(__wasi_path_open(fd, follows, path, 2 /* directory */, RIGHTS, RIGHTS, 0, &got)); \
                WASI(__wasi_path_open(fd, follows, path, 5 /* make it anew */, RIGHTS, RIGHTS, 0, &got)); \
            } } while (0)

        static void try(const char *name, void (*attack)(void), int must_fail) {
            is_open = detail[0] = 0;
            attack();
            printf("%s\t%s\t%s\n", name, is_open ? "OPEN" : must_fail ? "held" : "done", detail);
            fflush(stdout);
        }

        static void take(int count, char **arguments) {
            for (int i = 1; i < count; i++) {
                if (!strncmp(arguments[i], "secret:", 7)) secret = arguments[i] + 7;
                if (!strncmp(arguments[i], "folder:", 7)) folder = arguments[i] + 7;
                if (!strncmp(arguments[i], "data:", 5)) data = arguments[i] + 5;
            }
        }

        """#
}

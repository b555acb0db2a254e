import FoundationEssentials
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// A C program of many small tries, compiled to WASI where there are a compiler and a C library for it.
enum WasmProgram {
    private static let compiled: [UInt8]? = try? compile(source)
    static var isAvailable: Bool { WasmHost.hasWasmtime && compiled != nil }
    static var bytes: [UInt8] { compiled ?? [] }

    /// What uses up what is limited.
    static let strain: Result<[UInt8], any Error> = Result {
        let main = "\nint main(int count, char **words) { return strain(count - 2, words + 2); }\n"
        return try compile(includes + StrainProgram.source + main)
    }

    private static let builtins = [
        "/usr/lib/llvm-14/lib/clang/14.0.6/lib/wasi/libclang_rt.builtins-wasm32.a"
    ]

    /// Throws where something that it takes is missing.
    static func compile(_ source: String) throws -> [UInt8] {
        let folder = "/tmp/weft-wasm-program-\(getpid())-\(UInt32.random(in: .min ... .max))"
        mkdir(folder, 0o700)
        defer {
            for name in ["program.c", "program.wasm"] { unlink("\(folder)/\(name)") }
            rmdir(folder)
        }
        try source.write(toFile: "\(folder)/program.c", atomically: false, encoding: .utf8)
        let library = builtins.first { access($0, R_OK) == 0 } ?? builtins[0]
        let arguments = [
            "clang", "--target=wasm32-wasi", "--sysroot=/usr", "-O2", "-w", "-nodefaultlibs", "\(folder)/program.c",
            "-o", "\(folder)/program.wasm", "-lc", library,
        ]
        var process = pid_t()
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        guard posix_spawnp(&process, "clang", nil, nil, &pointers, environ) == 0 else { throw CompilerMissing() }
        var status: Int32 = 0
        waitpid(process, &status, 0)
        guard status == 0 else { throw CompilerMissing() }
        return [UInt8](try Data(contentsOf: URL(filePath: "\(folder)/program.wasm")))
    }

    private struct CompilerMissing: Error {}

    static let includes = #"""
        #include <dirent.h>
        #include <errno.h>
        #include <fcntl.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/stat.h>
        #include <time.h>
        #include <unistd.h>
        #include <wasi/api.h>

        """#

    private static let source =
        includes + #"""
            extern char **environ;

            static int arguments(int count, char **values) {
                for (int index = 0; index < count; index++) printf("[%s]", values[index]);
                for (char **entry = environ; *entry; entry++) printf("{%s}", *entry);
                return 0;
            }
            static int copy(void) {
                static char buffer[65536];
                ssize_t count;
                while ((count = read(0, buffer, sizeof buffer)) > 0) write(1, buffer, (size_t)count);
                return 42;
            }
            static int files(void) {
                FILE *in = fopen("in.txt", "r"), *out = fopen("/work/out.txt", "w");
                char line[100];
                if (!in || !out || !fgets(line, sizeof line, in)) return 1;
                fprintf(out, "got %s", line);
                fclose(out);
                return mkdir("folder", 0755) || rename("out.txt", "folder/out.txt");
            }
            static int list(void) {
                static const char *names[] = {"zeta", "alpha", "mid", "beta", "omega"};
                mkdir("d", 0755);
                for (int index = 0; index < 200; index++) {
                    char path[64];
                    snprintf(path, sizeof path, "d/%s-%d", names[index % 5], index * 7919 % 200);
                    close(open(path, O_CREAT | O_WRONLY, 0644));
                }
                DIR *folder = opendir("d");
                for (struct dirent *entry; folder && (entry = readdir(folder));) {
                    char path[300];
                    struct stat status;
                    snprintf(path, sizeof path, "d/%s", entry->d_name);
                    if (stat(path, &status)) return 1;
                    printf("%s %llu %lld %lld\n", entry->d_name, (unsigned long long)status.st_ino,
                           (long long)status.st_mtime, (long long)status.st_size);
                }
                return 0;
            }
            static int nap(void) {
                struct timespec begin, end;
                clock_gettime(CLOCK_MONOTONIC, &begin);
                sleep(3600);
                clock_gettime(CLOCK_MONOTONIC, &end);
                printf("%lld\n", (long long)(end.tv_sec - begin.tv_sec));
                return 0;
            }
            static int deep(int depth) {
                volatile char room[4096];
                room[0] = (char)depth;
                return deep(depth + 1) + room[0];
            }
            static int hog(void) {
                int count = 0;
                for (char *volatile block; (block = malloc(1 << 20)); count++) memset(block, 1, 1 << 20);
                printf("%d\n", count);
                return 3;
            }
            int main(int count, char **values) {
                const char *what = count > 1 ? values[1] : "";
                if (!strcmp(what, "arguments")) return arguments(count, values);
                if (!strcmp(what, "copy")) return copy();
                if (!strcmp(what, "files")) return files();
                if (!strcmp(what, "list")) return list();
                if (!strcmp(what, "nap")) return nap();
                if (!strcmp(what, "deep")) return deep(0);
                if (!strcmp(what, "hog")) return hog();
                return 64;
            }
            """#
}

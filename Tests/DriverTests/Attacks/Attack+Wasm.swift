extension Attack {
    /// What a module can try by way of WASI. Its directory is open twice, as 3 (`.`) and 4 (`/work`).
    static let ofModules: [Attack] = [
        Attack(
            "parent-paths", "opens files above its directory", seen: .secret,
            """
            static const char *paths[] = {"..", "../", "../x", "a/../../x", "./../../etc/passwd", "a/./../..", "./a/../../identity.key",
                "../identity.key", "../../identity.key"};
            mkdir("a", 0755);
            for (int i = 0; i < COUNT(paths); i++) { OPEN(3, paths[i]); OPEN(4, paths[i]); }
            """),
        Attack(
            "absolute-paths", "opens files by their full paths", seen: .secret,
            """
            static const char *paths[] = {"/etc/passwd", "//etc/passwd", "/./../etc/passwd", "/proc/self/environ", "/proc/self/maps",
                "/weft/weft-wasm", "/weft/compiled", "/weft/libwasmtime.so", "/work/../etc/passwd", "/dev/mem"};
            for (int i = 0; i < COUNT(paths); i++) { OPEN(3, paths[i]); OPEN(4, paths[i]); BLOCKED(open(paths[i], O_RDONLY)); }
            OPEN(3, secret); BLOCKED(open(secret, O_RDONLY)); BLOCKED(open(secret, O_WRONLY));
            """),
        Attack(
            "odd-paths", "opens paths that other systems, or careless ones, read otherwise", seen: .secret,
            #"""
            static const char *paths[] = {"..\\x", "..\\..\\etc\\passwd", "C:\\x", "%2e%2e/x", "..%2fx", "....//....//etc/passwd", "..;/x",
                "\xc0\xae\xc0\xae/x", "\xff\xfe", "a//../../x", ".//..//x", "~root", "file:///etc/passwd", ""};
            for (int i = 0; i < COUNT(paths); i++) LOOK(3, paths[i]);
            WASI(__wasi_path_open(3, 1, "x\0/../../etc/passwd", 0, RIGHTS, RIGHTS, 0, &got));
            """#),
        Attack(
            "long-paths", "opens paths of a megabyte", seen: .end,
            """
            memset(space, 'a', sizeof space - 1);
            OPEN(3, space);
            for (int i = 0; i < sizeof space - 3; i += 3) memcpy(space + i, "../", 3);
            OPEN(3, space);
            """),
        Attack(
            "links-out", "follows symbolic links of its own that lead out", seen: .secret,
            """
            BLOCKED(symlink(secret, "out-link") ? -1 : open("out-link", O_RDONLY)); BLOCKED(symlink("/", "root"));
            BLOCKED(symlink("..", "up") ? -1 : open("up/identity.key", O_RDONLY));
            BLOCKED(symlink("../..", "upper") ? -1 : open("upper/identity.key", O_RDONLY));
            BLOCKED(symlink("up/up", "twice") ? -1 : open("twice/etc/passwd", O_RDONLY));
            """),
        Attack(
            "link-loops", "follows links that lead in a circle", seen: .end,
            """
            symlink("loop-b", "loop-a"); symlink("loop-a", "loop-b"); symlink("self/self/self", "self");
            BLOCKED(open("loop-a", O_RDONLY)); BLOCKED(open("self", O_RDONLY)); BLOCKED(open("self/x", O_WRONLY | O_CREAT, 0600));
            """),
        Attack(
            "hard-links-out", "makes hard links to files outside, and outside to its own", seen: .secret,
            """
            close(open("mine", O_WRONLY | O_CREAT, 0600));
            WASI(__wasi_path_link(3, 0, "../identity.key", 3, "hard")); WASI(__wasi_path_link(3, 1, "../../etc/passwd", 3, "hard"));
            WASI(__wasi_path_link(3, 0, "mine", 3, "../mine")); WASI(__wasi_path_link(3, 0, "mine", 4, "/tmp/mine"));
            symlink("../identity.key", "linked"); WASI(__wasi_path_link(3, 1, "linked", 3, "hard"));
            """),
        Attack(
            "renames-out", "moves files out of its directory, and others in", seen: .secret,
            """
            close(open("mine2", O_WRONLY | O_CREAT, 0600)); mkdir("folder", 0755);
            WASI(__wasi_path_rename(3, "mine2", 3, "../mine")); WASI(__wasi_path_rename(3, "folder", 4, "../folder"));
            WASI(__wasi_path_rename(3, "../identity.key", 3, "got")); WASI(__wasi_path_rename(3, ".", 3, "../x"));
            WASI(__wasi_path_rename(3, "..", 3, "got")); BLOCKED(rename(secret, "got"));
            """),
        Attack(
            "changes-outside", "makes and removes files and folders outside", seen: .secret,
            """
            WASI(__wasi_path_create_directory(3, "../x")); WASI(__wasi_path_remove_directory(3, ".."));
            WASI(__wasi_path_remove_directory(3, "../work")); WASI(__wasi_path_unlink_file(3, "../identity.key"));
            WASI(__wasi_path_symlink("x", 3, "../x")); BLOCKED(unlink(secret)); BLOCKED(mkdir("/tmp/x", 0755));
            """),
        Attack(
            "looks-outside", "asks about files outside, and changes their times", seen: .secret,
            """
            __wasi_filestat_t status;
            __wasi_size_t size;
            WASI(__wasi_path_filestat_get(3, 1, "..", &status)); WASI(__wasi_path_filestat_get(3, 1, "../identity.key", &status));
            WASI(__wasi_path_filestat_set_times(3, 1, "../identity.key", 1, 1, 5)); WASI(__wasi_path_readlink(3, "../x", space, 99, &size));
            symlink("..", "up2"); WASI(__wasi_path_filestat_get(3, 1, "up2", &status)); WASI(__wasi_path_filestat_get(3, 1, "up2/work", &status));
            """),
        Attack(
            "guess-descriptors", "uses every descriptor that it was not given", seen: .secret,
            """
            static const __wasi_fd_t far[] = {65536, 1 << 20, 1 << 30, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
            for (int i = 5; i < 1005 + COUNT(far); i++) {
                __wasi_fd_t fd = i < 1005 ? i : far[i - 1005];
                __wasi_fdstat_t status;
                __wasi_iovec_t in = {(uint8_t *)space, 16};
                __wasi_ciovec_t out = {(uint8_t *)space, 16};
                __wasi_size_t size;
                WASI(__wasi_fd_fdstat_get(fd, &status)); WASI(__wasi_fd_read(fd, &in, 1, &size)); WASI(__wasi_fd_write(fd, &out, 1, &size));
                WASI(__wasi_path_open(fd, 1, ".", 0, 0, 0, 0, &got)); WASI(__wasi_fd_close(fd));
            }
            """),
        Attack(
            "guess-directories", "asks for directories that were opened for it, past the last", seen: .secret,
            """
            __wasi_prestat_t found;
            for (__wasi_fd_t fd = 5; fd < 1000; fd++) WASI(__wasi_fd_prestat_get(fd, &found));
            WASI(__wasi_fd_prestat_dir_name(3, (uint8_t *)space, 0)); WASI(__wasi_fd_prestat_dir_name(0, (uint8_t *)space, 100));
            """),
        Attack(
            "streams-as-directories", "opens files below its standard streams", seen: .secret,
            """
            for (__wasi_fd_t fd = 0; fd < 3; fd++) { OPEN(fd, "x"); OPEN(fd, ".."); OPEN(fd, "/etc/passwd"); }
            """),
        Attack(
            "below-a-folder", "opens the folder above one that it has opened", seen: .secret,
            """
            mkdir("sub", 0755);
            if (__wasi_path_open(3, 0, "sub", 2, RIGHTS, RIGHTS, 0, &got) == 0) {
                __wasi_fd_t sub = got;
                OPEN(sub, ".."); OPEN(sub, "../.."); OPEN(sub, "../sub/../../identity.key"); OPEN(sub, "/work");
            }
            """),
        Attack(
            "all-flags", "opens what is outside with every combination of flags", seen: .secret,
            """
            for (int flags = 0; flags < 16; flags++)
                for (int kind = 0; kind < 32; kind++)
                    for (int follows = 0; follows < 2; follows++) {
                        WASI(__wasi_path_open(3, follows, "..", flags, RIGHTS, RIGHTS, kind, &got));
                        WASI(__wasi_path_open(3, follows, "../new", flags, RIGHTS, RIGHTS, kind, &got));
                    }
            """),
        Attack(
            "more-rights", "widens the rights of a descriptor", seen: .end,
            """
            close(open("read", O_WRONLY | O_CREAT, 0600));
            if (__wasi_path_open(3, 0, "read", 0, 2 /* fd_read */, 0, 0, &got) == 0) {
                __wasi_fd_fdstat_set_rights(got, RIGHTS, RIGHTS);
                __wasi_ciovec_t out = {(uint8_t *)"x", 1};
                __wasi_size_t size;
                WASI(__wasi_fd_write(got, &out, 1, &size));
            }
            """),
        Attack(
            "directory-as-file", "reads and writes its directory as if it were a file", seen: .end,
            """
            __wasi_iovec_t in = {(uint8_t *)space, 16};
            __wasi_ciovec_t out = {(uint8_t *)space, 16};
            __wasi_size_t size;
            __wasi_filesize_t at;
            WASI(__wasi_fd_read(3, &in, 1, &size)); WASI(__wasi_fd_write(3, &out, 1, &size)); WASI(__wasi_fd_pwrite(3, &out, 1, 0, &size));
            WASI(__wasi_fd_filestat_set_size(3, 0)); WASI(__wasi_fd_allocate(3, 0, 10)); WASI(__wasi_fd_seek(3, 1, 0, &at));
            """),
        Attack(
            "sockets", "accepts, receives and sends on sockets", seen: .listeners,
            """
            __wasi_iovec_t in = {(uint8_t *)space, 16};
            __wasi_ciovec_t out = {(uint8_t *)space, 16};
            __wasi_size_t size;
            __wasi_roflags_t flags;
            for (__wasi_fd_t fd = 0; fd < 100; fd++) {
                WASI(__wasi_sock_accept(fd, 0, &got)); WASI(__wasi_sock_recv(fd, &in, 1, 0, &size, &flags));
                WASI(__wasi_sock_send(fd, &out, 1, 0, &size)); WASI(__wasi_sock_shutdown(fd, 3));
            }
            """),
        Attack(
            "huge-files", "makes files that claim exbibytes",
            holds: .harmless(because: "what a file occupies counts, and its size is limited"), seen: .end,
            """
            int fd = open("huge", O_RDWR | O_CREAT, 0600);
            __wasi_ciovec_t out = {(uint8_t *)"x", 1};
            __wasi_size_t size;
            static const uint64_t sizes[] = {1ull << 40, 1ull << 62, ~0ull, ~0ull >> 1};
            for (int i = 0; i < COUNT(sizes); i++) {
                __wasi_fd_filestat_set_size(fd, sizes[i]); __wasi_fd_allocate(fd, 0, sizes[i]); __wasi_fd_allocate(fd, sizes[i], sizes[i]);
            }
            WASI(__wasi_fd_pwrite(fd, &out, 1, ~0ull, &size)); WASI(__wasi_fd_pwrite(fd, &out, 1, ~0ull >> 1, &size));
            close(fd); unlink("huge");
            """),
        Attack(
            "seek-nowhere", "seeks to offsets that overflow", seen: .end,
            """
            int fd = open("seek", O_RDWR | O_CREAT, 0600);
            __wasi_filesize_t at;
            WASI(__wasi_fd_seek(fd, -1, 0, &at)); WASI(__wasi_fd_seek(fd, INT64_MIN, 1, &at)); WASI(__wasi_fd_seek(fd, INT64_MIN, 2, &at));
            WASI(__wasi_fd_seek(0, 1, 0, &at));
            """),
        Attack(
            "long-lists", "lists a directory from places that never were, into buffers of no size",
            holds: .harmless(because: "a place is a number to the engine, and buffers are in the module's memory"),
            """
            __wasi_size_t size;
            static const uint64_t places[] = {1, 1000, 1ull << 32, ~0ull, ~0ull >> 1};
            for (int i = 0; i < COUNT(places); i++) {
                __wasi_fd_readdir(3, (uint8_t *)space, 0, places[i], &size); __wasi_fd_readdir(3, (uint8_t *)space, 7, places[i], &size);
            }
            """),
        Attack(
            "many-descriptors", "opens files until there are no more",
            holds: .harmless(because: "open files of the engine's process are limited, and end with it"),
            """
            int opened = 0;
            static __wasi_fd_t fds[100000];
            while (opened < 100000 && __wasi_path_open(3, 0, ".", 2, 0, 0, 0, &fds[opened]) == 0) opened++;
            BLOCKED(opened == 100000 ? 0 : -1);
            while (opened > 0) __wasi_fd_close(fds[--opened]);
            """),
        Attack(
            "renumbering", "puts descriptors in each other's places, its streams' among them",
            holds: .harmless(because: "numbers are the engine's, and all of them the module's own"),
            """
            int fd = open("number", O_RDWR | O_CREAT, 0600);
            WASI(__wasi_fd_renumber(fd, 999999)); WASI(__wasi_fd_renumber(999999, fd)); WASI(__wasi_fd_renumber(fd, 0xffffffff));
            __wasi_fd_renumber(fd, 0);
            """),
        Attack(
            "whole-memory", "takes all memory that 32 bits can name", seen: .end,
            """
            BLOCKED(__builtin_wasm_memory_grow(0, 65535) == (size_t)-1 ? -1 : 0);
            BLOCKED(__builtin_wasm_memory_grow(0, 32768) == (size_t)-1 ? -1 : 0);
            BLOCKED(__builtin_wasm_memory_grow(0, 0x7fffffff) == (size_t)-1 ? -1 : 0);
            """),
        Attack(
            "see-secrets", "finds the worker's environment, or the engine's own", seen: .secret,
            """
            extern char **environ;
            for (char **entry = environ; *entry; entry++)
                BLOCKED(strstr(*entry, "WEFT") || strstr(*entry, "PATH=") == *entry || strstr(*entry, "LD_") == *entry ? 0 : -1);
            """),
        Attack(
            "odd-polls", "waits for nothing, and for thousands of descriptors that are not there",
            holds: .harmless(because: "waiting gives nothing but an answer, at most in its own time"), seen: .end,
            """
            static __wasi_subscription_t many[4096];
            static __wasi_event_t events[4096];
            __wasi_size_t count;
            WASI(__wasi_poll_oneoff(many, events, 0, &count));
            for (int i = 0; i < COUNT(many); i++) {
                many[i].u.tag = __WASI_EVENTTYPE_FD_READ; many[i].u.u.fd_read.file_descriptor = 100 + i;
            }
            __wasi_poll_oneoff(many, events, COUNT(many), &count);
            """),
        Attack(
            "flooded-errors", "writes megabytes to standard error",
            holds: .harmless(because: "its beginning and its end are kept"), seen: .end,
            """
            memset(space, 'e', sizeof space);
            for (int i = 0; i < 16; i++) write(2, space, 1 << 18);
            """),
        Attack(
            "deep-folders", "leaves folders deeper than paths are long",
            holds: .harmless(because: "removal has no depth to overflow"), seen: .end,
            """
            __wasi_fd_t folder = 3;
            for (int i = 0; i < 150; i++) {
                __wasi_path_create_directory(folder, "deep");
                if (__wasi_path_open(folder, 0, "deep", 2, RIGHTS, RIGHTS, 0, &got)) break;
                if (folder != 3) __wasi_fd_close(folder);
                folder = got;
            }
            """),
        Attack(
            "output-links", "leaves links and folders where its outputs should be",
            holds: .harmless(because: "outputs are opened without following links, and only plain files are taken"),
            seen: .outputs,
            """
            symlink("../identity.key", "out-relative"); symlink("../../../../../../etc/passwd", "out-environment"); mkdir("out-folder", 0755);
            symlink("..", "out-folder-link");
            """),
        Attack(
            "close-everything", "closes its directory and its streams, and goes on",
            holds: .harmless(because: "they are the engine's numbers; the worker's ends are others"), seen: .end,
            """
            OPEN(3, "..");
            __wasi_fd_close(4); __wasi_fd_close(0);
            OPEN(4, "x"); OPEN(4, "/etc/passwd");
            """),
    ]
}

#if os(Linux)
    import Glibc
    import Testing
    import WeftDrivers
    import WeftModel

    /// What starting and clearing away costs, beside bare bubblewrap, in one run: `WEFT_BENCH=1 swift test …`.
    @Suite(.serialized, .enabled(if: getenv("WEFT_BENCH") != nil)) struct StartupTests {
        private static let rounds = 60

        @Test func aRunCostsAboutWhatBubblewrapDoes() async throws {
            let host = try await DriverHost()
            let folder = host.folder + "/bare"
            mkdir(folder, 0o755)
            let bare = [
                "bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--ro-bind", "/usr", "/usr",
                "--symlink", "usr/bin", "/bin", "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64",
                "--proc", "/proc", "--dev", "/dev", "--size", "16777216", "--tmpfs", "/tmp", "--bind", folder, "/work",
                "--chdir", "/work", "--cap-drop", "ALL", "--clearenv", "--setenv", "PATH", "/usr/bin:/bin", "--",
                "/bin/true",
            ]
            var times: [String: [Duration]] = [:]
            let clock = ContinuousClock()
            func measure(_ name: String, _ body: () async throws -> Void) async throws {
                let start = clock.now
                try await body()
                times[name, default: []].append(clock.now - start)
            }
            for _ in 0..<Self.rounds {
                if access("/usr/bin/bwrap", X_OK) == 0 {
                    try await measure("bwrap") { #expect(Self.spawn(bare) == 0) }
                }
                try await measure("driver") { try await run(["/bin/true"], host, status: 0) }
                try await measure("driver, cell used again") {
                    try await run(["/bin/true"], host, status: 0, reuse: "key")
                }
                for architecture in [ProgramArchitecture.amd64] + host.process.emulators.architectures.dropFirst() {
                    try await measure("tiny \(architecture)") {
                        try await run(
                            ["./tiny"], host, [.init("tiny", TinyProgram.bytes(architecture))],
                            status: TinyProgram.status)
                    }
                }
            }
            for (name, all) in times.sorted(by: { $0.key < $1.key }) {
                print("startup: \(name): median \(all.sorted()[all.count / 2])")
            }
            if let bwrap = times["bwrap"]?.sorted()[Self.rounds / 2], let driver = times["driver"]?.sorted() {
                let ratio = driver[Self.rounds / 2] / bwrap
                print("startup: driver / bwrap = \(ratio)")
                #expect(ratio <= 1.3)
            }
            await host.close()
        }

        private func run(
            _ command: [String], _ host: DriverHost, _ files: [DriverHost.File] = [], status: Int32,
            reuse: String? = nil
        ) async throws {
            let workspace = try host.makeWorkspace(files)
            let order = RunOrder(
                .process(command: command),
                resources: Resources(cpuMillis: 2000, memoryBytes: 256 << 20, diskBytes: 16 << 20),
                timeout: .seconds(20), reuse: reuse)
            let report = await host.process.run(order, in: workspace) { _ in true }
            #expect(report.end == .exited(status))
            try await host.root.remove(workspace)
        }

        private static func spawn(_ arguments: [String]) -> Int32 {
            var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
            defer { for pointer in pointers { free(pointer) } }
            var process: pid_t = 0
            guard posix_spawnp(&process, pointers[0]!, nil, nil, &pointers, environ) == 0 else { return -1 }
            var status: Int32 = 0
            while waitpid(process, &status, 0) < 0, errno == EINTR {}
            return status
        }
    }
#endif

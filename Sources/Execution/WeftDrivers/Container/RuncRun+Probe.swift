#if os(Linux)
    import Glibc
    import WeftModel
    import WeftSandbox

    extension RuncRun {
        /// Runs a program that does nothing; its exit status.
        func probe(_ processes: OpenProcesses) async throws -> Int32 {
            let result: Result<Int32, any Error>
            do {
                guard let program = ProbeProgram.forThisMachine else {
                    throw EngineError.system("containers are not tried out on this architecture yet")
                }
                let root = folder + "/rootfs"
                guard mkdir(root, 0o755) == 0 else { throw SystemError("cannot create \(root)") }
                let path = root + "/nothing"
                let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o755)
                guard file >= 0 else { throw SystemError("cannot write \(path)") }
                // Closed before it is run: nobody executes a file that is open for writing.
                do {
                    defer { close(file) }
                    try program.withUnsafeBytes { try writeAll(file, $0) }
                    fchmod(file, 0o755)
                }
                let work = folder + "/work"
                guard mkdir(work, 0o755) == 0 else { throw SystemError("cannot create \(work)") }
                try writeBundle(
                    ["/nothing"], [:], limits(Resources()), root: root, work)
                result = .success(try await runProbe(processes))
            } catch {
                result = .failure(error)
            }
            if let failure = await clear(processes) { throw failure }
            return try result.get()
        }

        private func runProbe(_ processes: OpenProcesses) async throws -> Int32 {
            let null = open("/dev/null", O_RDWR | O_CLOEXEC)
            guard null >= 0 else { throw SystemError("cannot open /dev/null") }
            defer { close(null) }
            let report = try await processes.run(
                spec(input: null, output: null, error: null, timeout: .seconds(30)), stop: RunStop())
            guard case .exited(let code) = report.end else {
                throw EngineError.system("\(runtime.rawValue) does not run containers here: \(report.end)")
            }
            if code != 0, let message = complaint() { throw EngineError.system(message) }
            return code
        }
    }
#endif

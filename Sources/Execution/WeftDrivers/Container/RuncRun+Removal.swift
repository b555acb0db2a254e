#if os(Linux)
    import Glibc
    import WeftSandbox

    extension RuncRun {
        /// Nothing of it is left afterwards, or the error says what.
        func clear(_ processes: OpenProcesses) async -> (any Error)? {
            let folder = folder
            do {
                try await Self.delete(id, executable, runtime, stateRoot, processes)
                Self.forget(id, stateRoot)
                try await BlockingThread.run { try FileTree.remove(folder) }
                return nil
            } catch {
                return error
            }
        }

        /// Has the runtime hold it still, or let it go on. Returns why that failed; while it starts, it is tried again.
        func hold(_ isPaused: Bool, _ processes: OpenProcesses) async -> String? {
            let arguments = [executable] + Self.flags(runtime, stateRoot) + [isPaused ? "pause" : "resume", id]
            var why = ""
            for _ in 0..<20 {
                do {
                    let end = try await Self.call(arguments, processes)
                    if end == .exited(code: 0) { return nil }
                    why = "\(runtime.rawValue) \(isPaused ? "pause" : "resume") ended as \(end)"
                    try await Task.sleep(for: .milliseconds(50))
                } catch is CancellationError {
                    return nil  // it is over
                } catch {
                    why = "\(error)"
                }
            }
            return why
        }

        private static func delete(
            _ id: String, _ executable: String, _ runtime: RuncDriver.Runtime, _ stateRoot: String,
            _ processes: OpenProcesses
        ) async throws {
            guard access("\(stateRoot)/\(id)", F_OK) == 0 || runtime == .runsc else { return }
            _ = try await call([executable] + flags(runtime, stateRoot) + ["delete", "--force", id], processes)
        }

        /// Runs the runtime for a moment; its output is of no interest.
        private static func call(_ arguments: [String], _ processes: OpenProcesses) async throws -> SandboxEnd {
            let null = open("/dev/null", O_RDWR | O_CLOEXEC)
            guard null >= 0 else { throw SystemError("cannot open /dev/null") }
            defer { close(null) }
            return try await processes.run(
                SandboxSpec(
                    arguments: arguments, environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"], standardInput: null,
                    standardOutput: null, standardError: null, limits: SandboxLimits(wallTime: .seconds(30))),
                stop: RunStop()
            ).end
        }

        static func sweep(executable: String, stateRoot: String, processes: OpenProcesses) async throws {
            let runtime: RuncDriver.Runtime = executable.hasSuffix("runsc") ? .runsc : .runc
            let found = FileTree.names(in: stateRoot, limit: .max).filter { $0.hasPrefix("weft-") }
            // runsc has several files for each.
            let ids = Set(found.map { String($0.prefix { $0 != "_" && $0 != "." }) })
            for id in ids {
                try await delete(id, executable, runtime, stateRoot, processes)
                forget(id, stateRoot)
            }
        }

        /// What a runtime that was killed in the middle leaves of a container it has no word of any more.
        private static func forget(_ id: String, _ stateRoot: String) {
            ForeignGroup.remove(named: "/\(id)")
            for name in FileTree.names(in: stateRoot, limit: .max) where name.hasPrefix(id + "_") {
                unlink("\(stateRoot)/\(name)")
            }
        }
    }
#endif

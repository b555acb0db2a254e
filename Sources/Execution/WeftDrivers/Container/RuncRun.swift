#if os(Linux)
    import Glibc
    import Synchronization
    import WeftModel
    import WeftSandbox

    /// One container made by runc or runsc, in a folder of its own.
    final class RuncRun: Sendable {
        private enum Reason: Sendable { case disk, output }

        private let executable: String
        private let runtime: RuncDriver.Runtime
        private let stateRoot: String
        private let options: ContainerOptions
        private let folder: String
        private let id: String
        private let reason = Mutex<Reason?>(nil)

        init(
            executable: String, runtime: RuncDriver.Runtime, stateRoot: String, options: ContainerOptions,
            folder: String
        ) throws {
            self.executable = executable
            self.runtime = runtime
            self.stateRoot = stateRoot
            self.options = options
            self.folder = folder
            id = "weft-\(options.owner)-\(UInt64.random(in: .min ... .max))"
            guard mkdir(folder, 0o711) == 0, mkdir(folder + "/rootfs", 0o755) == 0 else {
                throw SystemError("cannot create \(folder)")
            }
        }

        private var groupPath: String { "/\(id)" }
        private var logPath: String { folder + "/log" }

        private static func flags(_ runtime: RuncDriver.Runtime, _ stateRoot: String) -> [String] {
            runtime == .runc ? ["--root", stateRoot] : ["--root", stateRoot, "--platform=ptrace", "--network=none"]
        }

        // MARK: running

        func run(
            _ archive: String, _ command: [String], _ order: RunOrder, _ workspace: Workspace,
            _ processes: OpenProcesses,
            _ log: @escaping LogSink
        ) async -> RunReport {
            var report: RunReport
            do {
                let limits = ContainerLimits(order.resources, processCount: options.processCount)
                try await prepare(archive, order, command, limits, workspace)
                try Task.checkCancellation()
                report = try await start(order, limits, workspace, processes, log)
            } catch EngineError.tooLarge {
                report = RunReport(
                    end: .failed(
                        AttemptFailure(
                            .inputUnavailable, "the image unpacks to more than \(options.imageBytesMax) bytes")))
            } catch {
                report = RunReport(end: RunEnd(engineFailure: error))
            }
            // Also when the task has been cancelled.
            let failure = await Task { await clear(processes) }.value
            if let failure { report.end = .failed(AttemptFailure(.sandboxFailed, "\(failure)")) }
            return report
        }

        private func prepare(
            _ archive: String, _ order: RunOrder, _ command: [String], _ limits: ContainerLimits, _ workspace: Workspace
        ) async throws {
            let folder = folder
            let bytesMax = options.imageBytesMax
            let user = options.user
            let image = try await BlockingThread.run {
                let image = try ImageArchive(reading: archive)
                try image.unpack(into: folder + "/rootfs", limitBytes: bytesMax)
                try WorkingDirectory.give(workspace.payloadDirectory, to: user)
                return image
            }
            let arguments = (image.settings.Entrypoint ?? []) + (command.isEmpty ? image.settings.Cmd ?? [] : command)
            guard !arguments.isEmpty else {
                throw AttemptFailure(.notExecutable, "neither the job nor its image says what to run")
            }
            var variables = ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
            for entry in image.settings.Env ?? [] {
                let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
            }
            variables.merge(["HOME": "/work", "LANG": "C.UTF-8", "TMPDIR": "/tmp"]) { $1 }
            variables.merge(order.environment) { $1 }
            try writeBundle(arguments, variables, limits, workspace.payloadDirectory)
        }

        private func writeBundle(
            _ arguments: [String], _ variables: [String: String], _ limits: ContainerLimits, _ directory: String
        ) throws {
            let bundle = RuncBundle(
                arguments: arguments, environment: variables.map { "\($0)=\($1)" }.sorted(), limits: limits,
                user: options.user, workDirectory: directory, groupPath: groupPath, hasFilter: runtime == .runc)
            let file = open(folder + "/config.json", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard file >= 0 else { throw SystemError("cannot write a container's configuration") }
            defer { close(file) }
            try EngineClient.encode(bundle).withUnsafeBytes { try writeAll(file, $0) }
        }

        private func spec(input: Int32, output: Int32, error: Int32, timeout: Duration) -> SandboxSpec {
            var arguments = [executable] + Self.flags(runtime, stateRoot)
            if runtime == .runc { arguments += ["--log", logPath] }
            arguments += ["run", "--bundle", folder]
            // Its control groups stay until it is deleted, so that they can be read after its end.
            if runtime == .runc { arguments.append("--keep") }
            return SandboxSpec(
                arguments: arguments + [id], environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"],
                workingDirectory: folder, standardInput: input, standardOutput: output, standardError: error,
                limits: SandboxLimits(wallTime: timeout))
        }

        private func start(
            _ order: RunOrder, _ limits: ContainerLimits, _ workspace: Workspace, _ processes: OpenProcesses,
            _ log: @escaping LogSink
        ) async throws -> RunReport {
            let input = open(order.standardInputPath ?? "/dev/null", O_RDONLY | O_CLOEXEC)
            guard input >= 0 else { throw SystemError("cannot open standard input") }
            defer { close(input) }
            let (output, error) = try processes.makePipes()
            defer {
                close(output.writing)
                close(error.writing)
            }
            let stop = RunStop()
            let pump = try OutputPump(
                standardOutput: output.reading, standardError: error.reading, spoolPath: workspace.standardOutputPath,
                bounds: options.bounds, reactor: processes.reactor, log: log,
                trouble: { [self] in
                    reason.withLock { $0 = $0 ?? .output }
                    stop.stop()
                })
            let counters = ContainerUsage(id: id, reactor: processes.reactor)
            let watching = Task { await watch(workspace.payloadDirectory, limits, counters, stop) }
            let ended: Result<SandboxReport, any Error>
            do {
                ended = .success(
                    try await processes.run(
                        spec(input: input, output: output.writing, error: error.writing, timeout: order.timeout),
                        stop: stop))
            } catch {
                ended = .failure(error)
            }
            watching.cancel()
            await watching.value
            _ = counters.find(named: [groupPath])
            let used = counters.read()
            let captured = pump.finish()
            var report = RunReport(
                end: .cancelled, standardOutput: captured.standardOutput, standardError: captured.standardError)
            let result = try ended.get()
            report.usage = Usage(
                wallMicroseconds: result.usage.wall.microseconds, cpuMicroseconds: used.cpu?.microseconds,
                peakMemoryBytes: used.peakMemoryBytes)
            let directory = workspace.payloadDirectory
            let bytes = try await BlockingThread.run {
                WorkingDirectory.occupiedBytes(directory, limitBytes: limits.diskBytes)
            }
            report.end = end(
                result, used, captured.failure, limits, order.timeout, isOverDisk: bytes > limits.diskBytes)
            return report
        }

        private func end(
            _ result: SandboxReport, _ used: ForeignGroup.Usage, _ outputFailure: AttemptFailure?,
            _ limits: ContainerLimits, _ timeout: Duration, isOverDisk: Bool
        ) -> RunEnd {
            if case .timedOut = result.end { return .failed(ContainerLimits.timedOut(timeout)) }
            if let outputFailure { return .failed(outputFailure) }
            if isOverDisk || reason.withLock({ $0 == .disk }) { return .failed(limits.outOfDisk) }
            if case .cancelled = result.end { return .cancelled }
            if used.outOfMemoryKills > 0 { return .failed(limits.outOfMemory) }
            guard case .exited(let code) = result.end else {
                return .failed(AttemptFailure(.sandboxFailed, "\(runtime.rawValue) was ended from outside"))
            }
            if code != 0, let message = complaint() {
                return RunEnd(engineFailure: EngineError.refused(status: Int(code), message: message))
            }
            return .exited(code & 0xff)
        }

        /// What runc says where it could not start the container at all.
        private func complaint() -> String? {
            let file = open(logPath, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
            guard file >= 0 else { return nil }
            defer { close(file) }
            let bytes = [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
                count = max(0, read(file, buffer.baseAddress, buffer.count))
            }
            let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
            return lines.last { $0.contains("level=error") }.map { String($0.prefix(1000)) }
        }

        private func watch(
            _ directory: String, _ limits: ContainerLimits, _ counters: ContainerUsage, _ stop: RunStop
        ) async {
            let clock = ContinuousClock()
            var next = clock.now + .milliseconds(100)
            while !Task.isCancelled {
                if counters.find(named: [groupPath]) { _ = counters.read() }
                let now = clock.now
                if now >= next {
                    let members = counters.group?.processes ?? []
                    let bytes = try? await BlockingThread.run {
                        WorkingDirectory.occupiedBytes(directory, limitBytes: limits.diskBytes, processes: members)
                    }
                    if let bytes, bytes > limits.diskBytes {
                        reason.withLock { $0 = $0 ?? .disk }
                        return stop.stop()
                    }
                    next = clock.now + max(.milliseconds(100), (clock.now - now) * 10)
                }
                do { try await Task.sleep(for: .milliseconds(10)) } catch { return }
            }
        }

        // MARK: the end

        /// Nothing of it is left afterwards, or the error says what.
        private func clear(_ processes: OpenProcesses) async -> (any Error)? {
            let folder = folder
            do {
                try await Self.delete(id, executable, runtime, stateRoot, processes)
                ForeignGroup(named: groupPath)?.remove()
                try await BlockingThread.run { try FileTree.remove(folder) }
                return nil
            } catch {
                return error
            }
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
            guard let stream = opendir(stateRoot) else { return }
            var names: [String] = []
            while let entry = readdir(stream) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name.hasPrefix("weft-") { names.append(name) }
            }
            closedir(stream)
            for name in names {
                let id = name.hasSuffix(".state") ? String(name.dropLast(6)) : name
                try await delete(id, executable, runtime, stateRoot, processes)
                ForeignGroup(named: "/\(id)")?.remove()
            }
        }

        /// Runs a program that does nothing; its exit status.
        func probe(_ processes: OpenProcesses) async throws -> Int32 {
            let result: Result<Int32, any Error>
            do {
                guard let program = ProbeProgram.forThisMachine else {
                    throw EngineError.system("containers are not tried out on this architecture yet")
                }
                let path = folder + "/rootfs/nothing"
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
                    ["/nothing"], [:], ContainerLimits(Resources(), processCount: options.processCount), work)
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

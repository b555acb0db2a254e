#if os(Linux)
    import Glibc
    import Synchronization
    import WeftModel
    import WeftSandbox

    /// One container made by runc or runsc, in a folder of its own.
    final class RuncRun: Sendable {
        private enum Reason: Sendable {
            case disk, output
            /// It was to stand still, and could not.
            case restless(String)
        }

        let executable: String
        let runtime: RuncDriver.Runtime
        let stateRoot: String
        let options: ContainerOptions
        let folder: String
        let id: String
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
            guard mkdir(folder, 0o711) == 0 else {
                throw SystemError("cannot create \(folder)")
            }
        }

        func limits(_ resources: Resources) -> ContainerLimits {
            ContainerLimits(resources, processCount: options.processCount, hasOwnKernel: runtime == .runsc)
        }

        var groupPath: String { "/\(id)" }
        private var logPath: String { folder + "/log" }

        static func flags(_ runtime: RuncDriver.Runtime, _ stateRoot: String) -> [String] {
            runtime == .runc ? ["--root", stateRoot] : ["--root", stateRoot, "--platform=ptrace", "--network=none"]
        }

        // MARK: running

        func run(
            _ image: UnpackedImages.Image, _ command: [String], _ order: RunOrder, _ workspace: Workspace,
            _ processes: OpenProcesses,
            _ log: @escaping LogSink
        ) async -> RunReport {
            var report: RunReport
            do {
                let limits = limits(order.resources)
                try await prepare(image, order, command, limits, workspace)
                try Task.checkCancellation()
                report = try await start(order, limits, workspace, processes, log)
            } catch {
                report = RunReport(end: RunEnd(engineFailure: error))
            }
            // Also when the task has been cancelled.
            let failure = await Task { await clear(processes) }.value
            if let failure { report.end = .failed(AttemptFailure(.sandboxFailed, "\(failure)")) }
            return report
        }

        private func prepare(
            _ image: UnpackedImages.Image, _ order: RunOrder, _ command: [String], _ limits: ContainerLimits,
            _ workspace: Workspace
        ) async throws {
            // The places would have to be made in the image, which is the same for all.
            try order.refuseMounts("images without an engine are read-only")
            let user = options.user
            try await BlockingThread.run { try WorkingDirectory.give(workspace.payloadDirectory, to: user) }
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
            try writeBundle(arguments, variables, limits, root: image.path, workspace.payloadDirectory)
        }

        func writeBundle(
            _ arguments: [String], _ variables: [String: String], _ limits: ContainerLimits, root: String,
            _ directory: String
        ) throws {
            let bundle = RuncBundle(
                arguments: arguments, environment: variables.map { "\($0)=\($1)" }.sorted(), limits: limits,
                user: options.user, rootDirectory: root, workDirectory: directory, groupPath: groupPath,
                hasFilter: runtime == .runc)
            let file = open(folder + "/config.json", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard file >= 0 else { throw SystemError("cannot write a container's configuration") }
            defer { close(file) }
            try EngineClient.encode(bundle).withUnsafeBytes { try writeAll(file, $0) }
        }

        func spec(
            input: Int32, output: Int32, error: Int32, timeout: Duration, pause: RunPause? = nil
        ) -> SandboxSpec {
            var arguments = [executable] + Self.flags(runtime, stateRoot)
            if runtime == .runc { arguments += ["--log", logPath] }
            arguments += ["run", "--bundle", folder]
            // Its control groups stay until it is deleted, so that they can be read after its end.
            if runtime == .runc { arguments.append("--keep") }
            var spec = SandboxSpec(
                arguments: arguments + [id], environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"],
                workingDirectory: folder, standardInput: input, standardOutput: output, standardError: error,
                limits: SandboxLimits(wallTime: timeout), pause: pause)
            // A kernel in user space that traces its programs does not take well to signals that stop them.
            spec.isHeldElsewhere = runtime == .runsc
            return spec
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
            let watching = Task {
                await watch(workspace.payloadDirectory, limits, counters, stop, order.pause, processes)
            }
            let ended: Result<SandboxReport, any Error>
            do {
                ended = .success(
                    try await processes.run(
                        spec(
                            input: input, output: output.writing, error: error.writing, timeout: order.timeout,
                            pause: order.pause),
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
                peakMemoryBytes: used.peakMemoryBytes, outputBytes: captured.totalBytes)
            let bytes = await WorkingDirectory.measure(workspace.payloadDirectory, limitBytes: limits.diskBytes)
            report.usage?.diskBytes = bytes
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
            let reason = reason.withLock { $0 }
            if case .restless(let why) = reason {
                return .failed(AttemptFailure(.refused, "it could not be made to stand still: \(why)"))
            }
            if case .disk = reason { return .failed(limits.outOfDisk) }
            if isOverDisk { return .failed(limits.outOfDisk) }
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
        func complaint() -> String? {
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
            _ directory: String, _ limits: ContainerLimits, _ counters: ContainerUsage, _ stop: RunStop,
            _ pause: RunPause?, _ processes: OpenProcesses
        ) async {
            let clock = ContinuousClock()
            var isHeld = false
            var next = clock.now + .milliseconds(100)
            while !Task.isCancelled {
                if counters.find(named: [groupPath]) { _ = counters.read() }
                if runtime == .runsc, let pause, pause.isPaused != isHeld {
                    if let why = await hold(!isHeld, processes) {
                        reason.withLock { $0 = $0 ?? .restless(why) }
                        return stop.stop()
                    }
                    isHeld.toggle()
                }
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
    }
#endif

#if os(Linux)
    import Glibc
    import Synchronization

    /// Runs commands in sandboxes, through one small launcher process.
    ///
    /// The launcher and every sandbox end with this process, however it ends. Should the launcher itself be killed, its
    /// sandboxes die with it, their runs end as `.failed(step: "launcher", …)`, and the next run starts another.
    package final class SandboxLauncher: Sendable {
        /// Overrides where the launcher's executable is.
        package static let environmentVariable = "WEFT_SANDBOX_LAUNCHER"

        let identity: SandboxIdentity
        let groups: ControlGroups
        private let executablePath: String
        private let stateDirectory: String
        private let state: Mutex<State>

        private struct State {
            var connection: LauncherConnection?
            var layout: HostLayout
            var isShutDown = false
        }

        /// How often a running sandbox's working directory is measured, at most.
        private static let diskWatchInterval = Duration.milliseconds(100)

        private static let specNumber = Atomic<UInt64>(0)

        private init(executablePath: String, stateDirectory: String) {
            self.executablePath = executablePath
            self.stateDirectory = stateDirectory
            identity = .current()
            groups = ControlGroups()
            state = Mutex(State(layout: HostLayout(identity: identity, hasProc: true)))
        }

        /// Starts the launcher process.
        ///
        /// - Parameters:
        ///   - executablePath: `weft-sandbox`; by default what `locate()` finds.
        ///   - stateDirectory: where short-lived files may be put; it is made if missing.
        /// - Throws: `SandboxError.launcherUnavailable`.
        package static func start(
            executablePath: String? = nil, stateDirectory: String
        ) async throws -> SandboxLauncher {
            let path = try executablePath ?? locate()
            return try await offload {
                if mkdir(stateDirectory, 0o700) != 0 && errno != EEXIST {
                    throw SandboxError.launcherUnavailable(message: "\(PosixError("cannot make \(stateDirectory)"))")
                }
                let launcher = SandboxLauncher(executablePath: path, stateDirectory: stateDirectory)
                _ = try launcher.connection()
                return launcher
            }
        }

        /// The launcher named by `WEFT_SANDBOX_LAUNCHER`, or else the one beside this executable.
        package static func locate() throws(SandboxError) -> String {
            if let named = getenv(environmentVariable) {
                let path = String(cString: named)
                if access(path, X_OK) == 0 { return path }
                throw .launcherUnavailable(message: "\(environmentVariable) names \(path), which cannot be executed")
            }
            let own = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
                count = buffer.withMemoryRebound(to: CChar.self) {
                    max(0, readlink("/proc/self/exe", $0.baseAddress!, $0.count))
                }
            }
            let folder = String(decoding: own, as: UTF8.self).split(separator: "/").dropLast().joined(separator: "/")
            let path = "/\(folder)/weft-sandbox"
            if access(path, X_OK) == 0 { return path }
            throw .launcherUnavailable(
                message: "\(path) is missing; install weft-sandbox beside weft, or set \(environmentVariable)")
        }

        /// Removes the control groups that workers killed earlier have left. `start` does it too.
        package static func sweepControlGroups() { _ = ControlGroups() }

        /// The process id of the launcher, for diagnostics.
        package var processIdentifier: Int32? { state.withLock { $0.connection?.process } }

        private func connection() throws(SandboxError) -> LauncherConnection {
            try state.withLock { state throws(SandboxError) in
                if state.isShutDown { throw SandboxError.shutDown }
                if let connection = state.connection, connection.isAlive { return connection }
                let connection = try LauncherConnection.open(executablePath: executablePath)
                state.connection = connection
                return connection
            }
        }

        /// After this no sandbox runs and none can be started.
        package func shutdown() async {
            let connection = state.withLock { state in
                state.isShutDown = true
                return state.connection
            }
            await connection?.hangUp()
        }

        /// Leaves out /proc from now on: for machines where none can be mounted.
        func giveUpProc() {
            state.withLock { $0.layout = HostLayout(identity: identity, hasProc: false) }
        }

        // MARK: running

        private struct Prepared: Sendable {
            var connection: LauncherConnection
            var group: SandboxGroup
            var specFile: Int32
        }

        /// Runs one command and returns how it ended and what it used, after everything it started is gone.
        ///
        /// Cancelling the task kills the sandbox; the report then says `.cancelled`.
        /// - Throws: `SandboxError` when nothing could be tried. What goes wrong later is in the report.
        package func run(_ spec: SandboxSpec) async throws -> SandboxReport {
            try spec.validate()
            let unenforced = limitsNotEnforced(spec.limits)
            if Task.isCancelled { return SandboxReport(end: .cancelled, unenforced: unenforced) }
            let prepared: Prepared
            do {
                prepared = try await offload { try self.prepare(spec) }
            } catch let error as PosixError {
                return SandboxReport(
                    end: .failed(step: "prepare", errno: error.errno, message: "\(error)"), unenforced: unenforced)
            }
            let (reply, overflowed) = await supervise(spec, prepared)
            return await offload {
                defer { prepared.group.remove() }
                return Self.report(
                    reply, spec: spec, group: prepared.group, overflowed: overflowed, unenforced: unenforced)
            }
        }

        private func prepare(_ spec: SandboxSpec) throws -> Prepared {
            let connection = try connection()
            if let directory = spec.workingDirectory, !identity.usesUserNamespace {
                try DiskUsage.give(directory, to: spec.user)
            }
            let group = try groups.makeGroup(spec.limits)
            do {
                let layout = state.withLock { $0.layout }
                let bytes = layout.encode(spec, group: group)
                if bytes.count > LauncherProtocol.specBytesMax {
                    throw SandboxError.invalidSpec(field: "arguments", message: "and environment are over 8 MiB")
                }
                return Prepared(connection: connection, group: group, specFile: try writeSpec(bytes))
            } catch {
                group.remove()
                throw error
            }
        }

        /// An unnamed file with the spec.
        private func writeSpec(_ bytes: [UInt8]) throws -> Int32 {
            let number = Self.specNumber.wrappingAdd(1, ordering: .relaxed).newValue
            let path = "\(stateDirectory)/spec-\(getpid())-\(number)"
            let fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard fd >= 0 else { throw PosixError("cannot make \(path)") }
            unlink(path)
            var done = 0
            while done < bytes.count {
                let count = bytes[done...].withUnsafeBytes { write(fd, $0.baseAddress, $0.count) }
                guard count > 0 else {
                    let error = PosixError("cannot write a file in \(stateDirectory)")
                    close(fd)
                    throw error
                }
                done += count
            }
            return fd
        }

        private enum Event: Sendable {
            case ended(LauncherReply)
            case watched(overflowed: Bool)
        }

        /// The run and, beside it, the watch over its directory.
        private func supervise(_ spec: SandboxSpec, _ prepared: Prepared) async -> (LauncherReply, overflowed: Bool) {
            let connection = prepared.connection
            let id = connection.makeID()
            defer { connection.forget(id) }
            return await withTaskGroup(of: Event.self) { tasks in
                tasks.addTask {
                    let files = [spec.standardInput, spec.standardOutput, spec.standardError, prepared.specFile]
                    let reply = await withTaskCancellationHandler {
                        defer { close(prepared.specFile) }
                        return await connection.run(id: id, descriptors: files)
                    } onCancel: {
                        connection.cancel(id)
                    }
                    return .ended(reply)
                }
                if let directory = spec.workingDirectory, let limit = spec.limits.diskBytes {
                    tasks.addTask {
                        let overflowed = await Self.watch(directory, limitBytes: limit, group: prepared.group)
                        if overflowed { connection.cancel(id) }
                        return .watched(overflowed: overflowed)
                    }
                }
                var reply: LauncherReply?
                var overflowed = false
                for await event in tasks {
                    switch event {
                    case .ended(let last):
                        reply = last
                        tasks.cancelAll()
                    case .watched(let found): overflowed = found
                    }
                }
                return (reply ?? LauncherReply(lost: id), overflowed)
            }
        }

        /// Measures again and again until the directory is over the limit or the task is cancelled.
        private static func watch(_ directory: String, limitBytes: Int64, group: SandboxGroup) async -> Bool {
            var pause = diskWatchInterval
            while true {
                do { try await Task.sleep(for: pause) } catch { return false }
                let (bytes, took) = await offload {
                    let clock = ContinuousClock()
                    let start = clock.now
                    return (occupied(directory, limitBytes: limitBytes, group: group), clock.now - start)
                }
                if bytes > limitBytes { return true }
                // A large tree takes long to walk: never spend more than a tenth of a processor on it.
                pause = max(diskWatchInterval, took * 10)
            }
        }

        private static func occupied(_ directory: String, limitBytes: Int64, group: SandboxGroup?) -> Int64 {
            let bytes = DiskUsage.measure(directory, limitBytes: limitBytes)
            guard bytes <= limitBytes, let processes = group?.processes else { return bytes }
            return bytes.addingSaturated(DiskUsage.deletedFiles(of: processes, onDeviceOf: directory))
        }

        // MARK: the end

        private static func report(
            _ reply: LauncherReply, spec: SandboxSpec, group: SandboxGroup, overflowed: Bool, unenforced: [SandboxLimit]
        ) -> SandboxReport {
            let cpu = group.cpu
            var usage = SandboxUsage(
                wall: .microseconds(Int64(reply.wallMicroseconds)),
                cpuUser: cpu?.user ?? .microseconds(Int64(reply.cpuUserMicroseconds)),
                cpuSystem: cpu?.system ?? .microseconds(Int64(reply.cpuSystemMicroseconds)),
                peakMemoryBytes: group.peakMemoryBytes ?? Int64(reply.residentPeakBytes),
                processPeak: group.processPeak)
            var overflowed = overflowed
            if let directory = spec.workingDirectory {
                let bytes = DiskUsage.measure(directory, limitBytes: spec.limits.diskBytes ?? .max)
                usage.diskBytes = bytes
                overflowed = overflowed || bytes > spec.limits.diskBytes ?? .max
            }
            let outOfMemory = group.outOfMemoryKills > 0
            return SandboxReport(
                end: end(reply, overflowed: overflowed, outOfMemory: outOfMemory), usage: usage, unenforced: unenforced)
        }

        private static func end(_ reply: LauncherReply, overflowed: Bool, outOfMemory: Bool) -> SandboxEnd {
            guard reply.kind == .exited, let reason = LauncherProtocol.ExitReason(rawValue: reply.first) else {
                return outOfMemory
                    ? .outOfMemory : .failed(step: reply.step, errno: reply.first, message: reply.message)
            }
            if reason == .deadline { return .timedOut }
            if overflowed { return .outOfDisk }
            if reason == .killed { return .cancelled }
            if outOfMemory { return .outOfMemory }
            switch reason {
            case .code: return .exited(code: reply.second)
            case .signal: return .signalled(signal: reply.second)
            case .initLost, .deadline, .killed:
                return .failed(step: "init", errno: 0, message: "the sandbox was killed from outside")
            }
        }

        private func limitsNotEnforced(_ limits: SandboxLimits) -> [SandboxLimit] {
            var missing: [SandboxLimit] = []
            if limits.memoryBytes != nil && !groups.has("memory") { missing.append(.memory) }
            if limits.cpuMillis != nil && !groups.has("cpu") { missing.append(.cpu) }
            if limits.processCount != nil && !groups.has("pids") && !identity.usesUserNamespace {
                missing.append(.processes)
            }
            return missing
        }
    }

    extension LauncherReply {
        var message: String { first == 0 ? text : "\(text): \(String(cString: strerror(first)))" }
    }
#endif

#if os(Linux)
    import Dispatch
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
        /// The thread that hears from cells; others may use it, too.
        package let reactor: Reactor
        let pool = CellPool()
        let runWatch = RunWatch()
        /// Cells whose control groups are still there.
        private let living = DispatchGroup()
        private let executablePath: String
        private let stateDirectory: String
        let state: Mutex<State>

        struct State {
            var connection: LauncherConnection?
            var layout: HostLayout
            var isShutDown = false
        }

        private static let specNumber = Atomic<UInt64>(0)

        private init(executablePath: String, stateDirectory: String, reactor: Reactor) {
            self.reactor = reactor
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
                let reactor: Reactor
                do { reactor = try Reactor() } catch {
                    throw SandboxError.launcherUnavailable(message: "\(error)")
                }
                let launcher = SandboxLauncher(
                    executablePath: path, stateDirectory: stateDirectory, reactor: reactor)
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

        func connection() throws(SandboxError) -> LauncherConnection {
            try state.withLock { state throws(SandboxError) in
                if state.isShutDown { throw SandboxError.shutDown }
                if let connection = state.connection, connection.isAlive { return connection }
                let connection = try LauncherConnection.open(executablePath: executablePath, reactor: reactor)
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
            pool.clear(forGood: true)
            await connection?.hangUp()
            // Their groups are removed behind; whoever ends the process next must not leave any.
            _ = await offload { self.living.wait(timeout: .now() + Self.removalTime) }
        }

        private static let removalTime = DispatchTimeInterval.seconds(2)

        /// Leaves out /proc from now on: for machines where none can be mounted.
        func giveUpProc() {
            state.withLock { $0.layout = HostLayout(identity: identity, hasProc: false) }
            pool.clear()
        }

        // MARK: cells

        func makeCell(_ spec: SandboxSpec, workRoot: String?) throws -> PreparedCell {
            let connection = try connection()
            let group = try groups.makeGroup(spec.limits)
            do {
                let layout = state.withLock { $0.layout }
                let bytes = layout.encodeCell(spec, workRoot: workRoot, group: group)
                let file = try fileIfLarge(bytes)
                defer { if let file { close(file) } }
                let cell = try connection.makeCell(bytes, specFile: file)
                living.enter()
                return PreparedCell(
                    cell: cell, group: group, meter: GroupMeter(group), workRoot: workRoot, living: living)
            } catch {
                group.remove()
                throw error
            }
        }

        /// An unnamed file with a spec that is too large for a message.
        func fileIfLarge(_ bytes: [UInt8]) throws -> Int32? {
            guard bytes.count > LauncherProtocol.inlineBytesMax else { return nil }
            if bytes.count > LauncherProtocol.specBytesMax {
                throw SandboxError.invalidSpec(field: "arguments", message: "and environment are over 8 MiB")
            }
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
    }
#endif

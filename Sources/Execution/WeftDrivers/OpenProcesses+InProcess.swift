#if canImport(Darwin)
    import Darwin
    import Synchronization
    import WeftDevices
    import WeftModel
    import WeftSandbox

    /// Runs payloads without a wall, for owners who asked for that: each in a session of its own, ended as a process group.
    ///
    /// Only the wall time is limited. A payload that wants to outlive its attempt can manage to.
    package final class OpenProcesses: Sendable {
        /// Held while descriptors exist that are not yet closed on exec, and while a child is made.
        private let spawning = Mutex<Void>(())

        let reactor: Reactor

        private init(reactor: Reactor) { self.reactor = reactor }

        /// Nothing needs to be started here: the arguments are for systems where something is.
        package static func start(executablePath: String? = nil, stateDirectory: String) async throws -> OpenProcesses {
            OpenProcesses(reactor: try Reactor())
        }

        func shutDown() async {}

        func makePipes() throws(SystemError) -> (output: Pipe, error: Pipe) {
            try spawning.withLock { _ throws(SystemError) in try Pipe.makeTwo() }
        }

        /// As ``SandboxLauncher/run(_:stop:)`` does, as far as it can be done.
        func run(_ spec: SandboxSpec, stop: RunStop) async throws -> SandboxReport {
            if Task.isCancelled { return SandboxReport(end: .cancelled) }
            let program: String
            switch Self.find(
                spec.arguments[0], path: spec.environment["PATH"] ?? "", below: spec.workingDirectory ?? "/")
            {
            case .success(let path): program = path
            case .failure(let error): return SandboxReport(end: .failed(step: "exec", errno: error.code, message: ""))
            }
            let clock = ContinuousClock()
            let started = clock.now
            let process: pid_t
            do throws(SystemError) {
                process = try spawning.withLock { _ throws(SystemError) in try Self.spawn(program, spec) }
            } catch {
                return SandboxReport(end: .failed(step: "exec", errno: error.code, message: ""))
            }
            let tree = ProcessTree(leader: process)
            stop.whenStopped { tree.kill(.cancelled) }
            let follower = spec.pause?.follow { tree.hold($0) }
            defer { if let follower { spec.pause?.unfollow(follower) } }
            let time = spec.limits.wallTime.map { RunningTime($0, pause: spec.pause) }
            let (exit, reason) = await supervise(tree, time: time)
            let end: SandboxEnd
            switch (reason, exit.status & 0x7f) {
            case (.timedOut, _): end = .timedOut
            case (.cancelled, _): end = .cancelled
            case (.ended, 0): end = .exited(code: exit.status >> 8 & 0xff)
            case (.ended, let signal): end = .signalled(signal: signal)
            }
            return SandboxReport(
                end: end,
                usage: SandboxUsage(
                    wall: started.duration(to: clock.now), cpuUser: exit.user, cpuSystem: exit.system,
                    peakMemoryBytes: exit.peakMemoryBytes))
        }

        /// Waits for the leader; ends the whole tree when time is up or the task is cancelled, and in any case at the end.
        private func supervise(_ tree: ProcessTree, time: RunningTime?) async -> (ProcessTree.Exit, ProcessTree.Reason)
        {
            let ended = OneShot<ProcessTree.Exit>()
            if !startThread({ ended.fill(tree.waitAndClear()) }) {
                // No thread to wait on: nothing may be left running.
                tree.kill(.cancelled)
                return (tree.waitAndClear(), .cancelled)
            }
            return await withTaskGroup(of: ProcessTree.Exit?.self) { tasks in
                tasks.addTask {
                    await withTaskCancellationHandler {
                        await ended.value()
                    } onCancel: {
                        tree.kill(.cancelled)
                    }
                }
                if let time {
                    tasks.addTask {
                        do { try await time.wait() } catch { return nil }
                        tree.kill(.timedOut)
                        return nil
                    }
                }
                for await exit in tasks {
                    guard let exit else { continue }
                    tasks.cancelAll()
                    return (exit, tree.reason)
                }
                preconditionFailure("the wait for a process always ends with its status")
            }
        }

        /// The executable a command means, as execvp(3) would find it.
        private static func find(_ command: String, path: String, below directory: String) -> Result<
            String, SystemError
        > {
            func check(_ candidate: String) -> Int32 {
                var status = stat()
                guard stat(candidate, &status) == 0 else { return errno }
                guard status.st_mode & S_IFMT == S_IFREG else { return EACCES }
                return access(candidate, X_OK) == 0 ? 0 : errno
            }
            if command.contains("/") {
                let full = command.hasPrefix("/") ? command : directory + "/" + command
                let code = check(full)
                return code == 0 ? .success(full) : .failure(SystemError("exec", code: code))
            }
            var code = ENOENT
            for folder in path.split(separator: ":") {
                let candidate = "\(folder)/\(command)"
                let found = check(candidate)
                if found == 0 { return .success(candidate) }
                if found == EACCES { code = EACCES }
            }
            return .failure(SystemError("exec", code: code))
        }

        private static func changeDirectory(_ actions: inout posix_spawn_file_actions_t?, _ path: String) -> Int32 {
            posix_spawn_file_actions_addchdir_np(&actions, path)
        }

        private static func spawn(_ program: String, _ spec: SandboxSpec) throws(SystemError) -> pid_t {
            var actions: posix_spawn_file_actions_t?
            var attributes: posix_spawnattr_t?
            let newSession: Int32 = 0x0400  // POSIX_SPAWN_SETSID
            posix_spawn_file_actions_init(&actions)
            posix_spawnattr_init(&attributes)
            defer {
                posix_spawn_file_actions_destroy(&actions)
                posix_spawnattr_destroy(&attributes)
            }
            posix_spawn_file_actions_adddup2(&actions, spec.standardInput, 0)
            posix_spawn_file_actions_adddup2(&actions, spec.standardOutput, 1)
            posix_spawn_file_actions_adddup2(&actions, spec.standardError, 2)
            let changed = changeDirectory(&actions, spec.workingDirectory ?? "/")
            guard changed == 0 else { throw SystemError("cannot set the working directory", code: changed) }
            var signals = sigset_t()
            sigemptyset(&signals)
            posix_spawnattr_setsigmask(&attributes, &signals)
            for signal in [SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD] { sigaddset(&signals, signal) }
            posix_spawnattr_setsigdefault(&attributes, &signals)
            let flags = newSession | Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF)
            posix_spawnattr_setflags(&attributes, Int16(flags))
            let environment = spec.environment.map { "\($0.key)=\($0.value)" }
            var arguments = spec.arguments.map { strdup($0) } + [nil]
            var variables = environment.map { strdup($0) } + [nil]
            defer { for text in arguments + variables { free(text) } }
            var process: pid_t = 0
            let code = posix_spawn(&process, program, &actions, &attributes, &arguments, &variables)
            guard code == 0 else { throw SystemError("exec", code: code) }
            return process
        }
    }
#endif

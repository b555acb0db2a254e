#if os(Linux)
    import Glibc
    import Synchronization
    import WeftModel
    import WeftSandbox

    /// The life of one container, from the moment when the engine knows it.
    ///
    /// Nothing here is cancelled: ``end(_:)`` is what ends it before its time, and then it is seen to its end.
    final class ContainerRun: Sendable {
        /// Why it was ended.
        enum Reason: Sendable { case cancelled, time, disk, output }

        /// How it stands still.
        private enum Hold: Sendable {
            case byEngine
            /// The engine could not: all that is known to belong to it is stopped.
            case bySignal
        }

        struct Ending: Sendable {
            var reason: Reason?
            /// 0 to 255.
            var status: Int32
            var isOutOfMemory: Bool
            var usage: Usage
        }

        private struct State {
            var reason: Reason?
            var isOver = false
            /// Whether it has been made to stand still, and how.
            var hold: Hold?
            var wake: CheckedContinuation<Void, Never>?
        }

        private let api: EngineAPI
        private let id: String
        private let limits: ContainerLimits
        private let timeout: Duration
        private let pause: RunPause?
        /// What is bound at `/work`, if anything is.
        private let directory: String?
        private let usage: ContainerUsage
        private let state = Mutex(State())
        private let clock = ContinuousClock()

        /// How long the engine may take to report the end of what was killed, and to hand over the last output.
        private static let patience = Duration.seconds(30)
        private static let tick = Duration.milliseconds(4)
        private static let measureInterval = Duration.milliseconds(100)

        init(
            api: EngineAPI, id: String, limits: ContainerLimits, timeout: Duration, pause: RunPause? = nil,
            directory: String?, reactor: Reactor
        ) {
            self.api = api
            self.id = id
            self.limits = limits
            self.timeout = timeout
            self.pause = pause
            self.directory = directory
            usage = ContainerUsage(id: id, reactor: reactor)
        }

        /// Ends it. The first reason counts. From any thread.
        func end(_ reason: Reason) {
            let wake = state.withLock { state in
                if state.reason == nil, !state.isOver { state.reason = reason }
                defer { state.wake = nil }
                return state.wake
            }
            wake?.resume()
        }

        /// Starts it, and returns when nothing of it runs any more and its output has been handed on.
        ///
        /// - Throws: ``EngineError`` when the engine failed; whether something still runs, only removing it tells then.
        func run(input: Int32?, output: Int32, error: Int32) async throws -> Ending {
            let attached = try await api.attach(id, withInput: input != nil)
            let copying = Task {
                try await BlockingThread.run { try attached.copy(input: input, output: output, error: error) }
            }
            do {
                // Podman has made its processes by now, so that even the shortest life is followed from its start.
                if api.isPodman { usage.follow(process: try await api.details(id).State.Pid) }
                if let reason = state.withLock({ $0.reason }) {
                    attached.stream.interrupt()
                    _ = await copying.result
                    return Ending(
                        reason: reason, status: 128 + SIGKILL, isOutOfMemory: false, usage: Usage(wallMicroseconds: 0))
                }
                try await start()
                let started = clock.now
                let watching = Task { await watch(for: RunningTime(timeout, pause: pause)) }
                let killing = Task { await killWhenEnded() }
                let status: Int32
                do { status = try await api.waitForEnd(id) } catch {
                    await close(watching, killing)
                    throw error
                }
                let reading = usage.read()
                let ended = clock.now
                await close(watching, killing)
                let isKilled = try await isOutOfMemory(reading, status)
                try await finish(copying, attached)
                return Ending(
                    reason: state.withLock { $0.reason }, status: status & 0xff, isOutOfMemory: isKilled,
                    usage: Usage(
                        wallMicroseconds: (ended - started).microseconds, cpuMicroseconds: reading.cpu?.microseconds,
                        peakMemoryBytes: reading.peakMemoryBytes))
            } catch {
                attached.stream.interrupt()
                _ = await copying.result
                throw error
            }
        }

        /// SIGKILL for every process that is known to belong to it: where the engine does not do it any more.
        func killDirectly() {
            guard let group = usage.group else { return }
            for _ in 0..<50 {
                let processes = group.processes
                if processes.isEmpty { return }
                for process in processes { kill(process, SIGKILL) }
                usleep(10_000)
            }
        }

        private func start() async throws {
            if api.isPodman { return try await api.start(id) }
            // It may be over before the engine says that it has started.
            let looking = Task { await followByName() }
            defer { looking.cancel() }
            try await api.start(id)
            usage.follow(process: try await api.details(id).State.Pid)
        }

        private func followByName() async {
            let paths = ContainerUsage.groupPaths(id: id, isPodman: api.isPodman)
            while !Task.isCancelled {
                if usage.find(named: paths) { _ = usage.read() }
                do { try await Task.sleep(for: .milliseconds(2)) } catch { return }
            }
        }

        /// The kernel's word, where it could be had. Docker listens to the kernel, too; Podman may not notice.
        private func isOutOfMemory(_ reading: ForeignGroup.Usage, _ status: Int32) async throws -> Bool {
            if reading.outOfMemoryKills > 0 { return true }
            return try await api.details(id).State.OOMKilled ?? false
        }

        private func close(_ watching: Task<Void, Never>, _ killing: Task<Void, Never>) async {
            let wake = state.withLock { state in
                state.isOver = true
                defer { state.wake = nil }
                return state.wake
            }
            wake?.resume()
            watching.cancel()
            await watching.value
            await killing.value
        }

        /// Sees the output to its end, which is near: nobody writes any more.
        private func finish(_ copying: Task<Void, any Error>, _ attached: AttachedStreams) async throws {
            let impatience = Task {
                do { try await Task.sleep(for: Self.patience) } catch { return }
                attached.stream.interrupt()
            }
            defer { impatience.cancel() }
            try await copying.value
        }

        // MARK: what ends it

        private func killWhenEnded() async {
            await withCheckedContinuation { continuation in
                let isDue = state.withLock { state in
                    if state.reason != nil || state.isOver { return true }
                    state.wake = continuation
                    return false
                }
                if isDue { continuation.resume() }
            }
            let giveUp = clock.now + Self.patience
            // What is killed while it starts may miss it, or the engine be busy.
            while !state.withLock({ $0.isOver }), clock.now < giveUp {
                await hold(false)
                usage.group?.liftProcessorLimit()
                try? await api.kill(id)
                try? await Task.sleep(for: .milliseconds(100))
            }
            if !state.withLock({ $0.isOver }) {
                killDirectly()
                // Ends the wait for it as well.
                try? await api.remove(id)
            }
        }

        /// Has it stand still, or go on. Again where signals have to do it: what it started meanwhile is to stand still, too.
        private func hold(_ isPaused: Bool) async {
            switch (state.withLock { $0.hold }, isPaused) {
            case (nil, true):
                do {
                    try await api.pause(id)
                    state.withLock { $0.hold = .byEngine }
                } catch {
                    state.withLock { $0.hold = .bySignal }
                    signalAll(SIGSTOP)
                }
            case (.bySignal, true): signalAll(SIGSTOP)
            case (.byEngine, false):
                // Not if it is gone; otherwise it is tried again.
                do { try await api.unpause(id) } catch { return }
                state.withLock { $0.hold = nil }
            case (.bySignal, false):
                state.withLock { $0.hold = nil }
                signalAll(SIGCONT)
            case (.byEngine, true), (nil, false): break
            }
        }

        private func signalAll(_ signal: Int32) {
            for process in usage.group?.processes ?? [] { kill(process, signal) }
        }

        /// The clock, the disk, the counters and the pause.
        private func watch(for time: RunningTime) async {
            var nextMeasure = clock.now + Self.measureInterval
            var rest = Self.tick
            while !Task.isCancelled {
                let now = clock.now
                if let pause { await hold(pause.isPaused) }
                let left = time.left
                guard left > .zero else { return end(.time) }
                if let directory, now >= nextMeasure {
                    let limit = limits.diskBytes
                    let processes = usage.group?.processes ?? []
                    let bytes = try? await BlockingThread.run {
                        WorkingDirectory.occupiedBytes(directory, limitBytes: limit, processes: processes)
                    }
                    if let bytes, bytes > limit { return end(.disk) }
                    // A large tree takes long to walk: never spend more than a tenth of a processor on it.
                    nextMeasure = clock.now + max(Self.measureInterval, (clock.now - now) * 10)
                }
                if let cpu = usage.read().cpu { pause?.note(cpuElsewhere: cpu) }
                do { try await clock.sleep(for: min(rest, left)) } catch { return }
                rest = min(rest * 2, .milliseconds(50))
            }
        }
    }
#endif

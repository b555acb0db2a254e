import Dispatch
import Synchronization
import WeftModel
import WeftSandbox

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Listens to one machine from its start to its end: passes on the payload's output, keeps its files, looks at the clock.
final class GuestSession: Sendable {
    struct Heard: Sendable {
        var hasStarted = false
        var startedAt: ContinuousClock.Instant?
        var endedAt: ContinuousClock.Instant?
        var end: RunEnd?
        var outOfMemoryKills: UInt64 = 0
        var usage: Usage?
        var trouble: String?
    }

    private struct Timers {
        var current: Task<Void, Never>?
        var isOver = false
    }

    private let heard = Mutex(Heard())
    private let timers = Mutex(Timers())
    private let stop: RunStop
    private let timeout: Duration
    private let collectTimeout: Duration
    private let pause: RunPause?
    private let reading = DispatchGroup()
    private static let queue = DispatchQueue(label: "weft.vm.sessions", attributes: .concurrent)

    /// `stop` ends the machine. Its time runs in three parts: until the payload starts, until it ends, and until its
    /// files are here. None of them runs while the machine is held still.
    init(stop: RunStop, bootTimeout: Duration, timeout: Duration, collectTimeout: Duration, pause: RunPause? = nil) {
        self.stop = stop
        self.timeout = timeout
        self.collectTimeout = collectTimeout
        self.pause = pause
        set(bootTimeout) { AttemptFailure(.sandboxFailed, "the virtual machine did not start within \(bootTimeout)") }
    }

    /// Reads on a thread of its own until the port's other end is closed. `output` and `error` are closed by the caller.
    func listen(port: Int32, output: Int32, error: Int32, files: consuming GuestFiles) {
        let box = Mutex<GuestFiles?>(files)
        reading.enter()
        Self.queue.async { [self] in
            defer { reading.leave() }
            guard var files = box.withLock({ $0.take() }) else { return }
            var frames = GuestFrames()
            var isListening = true
            withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 16) { buffer in
                while true {
                    let count = read(port, buffer.baseAddress, buffer.count)
                    if count < 0, errno == EINTR { continue }
                    guard count > 0 else { return }
                    // What comes after its last word, or after nonsense, is drained, so that nobody waits for room.
                    guard isListening else { continue }
                    do {
                        for frame in try frames.take(buffer[..<count]) {
                            try take(frame, output, error, &files)
                        }
                    } catch {
                        isListening = false
                        fail(error)
                    }
                    if heard.withLock({ $0.end != nil }) { isListening = false }
                }
            }
        }
    }

    /// To be called when the machine is gone and its end of the port closed.
    func finish() async -> Heard {
        timers.withLock { timers in
            timers.isOver = true
            timers.current?.cancel()
            timers.current = nil
        }
        await withCheckedContinuation { continuation in
            reading.notify(queue: Self.queue) { continuation.resume() }
        }
        return heard.withLock { $0 }
    }

    private func take(_ frame: GuestFrame, _ output: Int32, _ error: Int32, _ files: inout GuestFiles) throws {
        switch frame {
        case .started:
            let isFirst = heard.withLock { heard in
                defer { heard.hasStarted = true }
                if !heard.hasStarted { heard.startedAt = .now }
                return !heard.hasStarted
            }
            // Said again, it must not wind the clock up again.
            guard isFirst else { throw GuestFrames.Malformed(reason: "a second start") }
            let seconds = Double(timeout.components.seconds) + Double(timeout.components.attoseconds) / 1e18
            set(timeout) { AttemptFailure(.timedOut, "it ran longer than its \(seconds) s") }
        case .output(let bytes): try bytes.withUnsafeBytes { try writeAll(output, $0) }
        case .error(let bytes): try bytes.withUnsafeBytes { try writeAll(error, $0) }
        case .usage(let kills, let peak, let cpu):
            let isFirst = heard.withLock { heard in
                defer {
                    heard.endedAt = heard.endedAt ?? .now
                    heard.outOfMemoryKills = kills
                    heard.usage = Usage(
                        wallMicroseconds: 0, cpuMicroseconds: Int64(clamping: cpu),
                        peakMemoryBytes: Int64(clamping: peak))
                }
                return heard.hasStarted && heard.endedAt == nil
            }
            guard isFirst else { throw GuestFrames.Malformed(reason: "usage out of turn") }
            set(collectTimeout) { AttemptFailure(.sandboxFailed, "its files did not come out of the virtual machine") }
        case .file(let path, let isExecutable): try files.begin(path, isExecutable: isExecutable)
        case .data(let bytes): try files.append(bytes)
        case .ended(let status, let isSignal):
            files.finish()
            end(.exited(isSignal ? 128 + (status & 0x7f) : status & 0xff))
        case .notExecuted(let code):
            end(
                .failed(
                    AttemptFailure(
                        .notExecutable,
                        "it cannot be executed in the virtual machine: \(String(cString: strerror(code)))")))
        case .trouble(let text):
            end(.failed(AttemptFailure(.sandboxFailed, "the virtual machine failed: \(text.debugDescription)")))
        }
    }

    private func fail(_ error: any Error) {
        switch error {
        case let failure as AttemptFailure: end(.failed(failure))
        case let malformed as GuestFrames.Malformed:
            end(.failed(AttemptFailure(.sandboxFailed, "the virtual machine said nonsense: \(malformed.reason)")))
        case let error as SystemError where error.isFull:
            end(.failed(AttemptFailure(.outOfDisk, "its files have no room here: \(error)")))
        default: end(.failed(AttemptFailure(.sandboxFailed, "\(error)")))
        }
    }

    /// The first end counts; after it the machine is of no more use.
    private func end(_ end: RunEnd) {
        heard.withLock { $0.end = $0.end ?? end }
        stop.stop()
    }

    /// Sets the clock anew.
    private func set(_ time: Duration, _ failure: @escaping @Sendable () -> AttemptFailure) {
        let running = RunningTime(time, pause: pause)
        let timer = Task { [self] in
            do { try await running.wait() } catch { return }
            end(.failed(failure()))
        }
        let isOver = timers.withLock { timers in
            timers.current?.cancel()
            timers.current = timer
            return timers.isOver
        }
        if isOver { timer.cancel() }
    }
}

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

/// Reads a payload's standard output and standard error from start to end, on a reactor's thread that many share.
///
/// It reads as fast as the payload writes: standard output goes to memory and then to a file up to its bound, standard
/// error to two bounded ends, and both to the log, from which pieces are left out when nobody takes them. So a slow
/// network never stops a payload.
final class OutputPump: Sendable {
    struct Output: Sendable {
        var standardOutput: CapturedOutput
        var standardError: KeptText
        var failure: AttemptFailure?
        /// Written to both streams, kept or not.
        var totalBytes: Int64
    }

    private let state: Mutex<PumpState>
    private let reactor: Reactor
    private let trouble: @Sendable () -> Void

    /// Takes over the reading ends, which must not wait, and closes them at the end. Somebody has to keep the writing
    /// ends open until then. `trouble` is called at most once, when standard output went past its bound or could not be
    /// kept.
    init(
        standardOutput: Int32, standardError: Int32, spoolPath: String, bounds: OutputBounds, reactor: Reactor,
        log: @escaping LogSink, trouble: @escaping @Sendable () -> Void
    ) throws {
        self.reactor = reactor
        self.trouble = trouble
        state = Mutex(
            PumpState(
                standardOutput: standardOutput, standardError: standardError, spoolPath: spoolPath, bounds: bounds,
                log: log))
        do {
            let output = try reactor.add(standardOutput) { [weak self] in self?.read(.output) }
            state.withLock { $0.tokens.append(output) }
            let error = try reactor.add(standardError) { [weak self] in self?.read(.error) }
            state.withLock { $0.tokens.append(error) }
        } catch {
            _ = finish()
            throw error
        }
    }

    /// To be called once, when nothing of the payload runs any more. What it has written is read to the end.
    func finish() -> Output {
        let (tokens, output) = state.withLock { ($0.tokens, $0.finish()) }
        for token in tokens { reactor.remove(token, isClosing: true) }
        state.withLock { $0.close() }
        return output
    }

    private func read(_ which: PumpState.Which) -> ContinuousClock.Instant? {
        let (next, hasTrouble) = state.withLock { ($0.read(which), $0.takeTrouble()) }
        if hasTrouble { trouble() }
        return next
    }
}

/// What is known of both streams.
private struct PumpState: Sendable {
    enum Which { case output, error }

    /// One of the two streams, on its way to the log.
    struct Stream: Sendable {
        let descriptor: Int32
        let isStandardError: Bool
        var pending: [UInt8] = []
        var pendingOffset: UInt64 = 0
        var pendingSince: ContinuousClock.Instant?
        var dropped: UInt64 = 0

        mutating func flush(_ log: LogSink) {
            guard !pending.isEmpty else { return }
            let count = UInt64(pending.count)
            let piece = LogBytes(
                isStandardError: isStandardError, offset: pendingOffset, bytes: pending, dropped: dropped)
            dropped = log(piece) ? 0 : dropped + count
            pendingOffset += count
            pending.removeAll(keepingCapacity: true)
            pendingSince = nil
        }
    }

    /// Reads of one stream before the others have their turn.
    private static let readsPerTurn = 8
    private static let readBytes = 64 << 10

    var tokens: [Reactor.Token] = []
    private var standardOutput: Stream
    private var standardError: Stream
    private let bounds: OutputBounds
    private let log: LogSink
    private var spool: Spool
    private var kept: KeptText
    private var totalBytes: Int64 = 0
    private var isFinished = false
    private var hasToldTrouble = false
    private let clock = ContinuousClock()

    init(
        standardOutput: Int32, standardError: Int32, spoolPath: String, bounds: OutputBounds, log: @escaping LogSink
    ) {
        self.standardOutput = Stream(descriptor: standardOutput, isStandardError: false)
        self.standardError = Stream(descriptor: standardError, isStandardError: true)
        self.bounds = bounds
        self.log = log
        spool = Spool(
            limitBytes: bounds.standardOutputBytes, memoryBytes: bounds.standardOutputMemoryBytes, path: spoolPath)
        kept = KeptText(limit: bounds.standardErrorBytes)
    }

    /// One turn of one stream. Returns when its next log piece is due.
    mutating func read(_ which: Which) -> ContinuousClock.Instant? {
        guard !isFinished else { return nil }
        for _ in 0..<Self.readsPerTurn {
            guard readOnce(which) else { break }
            flush(which, all: false)
        }
        flush(which, all: false)
        let since = which == .output ? standardOutput.pendingSince : standardError.pendingSince
        return since?.advanced(by: bounds.logDelay)
    }

    /// Everything that is in the pipes: nobody writes any more.
    mutating func finish() -> OutputPump.Output {
        isFinished = true
        for which in [Which.output, .error] {
            while readOnce(which) { flush(which, all: false) }
            flush(which, all: true)
        }
        return OutputPump.Output(
            standardOutput: spool.finish(), standardError: kept, failure: failure, totalBytes: totalBytes)
    }

    /// Once the reactor knows the descriptors no more.
    func close() {
        for descriptor in [standardOutput.descriptor, standardError.descriptor] { closeDescriptor(descriptor) }
    }

    /// True once, when there is trouble.
    mutating func takeTrouble() -> Bool {
        guard !hasToldTrouble, !isFinished, failure != nil else { return false }
        hasToldTrouble = true
        return true
    }

    private var failure: AttemptFailure? {
        if spool.isOverflown {
            return AttemptFailure(
                .outputTooLarge, "it wrote more than \(bounds.standardOutputBytes) bytes to standard output")
        }
        return spool.failure.map {
            AttemptFailure($0.isFull ? .outOfDisk : .sandboxFailed, "standard output could not be kept: \($0)")
        }
    }

    /// False when there was nothing to read.
    private mutating func readOnce(_ which: Which) -> Bool {
        let descriptor = which == .output ? standardOutput.descriptor : standardError.descriptor
        return withUnsafeTemporaryAllocation(byteCount: Self.readBytes, alignment: 16) { buffer in
            let count = readSome(descriptor, buffer)
            guard count > 0 else { return false }
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            totalBytes += Int64(count)
            switch which {
            case .output:
                spool.append(bytes)
                Self.gather(bytes, in: &standardOutput, clock)
            case .error:
                kept.append(bytes)
                Self.gather(bytes, in: &standardError, clock)
            }
            return true
        }
    }

    private static func gather(_ bytes: UnsafeRawBufferPointer, in stream: inout Stream, _ clock: ContinuousClock) {
        stream.pending.append(contentsOf: bytes)
        if stream.pendingSince == nil { stream.pendingSince = clock.now }
    }

    private mutating func flush(_ which: Which, all: Bool) {
        let stream = which == .output ? standardOutput : standardError
        guard let since = stream.pendingSince else { return }
        let isDue =
            all || stream.pending.count >= bounds.logPieceBytes || since.duration(to: clock.now) >= bounds.logDelay
        guard isDue else { return }
        switch which {
        case .output: standardOutput.flush(log)
        case .error: standardError.flush(log)
        }
    }
}

/// The count of bytes read; 0 at the end of the stream and -1 when there are none now, or none can be had.
private func readSome(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
    var count: Int
    repeat { count = read(descriptor, buffer.baseAddress, buffer.count) } while count < 0 && errno == EINTR
    return count
}

/// close(2), where a member of that name hides it.
private func closeDescriptor(_ descriptor: Int32) { close(descriptor) }

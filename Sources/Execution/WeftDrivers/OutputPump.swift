#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif
import WeftModel

/// Reads a payload's standard output and standard error on a thread of its own, from start to end.
///
/// The thread reads as fast as the payload writes: standard output goes to memory and then to a file up to its
/// bound, standard error to two bounded ends, and both to the log, from which pieces are left out when nobody takes
/// them. So a slow network never stops a payload.
struct OutputPump: Sendable {
    struct Output: Sendable {
        var standardOutput: CapturedOutput
        var standardError: KeptText
        var failure: AttemptFailure?
    }

    private let stop: Pipe
    private let output = OneShot<Output>()
    /// Gets a value when standard output went past its bound or could not be kept; waiting can be cancelled.
    let trouble = OneShot<AttemptFailure>()

    /// Takes over the reading ends and closes them at the end.
    init(
        standardOutput: Int32, standardError: Int32, spoolPath: String, bounds: OutputBounds, log: @escaping LogSink
    ) throws(SystemError) {
        stop = try Pipe()
        let loop = PumpLoop(
            standardOutput: standardOutput, standardError: standardError, stop: stop.reading, spoolPath: spoolPath,
            bounds: bounds, log: log)
        let output = output
        let trouble = trouble
        let started = startThread {
            var loop = loop
            output.fill(loop.run { trouble.fill($0) })
        }
        guard started else {
            close(stop.reading)
            close(stop.writing)
            throw SystemError("cannot start a thread", code: EAGAIN)
        }
    }

    /// To be called once, when nothing of the payload runs any more. What it has written is read to the end.
    func finish() async -> Output {
        close(stop.writing)
        return await output.value()!
    }
}

/// What the thread does. A value that the thread alone has.
private struct PumpLoop: Sendable {
    /// One of the two streams, on its way to the log.
    struct Stream: Sendable {
        let descriptor: Int32
        let isStandardError: Bool
        var isOpen = true
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

    private var standardOutput: Stream
    private var standardError: Stream
    private let stop: Int32
    private let bounds: OutputBounds
    private let log: LogSink
    private var spool: Spool
    private var kept: KeptText
    private let clock = ContinuousClock()

    init(
        standardOutput: Int32, standardError: Int32, stop: Int32, spoolPath: String, bounds: OutputBounds,
        log: @escaping LogSink
    ) {
        self.standardOutput = Stream(descriptor: standardOutput, isStandardError: false)
        self.standardError = Stream(descriptor: standardError, isStandardError: true)
        self.stop = stop
        self.bounds = bounds
        self.log = log
        spool = Spool(
            limitBytes: bounds.standardOutputBytes, memoryBytes: bounds.standardOutputMemoryBytes, path: spoolPath)
        kept = KeptText(limit: bounds.standardErrorBytes)
    }

    mutating func run(trouble: (AttemptFailure) -> Void) -> OutputPump.Output {
        for descriptor in [standardOutput.descriptor, standardError.descriptor] {
            _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        defer { buffer.deallocate() }
        var isStopping = false
        var hasTrouble = false
        while !isStopping {
            isStopping = wait()
            // Once stopping, nobody writes any more: what is in the pipes is all there is.
            while read(into: buffer) {
                flush(all: false)
                if !hasTrouble, let failure {
                    hasTrouble = true
                    trouble(failure)
                }
            }
            flush(all: isStopping)
        }
        for descriptor in [standardOutput.descriptor, standardError.descriptor, stop] { close(descriptor) }
        return OutputPump.Output(standardOutput: spool.finish(), standardError: kept, failure: failure)
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

    /// Waits for bytes, for the next log piece's time, or to be told to stop; true for the last.
    private func wait() -> Bool {
        var polled = [pollfd(fd: stop, events: Int16(POLLIN), revents: 0)]
        for stream in [standardOutput, standardError] where stream.isOpen {
            polled.append(pollfd(fd: stream.descriptor, events: Int16(POLLIN), revents: 0))
        }
        var milliseconds: Int32 = -1
        if let oldest = [standardOutput.pendingSince, standardError.pendingSince].compactMap(\.self).min() {
            let left = bounds.logDelay - oldest.duration(to: clock.now)
            milliseconds = Int32(clamping: max(0, left.milliseconds + 1))
        }
        let count = poll(&polled, nfds_t(polled.count), milliseconds)
        return count > 0 && polled[0].revents != 0
    }

    /// One read of each stream; false when neither had anything.
    private mutating func read(into buffer: UnsafeMutableRawBufferPointer) -> Bool {
        let outputCount = Self.take(&standardOutput, buffer, clock)
        if outputCount > 0 { spool.append(UnsafeRawBufferPointer(rebasing: buffer[..<outputCount])) }
        let errorCount = Self.take(&standardError, buffer, clock)
        if errorCount > 0 { kept.append(buffer[..<errorCount]) }
        return outputCount > 0 || errorCount > 0
    }

    private static func take(
        _ stream: inout Stream, _ buffer: UnsafeMutableRawBufferPointer, _ clock: ContinuousClock
    ) -> Int {
        guard stream.isOpen else { return 0 }
        let count = Self.readSome(stream.descriptor, buffer)
        if count == 0 { stream.isOpen = false }
        guard count > 0 else { return 0 }
        stream.pending.append(contentsOf: buffer[..<count])
        if stream.pendingSince == nil { stream.pendingSince = clock.now }
        return count
    }

    /// The count of bytes read, 0 at the end of the stream, -1 when there are none now.
    private static func readSome(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
        #if canImport(Glibc)
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        #elseif canImport(Musl)
            let count = Musl.read(descriptor, buffer.baseAddress, buffer.count)
        #elseif canImport(Darwin)
            let count = Darwin.read(descriptor, buffer.baseAddress, buffer.count)
        #endif
        return count < 0 && errno != EAGAIN && errno != EINTR ? 0 : count
    }

    private mutating func flush(all: Bool) {
        let now = clock.now
        let bounds = bounds
        func isDue(_ stream: Stream) -> Bool {
            all || stream.pending.count >= bounds.logPieceBytes
                || stream.pendingSince.map { $0.duration(to: now) >= bounds.logDelay } ?? false
        }
        if isDue(standardOutput) { standardOutput.flush(log) }
        if isDue(standardError) { standardError.flush(log) }
    }
}

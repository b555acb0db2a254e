import Glibc
import WeftFormats
import WeftModel

/// Waits for a job and meanwhile shows how far it is, or why it does not start.
struct JobWatch: Sendable {
    var api: any CoordinatorAPI
    var console: Console
    var id: JobID
    /// Draws a progress line; only sensible on a terminal.
    var showsProgress: Bool

    /// How long a job may wait before it is asked why.
    private static let patience = Duration.seconds(3)
    /// How long a coordinator that does not answer is asked again: it may be restarting.
    static let outage = Duration.seconds(60)

    func untilEnd() async throws -> JobView {
        let clock = ContinuousClock()
        let start = clock.now
        var isExplained = false
        defer { erase() }
        while true {
            let elapsed = clock.now - start
            let isFresh = elapsed < Self.patience
            let step: Duration = showsProgress || isFresh ? .seconds(1) : .seconds(30)
            let job = try await Self.retrying(console) { try await api.job(id, wait: step) }
            if job.state.isFinal { return job }
            if showsProgress { try draw(job.counts, elapsed: clock.now - start) }
            if !isExplained, job.counts.ended == 0, clock.now - start >= Self.patience {
                isExplained = true
                try await explain(job.state)
            }
        }
    }

    /// Runs a call again while the coordinator does not answer, for at most ``outage``.
    static func retrying<Value: Sendable>(
        _ console: Console, _ call: () async throws -> Value
    ) async throws -> Value {
        let clock = ContinuousClock()
        var firstFailure: ContinuousClock.Instant?
        var pause = Duration.milliseconds(100)
        while true {
            do {
                return try await call()
            } catch {
                let described = ErrorWords.describe(error)
                guard described.status == .unreachable || described.status == .notNow else { throw error }
                let began = firstFailure ?? clock.now
                if firstFailure == nil { try console.note("weft: \(described.message); trying again") }
                firstFailure = began
                guard clock.now - began < outage else { throw error }
                try await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(2))
            }
        }
    }

    /// Says why nothing ends. Waiting for its turn is news only where nothing has begun.
    private func explain(_ state: JobState) async throws {
        let explanation = try await api.explain(id, task: nil)
        switch explanation.kind {
        case .notWaiting: return
        case .notNow: guard state == .waiting else { return }
        case .neverHere: break
        }
        erase()
        var text = "weft: job \(id) waits: \(Printable.line(explanation.summary))"
        if let suggestion = explanation.suggestion { text += " (\(Printable.line(suggestion)))" }
        try console.note(text)
    }

    private func draw(_ counts: TaskCounts, elapsed: Duration) throws {
        let line = Progress(counts: counts, elapsed: elapsed).render(
            width: max(20, (console.terminal.columns ?? 80) - 1), style: console.errorStyle)
        try console.draw("\r\u{1b}[K" + line)
    }

    /// The line goes when the words come. If standard error is closed there is no line to erase.
    private func erase() {
        guard showsProgress else { return }
        do { try console.draw("\r\u{1b}[K") } catch { return }
    }
}

/// SIGINT and SIGTERM while a job runs: the first cancels the job, the second leaves at once.
package enum Interrupts {
    /// Runs `body`; its result, or ``ExitWith`` 130 after the second signal.
    package static func cancelling<Value: Sendable>(
        _ signals: some AsyncSequence<Int32, Never> & Sendable, _ console: Console,
        cancel: @escaping @Sendable () async throws -> Void, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                var isFirst = true
                for await _ in signals {
                    guard isFirst else { throw ExitWith(.interrupted) }
                    isFirst = false
                    try console.note("weft: cancelling the job; once more to leave it alone")
                    do {
                        try await cancel()
                    } catch {
                        try console.note("weft: it could not be cancelled: \(ErrorWords.describe(error).message)")
                    }
                }
                return nil
            }
            defer { group.cancelAll() }
            while let value = try await group.next() {
                if let value { return value }
            }
            throw CancellationError()
        }
    }
}

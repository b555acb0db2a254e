import WeftEngine
package import WeftFormats
package import WeftModel

/// Somebody who waits for a job's end.
struct JobWaiter {
    /// Resumed with nil when it is to look for itself.
    var continuation: CheckedContinuation<DecidedEnd?, Never>
    var until: ContinuousClock.Instant
}

/// A job's end, and the step that it is durable with.
struct DecidedEnd {
    var record: JobRecord
    var step: Int
}

/// Those who wait for a job's end.
extension Coordinator {
    /// What `answer` makes of the job once it has ended, or as it is at the first tick after `limit`; soon, when the task is
    /// cancelled. The answer may be made while the job's end is on its way to the disk, and comes when it is durable.
    package func job<Answer: Sendable>(
        _ id: JobID, endingWithin limit: Duration, answer: @Sendable (JobView) throws -> Answer
    ) async throws -> Answer {
        let record = try await record(of: id)
        guard !record.state.isFinal, limit > .zero else { return try answer(try await view(of: record)) }
        if let end = await end(of: id, within: limit), !needsJournal(end.record) {
            let made = try answer(JobView(end.record))
            try await durable(end.step)
            return made
        }
        return try answer(try await view(of: try await self.record(of: id)))
    }

    /// nil when it is not known beforehand what the job will be when its end is durable.
    private func end(of id: JobID, within limit: Duration) async -> DecidedEnd? {
        lastWaiter += 1
        let waiter = lastWaiter
        let until = ContinuousClock.now + limit
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // It may have ended, or the task been cancelled, while the record was looked up.
                guard engine.job(id)?.state.isFinal == false, !Task.isCancelled else {
                    return continuation.resume(returning: nil)
                }
                waiters[id, default: [:]][waiter] = JobWaiter(continuation: continuation, until: until)
            }
        } onCancel: {
            Task { await self.endWait(waiter, for: id) }
        }
    }

    private func endWait(_ waiter: UInt64, for id: JobID) {
        guard let found = waiters[id]?.removeValue(forKey: waiter) else { return }
        if waiters[id]?.isEmpty == true { waiters[id] = nil }
        found.continuation.resume(returning: nil)
    }

    /// Those who have waited for as long as they wanted.
    func endLateWaits() {
        guard !waiters.isEmpty else { return }
        let now = ContinuousClock.now
        for (id, waiting) in waiters {
            for (number, waiter) in waiting where waiter.until <= now { endWait(number, for: id) }
        }
    }

    /// Tells who waits for a job that ends in this step, the newest that was decided.
    func endWaits(in step: Step) {
        guard !waiters.isEmpty else { return }
        for case .publish(.jobMoved(let id, let state, _)) in step.actions where state.isFinal {
            guard let waiting = waiters.removeValue(forKey: id) else { continue }
            let record = step.forgotten.first { $0.id == id } ?? engine.job(id)
            let end = record.map { DecidedEnd(record: $0, step: decidedSteps) }
            for waiter in waiting.values { waiter.continuation.resume(returning: end) }
        }
    }

    func endAllWaits() {
        for waiting in waiters.values {
            for waiter in waiting.values { waiter.continuation.resume(returning: nil) }
        }
        waiters = [:]
    }
}

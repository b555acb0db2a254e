import WeftEngine
package import WeftFormats
package import WeftModel

/// Somebody who waits for a job's end.
struct JobWaiter {
    var continuation: CheckedContinuation<Void, Never>
    var until: ContinuousClock.Instant
}

/// Those who wait for a job's end.
extension Coordinator {
    /// The job once it has ended, or as it is at the first tick after `limit`; soon, when the task is cancelled.
    package func job(_ id: JobID, endingWithin limit: Duration) async throws -> JobView {
        let record = try await record(of: id)
        guard !record.state.isFinal, limit > .zero else { return try await view(of: record) }
        lastWaiter += 1
        let waiter = lastWaiter
        let until = ContinuousClock.now + limit
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // It may have ended, or the task been cancelled, while the record was looked up.
                guard engine.job(id)?.state.isFinal == false, !Task.isCancelled else { return continuation.resume() }
                waiters[id, default: [:]][waiter] = JobWaiter(continuation: continuation, until: until)
            }
        } onCancel: {
            Task { await self.endWait(waiter, for: id) }
        }
        return try await view(of: try await self.record(of: id))
    }

    private func endWait(_ waiter: UInt64, for id: JobID) {
        guard let found = waiters[id]?.removeValue(forKey: waiter) else { return }
        if waiters[id]?.isEmpty == true { waiters[id] = nil }
        found.continuation.resume()
    }

    /// Those who have waited for as long as they wanted.
    func endLateWaits() {
        guard !waiters.isEmpty else { return }
        let now = ContinuousClock.now
        for (id, waiting) in waiters {
            for (number, waiter) in waiting where waiter.until <= now { endWait(number, for: id) }
        }
    }

    /// The job has ended, durably.
    func endWaits(for id: JobID) {
        for waiter in waiters.removeValue(forKey: id)?.values ?? [:].values { waiter.continuation.resume() }
    }

    func endAllWaits() {
        for id in waiters.keys { endWaits(for: id) }
    }
}

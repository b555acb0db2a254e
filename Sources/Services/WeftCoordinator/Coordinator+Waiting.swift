import WeftEngine
package import WeftFormats
package import WeftModel

/// Those who wait for a job's end.
extension Coordinator {
    /// The job once it has ended, or as it is after `limit`; soon, when the task is cancelled.
    package func job(_ id: JobID, endingWithin limit: Duration) async throws -> JobView {
        let record = try await record(of: id)
        guard !record.state.isFinal, limit > .zero else { return JobView(record) }
        lastWaiter += 1
        let waiter = lastWaiter
        let timer = Task {
            try await Task.sleep(for: limit)
            endWait(waiter, for: id)
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // It may have ended, or the task been cancelled, while the record was looked up.
                guard engine.job(id)?.state.isFinal == false, !Task.isCancelled else { return continuation.resume() }
                waiters[id, default: [:]][waiter] = continuation
            }
        } onCancel: {
            Task { await self.endWait(waiter, for: id) }
        }
        timer.cancel()
        return JobView(try await self.record(of: id))
    }

    private func endWait(_ waiter: UInt64, for id: JobID) {
        guard let continuation = waiters[id]?.removeValue(forKey: waiter) else { return }
        if waiters[id]?.isEmpty == true { waiters[id] = nil }
        continuation.resume()
    }

    /// The job has ended, durably.
    func endWaits(for id: JobID) {
        for continuation in waiters.removeValue(forKey: id)?.values ?? [:].values { continuation.resume() }
    }

    func endAllWaits() {
        for id in waiters.keys { endWaits(for: id) }
    }
}

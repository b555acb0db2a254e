import Dispatch

/// Runs an actor on a dispatch queue of its own: its blocking work (SQLite, fsync) then occupies neither a thread of
/// the cooperative pool nor a second queue, and a commit costs one hop.
final class QueueExecutor: SerialExecutor {
    private let queue: DispatchQueue

    init(label: String) {
        queue = DispatchQueue(label: label)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}

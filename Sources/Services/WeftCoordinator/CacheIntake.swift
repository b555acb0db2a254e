import WeftFormats
import WeftModel

/// Gives the verified answers that may enter the cache their keys: the engine computes no digests.
struct CacheIntake: Sendable {
    /// Of jobs that have not ended; nil for one whose tasks have no keys.
    private var keys: [JobID: CacheKeys?] = [:]

    /// Completes what enters with these changes, and keeps the cache within `limit` entries. `spec` gives a job's.
    mutating func complete(_ changes: inout [Change], limit: Int, spec: (JobID) -> JobSpec?) {
        var hasEntered = false
        for position in changes.indices {
            switch changes[position] {
            case .cacheEntered(var entry) where entry.key == nil && limit > 0:
                entry.key = key(of: entry.origin, spec)
                guard entry.key != nil else { continue }
                changes[position] = .cacheEntered(entry)
                hasEntered = true
            case .jobMoved(let job, let state, _, _, _):
                if state.isFinal { keys[job] = nil }
            default: break
            }
        }
        if hasEntered { changes.append(.cacheTrimmed(keeping: limit)) }
    }

    private mutating func key(of task: TaskID, _ spec: (JobID) -> JobSpec?) -> Digest? {
        if let known = keys[task.job] { return known?.key(of: task.index) }
        let made = spec(task.job).flatMap { CacheKeys(of: $0) }
        keys[task.job] = .some(made)
        return made?.key(of: task.index)
    }
}

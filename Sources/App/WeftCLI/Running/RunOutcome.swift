package import WeftFormats
import WeftModel

/// What `weft run` ends with: the task's own status wherever there is one.
package struct RunOutcome: Sendable, Hashable {
    package var code: Int32
    /// Why, where it is not the task's own status.
    package var message: String?

    package init(code: Int32, message: String? = nil) {
        self.code = code
        self.message = message
    }

    /// For a job of one task that has ended. `task` has its attempts.
    package static func single(job: JobView, task: TaskView) -> RunOutcome {
        switch task.state {
        case .succeeded: return RunOutcome(code: 0)
        case .cancelled:
            return RunOutcome(code: ExitStatus.interrupted.rawValue, message: "job \(job.id) was cancelled")
        case .failed, .waiting, .running: break
        }
        let reason = task.reason ?? job.reason
        if let completion = task.completion {
            if completion.exitStatus != 0 { return RunOutcome(code: completion.exitStatus) }
            return RunOutcome(
                code: ExitStatus.runFailed.rawValue, message: reason ?? "a declared output is missing")
        }
        let failure = (task.attempts ?? []).compactMap(\.failure).last
        let status: ExitStatus =
            switch failure?.kind {
            case .timedOut: .timedOut
            case .notExecutable: .notExecutable
            default: .runFailed
            }
        return RunOutcome(
            code: status.rawValue, message: reason ?? failure?.message ?? "job \(job.id) \(job.state.rawValue)")
    }

    /// For an array, and for `--wait`: there is no status of one task.
    package static func whole(_ job: JobView) -> RunOutcome {
        if job.state == .succeeded { return RunOutcome(code: 0) }
        var message = "job \(job.id) \(job.state.rawValue)"
        if job.counts.failed > 0 {
            message +=
                ": \(Humanize.count(Int64(job.counts.failed))) of "
                + "\(Humanize.count(Int64(job.counts.total))) tasks failed"
        } else if let reason = job.reason {
            message += ": \(reason)"
        }
        return RunOutcome(code: ExitStatus.jobFailed.rawValue, message: message)
    }
}

import ArgumentParser
import WeftModel

/// A job's number on the command line.
struct JobArgument: ExpressibleByArgument {
    var id: JobID

    init?(argument: String) {
        guard let id = JobID(text: argument) else { return nil }
        self.id = id
    }
}

/// A job (`42`) or one of its tasks (`42.7`).
struct JobOrTaskArgument: ExpressibleByArgument {
    var job: JobID
    var index: UInt32?

    init?(argument: String) {
        if let task = TaskID(text: argument) {
            job = task.job
            index = task.index
        } else if let id = JobID(text: argument) {
            job = id
        } else {
            return nil
        }
    }

    /// The task that is meant: of a job alone, its first.
    func task(first: UInt32 = 0) -> TaskID { TaskID(job: job, index: index ?? first) }
}

extension Role: ExpressibleByArgument {}
extension JobState: ExpressibleByArgument {}
extension TaskState: ExpressibleByArgument {}

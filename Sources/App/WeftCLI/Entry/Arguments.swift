import ArgumentParser
import WeftFormats
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

    /// The task that is meant: of a job alone, the one with index 0.
    func task() -> TaskID { TaskID(job: job, index: index ?? 0) }

    /// The task that is meant: of a job alone, its first, as an array need not start at 0.
    func task(asking api: any CoordinatorAPI) async throws -> TaskID {
        guard index == nil, let first = try await api.tasks(job, TaskFilter(limit: 1)).items.first else {
            return task()
        }
        return TaskID(job: job, index: first.index)
    }
}

extension Role: ExpressibleByArgument {}
extension JobState: ExpressibleByArgument {}
extension TaskState: ExpressibleByArgument {}

/// How many items of a list one call gives.
enum PageLimit {
    static func check(_ limit: Int) throws {
        guard (1...1000).contains(limit) else { throw ValidationError("--limit: expected 1 to 1000, not \(limit)") }
    }
}

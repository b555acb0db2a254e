package import WeftCoordinator
package import WeftFormats
package import WeftModel
package import WeftStorage

/// What TES asks of a coordinator: a task is a job of one task.
///
/// Every call may throw ``RequestError``, ``BlobError`` or ``JournalError``. Subscriptions end when the task that pulls
/// them is cancelled.
package protocol TaskJobs: Sendable {
    var blobs: any BlobStore { get }

    func submit(
        _ spec: JobSpec, submitter: String, trace: TraceContext?
    ) async throws -> (job: JobView, created: Bool)
    func cancel(_ id: JobID, reason: String) async throws -> JobView
    func job(_ id: JobID) async throws -> JobView
    func spec(of id: JobID) async throws -> JobSpec
    func jobs(_ query: JobQuery) async throws -> [JobView]
    func task(_ id: TaskID) async throws -> TaskView
    func events(after: String?, filter: EventFilter) async throws -> EventSubscription
}

package import Logging
import WeftCoordinator
package import WeftFormats
package import WeftModel
import WeftStorage

/// TES on top of a coordinator's jobs.
package struct TaskService: Sendable {
    package let settings: TESSettings
    let jobs: any TaskJobs
    let delivery: Delivery
    let settlements: SettlementStore
    let logger: Logger
    private let inputs: TaskInputs

    package init(jobs: any TaskJobs, settings: TESSettings, logger: Logger) {
        let roots = FileRoots(settings.fileRoots)
        let blocking = Blocking()
        self.jobs = jobs
        self.settings = settings
        self.logger = logger
        settlements = SettlementStore(directory: settings.directory)
        delivery = Delivery(blobs: jobs.blobs, roots: roots, blocking: blocking)
        inputs = TaskInputs(blobs: jobs.blobs, roots: roots, blocking: blocking)
    }

    /// Takes a task; its id. Throws ``InvalidDocument`` with everything that is wrong with it, or ``RequestError``.
    package func create(
        _ document: Document, submitter: String, trace: TraceContext?
    ) async throws -> JobID {
        var task = try TaskDocument(document: document)
        let plan = try TaskPlan(task, settings: settings)
        let problems = delivery.problems(with: task)
        guard problems.isEmpty else { throw InvalidDocument(problems) }
        let files = try await inputs.resolve(task)
        // What is not supported is neither kept nor shown.
        let parameters = task.resources?.backendParameters ?? [:]
        task.resources?.backendParameters = parameters.filter { BackendParameter(rawValue: $0.key) != nil }
        let kept = KeptTask(task: task, plan: plan)
        let script = try await jobs.blobs.put(Array(RunnerScript.text(task, plan: plan).utf8))
        let text = try await jobs.blobs.put(CanonicalJSON.encode(kept.document))
        let spec = try TaskTranslation.spec(
            task, plan: plan, inputs: files, script: script.digest, document: text.digest)
        do {
            return try await jobs.submit(spec, submitter: submitter, trace: trace).job.id
        } catch RequestError.invalid(let problems) {
            // The job's inputs are not the task's, one by one; what is wrong with them is.
            throw InvalidDocument(problems)
        }
    }

    /// The job of a task. Throws ``RequestError/notFound(_:)`` for an id that no task has.
    package func job(_ id: String) async throws -> JobView {
        guard let number = JobID(text: id), Int64(exactly: number.number) != nil else { throw Self.missing(id) }
        let job: JobView
        do { job = try await jobs.job(number) } catch RequestError.notFound { throw Self.missing(id) }
        guard job.labels[TaskTranslation.marker.name] == TaskTranslation.marker.value else { throw Self.missing(id) }
        return job
    }

    private static func missing(_ id: String) -> RequestError { .notFound("no task \(id.prefix(40))") }

    package func cancel(_ job: JobView, by name: String) async throws {
        _ = try await jobs.cancel(job.id, reason: "cancelled by \(name)")
    }

    /// The task as it was sent, of one of its jobs.
    func kept(_ job: JobID) async throws -> KeptTask {
        let spec = try await jobs.spec(of: job)
        guard case .blob(let digest)? = spec.inputs.first(where: { $0.path == TaskPlan.documentPath })?.source else {
            throw RequestError.notFound("job \(job) is no task of TES")
        }
        let bytes = try await jobs.blobs.readAll(digest, limit: KeptTask.bytesMax)
        return try KeptTask(document: JSONText.parse(bytes, limits: TextLimits(maxBytes: KeptTask.bytesMax)), settings)
    }

    // MARK: Service info

    package func serviceInfo(url: String) -> Document {
        let storage = settings.fileRoots.map { "file://\($0)" } + ["weft:"]
        return [
            "id": "org.weft.tes", "name": "Weft",
            "type": ["group": "org.ga4gh", "artifact": "tes", "version": "1.1.0"],
            "description": "Tasks run on machines that check each other's answers.",
            "organization": ["name": "Weft", "url": .string(url)], "version": .string(settings.version),
            "storage": .array(storage.map(Document.string)),
            "tesResources_backend_parameters": .array(BackendParameter.allCases.map { .string($0.rawValue) }),
        ]
    }

    /// What clients of the first versions of TES expect.
    package func oldServiceInfo() -> Document {
        let storage = settings.fileRoots.map { "file://\($0)" } + ["weft:"]
        return [
            "name": "Weft", "doc": "Tasks run on machines that check each other's answers.",
            "storage": .array(storage.map(Document.string)),
        ]
    }
}

/// A task as it is kept beside its job.
struct KeptTask: Hashable, Sendable {
    static let bytesMax = 64 << 20

    var task: TaskDocument
    var plan: TaskPlan
    var warnings: [String]

    init(task: TaskDocument, plan: TaskPlan) {
        self.task = task
        self.plan = plan
        warnings = plan.warnings
    }

    /// Throws ``InvalidDocument`` for one that was not kept by this program.
    init(document: Document, _ settings: TESSettings) throws(InvalidDocument) {
        guard let inner = document["task"] else {
            throw InvalidDocument([Problem(field: "task", message: "is missing")])
        }
        task = try TaskDocument(document: inner)
        // Whether images are native may have changed since; where outputs are has not.
        plan = try TaskPlan(task, settings: TESSettings(nativeImages: ["*"]))
        warnings = (document["warnings"]?.elements ?? []).compactMap(\.string)
    }

    var document: Document {
        ["task": .object(task.members(for: .full)), "warnings": .array(warnings.map(Document.string))]
    }
}

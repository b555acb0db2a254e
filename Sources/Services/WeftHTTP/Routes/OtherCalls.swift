import HTTPTypes
import HummingbirdCore
import WeftFormats
import WeftModel
import WeftStorage

/// Calls as other systems have them, so that programs written for these find a coordinator that answers.
struct OtherCalls: Sendable {
    let service: any JobService
    let limits: HTTPServer.Limits

    var routes: [Route] {
        [
            Route(method: .get, path: "/stats", access: .role(.viewer)) { _ in try .json(await service.stats()) },
            Route(method: .post, path: "/submit_job", access: .role(.submitter)) { call in
                let request = try await call.document(TrainingRequest.self, limit: limits.documentBytes)
                try request.check()
                throw HTTPFailure.notBuilt(
                    """
                    this coordinator cannot train models yet; \(request.model) on \(request.dataset) can be trained by \
                    a program of your own, submitted to /api/v1/jobs
                    """)
            },
            Route(method: .get, path: "/job_status", access: .role(.viewer), query: ["id"]) { call in
                let job = try await service.job(number(of: call))
                return try .json(
                    JobStatus(id: job.id, status: job.state, progress: Self.percentEnded(job.counts)))
            },
            Route(method: .get, path: "/results", access: .role(.viewer), query: ["id"], handler: results),
        ]
    }

    @Sendable private func results(_ call: Call) async throws -> Response {
        let job = try await service.job(number(of: call))
        guard let ended = job.endedAt else {
            throw HTTPFailure.conflict("job \(job.id) is \(job.state.rawValue); it has no results yet")
        }
        let seconds = Double((ended.instant - job.submittedAt.instant).microseconds) / 1_000_000
        let metrics: [String: Double] = [
            "tasks": Double(job.counts.total), "succeeded": Double(job.counts.succeeded),
            "failed": Double(job.counts.failed), "cancelled": Double(job.counts.cancelled),
            "disagreed": Double(job.counts.disagreed), "seconds": seconds,
        ]
        return try .json(JobResults(id: job.id, status: job.state, metrics: metrics, hash: await hash(of: job)))
    }

    /// One digest for all answers; nil where there is none, or there are too many.
    private func hash(of job: JobView) async throws -> Digest? {
        guard job.counts.total <= Bounds.tasksOfAPage.upperBound else { return nil }
        let tasks = try await service.tasks(
            TaskQuery(job: job.id, limit: Bounds.tasksOfAPage.upperBound), withAttempts: false)
        if job.counts.total == 1 { return tasks.first?.answer }
        let lines = tasks.compactMap { task in task.answer.map { "\(task.index) \($0)\n" } }
        return lines.isEmpty ? nil : Hashing.sha256(Array(lines.joined().utf8))
    }

    private func number(of call: Call) throws -> JobID {
        guard let id = try call.query.job("id") else { throw Query.wrong("id", "must be a job's number") }
        return id
    }

    private static func percentEnded(_ counts: TaskCounts) -> Double {
        guard counts.total > 0 else { return 100 }
        return (Double(counts.ended) * 1000 / Double(counts.total)).rounded(.down) / 10
    }
}

/// The body of `GET /job_status`.
struct JobStatus: Codable, Hashable, Sendable {
    var id: JobID
    var status: JobState
    /// Per cent of tasks that ended, with one place, rounded down.
    var progress: Double
}

/// The body of `GET /results`.
struct JobResults: Codable, Hashable, Sendable {
    var id: JobID
    var status: JobState
    var metrics: [String: Double]
    var hash: Digest?
}

/// The body of `POST /submit_job`.
struct TrainingRequest: Codable, Hashable, Sendable, ClosedDocument {
    var model: String
    var dataset: String
    var epochs: Int

    static let members = ["model", "dataset", "epochs"]
    static let schema = Schema.object(
        "A model to train.",
        [
            .always("model", Schema.text(names), "Its name."), .always("dataset", Schema.text(names), "Its name."),
            .always(
                "epochs", Schema.integer(Int64(rounds.lowerBound)...Int64(rounds.upperBound)),
                "How often all of it is seen."),
        ], isClosed: true)

    private static let names = 1...200
    private static let rounds = 1...1_000_000

    /// Throws ``InvalidDocument`` with every field that is out of its bounds.
    func check() throws {
        var problems: [Problem] = []
        for (field, text) in [("model", model), ("dataset", dataset)]
        where !Self.names.contains(text.unicodeScalars.count) {
            problems.append(Problem(field: field, message: "must have 1 to \(Self.names.upperBound) characters"))
        }
        if !Self.rounds.contains(epochs) {
            problems.append(Problem(field: "epochs", message: "must be from 1 to \(Self.rounds.upperBound)"))
        }
        guard problems.isEmpty else { throw InvalidDocument(problems) }
    }
}

import AsyncHTTPClient
import NIOCore
import NIOHTTP1
package import WeftFormats
package import WeftModel

extension WeftClient {
    /// The form of a job text.
    package enum SpecFormat: String, Hashable, Sendable {
        case json = "application/json"
        case yaml = "application/yaml"
    }

    /// Submits a job text as it is. With a key that was used before, the job of that time comes back, and
    /// `created` is false.
    package func submit(
        _ text: [UInt8], format: SpecFormat, idempotencyKey: String? = nil
    ) async throws -> (job: JobView, created: Bool) {
        var headers = headers(of: format)
        if let idempotencyKey { headers.append(("idempotency-key", idempotencyKey)) }
        let (job, status) = try await transport.jsonWithStatus(
            JobView.self,
            Transport.Call(
                method: .POST, path: "/api/v1/jobs", headers: headers, body: .bytes(ByteBuffer(bytes: text)),
                isIdempotent: idempotencyKey != nil, timeout: policy.callTimeout))
        return (job, status == .created)
    }

    private func headers(of format: SpecFormat) -> [(String, String)] {
        [("content-type", format.rawValue)] + (trace.map { [("traceparent", $0.description)] } ?? [])
    }

    package func submit(_ spec: JobSpec) async throws -> (job: JobView, created: Bool) {
        try await submit(spec.canonicalJSON, format: .json, idempotencyKey: spec.idempotencyKey)
    }

    /// Submits a job and waits until it has ended, or `limit` (at most 50 s) has passed: then it comes back as it is.
    /// One call instead of two.
    package func run(_ spec: JobSpec, atMost limit: Duration = .seconds(30)) async throws -> JobView {
        let piece = min(limit, Self.waitPiece)
        return try await transport.json(
            JobView.self,
            Transport.Call(
                method: .POST, path: "/api/v1/jobs", query: [("wait", "\(piece.milliseconds)ms")],
                headers: headers(of: .json),
                body: .bytes(ByteBuffer(bytes: spec.canonicalJSON)),
                isIdempotent: spec.idempotencyKey != nil, timeout: policy.callTimeout + piece))
    }

    package func job(_ id: JobID) async throws -> JobView { try await get(JobView.self, "/api/v1/jobs/\(id)") }

    /// Waits until the job has ended, or `limit` has passed: then it comes back as it is.
    package func wait(for id: JobID, atMost limit: Duration? = nil) async throws -> JobView {
        let clock = ContinuousClock()
        let end = limit.map { clock.now + $0 }
        while true {
            let left = end.map { max(.zero, clock.now.duration(to: $0)) } ?? Self.waitPiece
            let piece = min(left, Self.waitPiece)
            let job = try await get(
                JobView.self, "/api/v1/jobs/\(id)", query: [("wait", "\(piece.milliseconds)ms")],
                timeout: policy.callTimeout + piece)
            if job.state.isFinal || end.map({ clock.now >= $0 }) ?? false { return job }
        }
    }

    private static var waitPiece: Duration { .seconds(50) }

    /// The spec as canonical JSON.
    package func spec(of id: JobID) async throws -> [UInt8] { try await bytes("/api/v1/jobs/\(id)/spec") }

    package func cancel(_ id: JobID) async throws -> JobView {
        try await transport.json(
            JobView.self,
            Transport.Call(method: .POST, path: "/api/v1/jobs/\(id)/cancel", timeout: policy.callTimeout))
    }

    /// One page of jobs, newest first.
    package func jobs(
        states: Set<JobState> = [], submitter: String? = nil, labels: [String: String] = [:], cursor: String? = nil,
        limit: Int = 100
    ) async throws -> Page<JobView> {
        var query = [("limit", String(limit))]
        query += states.map(\.rawValue).sorted().map { ("state", $0) }
        if let submitter { query.append(("submitter", submitter)) }
        query += labels.sorted { $0.key < $1.key }.map { ("label", "\($0.key)=\($0.value)") }
        if let cursor { query.append(("cursor", cursor)) }
        return try await get(Page<JobView>.self, "/api/v1/jobs", query: query)
    }

    /// One page of tasks, ordered by index.
    package func tasks(
        of job: JobID, states: Set<TaskState> = [], onlyDisagreed: Bool = false, withAttempts: Bool = false,
        cursor: String? = nil, limit: Int = 1000
    ) async throws -> Page<TaskView> {
        var query = [("limit", String(limit))]
        query += states.map(\.rawValue).sorted().map { ("state", $0) }
        if onlyDisagreed { query.append(("disagreed", "true")) }
        if withAttempts { query.append(("attempts", "true")) }
        if let cursor { query.append(("cursor", cursor)) }
        return try await get(Page<TaskView>.self, "/api/v1/jobs/\(job)/tasks", query: query)
    }

    package func task(_ id: TaskID) async throws -> TaskView { try await get(TaskView.self, Self.path(id)) }

    /// One page of tasks that succeeded, with their answers.
    package func results(of job: JobID, cursor: String? = nil, limit: Int = 1000) async throws -> Page<TaskView> {
        var query = [("limit", String(limit))]
        if let cursor { query.append(("cursor", cursor)) }
        return try await get(Page<TaskView>.self, "/api/v1/jobs/\(job)/results", query: query)
    }

    /// The receipt file's bytes.
    package func receipt(of task: TaskID) async throws -> [UInt8] { try await bytes(Self.path(task) + "/receipt") }

    package func explain(_ id: JobID, task: UInt32? = nil) async throws -> Explanation {
        try await get(
            Explanation.self, "/api/v1/jobs/\(id)/explain", query: task.map { [("task", String($0))] } ?? [])
    }

    static func path(_ task: TaskID) -> String { "/api/v1/jobs/\(task.job)/tasks/\(task.index)" }

    func bytes(_ path: String, query: [(String, String)] = []) async throws -> [UInt8] {
        try await transport.answer(to: Transport.Call(path: path, query: query, timeout: policy.callTimeout)).body
    }
}

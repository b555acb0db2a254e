import HTTPTypes
import HummingbirdCore
import NIOCore
import WeftFormats
import WeftModel
import WeftStorage

/// `/api/v1/jobs/{job}/tasks` and what tasks leave behind: results, outputs, receipts.
struct TaskRoutes: Sendable {
    let service: any JobService

    var routes: [Route] {
        [
            Route(
                method: .get, path: "/api/v1/jobs/{job}/tasks", access: .role(.viewer),
                query: ["state*", "disagreed", "attempts", "cursor", "limit"], handler: list),
            Route(
                method: .get, path: "/api/v1/jobs/{job}/results", access: .role(.viewer), query: ["cursor", "limit"],
                handler: results),
            Route(method: .get, path: "/api/v1/jobs/{job}/tasks/{index}", access: .role(.viewer), handler: read),
            Route(
                method: .get, path: "/api/v1/jobs/{job}/tasks/{index}/receipt", access: .role(.viewer),
                handler: receipt),
            Route(
                method: .get, path: "/api/v1/jobs/{job}/tasks/{index}/stdout", access: .role(.viewer),
                handler: { call in try await stream(call, \.standardOutput) }),
            Route(
                method: .get, path: "/api/v1/jobs/{job}/tasks/{index}/stderr", access: .role(.viewer),
                handler: { call in try await stream(call, \.standardError) }),
            Route(
                method: .get, path: "/api/v1/jobs/{job}/tasks/{index}/outputs/{path...}", access: .role(.viewer),
                handler: output),
        ]
    }

    @Sendable private func list(_ call: Call) async throws -> Response {
        var query = TaskQuery(job: try call.job(), limit: try call.query.limit(standard: 1000, in: Bounds.tasksOfAPage))
        query.states = try call.query.states("state", of: TaskState.self)
        query.onlyDisagreed = try call.query.flag("disagreed")
        query.after = try call.query.index("cursor")
        return try await page(query, withAttempts: call.query.flag("attempts"))
    }

    @Sendable private func results(_ call: Call) async throws -> Response {
        try await page(
            TaskQuery(
                job: call.job(), states: [.succeeded], after: call.query.index("cursor"),
                limit: call.query.limit(standard: 1000, in: Bounds.tasksOfAPage)),
            withAttempts: false)
    }

    private func page(_ query: TaskQuery, withAttempts: Bool) async throws -> Response {
        let tasks = try await service.tasks(query, withAttempts: withAttempts)
        let next = tasks.count == query.limit ? tasks.last.map { String($0.index) } : nil
        return try .json(Page(items: tasks, next: next))
    }

    @Sendable private func read(_ call: Call) async throws -> Response {
        try .resource(await service.task(call.task()), for: call)
    }

    @Sendable private func receipt(_ call: Call) async throws -> Response {
        let task = try call.task()
        return .resource(
            ByteBuffer(bytes: try await service.receipt(task)), type: "application/vnd.weft.receipt+json",
            headers: [.contentDisposition: "attachment; filename=\"receipt-\(task).json\""], for: call)
    }

    private func stream(_ call: Call, _ which: KeyPath<Completion, BlobReference?>) async throws -> Response {
        let completion = try await completion(call.task())
        guard let blob = completion[keyPath: which] else {
            return .resource(ByteBuffer(), type: "application/octet-stream", for: call)
        }
        return try await BlobResponse.make(blob, from: service.blobs, for: call)
    }

    @Sendable private func output(_ call: Call) async throws -> Response {
        let task = try call.task()
        let path = call.parameters["path"] ?? ""
        let outputs = try await completion(task).outputs
        guard let output = outputs.first(where: { $0.path == path }) else {
            throw HTTPFailure.notFound("task \(task) declares no output \(path.prefix(200))")
        }
        guard let blob = output.blob else {
            throw HTTPFailure.notFound("task \(task) left no \(path.prefix(200)); the output is optional")
        }
        return try await BlobResponse.make(blob, from: service.blobs, for: call)
    }

    /// The agreed answer. Throws 409 while there is none, 404 when there will be none.
    private func completion(_ id: TaskID) async throws -> Completion {
        let task = try await service.task(id)
        if let completion = task.completion { return completion }
        guard task.state.isFinal else { throw HTTPFailure.conflict("task \(id) is \(task.state.rawValue)") }
        throw HTTPFailure.notFound("task \(id) \(task.state.rawValue) without an agreed answer")
    }
}

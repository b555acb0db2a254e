import HTTPTypes
import HummingbirdCore
import NIOCore
import WeftCoordinator
import WeftFormats
import WeftModel
import WeftStorage

/// `/api/v1/jobs`: submit, list, read, wait, cancel, explain.
struct JobRoutes: Sendable {
    let service: any JobService
    let limits: HTTPServer.Limits
    let streams: StreamRegistry

    var routes: [Route] {
        [
            Route(
                method: .post, path: "/api/v1/jobs", access: .role(.submitter), query: ["wait"], handler: submit),
            Route(
                method: .get, path: "/api/v1/jobs", access: .role(.viewer),
                query: ["state*", "submitter", "label*", "cursor", "limit"], handler: list),
            Route(
                method: .get, path: "/api/v1/jobs/{job}", access: .role(.viewer), query: ["wait"], handler: read),
            Route(method: .get, path: "/api/v1/jobs/{job}/spec", access: .role(.viewer), handler: spec),
            Route(method: .post, path: "/api/v1/jobs/{job}/cancel", access: .role(.submitter), handler: cancel),
            Route(
                method: .get, path: "/api/v1/jobs/{job}/explain", access: .role(.viewer), query: ["task"],
                handler: explain),
        ]
    }

    @Sendable private func submit(_ call: Call) async throws -> Response {
        let format = try JSON.specFormat(call.mediaType)
        var spec = try JSON.spec(
            await call.body(limit: limits.specBytes, what: "a job"), format, limit: limits.specBytes)
        if let key = try call.idempotencyKey() { spec.idempotencyKey = key }
        let wait = try call.query.duration("wait", most: limits.longestWait) ?? .zero
        if wait > .zero { try streams.checkRoom() }
        let (job, created) = try await service.submit(spec, submitter: call.caller().name, trace: call.trace)
        return try await answer(about: job, within: wait, on: call.channel) { job in
            try .json(job, status: created ? .created : .ok, headers: [.location: "/api/v1/jobs/\(job.id)"])
        }
    }

    @Sendable private func list(_ call: Call) async throws -> Response {
        var query = JobQuery(limit: try call.query.limit(standard: 100, in: Bounds.jobsOfAPage))
        query.states = try call.query.states("state", of: JobState.self)
        query.submitter = try call.query.text("submitter", "must be the name of a token", TokenName.isRight)
        for label in try call.query.repeated("label") {
            // By scalars: a mark that combines with the sign before it hides no `=`.
            let scalars = label.unicodeScalars
            guard let equals = scalars.firstIndex(of: "="), equals != scalars.startIndex,
                Bounds.labelText.contains(scalars.count)
            else {
                throw Query.wrong("label", "must be key=value")
            }
            query.labels[String(scalars[..<equals])] = String(scalars[scalars.index(after: equals)...])
        }
        query.before = try call.query.cursor(Bounds.cursor).map { JobID($0) }
        let jobs = try await service.jobs(query)
        let next = jobs.count == query.limit ? jobs.last.map { String($0.id.number) } : nil
        return try .json(Page(items: jobs, next: next))
    }

    @Sendable private func read(_ call: Call) async throws -> Response {
        let id = try call.job()
        let job = try await service.job(id)
        let wait = try call.query.duration("wait", most: limits.longestWait) ?? .zero
        return try await answer(about: job, within: wait, on: call.channel) { try .resource($0, for: call) }
    }

    /// What is to be said of the job as it is at its end or when the time is up. A client that goes away is not waited for.
    private func answer(
        about job: JobView, within wait: Duration, on channel: any Channel,
        _ answer: @escaping @Sendable (JobView) throws -> Response
    ) async throws -> Response {
        guard wait > .zero, !job.state.isFinal else { return try answer(job) }
        let atEnd = try await streams.run(on: channel) { [service] in
            try await service.job(job.id, endingWithin: wait, answer: answer)
        }
        if let atEnd { return atEnd }
        return try answer(try await service.job(job.id))
    }

    @Sendable private func spec(_ call: Call) async throws -> Response {
        .resource(
            ByteBuffer(bytes: try await service.spec(of: call.job()).canonicalJSON), type: "application/json", for: call
        )
    }

    @Sendable private func cancel(_ call: Call) async throws -> Response {
        let id = try call.job()
        let caller = try call.caller()
        if !caller.role.includes(.admin) {
            let job = try await service.job(id)
            guard job.submitter == caller.name else {
                throw HTTPFailure.forbidden("job \(id) was submitted by \(job.submitter); only an admin may cancel it")
            }
        }
        return try .json(await service.cancel(id, reason: "cancelled by \(caller.name)"))
    }

    @Sendable private func explain(_ call: Call) async throws -> Response {
        try .json(await service.explain(call.job(), task: call.query.index("task")))
    }
}

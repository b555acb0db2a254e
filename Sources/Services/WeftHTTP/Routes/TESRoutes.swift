import HTTPTypes
import HummingbirdCore
import NIOCore
import WeftCoordinator
import WeftFormats
import WeftModel
import WeftTES

/// GA4GH TES 1.1, below `/ga4gh/tes/v1` and, as its older clients have it, `/v1`.
struct TESRoutes: Sendable {
    let tasks: TaskService
    let limits: HTTPServer.Limits

    static let prefixes = ["/ga4gh/tes/v1", "/v1"]
    static let listParameters = ["name_prefix", "state", "tag_key*", "tag_value*", "page_size", "page_token", "view"]

    var routes: [Route] { Self.prefixes.flatMap(routes(below:)) }

    private func routes(below prefix: String) -> [Route] {
        func route(
            _ method: HTTPRequest.Method, _ path: String, _ role: Role, query: [String] = [],
            _ handler: @escaping @Sendable (Call) async throws -> Response
        ) -> Route {
            Route(
                method: method, path: prefix + path, access: .role(role), query: query, allowsAnonymous: true,
                handler: { call in
                    do { return try await handler(call) } catch let error as InvalidDocument {
                        // Its clients know 400 for whatever is wrong with what they send.
                        throw HTTPFailure.badRequest(
                            error.problems.first?.description ?? "the task is not valid", errors: error.problems)
                    }
                })
        }
        return [
            route(.get, "/service-info", .viewer) { call in
                let host = call.request.head.authority ?? "localhost"
                return Self.answer(tasks.serviceInfo(url: "http://\(host)/"))
            },
            route(.get, "/tasks/service-info", .viewer) { _ in Self.answer(tasks.oldServiceInfo()) },
            route(.post, "/tasks", .submitter, create),
            route(.get, "/tasks", .viewer, query: Self.listParameters, list),
            route(.post, "/tasks/{task}:cancel", .submitter, cancel),
            route(.get, "/tasks/{task}", .viewer, query: ["view"]) { call in
                let job = try await tasks.job(call.parameters["task"] ?? "")
                return Self.answer(try await tasks.document(of: job, view: view(call)))
            },
        ]
    }

    @Sendable private func create(_ call: Call) async throws -> Response {
        guard call.mediaType == nil || call.mediaType == "application/json" else {
            throw HTTPFailure.unsupportedMediaType(allowed: ["application/json"])
        }
        let bytes = try await call.body(limit: limits.specBytes, what: "a task")
        let document = try JSONText.parse(bytes, limits: TextLimits(maxBytes: limits.specBytes))
        let id = try await tasks.create(document, submitter: call.caller().name, trace: call.trace)
        return Self.answer(["id": .string("\(id)")])
    }

    @Sendable private func list(_ call: Call) async throws -> Response {
        var request = TaskService.ListRequest(
            namePrefix: call.query["name_prefix"],
            pageSize: try call.query.number("page_size", in: TaskService.ListRequest.pageSizes)
                ?? TaskService.ListRequest.usualPageSize,
            view: try view(call))
        if let text = call.query["state"] {
            guard let state = TESState(rawValue: text) else {
                let known = TESState.allCases.map(\.rawValue).joined(separator: ", ")
                throw Query.wrong("state", "must be one of \(known)")
            }
            request.state = state
        }
        let keys = try call.query.repeated("tag_key")
        let values = try call.query.repeated("tag_value")
        guard values.count <= keys.count else { throw Query.wrong("tag_value", "needs a tag_key for each") }
        for (index, key) in keys.enumerated() {
            request.tags[key] = values.indices.contains(index) ? values[index] : ""
        }
        if let token = call.query["page_token"], !token.isEmpty {
            guard let number = Bounds.cursor(token) else {
                throw Query.wrong("page_token", "must be the next_page_token of the page before")
            }
            request.before = JobID(number)
        }
        return Self.answer(try await tasks.list(request))
    }

    @Sendable private func cancel(_ call: Call) async throws -> Response {
        let job = try await tasks.job(call.parameters["task"] ?? "")
        let caller = try call.caller()
        guard caller.role.includes(.admin) || job.submitter == caller.name else {
            throw HTTPFailure.forbidden("task \(job.id) was submitted by \(job.submitter); only an admin may cancel it")
        }
        try await tasks.cancel(job, by: caller.name)
        return Self.answer([:])
    }

    private func view(_ call: Call) throws -> TaskDocument.View {
        guard let text = call.query["view"] else { return .minimal }
        guard let view = TaskDocument.View(rawValue: text) else {
            throw Query.wrong("view", "must be MINIMAL, BASIC or FULL")
        }
        return view
    }

    private static func answer(_ document: Document) -> Response {
        .bytes(CanonicalJSON.encode(document), type: "application/json")
    }
}

import HTTPTypes
import HummingbirdCore
import WeftCoordinator
import WeftFormats
import WeftModel

/// Nodes, tokens, and what a client asks about itself and the server.
struct AdminRoutes: Sendable {
    let service: any JobService
    let limits: HTTPServer.Limits

    var routes: [Route] {
        [
            Route(method: .get, path: "/api/v1/nodes", access: .role(.viewer)) { _ in
                try .json(Page(items: await service.nodes(), next: nil))
            },
            Route(method: .get, path: "/api/v1/nodes/{node}", access: .role(.viewer)) { call in
                try .resource(await service.node(call.node()), for: call)
            },
            Route(method: .post, path: "/api/v1/nodes/{node}/drain", access: .role(.admin)) { call in
                let request = try await call.document(DrainRequest.self, limit: limits.documentBytes)
                return try .json(await service.drain(call.node(), request.draining))
            },
            Route(method: .get, path: "/api/v1/tokens", access: .role(.admin)) { _ in
                try .json(Page(items: await service.tokens(), next: nil))
            },
            Route(method: .post, path: "/api/v1/tokens", access: .role(.admin), handler: createToken),
            Route(method: .delete, path: "/api/v1/tokens/{name}", access: .role(.admin)) { call in
                try await service.revokeToken(name: call.parameters["name"] ?? "")
                return Response(status: .noContent)
            },
            Route(method: .get, path: "/api/v1/whoami", access: .role(.viewer)) { call in
                let caller = try call.caller()
                return try .json(Identity(name: caller.name, role: caller.role))
            },
        ]
    }

    @Sendable private func createToken(_ call: Call) async throws -> Response {
        let request = try await call.document(TokenRequest.self, limit: limits.documentBytes)
        guard TokenName.isRight(request.name) else {
            throw HTTPFailure.invalid([
                Problem(field: "name", message: "must be \(TokenName.rule)")
            ])
        }
        let token = try await service.createToken(name: request.name, role: request.role)
        return try .json(
            token, status: .created, headers: [.location: "/api/v1/tokens/\(token.name)", .cacheControl: "no-store"])
    }
}

extension Call {
    fileprivate func node() throws -> NodeID {
        let text = parameters["node"] ?? ""
        guard Bounds.isPlain(text, Bounds.nodeName) else { throw HTTPFailure.notFound("no node \(text.prefix(40))") }
        return NodeID(text)
    }
}

/// The body of `GET /api/v1/whoami`.
struct Identity: Codable, Hashable, Sendable {
    var name: String
    var role: Role
}

/// The body of `GET /api/v1/version`.
struct VersionDocument: Codable, Hashable, Sendable {
    var version: String
    /// Versions of the API that this server speaks.
    var api: [String]
    var coordinator: NodeID
}

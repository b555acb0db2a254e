import NIOHTTP1
package import WeftFormats
package import WeftModel

extension WeftClient {
    /// Who the bearer of the token is.
    package struct Identity: Codable, Hashable, Sendable {
        package var name: String
        package var role: Role
    }

    package struct Version: Codable, Hashable, Sendable {
        package var version: String
        package var api: [String]
        package var coordinator: NodeID
    }

    package func nodes() async throws -> [NodeView] { try await get(Page<NodeView>.self, "/api/v1/nodes").items }

    package func node(_ id: NodeID) async throws -> NodeView {
        try await get(NodeView.self, "/api/v1/nodes/\(Transport.escape(id.text))")
    }

    package func drain(_ id: NodeID, _ draining: Bool = true) async throws -> NodeView {
        try await post(
            NodeView.self, "/api/v1/nodes/\(Transport.escape(id.text))/drain", DrainRequest(draining: draining),
            isIdempotent: true)
    }

    package func stats() async throws -> Stats { try await get(Stats.self, "/api/v1/stats") }
    package func whoami() async throws -> Identity { try await get(Identity.self, "/api/v1/whoami") }
    package func version() async throws -> Version { try await get(Version.self, "/api/v1/version") }

    /// The JSON schema of job files.
    package func jobSchema() async throws -> [UInt8] { try await bytes("/api/v1/schema/job") }

    /// Prometheus text.
    package func metrics() async throws -> String {
        String(decoding: try await bytes("/metrics"), as: UTF8.self)
    }

    /// nil when the coordinator is ready, else why it is not. Throws when nobody answers.
    package func readiness() async throws -> String? {
        do {
            _ = try await transport.answer(
                to: Transport.Call(path: "/readyz", isIdempotent: false, timeout: policy.callTimeout))
            return nil
        } catch ClientError.refused(let problem) where problem.status == 503 {
            return problem.detail ?? problem.title
        }
    }

    package func tokens() async throws -> [TokenView] {
        try await get(Page<TokenView>.self, "/api/v1/tokens").items
    }

    /// The secret is in the answer, and never to be had again.
    package func createToken(name: String, role: Role) async throws -> TokenView {
        try await post(
            TokenView.self, "/api/v1/tokens", TokenRequest(name: name, role: role), isIdempotent: false)
    }

    package func revokeToken(name: String) async throws {
        _ = try await transport.answer(
            to: Transport.Call(
                method: .DELETE, path: "/api/v1/tokens/\(Transport.escape(name))", timeout: policy.callTimeout))
    }
}

import AsyncHTTPClient
import NIOCore
import NIOHTTP1
package import WeftFormats
package import WeftModel

/// Credits (docs/credits.md).
extension WeftClient {
    package func account(_ account: Account) async throws -> AccountView {
        try await get(AccountView.self, Self.path(account))
    }

    /// A page of accounts: an administrator sees all that have something in them, others their own.
    package func accounts(cursor: String? = nil, limit: Int = 100) async throws -> Page<AccountView> {
        var query = [("limit", String(limit))]
        if let cursor { query.append(("cursor", cursor)) }
        return try await get(Page<AccountView>.self, "/api/v1/credits", query: query)
    }

    /// A page of what happened on an account, oldest first.
    package func statement(
        of account: Account, from: Timestamp? = nil, to: Timestamp? = nil, cursor: String? = nil, limit: Int = 100
    ) async throws -> StatementView {
        var query = [("limit", String(limit))]
        if let from { query.append(("from", from.description)) }
        if let to { query.append(("to", to.description)) }
        if let cursor { query.append(("cursor", cursor)) }
        return try await get(StatementView.self, Self.path(account) + "/statement", query: query)
    }

    /// Gives credits to a submitter, once for each key; without one, once for each call that arrives.
    package func grant(_ request: GrantRequest, key: String? = nil) async throws -> MovementView {
        var headers = [("content-type", "application/json")]
        if let key { headers.append(("idempotency-key", key)) }
        return try await transport.json(
            MovementView.self,
            Transport.Call(
                method: .POST, path: "/api/v1/credits/grants", headers: headers,
                body: .bytes(ByteBuffer(bytes: try APICoder.encode(request))), isIdempotent: key != nil,
                timeout: policy.callTimeout))
    }

    private static func path(_ account: Account) -> String {
        "/api/v1/credits/\(Transport.escape(account.description))"
    }
}

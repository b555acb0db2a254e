import HTTPTypes
import HummingbirdCore
import WeftCoordinator
import WeftFormats
import WeftModel
import WeftStorage

/// `/api/v1/credits`: balances, statements, grants. Submitters see their own account and those of their jobs, administrators
/// all. docs/credits.md.
struct CreditRoutes: Sendable {
    let service: any JobService
    let limits: HTTPServer.Limits

    var routes: [Route] {
        [
            // Before the accounts, whose path it would be, too.
            Route(method: .post, path: "/api/v1/credits/grants", access: .role(.admin), handler: grant),
            Route(
                method: .get, path: "/api/v1/credits", access: .role(.submitter), query: ["cursor", "limit"],
                handler: list),
            Route(method: .get, path: "/api/v1/credits/{account}", access: .role(.submitter)) { call in
                try .json(await service.account(account(of: call)))
            },
            Route(
                method: .get, path: "/api/v1/credits/{account}/statement", access: .role(.submitter),
                query: ["from", "to", "cursor", "limit"], handler: statement),
        ]
    }

    @Sendable private func list(_ call: Call) async throws -> Response {
        let caller = try call.caller()
        guard caller.role.includes(.admin) else {
            return try .json(Page(items: [await service.account(.submitter(caller.name))], next: nil))
        }
        let limit = try call.query.limit(standard: 100, in: Bounds.accountsOfAPage)
        let after = try call.query.cursor(Bounds.account)
        let accounts = try await service.accounts(after: after, limit: limit)
        let next = accounts.count == limit ? accounts.last?.account.description : nil
        return try .json(Page(items: accounts, next: next))
    }

    @Sendable private func statement(_ call: Call) async throws -> Response {
        var query = StatementQuery(
            account: try await account(of: call), from: try call.query.moment("from"), to: try call.query.moment("to"),
            limit: try call.query.limit(standard: 100, in: Bounds.linesOfAPage))
        if let after = try call.query.cursor(Bounds.cursor) { query.after = after }
        return try .json(await service.statement(query))
    }

    @Sendable private func grant(_ call: Call) async throws -> Response {
        let key = try call.idempotencyKey()
        let request = try await call.document(GrantRequest.self, limit: limits.documentBytes)
        let (movement, created) = try await service.grant(request, key: key, by: call.caller().name)
        return try .json(movement, status: created ? .created : .ok)
    }

    /// The account of the path, if the caller may see it.
    private func account(of call: Call) async throws -> Account {
        let text = call.parameters["account"] ?? ""
        guard let account = Bounds.account(text) else {
            throw HTTPFailure.notFound(
                "no account \(text.prefix(40)); accounts are submitter:NAME, node:ID, escrow:JOB and issuance")
        }
        let caller = try call.caller()
        if caller.role.includes(.admin) || account == .submitter(caller.name) { return account }
        if case .escrow(let job) = account, try await service.job(job).submitter == caller.name { return account }
        throw HTTPFailure.forbidden("only an admin may see \(account); yours is submitter:\(caller.name)")
    }
}

extension Call {
    /// Throws 400 for one that is no 1 to 200 visible ASCII characters.
    func idempotencyKey() throws -> String? {
        guard let key = headers[.idempotencyKey] else { return nil }
        guard Bounds.isPlain(key, Bounds.idempotencyKey) else {
            throw HTTPFailure.badRequest("Idempotency-Key must be 1 to 200 visible ASCII characters")
        }
        return key
    }
}

extension Query {
    /// An RFC 3339 text in UTC with microseconds, or shorter: a date, or a moment without fractions.
    func moment(_ name: String) throws -> Instant? {
        try value(name, "must be a UTC time such as 2026-01-31 or 2026-01-31T12:00:00Z") {
            Timestamp(lenient: $0)?.instant
        }
    }
}

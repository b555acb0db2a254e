import WeftEngine
package import WeftFormats
import WeftLedger
package import WeftModel
package import WeftStorage

/// The books (docs/credits.md).
extension Coordinator {
    /// Throws ``JournalError/unreadable(_:)`` for books that do not balance.
    static func checkBooks(_ snapshot: Snapshot) throws {
        guard let record = snapshot.ledger else { return }
        do {
            _ = try Ledger(restoring: record)
        } catch {
            throw JournalError.unreadable("its books of credits are damaged: \(error)")
        }
    }

    var keepsBooks: Bool { configuration.prices != nil || engine.ledger.lastSequence > 0 }

    private func requireBooks() throws {
        guard keepsBooks else {
            throw RequestError.notFound("jobs cost nothing here: this coordinator was started without prices")
        }
    }

    /// Gives credits to a submitter. `created` is false when the key was used for the same grant before.
    package func grant(
        _ request: GrantRequest, key: String?, by administrator: String
    ) async throws -> (movement: MovementView, created: Bool) {
        guard configuration.prices != nil else {
            throw RequestError.conflict("jobs cost nothing here: start the coordinator with prices first")
        }
        let amount = request.amount.credits
        var problems: [Problem] = []
        if amount <= .zero { problems.append(Problem(field: "amount", message: "must be above 0")) }
        if !(1...Self.maxReasonBytes).contains(request.reason.utf8.count) {
            problems.append(Problem(field: "reason", message: "must say why, in at most \(Self.maxReasonBytes) bytes"))
        }
        if !tokenRecords.values.contains(where: { $0.name == request.submitter && $0.role.includes(.submitter) }) {
            problems.append(
                Problem(field: "submitter", message: "no token named \(request.submitter) may submit jobs"))
        }
        guard problems.isEmpty else { throw RequestError.invalid(problems) }
        let key = key ?? Self.randomKey()
        // The ledger remembers keys for a while, the journal for ever.
        if let known = try await journal.movements([.grant(key: key)]).first {
            return (try same(known, as: request, key: key), false)
        }
        let grant = Grant(
            submitter: request.submitter, amount: amount, reason: request.reason, by: administrator, key: key,
            askedAt: clock.now)
        guard case .grant(let outcome)? = try await decide(.granted(grant)) else {
            preconditionFailure("a grant is answered as one")
        }
        switch outcome {
        case .success(.made(let movement)): return (MovementView(movement), true)
        case .success(.known(let movement)): return (try same(movement, as: request, key: key), false)
        case .failure(let error): throw RequestError.invalid([Problem(field: "amount", message: error.description)])
        }
    }

    package static let maxReasonBytes = 500

    private static func randomKey() -> String {
        var generator = SystemRandomNumberGenerator()
        return "auto-" + String(generator.next(), radix: 36) + String(generator.next(), radix: 36)
    }

    private func same(_ movement: Movement, as request: GrantRequest, key: String) throws -> MovementView {
        guard movement.to == .submitter(request.submitter), movement.amount == request.amount.credits else {
            throw RequestError.conflict(
                "this idempotency key was used for a grant of \(movement.amount) to \(movement.to)")
        }
        return MovementView(movement)
    }

    /// What the account has. One that nothing ever happened on has nothing.
    package func account(_ account: Account) async throws -> AccountView {
        try requireBooks()
        await settled()
        return view(of: account, engine.ledger.balance(of: account), reserved: reservedBySubmitter())
    }

    /// Accounts with something in them, ordered by their texts: a page after the one named.
    package func accounts(after: Account?, limit: Int) async throws -> [AccountView] {
        try requireBooks()
        await settled()
        var found: [(text: String, account: Account, balance: Credits)] = []
        engine.ledger.forEachAccount { account, balance in
            let text = account.description
            if after.map({ text > $0.description }) ?? true { found.append((text, account, balance)) }
        }
        found.sort { $0.text < $1.text }
        let reserved = reservedBySubmitter()
        return found.prefix(limit).map { view(of: $0.account, $0.balance, reserved: reserved) }
    }

    private func view(of account: Account, _ balance: Credits, reserved: [String: Credits]) -> AccountView {
        guard case .submitter(let name) = account else {
            return AccountView(account: account, balance: Amount(balance))
        }
        return AccountView(
            account: account, balance: Amount(balance), reserved: Amount(reserved[name] ?? .zero))
    }

    /// O(n) in the jobs that have not ended.
    private func reservedBySubmitter() -> [String: Credits] {
        let ledger = engine.ledger
        var sums: [String: Int64] = [:]
        for job in ledger.openJobs {
            guard let escrow = ledger.escrow(of: job) else { continue }
            sums[escrow.submitter, default: 0] += escrow.held.microCredits
        }
        return sums.mapValues { Credits(microCredits: $0) }
    }

    package func statement(_ query: StatementQuery) async throws -> StatementView {
        try requireBooks()
        await settled()
        return StatementView(try await journal.statement(query))
    }

    // MARK: Jobs

    /// The job's view with what it costs.
    func priced(_ record: JobRecord) async throws -> JobView { try await priced([record])[0] }

    func priced(_ records: [JobRecord]) async throws -> [JobView] {
        var views = records.map { JobView($0) }
        guard keepsBooks else { return views }
        await settled()
        let ledger = engine.ledger
        let closed = records.map(\.id).filter { !ledger.hasEscrow(of: $0) }
        let movements = try await journal.movements(closed.flatMap { [.escrow($0), .refund($0)] })
        var reserved: [JobID: Credits] = [:]
        var refunded: [JobID: Credits] = [:]
        for movement in movements {
            switch movement.cause {
            case .escrow(let job): reserved[job] = movement.amount
            case .refund(let job): refunded[job] = movement.amount
            case .grant, .topUp, .payment, .reversal: break
            }
        }
        for position in views.indices {
            let job = views[position].id
            if let escrow = ledger.escrow(of: job) {
                views[position].credits = JobCreditsView(escrow.reserved, left: escrow.held, refunded: nil)
            } else if let reserved = reserved[job], let refunded = refunded[job] {
                views[position].credits = JobCreditsView(reserved, left: refunded, refunded: refunded)
            }
        }
        return views
    }

    func creditStats() -> CreditStats? {
        guard keepsBooks else { return nil }
        let counters = engine.counters
        return CreditStats(
            granted: Amount(engine.ledger.granted), paid: Amount(counters.paid), reversed: Amount(counters.reversed),
            refunded: Amount(counters.refunded), openEscrows: engine.ledger.openJobs.count)
    }
}

extension JobCreditsView {
    /// `left` of `reserved` was not paid to anybody.
    fileprivate init(_ reserved: Credits, left: Credits, refunded: Credits?) {
        self.init(
            reserved: Amount(reserved),
            spent: Amount(Credits(microCredits: reserved.microCredits - left.microCredits)),
            refunded: refunded.map { Amount($0) })
    }
}

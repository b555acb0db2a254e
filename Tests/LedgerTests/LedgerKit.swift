import WeftLedger
import WeftModel

/// A ledger with its movements, and short words for what is asked of it.
struct LedgerKit {
    var ledger = Ledger()
    private(set) var movements: [Movement] = []
    var now = Instant(microseconds: 1_700_000_000_000_000)

    static let anna = "anna"
    static let node = NodeID("node-1")
    static let job = JobID(7)
    static let task = TaskID(job: job, index: 3)

    /// Anna has 100 credits, and 40 of them are set aside for ``job``.
    static func withJob() throws -> LedgerKit {
        var kit = LedgerKit()
        try kit.grant(100)
        try kit.reserve(40)
        return kit
    }

    var anna: Credits { ledger.balance(of: .submitter(Self.anna)) }
    var node: Credits { ledger.balance(of: .node(Self.node)) }
    var held: Credits { ledger.balance(of: .escrow(Self.job)) }

    @discardableResult mutating func grant(
        _ amount: Credits, to name: String = anna, key: String = "first", askedDaysAgo: Int64 = 0
    ) throws(LedgerError) -> Entry {
        let asked = Instant(microseconds: now.microseconds - askedDaysAgo * 86_400_000_000)
        let grant = Grant(submitter: name, amount: amount, reason: "a start", by: "root", key: key, askedAt: asked)
        return keep(try ledger.grant(grant, at: now))
    }

    @discardableResult mutating func reserve(
        _ amount: Credits, for job: JobID = job, of name: String = anna
    ) throws(LedgerError) -> Entry {
        keep(try ledger.reserve(amount, for: job, of: name, at: now))
    }

    @discardableResult mutating func topUp(
        _ amount: Credits, for job: JobID = job, key: String = "more"
    ) throws(LedgerError) -> Entry {
        keep(try ledger.topUp(amount, for: job, key: key, at: now))
    }

    @discardableResult mutating func pay(
        _ amount: Credits, for task: TaskID = task, lease: UInt64 = 1, to node: NodeID = node
    ) throws(LedgerError) -> Payment {
        let payment = try ledger.pay(node, for: task, under: LeaseID(lease), amount, at: now)
        if let made = payment.made { movements.append(made) }
        return payment
    }

    @discardableResult mutating func close(_ job: JobID = job) throws(LedgerError) -> Movement? {
        let made = try ledger.close(job, at: now)
        if let made { movements.append(made) }
        return made
    }

    @discardableResult mutating func reverse(_ payment: Movement) throws(LedgerError) -> Entry {
        keep(try ledger.reverse(payment, reason: "it lied", at: now))
    }

    mutating func pass(days: Int64) { now = Instant(microseconds: now.microseconds + days * 86_400_000_000) }

    private mutating func keep(_ entry: Entry) -> Entry {
        if case .made(let movement) = entry { movements.append(movement) }
        return entry
    }
}

extension Credits: ExpressibleByIntegerLiteral {
    /// Whole credits.
    package init(integerLiteral value: Int64) { self.init(microCredits: value * Credits.microCreditsPerCredit) }
}

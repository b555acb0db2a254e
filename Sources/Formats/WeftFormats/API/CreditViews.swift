package import WeftModel

/// An amount of credits in JSON: a text, so that no client makes a floating-point number of it.
package struct Amount: Hashable, Sendable, Comparable, Codable, CustomStringConvertible {
    package let credits: Credits

    package init(_ credits: Credits) { self.credits = credits }

    package static func < (left: Amount, right: Amount) -> Bool { left.credits < right.credits }
    package var description: String { credits.description }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let credits = Credits(text: text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "not an amount of credits: \(text.prefix(40))"))
        }
        self.credits = credits
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// An account, as `GET /api/v1/credits/{account}` gives it.
package struct AccountView: Codable, Hashable, Sendable {
    package var account: Account
    package var balance: Amount
    /// Of a submitter: what is set aside for jobs that have not ended.
    package var reserved: Amount?

    package init(account: Account, balance: Amount, reserved: Amount? = nil) {
        self.account = account
        self.balance = balance
        self.reserved = reserved
    }
}

/// Credits that went from one account to another.
package struct MovementView: Codable, Hashable, Sendable {
    package enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
        case grant, escrow, payment, refund, reversal
        case topUp = "top_up"
    }

    package var sequence: UInt64
    package var at: Timestamp
    package var kind: Kind
    package var from: Account
    package var to: Account
    package var amount: Amount
    /// What was to be moved and was not there.
    package var shortfall: Amount?
    package var job: JobID?
    /// What a payment is for, and where the receipt of it is.
    package var task: String?
    package var receipt: String?
    /// Of a reversal: the number of the payment.
    package var payment: UInt64?
    package var reason: String?
    /// Who granted it.
    package var by: String?
    /// A grant with this key is made once.
    package var key: String?

    package init(_ movement: Movement) {
        sequence = movement.sequence
        at = Timestamp(movement.at)
        from = movement.from
        to = movement.to
        amount = Amount(movement.amount)
        shortfall = movement.shortfall == .zero ? nil : Amount(movement.shortfall)
        switch movement.cause {
        case .grant(let key, let reason, let by):
            kind = .grant
            self.key = key
            self.reason = reason
            self.by = by
        case .escrow(let job):
            kind = .escrow
            self.job = job
        case .topUp(let job, let key):
            kind = .topUp
            self.job = job
            self.key = key
        case .payment(let work, _):
            kind = .payment
            name(work)
        case .refund(let job):
            kind = .refund
            self.job = job
        case .reversal(let payment, let work, _, let reason):
            kind = .reversal
            self.payment = payment
            self.reason = reason
            name(work)
        }
    }

    private mutating func name(_ work: PaidWork) {
        job = work.task.job
        task = work.task.description
        receipt = "/api/v1/jobs/\(work.task.job)/tasks/\(work.task.index)/receipt"
    }
}

/// A line of a statement: a movement as one account sees it.
package struct StatementLineView: Codable, Hashable, Sendable {
    package var movement: MovementView
    /// Below 0 for what went out.
    package var change: Amount
    /// After the movement.
    package var balance: Amount

    package init(_ line: AccountStatement.Line) {
        movement = MovementView(line.movement)
        change = Amount(line.change)
        balance = Amount(line.balance)
    }
}

/// A page of what happened on an account, oldest first; `next` is the cursor for the page after, nil at the end.
package struct StatementView: Codable, Hashable, Sendable {
    package var account: Account
    /// Before the first line.
    package var opening: Amount
    package var items: [StatementLineView]
    package var next: String?

    package init(_ statement: AccountStatement) {
        account = statement.account
        opening = Amount(statement.opening)
        items = statement.lines.map { StatementLineView($0) }
        next = statement.next.map { String($0.sequence) }
    }
}

package struct GrantRequest: Codable, Hashable, Sendable {
    package var submitter: String
    package var amount: Amount
    package var reason: String

    package init(submitter: String, amount: Amount, reason: String) {
        self.submitter = submitter
        self.amount = amount
        self.reason = reason
    }
}

/// What a job costs its submitter.
package struct JobCreditsView: Codable, Hashable, Sendable {
    /// Set aside: the most that it can cost.
    package var reserved: Amount
    /// Paid to nodes so far.
    package var spent: Amount
    /// Gone back; nil until nothing of the job is left to happen.
    package var refunded: Amount?

    package init(reserved: Amount, spent: Amount, refunded: Amount?) {
        self.reserved = reserved
        self.spent = spent
        self.refunded = refunded
    }
}

/// Of a coordinator's books: all grants, and counters since it started.
package struct CreditStats: Codable, Hashable, Sendable {
    package var granted: Amount
    package var paid: Amount
    package var reversed: Amount
    package var refunded: Amount
    package var openEscrows: Int

    package init(granted: Amount, paid: Amount, reversed: Amount, refunded: Amount, openEscrows: Int) {
        self.granted = granted
        self.paid = paid
        self.reversed = reversed
        self.refunded = refunded
        self.openEscrows = openEscrows
    }
}

/// Why a budget does not reach: members of a problem document with the status 402.
package struct BudgetShortage: Codable, Hashable, Sendable {
    package var available: Amount
    package var needed: Amount
    package var missing: Amount

    package init(available: Credits, needed: Credits) {
        self.available = Amount(available)
        self.needed = Amount(needed)
        // The needed amount is the greater one, and neither is below 0.
        missing = Amount(Credits(microCredits: needed.microCredits - available.microCredits))
    }
}

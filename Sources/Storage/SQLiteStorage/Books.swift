import GRDB
import WeftModel
import WeftStorage

// How movements of credits are read. The column lists and the positions below them belong together.

extension Movement {
    /// Of `movements m`, with its accounts `d` and `c` and its payer `p`.
    static let columns = """
        m.sequence, m.kind, m.at, d.name, c.name, m.amount, m.job, m.task, m.lease, p.name, m.asked, m.payment, m.key, \
        m.reason, m.granted_by
        """
    static let tables = """
        movements m JOIN accounts d ON d.number = m.debit JOIN accounts c ON c.number = m.credit \
        LEFT JOIN accounts p ON p.number = m.payer
        """

    init(_ row: Columns) throws {
        let sequence = UInt64(bitPattern: row.integer(0))
        func damaged(_ what: String) -> JournalError { .unreadable("movement \(sequence): \(what)") }

        guard let from = Account(text: row.text(3)), let to = Account(text: row.text(4)) else {
            throw damaged("unknown accounts \(row.text(3)) and \(row.text(4))")
        }
        let job = JobID(UInt64(bitPattern: row.integer(6)))
        let asked = Credits(microCredits: row.integer(10))
        func work(of account: Account) throws -> PaidWork {
            guard case .node(let node) = account, case .submitter(let payer)? = Account(text: row.text(9)) else {
                throw damaged("it has no node and payer")
            }
            return PaidWork(
                task: TaskID(job: job, index: row.count(7)), node: node,
                lease: LeaseID(UInt64(bitPattern: row.integer(8))), payer: payer)
        }
        let cause: Cause =
            switch row.integer(1) {
            case 0: .grant(key: row.text(12), reason: row.text(13), by: row.text(14))
            case 1: .escrow(job)
            case 2: .topUp(job, key: row.text(12))
            case 3: .payment(try work(of: to), asked: asked)
            case 4: .refund(job)
            case 5:
                .reversal(
                    payment: UInt64(bitPattern: row.integer(11)), try work(of: from), asked: asked,
                    reason: row.text(13))
            default: throw damaged("unknown kind \(row.integer(1))")
            }
        self.init(
            sequence: sequence, from: from, to: to, amount: Credits(microCredits: row.integer(5)), cause: cause,
            at: row.moment(2))
    }
}

extension LedgerRecord {
    /// What is remembered at least, in microseconds: a ledger remembers for 60 days.
    private static let remembered: Int64 = 60 * 86_400_000_000

    /// The books in short. Memory is proportional to accounts, open escrows and what is remembered; nil when nothing ever moved.
    static func load(_ db: Database, lastJob: JobID) throws -> LedgerRecord? {
        let last = try RawStatement(db, "SELECT sequence, at FROM movements ORDER BY sequence DESC LIMIT 1").rows {
            (sequence: UInt64(bitPattern: $0.integer(0)), at: $0.integer(1))
        }.first
        guard let last else { return nil }
        let issuance = try RawStatement(db, "SELECT balance FROM accounts WHERE name = 'issuance'").rows {
            $0.integer(0)
        }.first
        // In the order of the names, `escrow:…` and `issuance` come before the others.
        let balances = try RawStatement(
            db, "SELECT name, balance FROM accounts WHERE name >= 'node:' AND balance <> 0 ORDER BY name"
        ).rows { row in
            guard let account = Account(text: row.text(0)) else {
                throw JournalError.unreadable("unknown account \(row.text(0))")
            }
            return Balance(account: account, credits: Credits(microCredits: row.integer(1)))
        }
        let (since, isTooEarly) = last.at.subtractingReportingOverflow(remembered)
        let recent = try RawStatement(
            db,
            """
            SELECT \(Movement.columns) FROM \(Movement.tables) \
            WHERE m.kind IN (0, 5) AND m.at >= ? ORDER BY m.sequence
            """
        ).rows {
            $0.bind(isTooEarly ? Int64.min : since)
        } _: {
            try Movement($0)
        }
        let jobs = try RawStatement(db, "SELECT job FROM open_escrows ORDER BY job").rows {
            JobID(UInt64(bitPattern: $0.integer(0)))
        }
        return LedgerRecord(
            lastSequence: last.sequence, lastJob: lastJob, granted: Credits(microCredits: 0 &- (issuance ?? 0)),
            balances: balances, escrows: try jobs.map { try escrow(of: $0, db) }, recent: recent)
    }

    private static func escrow(of job: JobID, _ db: Database) throws -> OpenEscrow {
        var summary: EscrowSummary?
        for column in ["credit", "debit"] {
            // Into the summary one by one: there may be very many payments.
            _ = try RawStatement(
                db,
                """
                SELECT \(Movement.columns) FROM \(Movement.tables) \
                WHERE m.\(column) = (SELECT number FROM accounts WHERE name = ?) ORDER BY m.sequence
                """
            ).rows {
                $0.bind(Account.escrow(job).description)
            } _: { row in
                let movement = try Movement(row)
                if summary == nil { summary = EscrowSummary(opening: movement) } else { summary!.add(movement) }
            }
        }
        guard let summary else { throw JournalError.unreadable("the escrow of job \(job) has no opening") }
        return summary.escrow
    }
}

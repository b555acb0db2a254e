import GRDB
import WeftModel
import WeftStorage

/// Writes movements of credits within one transaction.
struct BookWriter {
    private let db: Database
    private var insert: RawStatement?
    private var change: RawStatement?

    init(_ db: Database) { self.db = db }

    /// Throws ``JournalError/writeFailed(_:)`` for one that was stored before.
    mutating func write(_ movement: Movement) throws {
        let debit = try move(movement.from, -movement.amount.microCredits)
        let credit = try move(movement.to, movement.amount.microCredits)
        let payer = try movement.cause.work.map { try move(.submitter($0.payer), 0).number }
        let statement =
            try insert
            ?? RawStatement(
                db,
                """
                INSERT INTO movements (sequence, identity, kind, at, debit, debit_balance, credit, credit_balance, amount, \
                job, task, lease, payer, asked, payment, key, reason, granted_by) \
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        insert = statement
        do {
            try statement.run { row in
                row.bind(Int64(bitPattern: movement.sequence))
                row.bind(movement.identity.description)
                row.bind(movement.cause.code)
                row.bind(movement.at)
                row.bind(debit.number)
                row.bind(debit.balance)
                row.bind(credit.number)
                row.bind(credit.balance)
                row.bind(movement.amount.microCredits)
                row.bind(movement.cause, payer: payer)
            }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
            throw JournalError.writeFailed("movement \(movement.identity) was stored before")
        }
        try followEscrow(movement)
    }

    private func followEscrow(_ movement: Movement) throws {
        switch movement.cause {
        case .escrow(let job):
            try RawStatement(db, "INSERT INTO open_escrows (job) VALUES (?)").run { $0.bind(job) }
            try RawStatement(db, "UPDATE meta SET value = ? WHERE name = 'lastEscrow'").run { $0.bind(job) }
        case .refund(let job):
            try RawStatement(db, "DELETE FROM open_escrows WHERE job = ?").run { $0.bind(job) }
        case .grant, .topUp, .payment, .reversal: break
        }
    }

    private mutating func move(_ account: Account, _ microCredits: Int64) throws -> (number: Int64, balance: Int64) {
        let statement =
            try change
            ?? RawStatement(
                db,
                """
                INSERT INTO accounts (name, balance) VALUES (?, ?) \
                ON CONFLICT (name) DO UPDATE SET balance = balance + excluded.balance RETURNING number, balance
                """)
        change = statement
        let rows = try statement.rows {
            $0.bind(account.description)
            $0.bind(microCredits)
        } _: {
            (number: $0.integer(0), balance: $0.integer(1))
        }
        guard let row = rows.first else { preconditionFailure("an account that was written has a row") }
        return row
    }
}

extension Cause {
    /// Numbers are part of the file format.
    var code: Int64 {
        switch self {
        case .grant: 0
        case .escrow: 1
        case .topUp: 2
        case .payment: 3
        case .refund: 4
        case .reversal: 5
        }
    }
}

extension Binder {
    /// Nine columns: job, task, lease, payer, asked, payment, key, reason, granted by.
    fileprivate mutating func bind(_ cause: Cause, payer: Int64?) {
        func none(_ count: Int, _ row: inout Binder) { for _ in 0..<count { row.bindNull() } }
        switch cause {
        case .grant(let key, let reason, let by):
            none(6, &self)
            bind(key)
            bind(reason)
            bind(by)
        case .escrow(let job), .refund(let job):
            bind(job)
            none(8, &self)
        case .topUp(let job, let key):
            bind(job)
            none(5, &self)
            bind(key)
            none(2, &self)
        case .payment(let work, let asked):
            bind(work, payer: payer, asked: asked)
            none(4, &self)
        case .reversal(let payment, let work, let asked, let reason):
            bind(work, payer: payer, asked: asked)
            bind(Int64(bitPattern: payment))
            bindNull()
            bind(reason)
            bindNull()
        }
    }

    private mutating func bind(_ work: PaidWork, payer: Int64?, asked: Credits) {
        bind(work.task.job)
        bind(work.task.index)
        bind(work.lease)
        bind(payer)
        bind(asked.microCredits)
    }
}

import GRDB
package import WeftModel
package import WeftStorage

extension SQLiteJournal {
    package nonisolated func statement(_ query: StatementQuery) async throws -> AccountStatement {
        try await read { db in
            let found = try RawStatement(db, "SELECT number, balance FROM accounts WHERE name = ?").rows {
                $0.bind(query.account.description)
            } _: {
                (number: $0.integer(0), balance: Credits(microCredits: $0.integer(1)))
            }.first
            guard let (number, balance) = found else {
                return AccountStatement(account: query.account, opening: .zero, lines: [], next: nil)
            }
            // Each side by itself is in order by an index; together they would have to be sorted whole.
            let sides = try Self.lines(db, query, number, isDebit: true) + Self.lines(db, query, number, isDebit: false)
            var lines = sides.sorted { $0.movement.sequence < $1.movement.sequence }
            let limit = query.boundedLimit
            let hasMore = lines.count > limit
            lines.removeSubrange(min(limit, lines.count)...)
            let opening = try lines.first.map { try $0.balance.subtracting($0.change) } ?? balance
            return AccountStatement(
                account: query.account, opening: opening, lines: lines,
                next: hasMore
                    ? lines.last.map { .init(sequence: $0.movement.sequence, balance: $0.balance) } : nil)
        }
    }

    /// One more than a page, so that it is known whether there is another.
    private static func lines(
        _ db: Database, _ query: StatementQuery, _ account: Int64, isDebit: Bool
    ) throws -> [AccountStatement.Line] {
        let side = isDebit ? "debit" : "credit"
        return try RawStatement(
            db,
            """
            SELECT \(Movement.columns), m.\(side)_balance FROM \(Movement.tables) \
            WHERE m.\(side) = ? AND m.sequence > ? AND m.at >= ? AND m.at < ? ORDER BY m.sequence LIMIT ?
            """
        ).rows {
            $0.bind(account)
            $0.bind(Int64(clamping: query.after))
            $0.bind(query.from?.microseconds ?? .min)
            $0.bind(query.to?.microseconds ?? .max)
            $0.bind(query.boundedLimit + 1)
        } _: { row in
            let movement = try Movement(row)
            return AccountStatement.Line(
                movement: movement,
                change: isDebit ? try Credits.zero.subtracting(movement.amount) : movement.amount,
                balance: Credits(microCredits: row.integer(15)))
        }
    }

    package nonisolated func movements(_ identities: [MovementIdentity]) async throws -> [Movement] {
        try await read { db in
            let statement = try RawStatement(
                db, "SELECT \(Movement.columns) FROM \(Movement.tables) WHERE m.identity = ?")
            let found = try Set(identities).flatMap { identity in
                try statement.rows {
                    $0.bind(identity.description)
                } _: {
                    try Movement($0)
                }
            }
            return found.sorted { $0.sequence < $1.sequence }
        }
    }
}

import WeftModel
import WeftStorage

extension JournalConformance {
    /// Movements of credits, and what is made of them.
    static let bookChecks: [Check] = [
        Check("the books are as they were written") { harness in
            let journal = try await harness.make()
            try requireEqual(try await journal.load().ledger, nil)
            let movements = Book.movements
            try await journal.commit([.jobSubmitted(Sample.job(7)), .creditsMoved(Array(movements[..<2]))])
            try await journal.commit([
                .creditsMoved(Array(movements[2..<5])), .resultArrived(Book.seen),
                .creditsMoved(Array(movements[5...])),
            ])
            let again = try await harness.crashAndReopen(journal)
            let snapshot = try await again.load()
            try requireEqual(snapshot.ledger, LedgerRecord(of: movements))
            try requireEqual(snapshot.ledger?.escrows.map(\.held.microCredits), [80 - 30 - 45 + 30])
            try requireEqual(snapshot.ledger?.escrows.first?.unpaid.microCredits, 5)
            try requireEqual(snapshot.jobs.first?.results, [Book.seen])
            try requireEqual(try await again.movements(movements.reversed().map(\.identity)), movements)
            try requireEqual(try await again.movements([.grant(key: "none"), .refund(JobID(9))]), [movements[6]])
            try await again.close()
        },
        Check("a movement that was stored before is refused, with all of its commit") { harness in
            let journal = try await harness.make()
            _ = try await journal.load()
            try await journal.commit([.creditsMoved(Array(Book.movements[..<3]))])
            let again = Book.movement(4, .issuance, .submitter("ann"), 9, .grant(key: "k", reason: "", by: ""))
            let number = Book.movement(3, .issuance, .submitter("ann"), 9, .grant(key: "new", reason: "", by: ""))
            for wrong in [again, number] {
                try await requireThrows("writeFailed", isWriteFailed) {
                    try await journal.commit([.tokenChanged(Sample.token("t")), .creditsMoved([wrong])])
                }
            }
            let reopened = try await harness.crashAndReopen(journal)
            let snapshot = try await reopened.load()
            try requireEqual(snapshot.ledger, LedgerRecord(of: Array(Book.movements[..<3])))
            try requireEqual(snapshot.tokens, [])
            try await reopened.close()
        },
        Check("a statement has the balance after each line, page by page") { harness in
            let journal = try await harness.make()
            _ = try await journal.load()
            try await journal.commit([.creditsMoved(Book.movements)])
            for account in Book.accounts {
                let whole = try AccountStatement(of: account, in: Book.movements, limit: 100)
                try requireEqual(try await journal.statement(StatementQuery(account: account)), whole)
                for limit in 1...3 {
                    var lines: [AccountStatement.Line] = []
                    var after: UInt64? = 0
                    while let cursor = after {
                        let page = try await journal.statement(
                            StatementQuery(account: account, after: cursor, limit: limit))
                        try requireEqual(page.opening, lines.last?.balance ?? .zero)
                        try require(page.lines.count == limit || page.next == nil, "a short page before the last")
                        lines += page.lines
                        after = page.next?.sequence
                    }
                    try requireEqual(lines, whole.lines)
                }
            }
            try await journal.close()
        },
        Check("a statement of a period opens with what was there before") { harness in
            let journal = try await harness.make()
            _ = try await journal.load()
            try await journal.commit([.creditsMoved(Book.movements)])
            let account = Account.submitter("ann")
            let page = try await journal.statement(
                StatementQuery(account: account, from: Sample.instant(2), to: Sample.instant(7)))
            try requireEqual(page.opening.microCredits, 100)
            try requireEqual(page.lines.map(\.movement.sequence), [2, 6])
            let none = try await journal.statement(StatementQuery(account: account, from: Sample.instant(50)))
            try requireEqual(none.lines, [])
            try requireEqual(none.opening.microCredits, 100 - 80 - 5 + 5)
            let stranger = try await journal.statement(StatementQuery(account: .submitter("eve")))
            try requireEqual(
                stranger, AccountStatement(account: .submitter("eve"), opening: .zero, lines: [], next: nil))
            try await journal.close()
        },
        Check("movements outlive their job") { harness in
            let journal = try await harness.make()
            _ = try await journal.load()
            let ended = Sample.job(9, state: .succeeded, endedAt: Sample.instant(3))
            try await journal.commit([.jobSubmitted(ended), .creditsMoved(Book.movements)])
            try requireEqual(try await journal.prune(endedBefore: Sample.instant(9), limit: 10), 1)
            try requireEqual(try await journal.statement(StatementQuery(account: .escrow(JobID(9)))).lines.count, 2)
            try await journal.close()
        },
    ]
}

/// Something of everything: job 7 is open, job 9 has ended.
enum Book {
    static let accounts: [Account] = [
        .issuance, .submitter("ann"), .escrow(JobID(7)), .escrow(JobID(9)), .node(NodeID("one")), .node(NodeID("two")),
    ]

    static func movement(_ sequence: UInt64, _ from: Account, _ to: Account, _ amount: Int64, _ cause: Cause)
        -> Movement
    {
        Movement(
            sequence: sequence, from: from, to: to, amount: Credits(microCredits: amount), cause: cause,
            at: Sample.instant(Int(sequence)))
    }

    static let movements: [Movement] = {
        let (ann, seven, nine) = (Account.submitter("ann"), Account.escrow(JobID(7)), Account.escrow(JobID(9)))
        func work(_ index: UInt32, _ node: String, _ lease: UInt64) -> PaidWork {
            PaidWork(
                task: TaskID(job: JobID(7), index: index), node: NodeID(node), lease: LeaseID(lease), payer: "ann")
        }
        func credits(_ amount: Int64) -> Credits { Credits(microCredits: amount) }
        let (first, second) = (work(0, "one", 5), work(.max, "two", .max))
        return [
            movement(1, .issuance, ann, 100, .grant(key: "k", reason: "'; DROP --\u{0}é", by: "root")),
            movement(2, ann, seven, 80, .escrow(JobID(7))),
            movement(3, seven, .node(first.node), 30, .payment(first, asked: credits(30))),
            movement(4, seven, .node(second.node), 45, .payment(second, asked: credits(50))),
            movement(5, .node(first.node), seven, 30, .reversal(payment: 3, first, asked: credits(30), reason: "lied")),
            movement(6, ann, nine, 5, .escrow(JobID(9))),
            movement(7, nine, ann, 5, .refund(JobID(9))),
        ]
    }()

    /// A result with what the coordinator saw of its attempt.
    static var seen: AttemptResult {
        var result = Sample.answer(7, 3, lease: 77)
        result.seenMicroseconds = 123_456
        return result
    }
}

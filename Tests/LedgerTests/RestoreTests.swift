import Foundation
import Testing
import WeftLedger
import WeftModel

@Suite struct RestoreTests {
    /// Something of everything.
    private static func kit() throws -> LedgerKit {
        var kit = try LedgerKit.withJob()
        try kit.topUp(10)
        let payment = try #require(try kit.pay(30, lease: 1).made)
        try kit.pay(30, lease: 2, to: NodeID("node-2"))
        try kit.pay(30, lease: 3)
        try kit.reserve(5, for: JobID(9))
        try kit.reverse(payment)
        try kit.close(JobID(9))
        return kit
    }

    @Test func aLedgerFollowsFromItsMovements() throws {
        let kit = try Self.kit()
        #expect(try Ledger(replaying: kit.movements) == kit.ledger)
        #expect(try Ledger(replaying: []) == Ledger())
    }

    @Test func aLedgerFollowsFromItsRecord() throws {
        let kit = try Self.kit()
        let data = try JSONEncoder().encode(kit.ledger.record)
        let record = try JSONDecoder().decode(LedgerRecord.self, from: data)
        #expect(record == kit.ledger.record)
        #expect(try Ledger(restoring: record) == kit.ledger)
        #expect(try Ledger(restoring: Ledger().record) == Ledger())
    }

    @Test func movementsAreKeptAsTheyAre() throws {
        let movements = try Self.kit().movements
        #expect(try JSONDecoder().decode([Movement].self, from: JSONEncoder().encode(movements)) == movements)
        #expect(Set(movements.map(\.identity.description)).count == movements.count)
    }

    @Test func aRecordAndTheMovementsSinceGiveTheSame() throws {
        let kit = try Self.kit()
        for count in 0...kit.movements.count {
            let record = try Ledger(replaying: kit.movements[..<count]).record
            var ledger = try Ledger(restoring: record)
            try ledger.replay(kit.movements[count...])
            #expect(ledger == kit.ledger)
        }
    }

    @Test func movementsThatDoNotFollowAreDamage() throws {
        let good = try Self.kit().movements
        for place in good.indices {
            let one = good[place]
            func changed(amount: Credits? = nil, from: Account? = nil, to: Account? = nil) -> Movement {
                Movement(
                    sequence: one.sequence, from: from ?? one.from, to: to ?? one.to, amount: amount ?? one.amount,
                    cause: one.cause, at: one.at)
            }
            var wrong = [
                changed(from: .submitter("eve")), changed(from: .node(NodeID("eve"))),
                changed(to: .node(NodeID("eve"))), changed(to: .escrow(JobID(12))),
            ]
            if one.amount > 0 { wrong.append(changed(amount: 0)) }
            if place > 0 { wrong += [changed(amount: 1000), changed(amount: .greatest)] }
            wrong.append(changed(amount: Credits(microCredits: -1)))
            for bad in wrong {
                var movements = good
                movements[place] = bad
                #expect(throws: LedgerDamage.movement(sequence: one.sequence)) { try Ledger(replaying: movements) }
            }
            #expect(throws: LedgerDamage.movement(sequence: one.sequence), "a line comes twice") {
                try Ledger(replaying: good[...place] + good[place...])
            }
            guard place < good.count - 1 else { continue }
            #expect(throws: LedgerDamage.movement(sequence: one.sequence + 1), "a line is missing") {
                try Ledger(replaying: good[..<place] + good[(place + 1)...])
            }
        }
    }

    @Test func recordsThatDoNotBalanceAreDamage() throws {
        let good = try Self.kit().ledger.record
        func check(_ damage: LedgerDamage? = nil, _ change: (inout LedgerRecord) -> Void) {
            var record = good
            change(&record)
            #expect(record != good)
            if let damage {
                #expect(throws: damage) { try Ledger(restoring: record) }
            } else {
                #expect(throws: LedgerDamage.self) { try Ledger(restoring: record) }
            }
        }
        check(.unbalanced) { $0.granted = 99 }
        check(.unbalanced) { $0.balances[0].credits = .greatest }
        check(.unbalanced) { $0.escrows[0].held = 1 }
        check(.account("node:node-2")) { $0.balances[0].credits = 0 }
        check(.account("node:node-2")) { $0.balances.append($0.balances[0]) }
        check(.account("issuance")) { $0.balances[0].account = .issuance }
        check(.account("escrow:7")) { $0.escrows[0].held = Credits(microCredits: -1) }
        check(.account("escrow:7")) { $0.escrows.append($0.escrows[0]) }
        check(.account("escrow:7")) { $0.escrows[0].paidInFull = [1] }
        check(.account("escrow:7")) { $0.escrows[0].paidInFull = [1, 1, 1, 1] }
        check(.account("escrow:7")) { $0.escrows[0].paidNothing = [1, 0] }
        check(.account("escrow:7")) { $0.escrows[0].paidNothing = [.max, 1] }
        check(.account("escrow:7")) { $0.escrows[0].paidInPart.append($0.escrows[0].paidInPart[0]) }
        check(.account("escrow:7")) { $0.escrows[0].topUps.append($0.escrows[0].topUps[0]) }
        check(.account("escrow:7")) { $0.escrows[0].topUps[0] = $0.recent[0] }
        check(.account("escrow:7")) { $0.lastJob = JobID(6) }
        check { $0.escrows[0].opening = $0.recent[0] }
        check(.movement(sequence: 1)) { $0.recent.append($0.recent[0]) }
        check(.movement(sequence: 1)) { $0.lastSequence = 0 }
        let damage: [LedgerDamage] = [.unbalanced, .movement(sequence: 1), .account("issuance")]
        #expect(Set(damage.map(\.description)).count == 3)
    }
}

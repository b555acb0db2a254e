/// An open escrow from its movements, one after another and each only once: what a journal makes of its rows.
package struct EscrowSummary: Sendable {
    private var record: LedgerRecord.OpenEscrow
    private var paidInFull = LeaseSet()
    private var paidNothing = LeaseSet()

    /// - Parameter opening: the movement that opened it. The others may come in any order.
    package init(opening: Movement) {
        record = LedgerRecord.OpenEscrow(
            opening: opening, held: opening.amount, unpaid: .zero, topUps: [], paidInFull: [], paidNothing: [],
            paidInPart: [])
    }

    /// Takes a top-up, a payment or a reversal of this escrow. What does not fit is found when the books are restored.
    package mutating func add(_ movement: Movement) {
        switch movement.cause {
        case .topUp:
            add(movement.amount)
            record.topUps.append(movement)
        case .reversal: add(movement.amount)
        case .payment(let work, let asked):
            add(Credits(microCredits: 0 &- movement.amount.microCredits))
            if movement.amount == asked {
                paidInFull.insert(work.lease)
            } else if movement.amount == .zero {
                paidNothing.insert(work.lease)
            } else {
                record.paidInPart.append(.init(lease: work.lease, paid: movement.amount))
            }
            let (unpaid, isTooMuch) = record.unpaid.microCredits.addingReportingOverflow(
                movement.shortfall.microCredits)
            record.unpaid = isTooMuch ? .greatest : Credits(microCredits: unpaid)
        case .grant, .escrow, .refund: break
        }
    }

    private mutating func add(_ amount: Credits) {
        record.held = Credits(microCredits: record.held.microCredits &+ amount.microCredits)
    }

    package var escrow: LedgerRecord.OpenEscrow {
        var escrow = record
        escrow.topUps.sort { $0.sequence < $1.sequence }
        escrow.paidInFull = paidInFull.flat
        escrow.paidNothing = paidNothing.flat
        escrow.paidInPart.sort { $0.lease < $1.lease }
        return escrow
    }
}

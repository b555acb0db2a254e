package import WeftModel

extension Ledger {
    /// O(n log n) in the accounts and the payments of open jobs.
    package var record: LedgerRecord {
        let submitters = submitters.sorted { $0.key < $1.key }.map {
            LedgerRecord.Balance(account: .submitter($0.key), credits: $0.value)
        }
        let nodes = nodes.sorted { $0.key < $1.key }.map {
            LedgerRecord.Balance(account: .node($0.key), credits: $0.value)
        }
        return LedgerRecord(
            lastSequence: lastSequence, lastJob: lastJob, granted: granted, balances: nodes + submitters,
            escrows: escrows.sorted { $0.key < $1.key }.map { $0.value.record }, recent: Array(recent.all))
    }

    /// The ledger that gave this record. Throws where the books do not balance or an account is not as a ledger leaves it.
    package init(restoring record: LedgerRecord) throws(LedgerDamage) {
        self.init()
        lastSequence = record.lastSequence
        lastJob = record.lastJob
        granted = record.granted
        for balance in record.balances {
            let isNew =
                switch balance.account {
                case .submitter(let name): submitters.updateValue(balance.credits, forKey: name) == nil
                case .node(let node): nodes.updateValue(balance.credits, forKey: node) == nil
                case .issuance, .escrow: false
                }
            guard isNew, balance.credits > .zero else { throw .account(balance.account.description) }
        }
        for open in record.escrows {
            guard let (job, escrow) = Escrow.restore(open), job <= lastJob,
                escrows.updateValue(escrow, forKey: job) == nil
            else { throw .account(open.opening.to.description) }
        }
        for movement in record.recent {
            guard recent[movement.identity] == nil, movement.sequence <= lastSequence else {
                throw .movement(sequence: movement.sequence)
            }
            recent.add(movement)
        }
        guard granted >= .zero, isBalanced() else { throw .unbalanced }
    }

    /// Whether the sum over all accounts is 0. O(n) in the accounts.
    package func isBalanced() -> Bool {
        var sum = Int128(0)
        forEachAccount { sum += Int128($1.microCredits) }
        return sum == 0
    }
}

extension Escrow {
    var record: LedgerRecord.OpenEscrow {
        LedgerRecord.OpenEscrow(
            opening: opening, held: held, unpaid: unpaid,
            topUps: topUps.values.sorted { $0.sequence < $1.sequence }, paidInFull: paidInFull.flat,
            paidNothing: paidNothing.flat,
            paidInPart: paidInPart.sorted { $0.key < $1.key }.map {
                LedgerRecord.PartialPayment(lease: $0.key, paid: $0.value)
            })
    }

    /// nil for what ``record`` does not give.
    static func restore(_ record: LedgerRecord.OpenEscrow) -> (JobID, Escrow)? {
        guard case .escrow(let job) = record.opening.cause, record.opening.to == .escrow(job),
            case .submitter(let submitter) = record.opening.from, record.held >= .zero, record.unpaid >= .zero,
            let full = LeaseSet(flat: record.paidInFull), let nothing = LeaseSet(flat: record.paidNothing)
        else { return nil }
        var escrow = Escrow(submitter: submitter, opening: record.opening, held: record.held)
        escrow.unpaid = record.unpaid
        escrow.paidInFull = full
        escrow.paidNothing = nothing
        for part in record.paidInPart {
            guard part.paid > .zero, escrow.paidInPart.updateValue(part.paid, forKey: part.lease) == nil
            else { return nil }
        }
        for topUp in record.topUps {
            guard case .topUp(job, let key) = topUp.cause, escrow.topUps.updateValue(topUp, forKey: key) == nil
            else { return nil }
        }
        return (job, escrow)
    }
}

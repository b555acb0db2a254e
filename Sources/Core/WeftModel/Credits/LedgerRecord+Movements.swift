extension LedgerRecord {
    /// What all movements of a ledger, in their order, come to; nil for none. O(n): for journals in memory. What is remembered
    /// of grants and reversals is all of them.
    package init?(of movements: [Movement]) {
        guard let last = movements.last else { return nil }
        var sums: [Account: Int64] = [:]
        var open: [JobID: EscrowSummary] = [:]
        var lastJob = JobID(0)
        var recent: [Movement] = []
        for movement in movements {
            sums[movement.from, default: 0] -= movement.amount.microCredits
            sums[movement.to, default: 0] += movement.amount.microCredits
            switch movement.cause {
            case .escrow(let job):
                open[job] = EscrowSummary(opening: movement)
                lastJob = max(lastJob, job)
            case .refund(let job): open[job] = nil
            case .topUp(let job, _): open[job]?.add(movement)
            case .payment(let work, _): open[work.task.job]?.add(movement)
            case .grant: recent.append(movement)
            case .reversal(_, let work, _, _):
                if case .escrow = movement.to { open[work.task.job]?.add(movement) }
                recent.append(movement)
            }
        }
        let granted = Credits(microCredits: -(sums[.issuance] ?? 0))
        let balances = sums.filter { account, sum in
            switch account {
            case .issuance, .escrow: false
            case .submitter, .node: sum != 0
            }
        }.map { Balance(account: $0.key, credits: Credits(microCredits: $0.value)) }
        self.init(
            lastSequence: last.sequence, lastJob: lastJob, granted: granted,
            balances: balances.sorted { $0.account.description < $1.account.description },
            escrows: open.sorted { $0.key < $1.key }.map(\.value.escrow), recent: recent)
    }
}

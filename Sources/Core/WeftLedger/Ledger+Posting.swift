import WeftModel

extension Ledger {
    /// The only place where balances change. The caller has made sure that `from` has the amount.
    mutating func post(_ amount: Credits, from: Account, to: Account, _ cause: Cause, at now: Instant) -> Movement {
        change(from, by: -amount.microCredits)
        change(to, by: amount.microCredits)
        lastSequence += 1
        recent.forget(before: now)
        return Movement(sequence: lastSequence, from: from, to: to, amount: amount, cause: cause, at: now)
    }

    private mutating func change(_ account: Account, by microCredits: Int64) {
        switch account {
        case .issuance: granted = Credits(microCredits: granted.microCredits - microCredits)
        case .submitter(let name): submitters[name] = Self.sum(submitters[name], microCredits)
        case .node(let node): nodes[node] = Self.sum(nodes[node], microCredits)
        case .escrow(let job): escrows[job]!.held = Self.sum(escrows[job]!.held, microCredits) ?? .zero
        }
    }

    /// nil for nothing.
    private static func sum(_ balance: Credits?, _ microCredits: Int64) -> Credits? {
        let sum = (balance?.microCredits ?? 0) + microCredits
        precondition(sum >= 0, "only the issuance account is below 0")
        return sum == 0 ? nil : Credits(microCredits: sum)
    }
}

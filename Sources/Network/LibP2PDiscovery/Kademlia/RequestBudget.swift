package import LibP2P

/// How much each peer may ask: so many requests at once, and so many more each second. A value; bounded however many peers ask.
package struct RequestBudget: Sendable {
    package struct Limits: Sendable, Hashable {
        /// Requests of one peer at once.
        package var burst = 100.0
        /// Requests of one peer each second, over time.
        package var perSecond = 20.0
        /// Peers that are remembered. When more ask, those with the fullest budget are forgotten.
        package var peers = 4_096

        package init() {}
    }

    private struct Account: Sendable {
        var left: Double
        var counted: Duration
    }

    package let limits: Limits
    private var accounts: [PeerID: Account] = [:]

    package init(limits: Limits = Limits()) { self.limits = limits }

    /// Whether a peer may ask once more now; if so, it is counted.
    package mutating func take(_ peer: PeerID, at now: Duration) -> Bool {
        if accounts[peer] == nil, accounts.count >= limits.peers { forget(at: now) }
        let left = accounts[peer].map { balance(of: $0, at: now) } ?? limits.burst
        guard left >= 1 else {
            accounts[peer] = Account(left: left, counted: now)
            return false
        }
        accounts[peer] = Account(left: left - 1, counted: now)
        return true
    }

    private func balance(of account: Account, at now: Duration) -> Double {
        min(limits.burst, account.left + max(0, (now - account.counted) / .seconds(1)) * limits.perSecond)
    }

    /// Forgets half of the peers: those that could ask the most, for whom forgetting changes the least.
    private mutating func forget(at now: Duration) {
        let byBalance = accounts.sorted { balance(of: $0.value, at: now) > balance(of: $1.value, at: now) }
        for (peer, _) in byBalance.prefix(max(1, limits.peers / 2)) { accounts[peer] = nil }
    }
}

public import LibP2P

/// Whether others can dial this host.
public enum Reachability: Sendable, Hashable {
    case unknown
    /// At least at these addresses.
    case reachable([Multiaddr])
    /// Only over relays.
    case unreachable
}

/// Concludes from what several peers found whether this host can be reached. A value: no clock, no network.
///
/// The specification has more than three peers agree. One peer counts once, and what it found last; when a verdict is there, as
/// many must speak against it as made it, so that a few that lie or are themselves cut off do not turn it around.
package struct ReachabilityJudge: Sendable {
    package static let agreeing = 3
    /// Peers whose findings are remembered; the oldest goes first.
    static let greatestFindingCount = 32

    private struct Finding: Sendable {
        let peer: PeerID
        /// nil when it could not reach this host.
        let address: Multiaddr?
    }

    private var findings: [Finding] = []
    package private(set) var verdict = Reachability.unknown

    package init() {}

    /// A peer reached this host at an address, or (nil) did not.
    /// - Returns: Whether the verdict has changed.
    package mutating func found(_ address: Multiaddr?, by peer: PeerID) -> Bool {
        findings.removeAll { $0.peer == peer }
        findings.append(Finding(peer: peer, address: address))
        if findings.count > Self.greatestFindingCount { findings.removeFirst() }
        let recent = findings.suffix(2 * Self.agreeing)
        let reached = recent.filter { $0.address != nil }.count
        let failed = recent.count - reached
        let old = verdict
        if reached > Self.agreeing || reached == Self.agreeing && failed == 0 {
            verdict = .reachable(addresses)
        } else if failed > Self.agreeing || failed == Self.agreeing && reached == 0 {
            verdict = .unreachable
        } else if case .reachable = verdict {
            verdict = .reachable(addresses)
        }
        return verdict != old
    }

    private var addresses: [Multiaddr] {
        var seen: Set<Multiaddr> = []
        return findings.compactMap(\.address).filter { seen.insert($0).inserted }.sorted { "\($0)" < "\($1)" }
    }

    /// The host has moved, or listens elsewhere.
    package mutating func reset() { self = ReachabilityJudge() }
}

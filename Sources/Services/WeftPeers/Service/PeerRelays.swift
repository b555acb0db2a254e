package import LibP2P
import LibP2PRelay
package import Logging

/// What a peer does with relays: is reached through some, dials through those of others, and forwards itself if its owner wants.
package enum PeerRelays {
    /// What a link is forwarded for, at most; a link that was cut is made anew.
    private static let forwarded = CircuitLimit(seconds: 3600, byteCount: 1 << 30)

    /// Works until the task is cancelled.
    /// - Parameters:
    ///   - relays: where a place is kept; each address ends with the relay's id.
    ///   - servesOthers: whether this peer forwards, and tells others whether they can be reached.
    package static func run(on host: Host, through relays: [Multiaddr], servesOthers: Bool, logger: Logger) async {
        let client = CircuitClient(host: host)
        for address in relays {
            guard let relay = address.peerID else { continue }
            do {
                try await client.keepReservation(at: relay, addresses: [address.withoutPeerID])
            } catch {
                logger.warning(
                    "a relay is not used", metadata: ["relay": "\(address)", "reason": "\(error)"])
            }
        }
        await withDiscardingTaskGroup { group in
            group.addTask { try? await client.run() }
            guard servesOthers else { return }
            let reachability = AutoNATService(network: host, prober: ProbingHost(host: host))
            await reachability.start()
            var configuration = RelayConfiguration()
            configuration.limit = forwarded
            let relay = RelayService(network: host, configuration: configuration)
            group.addTask { try? await relay.run() }
        }
    }
}

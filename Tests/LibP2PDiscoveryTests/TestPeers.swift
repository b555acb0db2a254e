import LibP2P
import LibP2PDiscovery
import SeededNumbers

extension PeerID {
    /// A peer that nobody has the key of.
    static func random(_ random: inout SeededRandom) -> PeerID {
        let digest = (0..<32).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        guard let peer = try? PeerID(bytes: [0x12, 0x20] + digest) else {
            preconditionFailure("a digest of 32 bytes is one of SHA-256")
        }
        return peer
    }

    /// A peer whose place shares exactly so many bits with another's.
    static func random(sharing bits: Int, with key: KademliaKey, _ random: inout SeededRandom) -> PeerID {
        while true {
            let peer = PeerID.random(&random)
            if KademliaKey(of: peer).commonPrefixLength(with: key) == bits { return peer }
        }
    }
}

extension Multiaddr {
    /// An address in the network 11.0.`network`.0/24, which is public.
    static func inNetwork(_ network: Int, host: Int = 1) -> Multiaddr {
        Multiaddr(.v4(0x0B00_0000 | UInt32(network) << 8 | UInt32(host)), tcp: 4001)
    }
}

func publicSubnet(_ network: Int) -> Subnet? { Subnet(.inNetwork(network)) }

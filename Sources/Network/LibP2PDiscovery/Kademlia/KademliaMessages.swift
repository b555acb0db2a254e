package import LibP2P

/// A peer and where it may be reached, as messages carry them.
package struct PeerAddresses: Sendable, Hashable {
    package let peer: PeerID
    package var addresses: [Multiaddr]

    package init(peer: PeerID, addresses: [Multiaddr]) {
        self.peer = peer
        self.addresses = addresses
    }
}

/// What a peer may ask (kad-dht, "RPC messages").
package enum KademliaRequest: Sendable, Hashable {
    /// Whether it is there. Deprecated: answered, never sent.
    case ping
    /// The peers nearest to a key, which is the bytes of a peer id.
    case findNode([UInt8])
    /// Who provides a multihash, and who is nearest to it.
    case getProviders([UInt8])
    /// The sender provides a multihash. Not answered: peers wait for no answer, and those that send more requests over the same
    /// stream would take it for that to the next one.
    case addProvider([UInt8], [PeerAddresses])
    case getValue([UInt8])
    case putValue(key: [UInt8], value: [UInt8])

    package var key: [UInt8] {
        switch self {
        case .ping: []
        case .findNode(let key), .getProviders(let key), .addProvider(let key, _), .getValue(let key): key
        case .putValue(let key, _): key
        }
    }
}

/// What is answered; which fields mean something depends on what was asked.
package struct KademliaAnswer: Sendable, Hashable {
    package var closer: [PeerAddresses]
    package var providers: [PeerAddresses]
    package var value: [UInt8]?

    package init(closer: [PeerAddresses] = [], providers: [PeerAddresses] = [], value: [UInt8]? = nil) {
        self.closer = closer
        self.providers = providers
        self.value = value
    }
}

/// How large messages and what is in them may be. What is larger is refused or, where noted, cut.
package struct KademliaMessageLimits: Sendable, Hashable {
    /// Bytes of a request.
    package var requestBytes = 128 << 10
    /// Bytes of an answer.
    package var answerBytes = 1 << 20
    /// Bytes of the key of providers and peers: no digest in use is longer.
    package var multihashBytes = 80
    /// Bytes of the key of a value.
    package var keyBytes = 1_024
    /// Bytes of a value.
    package var valueBytes = 65_536
    /// Peers of a list; those after are left out.
    package var peers = 100
    /// Addresses of a peer; those after are left out.
    package var addresses = 16
    /// Bytes of an address; a longer one is left out.
    package var addressBytes = 512

    package init() {}
}

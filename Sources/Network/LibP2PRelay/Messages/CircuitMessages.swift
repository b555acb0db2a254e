public import LibP2P

/// The protocols of relays (libp2p specification "Circuit Relay v2").
public enum CircuitProtocol {
    /// What relays are asked.
    public static let hop = "/libp2p/circuit/relay/0.2.0/hop"
    /// What relays ask.
    public static let stop = "/libp2p/circuit/relay/0.2.0/stop"
    /// Bytes of a message at most.
    package static let greatestMessageLength = 4_096
}

/// How a request to a relay, or of one, ended.
public enum CircuitStatus: UInt32, Sendable, Hashable, CaseIterable {
    case ok = 100
    case reservationRefused = 200
    case resourceLimitExceeded = 201
    case permissionDenied = 202
    case connectionFailed = 203
    case noReservation = 204
    case malformedMessage = 400
    case unexpectedMessage = 401
}

/// Why a circuit or a reservation could not be had.
public enum CircuitError: Error, Sendable, Hashable {
    /// The relay said so.
    case refused(CircuitStatus)
    /// Not `…/p2p/RELAY/p2p-circuit`, or over more than one relay, or over the peer itself.
    case notRelayed(Multiaddr)
    /// The relay can itself be reached over another relay only.
    case relayIsRelayed
    /// The relay's answer makes no sense.
    case malformed(String)
    case tooManyRelays(limit: Int)
}

/// How much a relay forwards over one circuit.
public struct CircuitLimit: Sendable, Hashable {
    /// Until the circuit is cut, in whole seconds; nil is without end.
    public var seconds: UInt32?
    /// Bytes in each direction until it is cut; nil is without end.
    public var byteCount: UInt64?

    public init(seconds: UInt32?, byteCount: UInt64?) {
        self.seconds = seconds
        self.byteCount = byteCount
    }
}

/// A place at a relay, by which others reach this host.
public struct CircuitReservation: Sendable, Hashable {
    /// By the relay's clock, seconds since 1970.
    public var expires: UInt64
    /// Where the relay can be reached, with its id.
    public var relayAddresses: [Multiaddr]
    /// The relay's signed word; nil when there was none, or none that is valid. Nobody asks for it as yet.
    public var voucher: CircuitVoucher?
    /// nil when the relay says nothing of limits.
    public var limit: CircuitLimit?

    public init(expires: UInt64, relayAddresses: [Multiaddr], voucher: CircuitVoucher?, limit: CircuitLimit?) {
        self.expires = expires
        self.relayAddresses = relayAddresses
        self.voucher = voucher
        self.limit = limit
    }
}

/// What a client asks of a relay.
package enum HopRequest: Sendable, Hashable {
    case reserve
    case connect(PeerID)
}

/// What a relay answers.
package struct HopAnswer: Sendable, Hashable {
    package struct Reservation: Sendable, Hashable {
        package var expires: UInt64
        package var addresses: [Multiaddr]
        /// As it came; who uses it verifies it.
        package var voucher: [UInt8]?

        package init(expires: UInt64, addresses: [Multiaddr], voucher: [UInt8]?) {
            self.expires = expires
            self.addresses = addresses
            self.voucher = voucher
        }
    }

    package var status: CircuitStatus
    package var reservation: Reservation?
    package var limit: CircuitLimit?

    package init(status: CircuitStatus, reservation: Reservation? = nil, limit: CircuitLimit? = nil) {
        self.status = status
        self.reservation = reservation
        self.limit = limit
    }
}

/// What a relay asks of the peer that somebody wants to reach.
package struct StopRequest: Sendable, Hashable {
    /// Who wants to reach it, as the relay says; the handshake over the circuit proves it.
    package var source: PeerID
    package var limit: CircuitLimit?

    package init(source: PeerID, limit: CircuitLimit?) {
        self.source = source
        self.limit = limit
    }
}

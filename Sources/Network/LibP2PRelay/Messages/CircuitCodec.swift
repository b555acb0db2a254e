package import LibP2P
import SwiftProtobuf

/// Messages of relays as bytes, and back. Readers throw `PeerStreamError.messageTooLarge` or `.malformed`.
package enum CircuitCodec {
    /// Addresses of a relay that are read or written at most.
    static let greatestAddressCount = 16

    // MARK: - Hop

    package static func encode(_ request: HopRequest) -> [UInt8] {
        var wire = WireCircuitHop()
        switch request {
        case .reserve: wire.kind = .reserve
        case .connect(let peer):
            wire.kind = .connect
            wire.peer = .with { $0.id = peer.bytes.data }
        }
        return wire.encodedBytes()
    }

    package static func hopRequest(from bytes: [UInt8]) throws(PeerStreamError) -> HopRequest {
        let wire = try parse(bytes, as: WireCircuitHop.self)
        guard wire.hasKind else { throw .malformed("a message without a kind") }
        switch wire.kind {
        case .reserve: return .reserve
        case .connect: return .connect(try peer(wire.peer))
        case .status: throw .malformed("an answer in place of a request")
        }
    }

    package static func encode(_ answer: HopAnswer) -> [UInt8] {
        var wire = WireCircuitHop()
        wire.kind = .status
        wire.status = wireStatus(answer.status)
        if let reservation = answer.reservation {
            wire.reservation = .with {
                $0.expires = reservation.expires
                $0.addresses = reservation.addresses.prefix(greatestAddressCount).map { $0.bytes.data }
                if let voucher = reservation.voucher { $0.voucher = voucher.data }
            }
        }
        if let limit = answer.limit { wire.limit = wireLimit(limit) }
        return wire.encodedBytes()
    }

    package static func hopAnswer(from bytes: [UInt8]) throws(PeerStreamError) -> HopAnswer {
        let wire = try parse(bytes, as: WireCircuitHop.self)
        guard wire.hasKind, wire.kind == .status else { throw .malformed("a request in place of an answer") }
        var answer = HopAnswer(status: try status(wire.hasStatus, wire.status))
        if wire.hasReservation {
            let addresses = wire.reservation.addresses.prefix(greatestAddressCount)
                .compactMap { try? Multiaddr(bytes: Array($0)) }
            answer.reservation = HopAnswer.Reservation(
                expires: wire.reservation.expires, addresses: addresses,
                voucher: wire.reservation.hasVoucher ? Array(wire.reservation.voucher) : nil)
        }
        if wire.hasLimit { answer.limit = limit(wire.limit) }
        return answer
    }

    // MARK: - Stop

    package static func encode(_ request: StopRequest) -> [UInt8] {
        var wire = WireCircuitStop()
        wire.kind = .connect
        wire.peer = .with { $0.id = request.source.bytes.data }
        if let limit = request.limit { wire.limit = wireLimit(limit) }
        return wire.encodedBytes()
    }

    package static func stopRequest(from bytes: [UInt8]) throws(PeerStreamError) -> StopRequest {
        let wire = try parse(bytes, as: WireCircuitStop.self)
        guard wire.hasKind, wire.kind == .connect else { throw .malformed("an answer in place of a request") }
        return StopRequest(source: try peer(wire.peer), limit: wire.hasLimit ? limit(wire.limit) : nil)
    }

    /// The answer to a relay.
    package static func encode(_ answer: CircuitStatus) -> [UInt8] {
        var wire = WireCircuitStop()
        wire.kind = .status
        wire.status = wireStatus(answer)
        return wire.encodedBytes()
    }

    package static func stopAnswer(from bytes: [UInt8]) throws(PeerStreamError) -> CircuitStatus {
        let wire = try parse(bytes, as: WireCircuitStop.self)
        guard wire.hasKind, wire.kind == .status else { throw .malformed("a request in place of an answer") }
        return try status(wire.hasStatus, wire.status)
    }

    // MARK: - Parts

    private static func parse<Wire: Message>(_ bytes: [UInt8], as: Wire.Type) throws(PeerStreamError) -> Wire {
        guard bytes.count <= CircuitProtocol.greatestMessageLength else {
            throw .messageTooLarge(limit: CircuitProtocol.greatestMessageLength)
        }
        guard let wire = try? Wire(serializedBytes: bytes) else { throw .malformed("not the protobuf of a relay") }
        return wire
    }

    private static func peer(_ wire: WireCircuitPeer) throws(PeerStreamError) -> PeerID {
        guard let peer = try? PeerID(bytes: Array(wire.id)) else { throw .malformed("not the id of a peer") }
        return peer
    }

    private static func status(_ isThere: Bool, _ wire: WireCircuitStatus) throws(PeerStreamError) -> CircuitStatus {
        guard isThere, let status = CircuitStatus(rawValue: UInt32(wire.rawValue)) else {
            throw .malformed("an answer that says nothing")
        }
        return status
    }

    private static func wireStatus(_ status: CircuitStatus) -> WireCircuitStatus {
        guard let wire = WireCircuitStatus(rawValue: Int(status.rawValue)) else {
            preconditionFailure("both have the numbers of the specification")
        }
        return wire
    }

    private static func wireLimit(_ limit: CircuitLimit) -> WireCircuitLimit {
        .with {
            if let seconds = limit.seconds { $0.seconds = seconds }
            if let byteCount = limit.byteCount { $0.bytes = byteCount }
        }
    }

    /// Zero is no limit, as in the specification.
    private static func limit(_ wire: WireCircuitLimit) -> CircuitLimit {
        CircuitLimit(
            seconds: wire.seconds == 0 ? nil : wire.seconds, byteCount: wire.bytes == 0 ? nil : wire.bytes)
    }
}

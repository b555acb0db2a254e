package import LibP2P
import SwiftProtobuf

/// How a peer that was asked to dial back fared (libp2p specification "AutoNAT v1").
public enum DialBackStatus: UInt32, Sendable, Hashable, CaseIterable {
    case ok = 0
    /// None of the addresses could be reached.
    case dialError = 100
    /// It does not want to, or not now.
    case dialRefused = 101
    case badRequest = 200
    case internalError = 300
}

/// A request to be dialed: who, and where.
package struct DialBackRequest: Sendable, Hashable {
    package var peer: PeerID
    package var addresses: [Multiaddr]

    package init(peer: PeerID, addresses: [Multiaddr]) {
        self.peer = peer
        self.addresses = addresses
    }
}

package struct DialBackAnswer: Sendable, Hashable {
    package var status: DialBackStatus
    /// In words, for people.
    package var text: String
    /// The address that could be reached.
    package var address: Multiaddr?

    package init(status: DialBackStatus, text: String = "", address: Multiaddr? = nil) {
        self.status = status
        self.text = text
        self.address = address
    }
}

/// Messages of AutoNAT as bytes, and back. Readers throw `PeerStreamError.messageTooLarge` or `.malformed`.
package enum AutoNATCodec {
    package static let protocolName = "/libp2p/autonat/1.0.0"
    package static let greatestMessageLength = 4_096
    /// Addresses that are read or written at most.
    static let greatestAddressCount = 32

    package static func encode(_ request: DialBackRequest) -> [UInt8] {
        var wire = WireAutoNATMessage()
        wire.kind = .dial
        wire.dial.peer = .with {
            $0.id = request.peer.bytes.data
            $0.addresses = request.addresses.prefix(greatestAddressCount).map { $0.bytes.data }
        }
        return wire.encodedBytes()
    }

    package static func request(from bytes: [UInt8]) throws(PeerStreamError) -> DialBackRequest {
        let wire = try parse(bytes)
        guard wire.hasKind, wire.kind == .dial, wire.dial.hasPeer else { throw .malformed("not a request to dial") }
        guard let peer = try? PeerID(bytes: Array(wire.dial.peer.id)) else { throw .malformed("not the id of a peer") }
        return DialBackRequest(
            peer: peer,
            addresses: wire.dial.peer.addresses.prefix(greatestAddressCount)
                .compactMap { try? Multiaddr(bytes: Array($0)) })
    }

    package static func encode(_ answer: DialBackAnswer) -> [UInt8] {
        var wire = WireAutoNATMessage()
        wire.kind = .dialResponse
        guard let status = WireAutoNATMessage.Status(rawValue: Int(answer.status.rawValue)) else {
            preconditionFailure("both have the numbers of the specification")
        }
        wire.response.status = status
        if !answer.text.isEmpty { wire.response.text = answer.text }
        if let address = answer.address { wire.response.address = address.bytes.data }
        return wire.encodedBytes()
    }

    package static func answer(from bytes: [UInt8]) throws(PeerStreamError) -> DialBackAnswer {
        let wire = try parse(bytes)
        guard wire.hasKind, wire.kind == .dialResponse, wire.hasResponse,
            let status = DialBackStatus(rawValue: UInt32(wire.response.status.rawValue))
        else { throw .malformed("not an answer to a request to dial") }
        return DialBackAnswer(
            status: status, text: String(wire.response.text.prefix(200)),
            address: wire.response.hasAddress ? try? Multiaddr(bytes: Array(wire.response.address)) : nil)
    }

    private static func parse(_ bytes: [UInt8]) throws(PeerStreamError) -> WireAutoNATMessage {
        guard bytes.count <= greatestMessageLength else { throw .messageTooLarge(limit: greatestMessageLength) }
        guard let wire = try? WireAutoNATMessage(serializedBytes: bytes) else {
            throw .malformed("not the protobuf of AutoNAT")
        }
        return wire
    }
}

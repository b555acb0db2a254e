import Foundation
package import LibP2P
import SwiftProtobuf

/// Messages of the table as bytes, and back.
package enum KademliaCodec {
    // MARK: - Requests

    package static func encode(_ request: KademliaRequest) -> [UInt8] {
        var wire = WireKademliaMessage()
        wire.kind = kind(of: request)
        if request != .ping { wire.key = Data(request.key) }
        switch request {
        case .addProvider(_, let providers):
            wire.providerPeers = providers.map(encode)
        case .putValue(let key, let value):
            wire.record = record(key: key, value: value)
        case .ping, .findNode, .getProviders, .getValue:
            break
        }
        return wire.encodedBytes()
    }

    /// - Throws: `PeerStreamError.messageTooLarge` or `.malformed`.
    package static func request(
        from bytes: [UInt8], limits: KademliaMessageLimits = KademliaMessageLimits()
    ) throws(PeerStreamError) -> KademliaRequest {
        let wire = try parse(bytes, limit: limits.requestBytes)
        let key = Array(wire.key)
        switch wire.kind {
        case .ping:
            return .ping
        case .findNode:
            return .findNode(try bounded(key, limits.multihashBytes))
        case .getProviders:
            return .getProviders(try multihash(key, limits))
        case .addProvider:
            let providers = peers(wire.providerPeers, limits: limits)
            guard !providers.isEmpty else { throw .malformed("nobody provides the key") }
            return .addProvider(try multihash(key, limits), providers)
        case .getValue:
            return .getValue(try bounded(key, limits.keyBytes))
        case .putValue:
            let key = try bounded(key, limits.keyBytes)
            guard wire.hasRecord, Array(wire.record.key) == key else {
                throw .malformed("the record is not one of the key")
            }
            guard wire.record.value.count <= limits.valueBytes else { throw .messageTooLarge(limit: limits.valueBytes) }
            return .putValue(key: key, value: Array(wire.record.value))
        }
    }

    // MARK: - Answers

    package static func encode(_ answer: KademliaAnswer, to request: KademliaRequest) -> [UInt8] {
        var wire = WireKademliaMessage()
        wire.kind = kind(of: request)
        if request != .ping { wire.key = Data(request.key) }
        wire.closerPeers = answer.closer.map(encode)
        wire.providerPeers = answer.providers.map(encode)
        if let value = answer.value { wire.record = record(key: request.key, value: value) }
        return wire.encodedBytes()
    }

    /// - Throws: `PeerStreamError.messageTooLarge` or `.malformed`.
    package static func answer(
        from bytes: [UInt8], to request: KademliaRequest, limits: KademliaMessageLimits = KademliaMessageLimits()
    ) throws(PeerStreamError) -> KademliaAnswer {
        let wire = try parse(bytes, limit: limits.answerBytes)
        guard wire.kind == kind(of: request) else { throw .malformed("the answer is to something else") }
        var answer = KademliaAnswer(
            closer: peers(wire.closerPeers, limits: limits), providers: peers(wire.providerPeers, limits: limits))
        if wire.hasRecord {
            guard wire.record.key.elementsEqual(request.key) else {
                throw .malformed("the record is not one of the key")
            }
            guard wire.record.value.count <= limits.valueBytes else { throw .messageTooLarge(limit: limits.valueBytes) }
            answer.value = Array(wire.record.value)
        }
        return answer
    }

    // MARK: - Parts

    private static func kind(of request: KademliaRequest) -> WireKademliaMessage.Kind {
        switch request {
        case .ping: .ping
        case .findNode: .findNode
        case .getProviders: .getProviders
        case .addProvider: .addProvider
        case .getValue: .getValue
        case .putValue: .putValue
        }
    }

    private static func parse(_ bytes: [UInt8], limit: Int) throws(PeerStreamError) -> WireKademliaMessage {
        guard bytes.count <= limit else { throw .messageTooLarge(limit: limit) }
        guard let wire = try? WireKademliaMessage(serializedBytes: bytes) else {
            throw .malformed("not a message of the table")
        }
        return wire
    }

    private static func bounded(_ key: [UInt8], _ limit: Int) throws(PeerStreamError) -> [UInt8] {
        guard !key.isEmpty else { throw .malformed("no key") }
        guard key.count <= limit else { throw .messageTooLarge(limit: limit) }
        return key
    }

    private static func multihash(
        _ key: [UInt8], _ limits: KademliaMessageLimits
    ) throws(PeerStreamError) -> [UInt8] {
        let key = try bounded(key, limits.multihashBytes)
        if (try? Multihash(bytes: key)) != nil { return key }
        // Some peers send the whole CID; what it stands for is its multihash.
        guard let cid = try? CID(bytes: key) else { throw .malformed("the key is not a multihash") }
        return cid.multihash.bytes
    }

    private static func record(key: [UInt8], value: [UInt8]) -> WireKademliaRecord {
        var record = WireKademliaRecord()
        record.key = Data(key)
        record.value = Data(value)
        return record
    }

    private static func encode(_ peer: PeerAddresses) -> WireKademliaMessage.Peer {
        var wire = WireKademliaMessage.Peer()
        wire.id = Data(peer.peer.bytes)
        wire.addresses = peer.addresses.map { Data($0.bytes) }
        wire.connection = .canConnect
        return wire
    }

    /// The peers of a list that can be understood, each once; their addresses without the peer's own name at the end.
    private static func peers(
        _ wire: [WireKademliaMessage.Peer], limits: KademliaMessageLimits
    ) -> [PeerAddresses] {
        var seen: Set<PeerID> = []
        return wire.prefix(limits.peers).compactMap { wire in
            guard wire.id.count <= limits.multihashBytes, let peer = try? PeerID(bytes: wire.id),
                seen.insert(peer).inserted
            else { return nil }
            let addresses = wire.addresses.lazy.filter { $0.count <= limits.addressBytes }
                .compactMap { try? Multiaddr(bytes: Array($0)) }.prefix(limits.addresses)
            return PeerAddresses(peer: peer, addresses: addresses.compactMap { $0.removingOwnName(of: peer) })
        }
    }
}

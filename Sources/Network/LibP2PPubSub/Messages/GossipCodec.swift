import Foundation
package import LibP2P
import SwiftProtobuf

/// What peers send, as bytes and back.
package enum GossipCodec {
    package static func encode(_ rpc: GossipRPC) -> [UInt8] {
        var wire = WireGossipRPC()
        wire.subscriptions = rpc.subscriptions.map { subscription in
            .with {
                $0.subscribe = subscription.isSubscribed
                $0.topic = subscription.topic
            }
        }
        wire.publish = rpc.messages.map { Data($0) }
        if !rpc.have.isEmpty || !rpc.want.isEmpty || !rpc.graft.isEmpty || !rpc.prune.isEmpty {
            wire.control = control(of: rpc)
        }
        return wire.encodedBytes()
    }

    private static func control(of rpc: GossipRPC) -> WireGossipControl {
        var control = WireGossipControl()
        control.have = rpc.have.map { have in
            .with {
                $0.topic = have.topic
                $0.messageIds = have.ids.map { Data($0.bytes) }
            }
        }
        if !rpc.want.isEmpty { control.want = [.with { $0.messageIds = rpc.want.map { Data($0.bytes) } }] }
        control.graft = rpc.graft.map { topic in .with { $0.topic = topic } }
        control.prune = rpc.prune.map { prune in
            .with {
                $0.topic = prune.topic
                if let seconds = prune.backoffSeconds { $0.backoff = seconds }
                $0.peers = prune.peers.map { peer in
                    .with {
                        $0.peerID = Data(peer.peer.bytes)
                        if let record = peer.signedRecord { $0.signedPeerRecord = Data(record) }
                    }
                }
            }
        }
        return control
    }

    /// Reads what a peer sent. What is past the limits of counts is left out; messages stay encoded.
    /// - Throws: `PeerStreamError.messageTooLarge` or `.malformed`.
    package static func decode(_ bytes: [UInt8], limits: GossipLimits) throws(PeerStreamError) -> GossipRPC {
        guard bytes.count <= limits.rpcBytes else { throw .messageTooLarge(limit: limits.rpcBytes) }
        guard let wire = try? WireGossipRPC(serializedBytes: bytes) else {
            throw .malformed("not the protobuf of gossipsub")
        }
        func isTopic(_ name: String) -> Bool { !name.isEmpty && name.utf8.count <= limits.topicBytes }
        var identifiersLeft = limits.identifiers
        func identifiers(_ ids: [Data]) -> [MessageID] {
            let taken = ids.prefix(identifiersLeft).filter { !$0.isEmpty && $0.count <= limits.identifierBytes }
            identifiersLeft -= min(identifiersLeft, ids.count)
            return taken.map { MessageID(bytes: Array($0)) }
        }

        var rpc = GossipRPC()
        for subscription in wire.subscriptions.prefix(limits.entries) where isTopic(subscription.topic) {
            rpc.subscriptions.append(.init(topic: subscription.topic, isSubscribed: subscription.subscribe))
        }
        rpc.messages = wire.publish.prefix(limits.entries).map { Array($0) }
        let control = wire.control
        for have in control.have.prefix(limits.entries) where isTopic(have.topic) {
            let ids = identifiers(have.messageIds)
            if !ids.isEmpty { rpc.have.append(.init(topic: have.topic, ids: ids)) }
        }
        for want in control.want.prefix(limits.entries) { rpc.want += identifiers(want.messageIds) }
        rpc.graft = control.graft.prefix(limits.entries).map(\.topic).filter(isTopic)
        for prune in control.prune.prefix(limits.entries) where isTopic(prune.topic) {
            rpc.prune.append(
                .init(
                    topic: prune.topic, backoffSeconds: prune.hasBackoff ? prune.backoff : nil,
                    peers: exchanged(prune.peers, limits: limits)))
        }
        return rpc
    }

    private static func exchanged(
        _ peers: [WireGossipControl.ExchangedPeer], limits: GossipLimits
    ) -> [GossipRPC.ExchangedPeer] {
        peers.prefix(limits.exchangedPeers).compactMap { wire in
            guard let peer = try? PeerID(bytes: Array(wire.peerID)) else { return nil }
            guard wire.signedPeerRecord.count <= SignedEnvelope.greatestLength else { return nil }
            return .init(peer: peer, signedRecord: wire.hasSignedPeerRecord ? Array(wire.signedPeerRecord) : nil)
        }
    }
}

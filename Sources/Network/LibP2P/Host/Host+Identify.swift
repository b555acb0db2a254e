import Logging
import NIOCore
import SwiftProtobuf
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Identify and its push (libp2p specification "Identify").
enum Identify {
    static let name = "/ipfs/id/1.0.0"
    static let pushName = "/ipfs/id/push/1.0.0"
    /// Bytes of a message at most.
    static let greatestLength = 64 * 1024
    static let greatestAddressCount = 128
    static let greatestProtocolCount = 512
    static let greatestNameLength = 256
}

/// What a peer said of itself.
struct Identification: Sendable, Hashable {
    var protocols: [String]
    var addresses: [Multiaddr]
    var observed: Multiaddr?

    /// Reads a message of `peer`; what is too much of anything is cut off.
    init(encoded: [UInt8], from peer: PeerID) throws(PeerStreamError) {
        guard let wire = try? Libp2p_Identify_WireIdentify(serializedBytes: encoded) else {
            throw .malformed("not the protobuf of identify")
        }
        if wire.hasPublicKey {
            guard let key = try? PublicKey(encoded: Array(wire.publicKey)), key.peerID == peer else {
                throw .malformed("the key of another peer")
            }
        }
        protocols = wire.protocols.lazy.filter { $0.utf8.count <= Identify.greatestNameLength }
            .prefix(Identify.greatestProtocolCount).map { $0 }
        addresses = wire.listenAddresses.prefix(Identify.greatestAddressCount)
            .compactMap { try? Multiaddr(bytes: Array($0)) }
        if wire.hasSignedPeerRecord, let record = try? PeerRecord(signed: Array(wire.signedPeerRecord)),
            record.peer == peer
        {
            addresses += record.addresses.filter { !addresses.contains($0) }
        }
        observed = wire.hasObservedAddress ? try? Multiaddr(bytes: Array(wire.observedAddress)) : nil
    }
}

extension Host {
    func serveIdentify() {
        state.withLock { state in
            state.handlers[Identify.name] = { [weak self] stream in
                guard let self else { return }
                try await MessageWriter(stream).write(self.identification(for: stream.connection.remoteAddress))
            }
            state.handlers[Identify.pushName] = { [weak self] stream in
                var reader = MessageReader(stream)
                guard let message = try await reader.read(limit: Identify.greatestLength) else { return }
                try self?.learn(message, of: stream.peer)
            }
        }
    }

    /// Asks a new connection's peer what it speaks and where it is.
    func identify(_ connection: PeerConnection, _ peer: PeerID) async {
        do {
            let stream = try await openStream(over: connection, peer, [Identify.name])
            var reader = MessageReader(stream)
            guard let message = try await reader.read(limit: Identify.greatestLength) else { return }
            try await stream.closeWrite()
            try learn(message, of: peer)
        } catch {
            logger.debug("a peer did not identify itself", metadata: ["peer": "\(peer)", "why": "\(error)"])
        }
    }

    private func learn(_ message: [UInt8], of peer: PeerID) throws {
        let said = try Identification(encoded: message, from: peer)
        let now = now
        let (isConnected, isUntold) = state.withLock { state in
            let isUntold = state.untold.remove(peer) != nil
            guard state.book.byPeer[peer] != nil else { return (false, false) }
            state.store.learn(said.addresses, of: peer, until: now + configuration.addressLifetime, at: now)
            state.store.setProtocols(said.protocols, of: peer)
            return (true, isUntold && said.protocols.contains(Identify.pushName))
        }
        guard isConnected else { return }
        tell(.identified(peer, protocols: said.protocols, addresses: said.addresses))
        if let observed = said.observed { tell(.observed(observed, by: peer)) }
        if isUntold { push(to: [peer]) }
    }

    /// What this host says of itself.
    /// - Parameter observed: Where the reader is seen; nil leaves it out.
    func identification(for observed: Multiaddr?) throws -> [UInt8] {
        let addresses = currentAddresses()
        let record = PeerRecord(
            peer: localPeer, sequence: UInt64(Date().timeIntervalSince1970 * 1000), addresses: addresses)
        let names = state.withLock { $0.handlers.keys.sorted() }
        let wire = Libp2p_Identify_WireIdentify.with {
            $0.publicKey = keys.publicKey.encoded.data
            $0.listenAddresses = addresses.map(\.bytes.data)
            $0.protocols = names
            if let observed { $0.observedAddress = observed.bytes.data }
            $0.protocolVersion = configuration.protocolFamily
            $0.agentVersion = configuration.agent
            $0.signedPeerRecord = record.signed(by: keys).encoded.data
        }
        return try wire.serializedBytes()
    }

    /// Tells connected peers soon what has changed; several changes are told at once.
    func planPush() {
        let isNew = state.withLock { state in
            defer { state.isPushPlanned = true }
            return !state.isPushPlanned
        }
        guard isNew else { return }
        spawn { [weak self] in
            try? await Task.sleep(for: .milliseconds(50))
            self?.push()
        }
    }

    private func push() {
        let peers = state.withLock { state in
            state.isPushPlanned = false
            let connected = Array(state.book.byPeer.keys)
            state.untold = Set(connected.filter { state.store.protocols(of: $0).isEmpty })
            return connected.filter { state.store.protocols(of: $0).contains(Identify.pushName) }
        }
        push(to: peers)
    }

    private func push(to peers: [PeerID]) {
        guard !peers.isEmpty, let message = try? identification(for: nil) else { return }
        for peer in peers {
            spawn { [weak self] in
                do {
                    guard let self, await self.isConnected(to: peer) else { return }
                    let stream = try await self.openStream(to: peer, protocols: [Identify.pushName])
                    try await MessageWriter(stream).write(message)
                    try await stream.closeWrite()
                    while try await stream.read() != nil {}
                } catch {
                    self?.logger.debug("a push failed", metadata: ["peer": "\(peer)", "why": "\(error)"])
                }
            }
        }
    }
}

import LibP2P

extension Kademlia {
    /// Answers the requests of one stream, one after the other, until the peer closes it or is silent for too long.
    func serve(_ stream: any PeerStream) async throws {
        guard mode == .server, admit(stream.peer) else {
            stream.reset()
            return
        }
        defer { release(stream.peer) }
        await noticed(stream.peer, protocols: network.protocols(of: stream.peer))
        var reader = MessageReader(stream)
        let limit = messageLimits.requestBytes
        while let bytes = try await reader.read(limit: limit, within: configuration.streamIdleTime, by: clock) {
            let request = try KademliaCodec.request(from: bytes, limits: messageLimits)
            let target = await target(of: request)
            let answer = try node.answer(
                request, from: stream.peer, at: stream.connection.remoteAddress, target: target, now: clock.now())
            guard let answer else { continue }
            let message = KademliaCodec.encode(answer, to: request)
            try await clock.withLimit(configuration.requestTime) {
                try await MessageWriter(stream).write(message)
            }
        }
        try await stream.closeWrite()
    }

    /// Where the peer that is looked for can be reached, as far as this host knows.
    private func target(of request: KademliaRequest) async -> PeerAddresses? {
        guard case .findNode(let key) = request, let peer = try? PeerID(bytes: key) else { return nil }
        let addresses =
            peer == network.localPeer ? await network.listenAddresses() : await network.knownAddresses(of: peer)
        return PeerAddresses(peer: peer, addresses: addresses.compactMap { $0.removingOwnName(of: peer) })
    }
}

import LibP2P

extension Kademlia {
    /// Asks one peer, and notes in the table whether it answered.
    /// - Parameter addresses: Where it may be reached, besides what the host knows.
    /// - Returns: The answer, with those addresses only that a peer at its place can know.
    func ask(
        _ peer: PeerID, _ request: KademliaRequest, addresses: [Multiaddr] = []
    ) async throws -> KademliaAnswer {
        let network = network
        let configuration = configuration
        let limits = messageLimits
        do {
            if !addresses.isEmpty { await network.learn(addresses, of: peer, for: configuration.addressLifetime) }
            let (answer, connection) = try await clock.withLimit(configuration.requestTime) {
                let stream = try await network.openStream(to: peer, protocols: [configuration.protocolName])
                do {
                    let answer = try await Self.exchange(request, over: stream, limits: limits)
                    return (answer, stream.connection)
                } catch {
                    stream.reset()
                    throw error
                }
            }
            await answered(peer, over: connection)
            return answer.believable(from: connection.remoteAddress)
        } catch {
            guard !Task.isCancelled else { throw CancellationError() }
            if error is StreamRefused {
                node.table.left(peer)
            } else if let next = node.table.failed(peer) {
                checkSoon(next)
            }
            throw error
        }
    }

    /// One request over a stream of its own.
    private static func exchange(
        _ request: KademliaRequest, over stream: any PeerStream, limits: KademliaMessageLimits
    ) async throws -> KademliaAnswer {
        try await MessageWriter(stream).write(KademliaCodec.encode(request))
        var reader = MessageReader(stream)
        if case .addProvider = request {
            try await stream.closeWrite()
            // Nothing is answered. What the stream's end means differs between implementations, too: some reset it after
            // the last request. Waiting for it says that the request was read.
            do { _ = try await reader.read(limit: limits.answerBytes) } catch PeerStreamError.reset {}
            return KademliaAnswer()
        }
        // Closing comes after the answer: some give a stream up as soon as no more requests come, and their answer with it. Once
        // that is here, it does not matter what becomes of the stream.
        guard let bytes = try await reader.read(limit: limits.answerBytes) else {
            throw PeerStreamError.malformed("no answer")
        }
        try? await stream.closeWrite()
        return try KademliaCodec.answer(from: bytes, to: request, limits: limits)
    }

    /// A peer answered: it is there, and serves the table.
    private func answered(_ peer: PeerID, over connection: ConnectionFacts) async {
        let known = await network.knownAddresses(of: peer).compactMap { $0.removingOwnName(of: peer) }
        var addresses: [Multiaddr] = []
        if connection.direction == .outbound, let dialed = connection.remoteAddress.removingOwnName(of: peer) {
            addresses.append(dialed)
        }
        for address in known where addresses.count < 8 && !addresses.contains(address) { addresses.append(address) }
        let insertion = node.table.heard(
            peer, addresses: addresses, subnet: Subnet(connection.remoteAddress), at: clock.now())
        if case .waiting(let check?) = insertion { checkSoon(check) }
    }
}

extension KademliaAnswer {
    /// Without the addresses that a peer cannot know to be right: of private networks from one on the internet, of the machine
    /// itself from one on another. Following those would let anybody have this host dial its own neighbours.
    func believable(from address: Multiaddr) -> KademliaAnswer {
        func only(_ peers: [PeerAddresses]) -> [PeerAddresses] {
            peers.map { PeerAddresses(peer: $0.peer, addresses: $0.addresses.reachable(from: address)) }
        }
        return KademliaAnswer(closer: only(closer), providers: only(providers), value: value)
    }
}

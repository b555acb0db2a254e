import LibP2P
import LibP2PPubSub

/// Topics.
extension PeerTool {
    struct Messages: Encodable, Sendable { let messages: [Received] }
    struct Peers: Encodable, Sendable { let peers: [String] }

    /// Messages of one topic that are kept; later ones are not.
    private static let greatestMessageCount = 10_000

    /// Reads `topic`. Its messages are kept from now on.
    func subscribe(_ request: Request) async throws -> Answer {
        let topic = try request.needs("topic", \.topic)
        let messages = try await gossipsub.subscribe(topic)
        keepDoing { [self] in
            for await message in messages { await keep(message) }
        }
        return Done()
    }

    private func keep(_ message: GossipMessage) {
        guard received[message.topic, default: []].count < Self.greatestMessageCount else { return }
        received[message.topic, default: []].append(
            Received(from: "\(message.author)", text: String(decoding: message.bytes, as: UTF8.self)))
    }

    /// Reads `topic` and `text`.
    func publish(_ request: Request) async throws -> Answer {
        try await gossipsub.publish(request.needs("topic", \.topic), Array(request.needs("text", \.text).utf8))
        return Done()
    }

    /// Reads `topic`: what has come so far.
    func messages(_ request: Request) async throws -> Answer {
        Messages(messages: received[try request.needs("topic", \.topic)] ?? [])
    }

    /// Reads `topic`: who follows it.
    func topicPeers(_ request: Request) async throws -> Answer {
        Peers(peers: await gossipsub.followers(of: try request.needs("topic", \.topic)).map { "\($0)" })
    }
}

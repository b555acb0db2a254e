import LibP2P
package import LibP2PLink
package import WeftModel

/// Where coordinators come to a node that works for whoever its owner lets in: one at a time, the others are turned away and come
/// again.
package actor LinkDoor {
    private let network: any PeerNetwork
    /// Whether the owner lets this coordinator in.
    private let admits: @Sendable (NodeID) async -> Bool
    private let arrivals: AsyncStream<PeerLink>
    private let arrive: AsyncStream<PeerLink>.Continuation
    private let changed: @Sendable () async -> Void
    /// Whether a coordinator is here.
    package private(set) var isTaken = false

    /// - Parameter changed: is called when somebody has come in or left.
    package init(
        of service: PeerService, admits: @escaping @Sendable (NodeID) async -> Bool,
        changed: @escaping @Sendable () async -> Void
    ) {
        network = service.network
        self.admits = admits
        self.changed = changed
        (arrivals, arrive) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1))
    }

    /// Lets coordinators in from now on.
    package func open() async {
        await network.handle(PeerLink.protocolName) { [weak self] stream in
            guard let self, await self.admits(NodeID("\(stream.peer)")), await self.enter() else {
                return stream.reset()
            }
            let link = PeerLink(stream)
            self.arrive.yield(link)
            await self.changed()
            await link.waitForEnd()
            await self.leave()
            await self.changed()
        }
    }

    /// The next coordinator's link; waits for one.
    /// - Throws: `CancellationError`.
    package nonisolated func next() async throws -> PeerLink {
        for await link in arrivals { return link }
        throw CancellationError()
    }

    private func enter() -> Bool {
        guard !isTaken else { return false }
        isTaken = true
        return true
    }

    private func leave() { isTaken = false }
}

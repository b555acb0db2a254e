import LibP2P
package import LibP2PLink
package import Logging
import WeftModel

/// Brings nodes to a coordinator that has no address of its own: finds those that are free, and opens a link to each.
package actor Recruiter {
    private let service: PeerService
    private let limit: Int
    private let accepts: @Sendable (Advertisement) -> Bool
    private let serve: @Sendable (PeerLink) async -> Void
    private let logger: Logger
    /// Nodes that have a link, or are being reached.
    private var recruits: Set<NodeID> = []

    /// How long a node that turned the coordinator away, or went, is left alone: longer each time.
    private static let shortestPause = Duration.milliseconds(500)
    private static let longestPause = Duration.seconds(10)

    /// - Parameters:
    ///   - limit: Links at the same time.
    ///   - accepts: Whether a node would be of use.
    ///   - serve: Speaks with the node until the link ends.
    package init(
        _ service: PeerService, limit: Int, logger: Logger,
        accepts: @escaping @Sendable (Advertisement) -> Bool = { _ in true },
        serve: @escaping @Sendable (PeerLink) async -> Void
    ) {
        self.service = service
        self.limit = limit
        self.logger = logger
        self.accepts = accepts
        self.serve = serve
    }

    /// Recruits until the task is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for await advertisement in await service.nodes() where mayTake(advertisement) {
                recruits.insert(advertisement.node)
                group.addTask { await self.recruit(advertisement) }
            }
            group.cancelAll()
        }
    }

    private func mayTake(_ advertisement: Advertisement) -> Bool {
        advertisement.freeSlots > 0 && recruits.count < limit && !recruits.contains(advertisement.node)
            && accepts(advertisement)
    }

    /// Links to a node again and again, for as long as it says that it is free.
    private func recruit(_ first: Advertisement) async {
        var advertisement = first
        var pause = Self.shortestPause
        while !Task.isCancelled {
            let lasted = await link(to: advertisement)
            pause = lasted > Self.longestPause ? Self.shortestPause : min(pause * 2, Self.longestPause)
            do { try await Task.sleep(for: pause) } catch { break }
            guard let latest = await service.knownNode(advertisement.peer), latest.freeSlots > 0 else { break }
            advertisement = latest
        }
        recruits.remove(first.node)
    }

    /// Opens a link and has it served until it ends.
    /// - Returns: How long that took.
    private func link(to advertisement: Advertisement) async -> Duration {
        let node = advertisement.node
        let start = ContinuousClock.now
        do {
            await service.network.learn(advertisement.addresses, of: advertisement.peer, for: .seconds(1800))
            let stream = try await service.network.openStream(
                to: advertisement.peer, protocols: [PeerLink.protocolName])
            logger.info(
                "node found", metadata: ["node": "\(node)", "at": "\(stream.connection.remoteAddress)"])
            let link = PeerLink(stream)
            await serve(link)
            await link.close()
        } catch {
            logger.info("a node could not be reached", metadata: ["node": "\(node)", "reason": "\(error)"])
        }
        return ContinuousClock.now - start
    }
}

import FoundationEssentials
import LibP2P
import LibP2PBlobs
import LibP2PLink
import Logging
import WeftClient
import WeftCoordinator
import WeftModel
import WeftPeers

/// A job of this process's own: a coordinator that lives as long as it, on nodes that are found among peers.
struct PeerRun: Sendable {
    let context: Context
    /// Nodes that are linked to at the same time.
    let nodeLimit: Int

    /// Nothing of a run is needed once its outputs are here. What cannot be removed is not worth an error.
    private static func remove(_ path: String) { try? FileManager.default.removeItem(atPath: path) }

    /// Gives `body` a context whose API is that coordinator.
    func run(_ body: @escaping @Sendable (Context) async throws -> Void) async throws {
        let home = try context.dataHome()
        try home.prepare()
        let folder = DataHome("\(home.path)/runs/\(UInt64.random(in: .min ... .max))")
        try Files.makeDirectory("\(home.path)/runs", mode: 0o700)
        var inner = context
        inner.settings = context.settings.overridden([
            .dataDirectory: folder.path, .coordinatorBind: "127.0.0.1:0", .tokenFile: folder.adminToken,
        ])
        // What runs as a job's comparator is this user's own.
        let coordinator = try CoordinatorService(inner, usuallyRunsPrograms: true)
        defer { Self.remove(folder.path) }
        try await coordinator.run { [inner] ready in
            let inner = inner.reaching(ready.url)
            let identity = try coordinator.identity()
            let peers = try PeerStack(identity, inner, keepsTable: false)
            let recruiter = Recruiter(peers.service, limit: nodeLimit, logger: inner.logger) { link in
                await ready.coordinator.serve(link, invited: NodeID("\(link.peer)"))
            }
            let blobs = BlobSeeder(network: peers.host, store: ready.coordinator.blobs, logger: inner.logger) {
                peer, digest in
                await ready.coordinator.mayRead(digest, NodeID("\(peer)"))
            }
            try await peers.run {
                await blobs.start()
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    group.addTask {
                        await recruiter.run()
                        return false
                    }
                    group.addTask {
                        try await body(inner)
                        return true
                    }
                    defer { group.cancelAll() }
                    while let isDone = try await group.next() { if isDone { break } }
                }
                for blob in await blobs.accounts() {
                    inner.logger.info(
                        "blob given to nodes",
                        metadata: [
                            "blob": "\(blob.digest)", "bytes": "\(blob.sizeBytes)", "given": "\(blob.givenBytes)",
                            "nodes": "\(blob.peerCount)",
                        ])
                }
            }
        }
    }
}

extension Context {
    /// The same, with the API at another address.
    fileprivate func reaching(_ url: String) -> Context {
        var context = self
        context.settings = settings.overridden([.url: url])
        return context
    }
}

import LibP2P
import Logging
import NIOCore
import NIOPosix
import WeftFormats
import WeftModel
import WeftPeers

/// A peer of Weft's network, made of the settings: the host, what finds others, and relays.
struct PeerStack: Sendable {
    let host: Host
    let service: PeerService
    private let relays: [Multiaddr]
    private let servesRelay: Bool
    private let listen: [Multiaddr]
    private let logger: Logger

    /// - Parameter keepsTable: Whether it stays for long enough to be of use to others.
    /// - Throws: ``CLIError`` for settings that are no addresses.
    init(_ identity: SigningIdentity, _ context: Context, keepsTable: Bool) throws {
        let settings = context.settings
        listen = try Self.addresses(settings, .peerListen)
        relays = try Self.addresses(settings, .peerRelays, withPeer: true)
        servesRelay = settings.text(.peerServesRelay) == "true"
        logger = context.logger
        let group = context.loops?.group ?? MultiThreadedEventLoopGroup.singleton
        var hosting = HostConfiguration()
        hosting.agent = "weft/\(Version.text)"
        hosting.protocolFamily = "weft/1"
        host = Host(
            keys: try KeyPair(seed: identity.seed), configuration: hosting, group: group, logger: context.logger)
        var configuration = PeerService.Configuration()
        configuration.bootstrap = try Self.addresses(settings, .peerBootstrap, withPeer: true)
        configuration.usesMulticast = settings.text(.peerMulticast) != "false"
        configuration.keepsTable = keepsTable
        service = PeerService(
            network: host, configuration: configuration, eventLoops: group, now: context.now, logger: context.logger)
    }

    /// Listens, and takes part for as long as `body` runs.
    /// - Throws: ``CLIError`` where an address cannot be listened on; what `body` throws.
    func run<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        for address in listen {
            do {
                let bound = try await host.listen(on: address)
                logger.info("peers are let in", metadata: ["at": "\(bound.with(host.localPeer))"])
            } catch {
                throw CLIError(
                    .failure, "cannot let peers in at \(address): \(error)", hint: "choose others with --listen")
            }
        }
        let result: Result<Value, any Error>
        do {
            result = .success(
                try await withThrowingTaskGroup(of: Value?.self) { group in
                    group.addTask {
                        try await service.run()
                        return nil
                    }
                    group.addTask {
                        await PeerRelays.run(on: host, through: relays, servesOthers: servesRelay, logger: logger)
                        return nil
                    }
                    group.addTask { try await body() }
                    defer { group.cancelAll() }
                    while let ended = try await group.next() { if let ended { return ended } }
                    throw CancellationError()
                })
        } catch {
            result = .failure(error)
        }
        await host.shutdown()
        return try result.get()
    }

    /// The addresses in a setting. Throws ``CLIError``.
    private static func addresses(
        _ settings: Settings, _ setting: Setting, withPeer: Bool = false
    ) throws -> [Multiaddr] {
        try settings.list(setting).map { text in
            guard let address = try? Multiaddr(parsing: text) else {
                throw CLIError(
                    .usage, "\(setting.key): `\(text)` is not a multiaddr", hint: "for example /ip4/192.0.2.1/tcp/4001")
            }
            guard !withPeer || address.peerID != nil else {
                throw CLIError(
                    .usage, "\(setting.key): `\(text)` does not say which peer",
                    hint: "it ends with /p2p/ and the peer's id, as `weft peer info` there prints it")
            }
            return address
        }
    }
}

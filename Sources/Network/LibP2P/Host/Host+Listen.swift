import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Why a host cannot listen at an address.
public enum ListenError: Error, Sendable, Hashable {
    /// Not `/ip4/…/tcp/…` or `/ip6/…/tcp/…`.
    case unsupported(Multiaddr)
    case failed(Multiaddr, reason: String)
}

extension Host {
    /// Accepts connections at an address; port 0 takes one that is free.
    /// - Returns: Where it listens, with the port.
    /// - Throws: `ListenError`.
    @discardableResult
    public func listen(on address: Multiaddr) async throws(ListenError) -> Multiaddr {
        guard case .ip(let ip) = address.components.first, address.components.count == 2,
            case .tcp(let port) = address.components[1]
        else { throw .unsupported(address) }
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { [weak self] channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let self else { throw ConnectionError.closedHere }
                    try self.accept(channel)
                }
            }
        let channel: any Channel
        do {
            channel = try await Self.setOptions(bootstrap).bind(host: ip.description, port: Int(port)).get()
        } catch {
            throw .failed(address, reason: "\(error)")
        }
        guard let bound = channel.localAddress?.port.flatMap(UInt16.init(exactly:)) else {
            throw .failed(address, reason: "no port was given")
        }
        let isShutDown = state.withLock { state in
            if !state.isShutDown { state.listeners.append(channel) }
            return state.isShutDown
        }
        guard !isShutDown else {
            channel.close(promise: nil)
            throw .failed(address, reason: "the host is shut down")
        }
        planPush()
        return Multiaddr(ip, tcp: bound)
    }

    private static func setOptions(_ bootstrap: ServerBootstrap) -> ServerBootstrap {
        bootstrap
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: false)
            .childChannelOption(.recvAllocator, value: SocketTuning.allocator)
            .childChannelOption(.writeBufferWaterMark, value: SocketTuning.waterMark)
            .childChannelOption(.maxMessagesPerRead, value: 4)
    }

    /// On the channel's event loop.
    private func accept(_ channel: any Channel) throws {
        let address = try channel.remoteAddress.flatMap(Multiaddr.init(socket:)) ?? Multiaddr([])
        guard configuration.gate(.accept(address)) else { throw ConnectionError.refusedHere("not wanted") }
        let connection = try makeConnection(.inbound, address: address, expectedPeer: nil)
        try channel.pipeline.syncOperations.addHandler(ChannelTransport(connection: connection, channel: channel))
    }

    public func listenAddresses() async -> [Multiaddr] { currentAddresses() }

    /// Says that this host can be reached at an address that it does not listen on: behind a forwarded port, or over a relay.
    public func announce(_ address: Multiaddr) {
        state.withLock { state in
            if !state.announced.contains(address), state.announced.count < 64 { state.announced.append(address) }
        }
        planPush()
    }

    /// Takes back what was announced.
    public func withdraw(_ address: Multiaddr) {
        state.withLock { $0.announced.removeAll { $0 == address } }
        planPush()
    }

    /// What it listens on, with one address for each interface in place of "all of them", and what was announced.
    func currentAddresses() -> [Multiaddr] {
        let (listeners, announced) = state.withLock { ($0.listeners, $0.announced) }
        var addresses: [Multiaddr] = []
        for listener in listeners {
            guard let socket = listener.localAddress, let address = try? Multiaddr(socket: socket),
                let ip = address.ipAddress, let port = address.tcpPort
            else { continue }
            if ip.isUnspecified {
                for own in Self.interfaceAddresses() where own.isVersion4 == ip.isVersion4 {
                    addresses.append(Multiaddr(own, tcp: port))
                }
            } else {
                addresses.append(address)
            }
        }
        return addresses + announced.filter { !addresses.contains($0) }
    }

    private static func interfaceAddresses() -> [IPAddress] {
        guard let devices = try? System.enumerateDevices() else { return [] }
        return devices.compactMap { device in
            guard let text = device.address?.ipAddress, !text.contains("%") else { return nil }
            return try? IPAddress(parsing: text)
        }
    }
}

/// How sockets are read and written.
enum SocketTuning {
    static let allocator = AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 4096, maximum: 256 * 1024)
    static let waterMark = ChannelOptions.Types.WriteBufferWaterMark(low: 128 * 1024, high: 512 * 1024)
}

extension Multiaddr {
    /// - Throws: `MultiformatError` when it is not an address of the internet.
    init?(socket: SocketAddress) throws(MultiformatError) {
        guard let text = socket.ipAddress, let port = socket.port.flatMap(UInt16.init(exactly:)) else { return nil }
        // A link-local address has its interface after a percent sign.
        self.init(try IPAddress(parsing: String(text.prefix { $0 != "%" })), tcp: port)
    }
}

package import LibP2P
package import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Multicast DNS over UDP (RFC 6762, 3 and 11): one socket for each network and version of IP, so that each message leaves on the
/// network that it is meant for.
package actor MulticastSockets: MulticastTransport {
    static let port = 5353
    static let group4 = "224.0.0.251"
    static let group6 = "ff02::fb"

    private struct Interface: Hashable {
        let name: String
        let isVersion4: Bool
    }

    private struct Socket {
        let channel: any Channel
        let addresses: [MulticastInterface.Address]
        let group: SocketAddress
    }

    package nonisolated let datagrams: AsyncStream<MulticastDatagram>
    private let arrived: AsyncStream<MulticastDatagram>.Continuation
    private let eventLoops: any EventLoopGroup
    private var sockets: [Interface: Socket] = [:]
    private var isClosed = false

    package init(eventLoops: any EventLoopGroup) {
        self.eventLoops = eventLoops
        (datagrams, arrived) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(256))
    }

    package func send(_ bytes: [UInt8]) {
        for socket in sockets.values {
            let envelope = AddressedEnvelope(
                remoteAddress: socket.group, data: socket.channel.allocator.buffer(bytes: bytes))
            socket.channel.writeAndFlush(envelope, promise: nil)
        }
    }

    package func hostAddresses() -> [IPAddress] {
        sockets.values.flatMap { $0.addresses.map(\.ip) }.sorted { $0.description < $1.description }
    }

    package func renew() async throws -> Bool {
        guard !isClosed else { return false }
        let there: [MulticastInterface]
        do {
            there = try MulticastInterface.all()
        } catch {
            throw MulticastError(reasons: ["the networks of this machine could not be listed: \(error)"])
        }
        var hasChanged = false
        for (interface, socket) in sockets {
            let now = there.first { $0.name == interface.name && $0.isVersion4 == interface.isVersion4 }
            guard now?.addresses != socket.addresses || !socket.channel.isActive else { continue }
            sockets[interface] = nil
            hasChanged = true
            socket.channel.close(promise: nil)
        }
        var reasons: [String] = []
        for found in there {
            let interface = Interface(name: found.name, isVersion4: found.isVersion4)
            guard sockets[interface] == nil else { continue }
            do {
                let socket = try await open(found)
                guard !isClosed, sockets[interface] == nil else {
                    socket.channel.close(promise: nil)
                    continue
                }
                sockets[interface] = socket
                hasChanged = true
            } catch {
                reasons.append("\(found.name): \(error)")
            }
        }
        guard !sockets.isEmpty || reasons.isEmpty else { throw MulticastError(reasons: reasons) }
        return hasChanged
    }

    package func close() async {
        isClosed = true
        arrived.finish()
        let channels = sockets.values.map(\.channel)
        sockets = [:]
        for channel in channels { try? await channel.close() }
    }

    // MARK: - Sockets

    private func open(_ interface: MulticastInterface) async throws -> Socket {
        let group = try SocketAddress(
            ipAddress: interface.isVersion4 ? Self.group4 : Self.group6, port: Self.port)
        let handler = MulticastDatagramHandler(interface: interface, arrived: arrived)
        // Others on this machine listen at the same port, and each is to get every datagram.
        var bootstrap = DatagramBootstrap(group: eventLoops)
            .channelOption(.socketOption(.so_reuseaddr), value: 1)
            .channelOption(.socketOption(NIOBSDSocket.Option(rawValue: SO_REUSEPORT)), value: 1)
            .channelOption(
                .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: DNSDecoder.maxBytes + 1)
            )
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(handler) }
            }
        if !interface.isVersion4 {
            bootstrap = bootstrap.channelOption(
                ChannelOptions.Types.SocketOption(level: .ipv6, name: .ipv6_v6only), value: 1)
        }
        let channel = try await bootstrap.bind(
            host: interface.isVersion4 ? "0.0.0.0" : "::", port: Self.port
        ).get()
        do {
            try await join(group, on: interface, channel: channel)
        } catch {
            channel.close(promise: nil)
            throw error
        }
        return Socket(channel: channel, addresses: interface.addresses, group: group)
    }

    private func join(
        _ group: SocketAddress, on interface: MulticastInterface, channel: any Channel
    ) async throws {
        guard let options = channel as? any SocketOptionProvider, let multicast = channel as? any MulticastChannel
        else {
            preconditionFailure("sockets of datagrams have options and groups")
        }
        let index = CInt(interface.device.interfaceIndex)
        if interface.isVersion4 {
            // An ip_mreqn, whose last field is the index: an address would be wrong where two networks have the same.
            try await options.unsafeSetSocketOption(
                level: .ip, name: .ip_multicast_if, value: InterfaceRequest(index: index)
            ).get()
            try await options.setIPMulticastTTL(255).get()
        } else {
            try await options.setIPv6MulticastIF(CUnsignedInt(index)).get()
            try await options.setIPv6MulticastHops(255).get()
        }
        // Linux would hand over what comes on networks that others joined the group on.
        #if os(Linux)
            let (level, name): (NIOBSDSocket.OptionLevel, CInt) = interface.isVersion4 ? (.ip, 49) : (.ipv6, 29)
            try await options.unsafeSetSocketOption(
                level: level, name: NIOBSDSocket.Option(rawValue: name), value: CInt(0)
            ).get()
        #endif
        try await multicast.joinGroup(group, device: interface.device).get()
    }
}

/// `struct ip_mreqn` of ip(7).
private struct InterfaceRequest: Sendable {
    var group: UInt32 = 0
    var address: UInt32 = 0
    var index: CInt

    init(index: CInt) { self.index = index }
}

/// Why the group of multicast DNS could not be joined on any network.
public struct MulticastError: Error, Sendable, Hashable {
    /// One for each network.
    public let reasons: [String]
}

import LibP2P
import NIOCore
import NIOPosix

/// A network of this machine, in one version of IP, that can do multicast.
struct MulticastInterface: Sendable {
    struct Address: Sendable, Hashable {
        let ip: IPAddress
        let mask: IPAddress
    }

    let name: String
    let isVersion4: Bool
    let device: NIONetworkDevice
    /// At least one.
    var addresses: [Address]

    /// The networks that there are now, but for the machine's own.
    static func all() throws -> [MulticastInterface] {
        var found: [MulticastInterface] = []
        for device in try System.enumerateDevices() where device.multicastSupported {
            guard let ip = device.address.flatMap(IPAddress.init), !ip.isLoopback,
                let mask = device.netmask.flatMap(IPAddress.init)
            else { continue }
            let address = Address(ip: ip, mask: mask)
            if let position = found.firstIndex(where: {
                $0.name == device.name && $0.isVersion4 == ip.isVersion4
            }) {
                found[position].addresses.append(address)
            } else {
                found.append(
                    MulticastInterface(
                        name: device.name, isVersion4: ip.isVersion4, device: device, addresses: [address]))
            }
        }
        return found
    }

    /// Whether an address is in the same network (RFC 6762, 11): what comes from elsewhere was not sent to the group.
    func isNeighbour(_ ip: IPAddress) -> Bool {
        addresses.contains { address in
            switch (ip, address.ip, address.mask) {
            case (.v4(let ip), .v4(let own), .v4(let mask)): ip & mask == own & mask
            case (.v6(let ip), .v6(let own), .v6(let mask)): ip & mask == own & mask || ip >> 118 == 0x3FA
            default: false
            }
        }
    }
}

extension IPAddress {
    /// nil when it is not one of IP.
    init?(_ address: SocketAddress) {
        guard let text = address.ipAddress, let ip = try? IPAddress(parsing: String(text.prefix { $0 != "%" })) else {
            return nil
        }
        self = ip
    }
}

/// Passes on what comes from the same network.
final class MulticastDatagramHandler: ChannelInboundHandler, Sendable {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let interface: MulticastInterface
    private let arrived: AsyncStream<MulticastDatagram>.Continuation

    init(interface: MulticastInterface, arrived: AsyncStream<MulticastDatagram>.Continuation) {
        self.interface = interface
        self.arrived = arrived
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        guard let source = IPAddress(envelope.remoteAddress), interface.isNeighbour(source) else { return }
        arrived.yield(
            MulticastDatagram(
                bytes: Array(envelope.data.readableBytesView),
                isOfThisMachine: interface.addresses.contains { $0.ip == source }))
    }

    /// A datagram that could not be sent or received is lost; the next may fare better.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}

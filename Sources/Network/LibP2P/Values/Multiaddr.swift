/// Where a peer may be reached, layer by layer, as in `/ip4/192.0.2.7/tcp/4001/p2p/12D3…` (multiformats `multiaddr`).
public struct Multiaddr: Sendable, Hashable, CustomStringConvertible {
    /// Bytes and components of an address at most.
    public static let greatestLength = 1024
    public static let greatestComponentCount = 32

    public let components: [Component]

    public init(_ components: [Component]) { self.components = components }

    /// `/ip4/…/tcp/…` or `/ip6/…/tcp/…`.
    public init(_ address: IPAddress, tcp port: UInt16) { components = [.ip(address), .tcp(port)] }

    // MARK: Text

    /// - Throws: `MultiformatError`.
    public init(parsing text: some StringProtocol) throws(MultiformatError) {
        guard text.utf8.count <= 4 * Self.greatestLength else { throw .tooLong(limit: Self.greatestLength) }
        guard text.hasPrefix("/") else { throw .badText("an address begins with a slash") }
        var parts = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false)[...]
        if parts.last?.isEmpty == true { parts.removeLast() }
        var components: [Component] = []
        while let name = parts.popFirst() {
            guard components.count < Self.greatestComponentCount else {
                throw .tooLong(limit: Self.greatestComponentCount)
            }
            guard let kind = Component.Kind(name: String(name)) else { throw .unknown("protocol \(name.prefix(40))") }
            guard kind.hasValue else {
                components.append(try Component(kind: kind, bytes: []))
                continue
            }
            guard let value = parts.popFirst() else { throw .wrongLength("/\(kind.name) has no value") }
            components.append(try Component(kind: kind, text: String(value)))
        }
        self.init(components)
    }

    public var description: String { components.map(\.description).joined() }

    // MARK: Bytes

    /// - Throws: `MultiformatError`.
    public init(bytes: some Sequence<UInt8>) throws(MultiformatError) {
        var cursor = ByteCursor(bytes)
        guard cursor.rest.count <= Self.greatestLength else { throw .tooLong(limit: Self.greatestLength) }
        var components: [Component] = []
        while !cursor.isAtEnd {
            guard components.count < Self.greatestComponentCount else {
                throw .tooLong(limit: Self.greatestComponentCount)
            }
            let code = try cursor.varint()
            guard let kind = Component.Kind(rawValue: code) else { throw .unknown("protocol \(code)") }
            let length: UInt64
            if let fixedLength = kind.fixedLength {
                length = UInt64(fixedLength)
            } else {
                length = try cursor.varint()
            }
            components.append(try Component(kind: kind, bytes: try cursor.take(length)))
        }
        self.init(components)
    }

    public var bytes: [UInt8] {
        components.reduce(into: []) { bytes, component in
            Varint.append(component.kind.rawValue, to: &bytes)
            let value = component.valueBytes
            if component.kind.fixedLength == nil { Varint.append(UInt64(value.count), to: &bytes) }
            bytes += value
        }
    }

    // MARK: What it says

    /// The peer that answers there: the last `/p2p/…`, unless a relay is all that is named.
    public var peerID: PeerID? {
        guard case .p2p(let peer) = components.last else { return nil }
        return peer
    }

    /// Whether a third peer forwards what goes there.
    public var isRelayed: Bool { components.contains(.p2pCircuit) }

    /// The address without the peer that answers there.
    public var withoutPeerID: Multiaddr { peerID == nil ? self : Multiaddr(components.dropLast()) }

    /// The address with this peer at its end, in place of the one that is there.
    public func with(_ peer: PeerID) -> Multiaddr { Multiaddr(withoutPeerID.components + [.p2p(peer)]) }

    /// More layers on top.
    public func appending(_ more: Component...) -> Multiaddr { Multiaddr(components + more) }

    /// For a relayed address, that of the relay (`/p2p/RELAY` at its end, when it is named), without `/p2p-circuit`.
    public var relayAddress: Multiaddr? {
        guard let index = components.firstIndex(of: .p2pCircuit) else { return nil }
        return Multiaddr(Array(components[..<index]))
    }

    /// The first IP address in it.
    public var ipAddress: IPAddress? {
        for component in components {
            if case .ip(let address) = component { return address }
        }
        return nil
    }

    /// The first TCP port in it.
    public var tcpPort: UInt16? {
        for component in components {
            if case .tcp(let port) = component { return port }
        }
        return nil
    }
}

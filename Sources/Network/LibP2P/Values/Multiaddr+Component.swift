extension Multiaddr {
    /// One layer of an address.
    public enum Component: Sendable, Hashable, CustomStringConvertible {
        case ip(IPAddress)
        /// The interface that a link-local IPv6 address belongs to.
        case ip6zone(String)
        /// A name with addresses of either kind, of IPv4, of IPv6, or one whose TXT records list whole addresses.
        case dns(String)
        case dns4(String)
        case dns6(String)
        case dnsaddr(String)
        case tcp(UInt16)
        case udp(UInt16)
        case tls
        /// The name that TLS asks for.
        case sni(String)
        case ws
        case wss
        /// Understood, not spoken.
        case quicV1
        case p2p(PeerID)
        case p2pCircuit

        /// What a component is, by its code in the table of multicodecs.
        enum Kind: UInt64, CaseIterable {
            case ip4 = 0x04
            case tcp = 0x06
            case ip6 = 0x29
            case ip6zone = 0x2A
            case dns = 0x35
            case dns4 = 0x36
            case dns6 = 0x37
            case dnsaddr = 0x38
            case udp = 0x0111
            case p2pCircuit = 0x0122
            case p2p = 0x01A5
            case tls = 0x01C0
            case sni = 0x01C1
            case quicV1 = 0x01CD
            case ws = 0x01DD
            case wss = 0x01DE

            var name: String {
                switch self {
                case .p2pCircuit: "p2p-circuit"
                case .quicV1: "quic-v1"
                default: "\(self)"
                }
            }

            init?(name: String) {
                // "ipfs" is what "p2p" was called before.
                let name = name == "ipfs" ? "p2p" : name
                guard let kind = Self.allCases.first(where: { $0.name == name }) else { return nil }
                self = kind
            }

            /// Bytes of a value; nil when a length stands before it.
            var fixedLength: Int? {
                switch self {
                case .ip4: 4
                case .ip6: 16
                case .tcp, .udp: 2
                case .tls, .ws, .wss, .quicV1, .p2pCircuit: 0
                case .ip6zone, .dns, .dns4, .dns6, .dnsaddr, .sni, .p2p: nil
                }
            }

            var hasValue: Bool { fixedLength != 0 }
        }

        var kind: Kind {
            switch self {
            case .ip(.v4): .ip4
            case .ip(.v6): .ip6
            case .ip6zone: .ip6zone
            case .dns: .dns
            case .dns4: .dns4
            case .dns6: .dns6
            case .dnsaddr: .dnsaddr
            case .tcp: .tcp
            case .udp: .udp
            case .tls: .tls
            case .sni: .sni
            case .ws: .ws
            case .wss: .wss
            case .quicV1: .quicV1
            case .p2p: .p2p
            case .p2pCircuit: .p2pCircuit
            }
        }

        var valueBytes: [UInt8] {
            switch self {
            case .ip(let address): address.bytes
            case .ip6zone(let text), .dns(let text), .dns4(let text), .dns6(let text), .dnsaddr(let text),
                .sni(let text):
                Array(text.utf8)
            case .tcp(let port), .udp(let port): [UInt8(port >> 8), UInt8(truncatingIfNeeded: port)]
            case .p2p(let peer): peer.bytes
            case .tls, .ws, .wss, .quicV1, .p2pCircuit: []
            }
        }

        public var description: String {
            let value: String
            switch self {
            case .ip(let address): value = address.description
            case .ip6zone(let text), .dns(let text), .dns4(let text), .dns6(let text), .dnsaddr(let text),
                .sni(let text):
                value = text
            case .tcp(let port), .udp(let port): value = String(port)
            case .p2p(let peer): value = peer.description
            case .tls, .ws, .wss, .quicV1, .p2pCircuit: return "/\(kind.name)"
            }
            return "/\(kind.name)/\(value)"
        }

        init(kind: Kind, bytes: [UInt8]) throws(MultiformatError) {
            switch kind {
            case .ip4, .ip6: self = .ip(try IPAddress(bytes: bytes))
            case .tcp: self = .tcp(UInt16(bytes[0]) << 8 | UInt16(bytes[1]))
            case .udp: self = .udp(UInt16(bytes[0]) << 8 | UInt16(bytes[1]))
            case .p2p: self = .p2p(try PeerID(bytes: bytes))
            case .tls: self = .tls
            case .ws: self = .ws
            case .wss: self = .wss
            case .quicV1: self = .quicV1
            case .p2pCircuit: self = .p2pCircuit
            case .ip6zone, .dns, .dns4, .dns6, .dnsaddr, .sni:
                guard let text = String(validating: bytes, as: UTF8.self) else {
                    throw .badText("a name that is not UTF-8")
                }
                try self.init(kind: kind, text: text)
            }
        }

        init(kind: Kind, text: String) throws(MultiformatError) {
            switch kind {
            case .ip4, .ip6:
                let address = try IPAddress(parsing: text)
                guard address.isVersion4 == (kind == .ip4) else {
                    throw .badText("/\(kind.name)/ with another kind of address")
                }
                self = .ip(address)
            case .tcp: self = .tcp(try Self.port(text))
            case .udp: self = .udp(try Self.port(text))
            case .p2p: self = .p2p(try PeerID(parsing: text))
            case .ip6zone: self = .ip6zone(try Self.name(text))
            case .dns: self = .dns(try Self.name(text))
            case .dns4: self = .dns4(try Self.name(text))
            case .dns6: self = .dns6(try Self.name(text))
            case .dnsaddr: self = .dnsaddr(try Self.name(text))
            case .sni: self = .sni(try Self.name(text))
            case .tls, .ws, .wss, .quicV1, .p2pCircuit: throw .badText("/\(kind.name) has no value")
            }
        }

        private static func port(_ text: String) throws(MultiformatError) -> UInt16 {
            guard let port = UInt16(text), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                throw .badText("a port is 0 to 65535")
            }
            return port
        }

        /// 1 to 253 visible ASCII characters, no slash: what names of hosts and interfaces are made of, and no more.
        private static func name(_ text: String) throws(MultiformatError) -> String {
            guard (1...253).contains(text.utf8.count) else { throw .tooLong(limit: 253) }
            guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "/") }) else {
                throw .badText("a character that names do not have")
            }
            return text
        }
    }
}

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// An address of the internet protocol, of either version.
public enum IPAddress: Sendable, Hashable, CustomStringConvertible {
    /// The four bytes as a number, the first byte the most significant.
    case v4(UInt32)
    /// The sixteen bytes as a number.
    case v6(UInt128)

    public var isVersion4: Bool {
        if case .v4 = self { true } else { false }
    }

    /// 4 or 16 bytes.
    public init(bytes: some Collection<UInt8>) throws(MultiformatError) {
        switch bytes.count {
        case 4: self = .v4(bytes.reduce(0) { $0 << 8 | UInt32($1) })
        case 16: self = .v6(bytes.reduce(0) { $0 << 8 | UInt128($1) })
        default: throw .wrongLength("an IP address of \(bytes.count) bytes")
        }
    }

    /// Dotted numbers, or IPv6 as RFC 4291, section 2.2, without a zone.
    public init(parsing text: String) throws(MultiformatError) {
        guard text.utf8.count <= 64, !text.utf8.contains(0) else { throw .badText("not an IP address") }
        // Bytes instead of C's structures, which belong to another module wherever SwiftNIO has imported them first.
        var four = [UInt8](repeating: 0, count: 4)
        var six = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &four) == 1 {
            try self.init(bytes: four)
        } else if inet_pton(AF_INET6, text, &six) == 1 {
            try self.init(bytes: six)
        } else {
            throw .badText("not an IP address")
        }
    }

    public var bytes: [UInt8] {
        switch self {
        case .v4(let number): withUnsafeBytes(of: number.bigEndian) { Array($0) }
        case .v6(let number): withUnsafeBytes(of: number.bigEndian) { Array($0) }
        }
    }

    /// IPv6 as RFC 5952.
    public var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = isVersion4 ? AF_INET : AF_INET6
        let length = socklen_t(text.count)
        let written = bytes.withUnsafeBytes { inet_ntop(family, $0.baseAddress!, &text, length) }
        precondition(written != nil, "every IP address has a text")
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// 127.0.0.0/8 or ::1.
    public var isLoopback: Bool {
        switch self {
        case .v4(let number): number >> 24 == 127
        case .v6(let number): number == 1
        }
    }

    /// 0.0.0.0 or ::, which stand for all of a machine's addresses.
    public var isUnspecified: Bool {
        switch self {
        case .v4(let number): number == 0
        case .v6(let number): number == 0
        }
    }

    /// Addresses that mean nothing on the internet: loopback, RFC 1918, RFC 6598, link-local, RFC 4193, unspecified.
    public var isPrivate: Bool {
        guard !isLoopback, !isUnspecified else { return true }
        switch self {
        case .v4(let number):
            return number >> 24 == 10 || number >> 20 == 0xAC1 || number >> 16 == 0xC0A8 || number >> 22 == 0x191
                || number >> 16 == 0xA9FE
        case .v6(let number):
            return number >> 121 == 0x7E || number >> 118 == 0x3FA
        }
    }

    /// The network that its owner likely got as one: /24 of IPv4, /48 of IPv6, as the address of its first host.
    public var neighbourhood: IPAddress {
        switch self {
        case .v4(let number): .v4(number & 0xFFFF_FF00)
        case .v6(let number): .v6((number >> 80) << 80)
        }
    }
}

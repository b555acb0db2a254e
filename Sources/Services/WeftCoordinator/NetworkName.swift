#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The network that a worker connects from, as far as it tells machines of different people apart: the first 24 bits of an
/// IPv4 address, the first 48 of an IPv6 address.
///
/// nil for addresses that say nothing of who is behind them: of this machine, of private and shared networks (RFC 1918,
/// RFC 6598, RFC 4193), and of links. In a laboratory all machines have such ones; there owners tell them apart.
package enum NetworkName {
    /// - Parameter remote: an address with its port, `192.0.2.7:4711` or `[2001:db8::1]:4711`.
    package static func of(remote: String) -> String? {
        guard let colon = remote.lastIndex(of: ":") else { return nil }
        let address = remote[..<colon].drop { $0 == "[" }.prefix { $0 != "]" && $0 != "%" }
        if let bytes = bytes(of: String(address), AF_INET, count: 4) { return name(ofIPv4: bytes) }
        guard let bytes = bytes(of: String(address), AF_INET6, count: 16) else { return nil }
        if bytes.prefix(12).elementsEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]) {
            return name(ofIPv4: Array(bytes.suffix(4)))
        }
        // Only 2000::/3 is given out to anybody.
        guard bytes[0] & 0xE0 == 0x20 else { return nil }
        let groups = stride(from: 0, to: 6, by: 2).map { String(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]), radix: 16) }
        return groups.joined(separator: ":") + "::/48"
    }

    private static func name(ofIPv4 bytes: [UInt8]) -> String? {
        switch (bytes[0], bytes[1]) {
        case (0, _), (10, _), (127, _), (100, 64...127), (169, 254), (172, 16...31), (192, 168), (224..., _): nil
        default: "\(bytes[0]).\(bytes[1]).\(bytes[2]).0/24"
        }
    }

    private static func bytes(of address: String, _ family: Int32, count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        return inet_pton(family, address, &bytes) == 1 ? bytes : nil
    }
}

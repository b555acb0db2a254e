import Glibc

/// An IP address that a name stands for.
struct ResolvedAddress: Hashable, Sendable {
    /// As people write it.
    var text: String
    /// 4 or 16.
    var bytes: [UInt8]

    /// Whether it is one of the public internet: no address of this machine, of its network, or of nobody. IANA's
    /// registries of special-purpose addresses, and for version 6 all that is not global unicast.
    var isPublic: Bool {
        guard bytes.count == 16 else { return Self.isPublic(bytes) }
        if bytes.starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]) { return Self.isPublic(Array(bytes[12...])) }
        guard bytes[0] & 0xe0 == 0x20 else { return false }
        // 2001:0::/23 (Teredo and others), documentation, 6to4.
        if bytes[0] == 0x20, bytes[1] == 0x01 {
            return bytes[2] > 1 && !(bytes[2] == 0x0d && bytes[3] == 0xb8)
        }
        return !(bytes[0] == 0x20 && bytes[1] == 0x02)
    }

    private static func isPublic(_ bytes: [UInt8]) -> Bool {
        guard bytes.count == 4 else { return false }
        switch (bytes[0], bytes[1], bytes[2]) {
        case (0, _, _), (10, _, _), (127, _, _), (224..., _, _), (100, 64...127, _), (169, 254, _), (172, 16...31, _),
            (192, 168, _), (192, 0, 0), (192, 0, 2), (192, 88, 99), (198, 18...19, _), (198, 51, 100), (203, 0, 113):
            return false
        default: return true
        }
    }
}

/// Looks names up.
enum Resolver {
    struct Failure: Error { var reason: String }

    /// Blocks. Throws ``Failure``.
    static func addresses(of host: String) throws -> [ResolvedAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &list)
        guard code == 0 else { throw Failure(reason: String(cString: gai_strerror(code))) }
        defer { freeaddrinfo(list) }
        var found: [ResolvedAddress] = []
        var next = list
        while let entry = next {
            if let address = Self.address(entry.pointee), !found.contains(address) { found.append(address) }
            next = entry.pointee.ai_next
        }
        return found
    }

    private static func address(_ entry: addrinfo) -> ResolvedAddress? {
        guard let socket = entry.ai_addr else { return nil }
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        guard getnameinfo(socket, entry.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0 else {
            return nil
        }
        let name = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        let raw = UnsafeRawPointer(socket)
        switch entry.ai_family {
        case AF_INET:
            let address = raw.loadUnaligned(as: sockaddr_in.self).sin_addr
            return ResolvedAddress(text: name, bytes: withUnsafeBytes(of: address) { Array($0) })
        case AF_INET6:
            let address = raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr
            return ResolvedAddress(text: name, bytes: withUnsafeBytes(of: address) { Array($0) })
        default: return nil
        }
    }
}

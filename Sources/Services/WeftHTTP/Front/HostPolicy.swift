import Glibc

/// Which `Host` and `Origin` values belong to this server.
///
/// A web page that rebinds its own name to this machine's address (DNS rebinding) sends its own name as `Host`, so
/// names that nobody configured are refused. Addresses cannot be rebound: where the server listens beyond loopback,
/// every address literal is accepted.
struct HostPolicy: Sendable {
    private let names: Set<String>
    private let acceptsAddresses: Bool

    init(bindHost: String, publicHosts: [String]) {
        let bind = Self.bare(bindHost)
        var names: Set<String> = ["localhost", "127.0.0.1", "::1"]
        names.formUnion(publicHosts.map { Self.bare($0) })
        names.insert(bind)
        acceptsAddresses = !["localhost", "127.0.0.1", "::1"].contains(bind)
        if acceptsAddresses, let machine = Self.machineName() { names.insert(machine.lowercased()) }
        self.names = names
    }

    /// Whether the value of a `Host` header (with or without port) names this server.
    func allows(_ authority: String) -> Bool {
        guard let (host, _) = Self.split(authority) else { return false }
        return names.contains(host) || (acceptsAddresses && Self.isAddress(host))
    }

    /// Whether a browser's `Origin` is the very server that it calls. The scheme is not compared: a proxy in front
    /// may end TLS.
    func isSameOrigin(_ origin: String, authority: String) -> Bool {
        let parts = origin.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1].isEmpty, parts[0] == "http:" || parts[0] == "https:" else { return false }
        guard let caller = Self.split(String(parts[2])), let own = Self.split(authority) else { return false }
        let usual = parts[0] == "https:" ? 443 : 80
        return caller.host == own.host && (caller.port ?? usual) == (own.port ?? usual)
    }

    /// `name:port`, `1.2.3.4:port` or `[::1]:port`; nil for anything else.
    static func split(_ authority: String) -> (host: String, port: Int?)? {
        var host = authority[...]
        var port: Substring?
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<end]
            let rest = authority[authority.index(after: end)...]
            if !rest.isEmpty {
                guard rest.first == ":" else { return nil }
                port = rest.dropFirst()
            }
        } else if let colon = authority.firstIndex(of: ":") {
            host = authority[..<colon]
            port = authority[authority.index(after: colon)...]
        }
        guard !host.isEmpty, host.utf8.count <= 255, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != 0x40 })
        else { return nil }
        if let port {
            guard let number = UInt16(port) else { return nil }
            return (bare(host), Int(number))
        }
        return (bare(host), nil)
    }

    private static func bare(_ host: some StringProtocol) -> String {
        var text = host.lowercased()
        if text.hasPrefix("["), text.hasSuffix("]") { text = String(text.dropFirst().dropLast()) }
        if text.hasSuffix(".") { text.removeLast() }
        return text
    }

    private static func isAddress(_ host: String) -> Bool {
        var four = in_addr()
        var six = in6_addr()
        return inet_pton(AF_INET, host, &four) == 1 || inet_pton(AF_INET6, host, &six) == 1
    }

    private static func machineName() -> String? {
        var buffer = [UInt8](repeating: 0, count: 256)
        let status = buffer.withUnsafeMutableBytes {
            gethostname($0.baseAddress!.assumingMemoryBound(to: CChar.self), 255)
        }
        guard status == 0 else { return nil }
        return String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
    }
}

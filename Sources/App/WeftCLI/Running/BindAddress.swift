/// `host:port`, `[::1]:8080`, `:8080`, `8080` or a host alone.
package struct BindAddress: Sendable, Hashable {
    package var host: String
    package var port: Int

    /// nil when the text is no such address.
    package init?(_ text: String) {
        if let port = UInt16(text) {
            (host, self.port) = ("127.0.0.1", Int(port))
            return
        }
        var rest = text[...]
        if rest.hasPrefix("[") {
            guard let end = rest.firstIndex(of: "]") else { return nil }
            host = String(rest[rest.index(after: rest.startIndex)..<end])
            rest = rest[rest.index(after: end)...]
        } else if text.filter({ $0 == ":" }).count > 1 {
            host = text
            rest = ""
        } else {
            host = String(rest.prefix { $0 != ":" })
            rest = rest.dropFirst(host.count)
        }
        if host.isEmpty { host = "127.0.0.1" }
        guard !rest.isEmpty else {
            port = Self.standardPort
            return
        }
        guard rest.first == ":", let number = UInt16(rest.dropFirst()) else { return nil }
        port = Int(number)
    }

    package static let standardPort = 8080

    /// Where programs on this machine reach a server that is bound here.
    package func localURL(port: Int, isSecure: Bool) -> String {
        let reachable =
            switch host {
            case "0.0.0.0", "*": "127.0.0.1"
            case "::": "[::1]"
            default: host.contains(":") ? "[\(host)]" : host
            }
        return "\(isSecure ? "https" : "http")://\(reachable):\(port)"
    }

    /// Whether other machines can reach it.
    package var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}

/// Which coordinator client commands talk to, and with which token.
///
/// Without `--url`, `WEFT_URL` or the file's `url` it is this machine's own. This machine's admin token goes to this
/// machine's coordinator only, never to an address that somebody typed.
package struct Endpoint: Sendable, Hashable {
    package var url: String
    package var token: String?

    /// What is asked where nothing says otherwise.
    package static let standardURL = "http://127.0.0.1:8080"

    /// Throws ``CLIError`` for a token file that was named and is not there, or cannot be read.
    package init(settings: Settings, home: DataHome?) throws {
        let local = try home.flatMap { try DataHome.line(in: $0.coordinatorURL) }
        let stated = settings.text(.url)
        url = stated ?? local ?? Self.standardURL
        if case .flag = settings[.tokenFile].origin, let path = settings.path(.tokenFile) {
            token = try DataHome.token(in: path)
        } else if let text = settings.text(.token) {
            token = text
        } else if let path = settings.path(.tokenFile) {
            token = try DataHome.token(in: path)
        } else if let home, stated == nil || (local.map { Self.isSame($0, url) } ?? false) {
            token = try DataHome.line(in: home.adminToken)
        }
    }

    /// Whether two addresses are one, however this machine is spelt.
    private static func isSame(_ left: String, _ right: String) -> Bool { plain(left) == plain(right) }

    private static func plain(_ url: String) -> String {
        let rest = url.hasSuffix("/") ? String(url.dropLast()) : url
        for scheme in ["http://", "https://"] {
            for name in ["localhost:", "[::1]:"] where rest.hasPrefix(scheme + name) {
                return scheme + "127.0.0.1:" + rest.dropFirst(scheme.count + name.count)
            }
        }
        return rest
    }
}

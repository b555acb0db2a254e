package import FoundationEssentials

/// Hosts that an operator allows the coordinator to send requests to when others name the address. Who may submit jobs
/// must not thereby reach into the coordinator's network.
package struct AllowedHosts: Sendable {
    /// Why a request is not sent, or what became of it.
    package struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        package var description: String

        package init(description: String) { self.description = description }
    }

    /// An address whose host is allowed.
    package struct Checked: Sendable {
        package var url: URL
        /// In lower case.
        package var host: String
        package var port: Int
    }

    private let names: Set<String>
    private let verb: String
    private let setting: String

    /// - Parameters:
    ///   - names: as they stand in URLs, with the port where that is not the scheme's own: `data.example.org`,
    ///     `127.0.0.1:9000`.
    ///   - verb: what the coordinator does with them, for people: `fetches from`.
    ///   - setting: where the operator names them.
    package init(_ names: [String], does verb: String, setting: String) {
        self.names = Set(names.map { $0.lowercased() })
        self.verb = verb
        self.setting = setting
    }

    package func checked(_ address: String) throws(Refusal) -> Checked {
        guard let url = URL(string: address), let scheme = url.scheme?.lowercased(),
            ["http", "https"].contains(scheme), let host = url.host()?.lowercased(), !host.isEmpty, url.user() == nil
        else { throw Refusal(description: "only plain http and https addresses are allowed") }
        let name = url.port.map { "\(host):\($0)" } ?? host
        guard names.contains(name) else {
            throw Refusal(description: "\(name) is not among the hosts that this coordinator \(verb) (\(setting))")
        }
        return Checked(url: url, host: host, port: url.port ?? (scheme == "https" ? 443 : 80))
    }

    /// Whether the operator named this very address, so that it need not be a public one.
    package func names(address: String, port: Int) -> Bool {
        names.contains(address) || names.contains("\(address):\(port)")
    }
}

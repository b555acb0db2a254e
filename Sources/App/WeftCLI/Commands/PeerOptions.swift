import ArgumentParser

/// How a command takes part in the network of peers.
struct PeerOptions: ParsableArguments {
    @Option(
        parsing: .singleValue,
        help: .init("One multiaddr at which peers are let in; /ip4/0.0.0.0/tcp/0 by default.", valueName: "address"))
    var listen: [String] = []

    @Option(
        parsing: .singleValue,
        help: .init("One peer to begin with, such as /ip4/192.0.2.1/tcp/4001/p2p/12D3KooW….", valueName: "address"))
    var bootstrap: [String] = []

    @Option(help: .init("Whether peers of the local network are looked for: true or false.", valueName: "bool"))
    var multicast: String?

    @Option(
        parsing: .singleValue,
        help: .init(
            "One peer that forwards for this one, where it cannot be reached from outside.", valueName: "address"))
    var relay: [String] = []

    @Option(help: .init("Whether this peer forwards for others: true or false.", valueName: "bool"))
    var serveRelay: String?

    var overrides: [Setting: String] {
        var values: [Setting: String] = [:]
        if !listen.isEmpty { values[.peerListen] = listen.joined(separator: ",") }
        if !bootstrap.isEmpty { values[.peerBootstrap] = bootstrap.joined(separator: ",") }
        values[.peerMulticast] = multicast
        if !relay.isEmpty { values[.peerRelays] = relay.joined(separator: ",") }
        values[.peerServesRelay] = serveRelay
        return values
    }
}

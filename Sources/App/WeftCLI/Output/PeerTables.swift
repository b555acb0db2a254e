import LibP2P
import WeftModel
import WeftPeers

/// A node that was found among peers.
struct PeerView: Encodable {
    var peer: String
    var name: String
    var system: String
    var cpuMillis: Int64
    var memoryBytes: Int64
    var drivers: [String]
    var labels: [String: String]
    var owner: String
    var freeSlots: Int
    var addresses: [String]
    /// Whether those outside its own network reach it only through a peer that forwards.
    var isRelayed: Bool

    init(_ advertisement: Advertisement) {
        let profile = advertisement.profile
        peer = "\(advertisement.peer)"
        name = profile.name
        system = "\(profile.operatingSystem)/\(profile.architecture)"
        cpuMillis = profile.capacity.cpuMillis
        memoryBytes = profile.capacity.memoryBytes
        drivers = profile.drivers.map(\.name)
        labels = profile.labels
        owner = profile.owner
        freeSlots = advertisement.freeSlots
        addresses = advertisement.addresses.map(\.description)
        isRelayed =
            advertisement.addresses.contains(where: \.isRelayed)
            && !advertisement.addresses.contains { !$0.isRelayed && $0.ipAddress?.isPrivate != true }
    }
}

struct ReachedPeer: Encodable {
    var peer: String
    var addresses: [String]
    var protocols: [String]
    var pingMilliseconds: Double
}

struct OwnPeer: Encodable {
    /// The id of this machine's worker.
    var worker: String
    /// The id of this machine's coordinator.
    var coordinator: String
    var listen: [String]
    var bootstrap: [String]
    var multicast: Bool
}

enum PeerTables {
    static func list(_ peers: [PeerView]) -> Table {
        var table = Table([
            .init("peer"), .init("name", mayShrink: true), .init("system"), .init("cpus", .right),
            .init("memory", .right), .init("free", .right), .init("reached"), .init("drivers", mayShrink: true),
        ])
        for peer in peers {
            table.add([
                Table.Cell(peer.peer), Table.Cell(peer.name), Table.Cell(peer.system),
                Table.Cell(Humanize.cpu(millis: peer.cpuMillis)), Table.Cell(Humanize.bytes(peer.memoryBytes)),
                Table.Cell(String(peer.freeSlots)), Table.Cell(peer.isRelayed ? "relayed" : "direct"),
                Table.Cell(peer.drivers.joined(separator: ",")),
            ])
        }
        return table
    }

    static func reached(_ peer: ReachedPeer) -> Details {
        var details = Details()
        details.add("Peer", peer.peer, .strong)
        details.add("Reached at", peer.addresses.joined(separator: ", "))
        details.add("Answers after", "\(peer.pingMilliseconds) ms")
        details.add("Speaks", peer.protocols.joined(separator: " "))
        return details
    }

    static func own(_ own: OwnPeer) -> Details {
        var details = Details()
        details.add("Worker", own.worker, .strong)
        details.add("Coordinator", own.coordinator)
        details.add("Listens at", own.listen.joined(separator: " "))
        details.add("Begins with", own.bootstrap.isEmpty ? "nobody" : own.bootstrap.joined(separator: " "))
        details.add("Local network", own.multicast ? "searched" : "not searched")
        return details
    }
}

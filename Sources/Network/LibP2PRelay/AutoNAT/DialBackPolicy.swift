package import LibP2P

/// For whom a peer dials back, where, and how often. A value: the time comes in with each call.
///
/// Only the IP address that a request comes from is ever dialed, so nobody can point this host at somebody else (RFC 3489, section
/// 12.1.1), and only so often, so that what an asker can cause is bounded.
package struct DialBackPolicy: Sendable {
    private let limits: AutoNATLimits
    private var windowStart = Duration.zero
    private var total = 0
    private var ofPeer: [PeerID: Int] = [:]
    private var ofAddress: [IPAddress: Int] = [:]
    package private(set) var running = 0

    package init(limits: AutoNATLimits) { self.limits = limits }

    /// Decides on a request. Each that is granted must be ended.
    /// - Parameter observed: Where the asker's connection comes from.
    /// - Returns: What to dial.
    /// - Throws: The answer to give instead.
    package mutating func begin(
        _ request: DialBackRequest, from asker: PeerID, at observed: Multiaddr, now: Duration
    ) throws(Refusal) -> [Multiaddr] {
        guard request.peer == asker else { throw Refusal(.badRequest, "the request names another peer") }
        guard !observed.isRelayed, let ip = observed.ipAddress else {
            throw Refusal(.dialRefused, "the address of the asker is not known")
        }
        guard !ip.isPrivate || limits.dialsPrivateAddresses else {
            throw Refusal(.dialRefused, "the asker comes from a private network")
        }
        var seen: Set<Multiaddr> = []
        let addresses = request.addresses.filter { address in
            address.peerID == nil || address.peerID == asker
        }.map(\.withoutPeerID).filter { address in
            !address.isRelayed && address.ipAddress == ip && address.tcpPort.map { $0 != 0 } == true
                && seen.insert(address).inserted
        }.prefix(limits.addresses)
        guard !addresses.isEmpty else {
            throw Refusal(.dialRefused, "none of the addresses is where the asker comes from")
        }
        if now - windowStart >= limits.window {
            windowStart = now
            total = 0
            ofPeer = [:]
            ofAddress = [:]
        }
        guard running < limits.concurrentDials, total < limits.dials, ofPeer[asker, default: 0] < limits.dialsPerPeer,
            ofAddress[ip, default: 0] < limits.dialsPerAddress
        else { throw Refusal(.dialRefused, "too many requests") }
        total += 1
        ofPeer[asker, default: 0] += 1
        ofAddress[ip, default: 0] += 1
        running += 1
        return Array(addresses)
    }

    package mutating func end() { running -= 1 }

    package struct Refusal: Error, Sendable, Hashable {
        package let status: DialBackStatus
        package let text: String

        init(_ status: DialBackStatus, _ text: String) {
            self.status = status
            self.text = text
        }
    }
}

/// How often a host dials back, and whom.
public struct AutoNATLimits: Sendable, Hashable {
    /// Time for which dials are counted.
    public var window = Duration.seconds(60)
    /// Dials in that time: in all, for one peer, for one IP address.
    public var dials = 30
    public var dialsPerPeer = 3
    public var dialsPerAddress = 6
    public var concurrentDials = 8
    /// Addresses that are tried for one request.
    public var addresses = 8
    /// For all of a request's addresses together.
    public var dialTime = Duration.seconds(15)
    /// For a peer to say what it wants.
    public var requestTime = Duration.seconds(10)
    /// Whether peers in the same private network are helped, too. What they learn holds there only.
    public var dialsPrivateAddresses = false

    public init() {}
}

package import LibP2P

/// Why a blob did not come from peers.
package enum BlobFetchError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The coordinator does not give it this way; it comes over the link.
    case notOffered(String)
    /// The coordinator has sent what it said it would not.
    case wrong(from: PeerID, String)
    /// Nobody has sent anything for so long.
    case starved(Duration)
    /// This machine could not keep it.
    case notKept(String)
    /// It is not wanted any more.
    case ended

    package var description: String {
        switch self {
        case .notOffered(let reason): "it is not offered to peers: \(reason)"
        case .wrong(let peer, let what): "the coordinator \(peer) is wrong about it: \(what)"
        case .starved(let patience): "no peer has sent anything of it for \(patience)"
        case .notKept(let reason): "it could not be kept: \(reason)"
        case .ended: "nobody wants it any more"
        }
    }
}

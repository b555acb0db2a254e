package import LibP2P
package import WeftModel

/// What whoever opened the stream says.
package enum BlobRequest: Sendable, Hashable {
    case open(Digest, grant: [UInt8])
    case read(chunk: Int, insists: Bool)
}

/// What the other end says.
package enum BlobAnswer: Sendable, Hashable {
    case opened(Opened?)
    case refused(String, never: Bool)
    case offer([UInt8])
    case sources([BlobSource])
    case chunk(Int, [UInt8])
    case declined(Int)

    /// What only a coordinator can say of a blob.
    package struct Opened: Sendable, Hashable {
        package var list: ChunkList
        package var grant: [UInt8]

        package init(list: ChunkList, grant: [UInt8]) {
            self.list = list
            self.grant = grant
        }
    }
}

/// A node that has a blob or is fetching it.
package struct BlobSource: Sendable, Hashable {
    package var peer: PeerID
    package var addresses: [Multiaddr]

    package init(peer: PeerID, addresses: [Multiaddr]) {
        self.peer = peer
        self.addresses = addresses
    }
}

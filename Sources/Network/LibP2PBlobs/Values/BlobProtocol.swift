/// What both ends of `/weft/blobs/1.0.0` keep to. `proto/blobs.proto` has the messages.
package enum BlobProtocol {
    package static let name = "/weft/blobs/1.0.0"

    /// Smaller blobs go over the links: it is not worth a stream.
    package static let leastBlobBytes: Int64 = 1 << 20
    /// Bytes of one request at most.
    static let requestBytes = 64 * 1024
    /// Bytes of one answer at most, besides the bytes of a chunk: a list of chunks is the longest.
    static let answerBytes = ChunkList.greatestCount * 32 + 64 * 1024
    /// Bytes around the chunk in its message.
    static let chunkOverheadBytes = 64
    /// Reads of one stream that wait for their answers.
    static let waitingReads = 64
    /// Nodes that one is told of, and asks at a time.
    package static let sources = 16
    /// Addresses of each.
    static let addresses = 8
    /// Streams of one peer that are answered at a time.
    static let streamsPerPeer = 16
    /// Streams that are answered at a time.
    static let streams = 512
    /// Blobs that a node shares at a time.
    static let shares = 64
    /// Blobs whose chunks a submitter keeps the digests of.
    static let lists = 256

    /// How often a peer is told of new chunks.
    static let offerPause = Duration.milliseconds(100)
    /// From an open stream to its first message.
    static let firstMessagePatience = Duration.seconds(10)
}

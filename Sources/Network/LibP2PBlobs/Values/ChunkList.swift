import WeftFormats
package import WeftModel

/// A blob in chunks of one length, the last one shorter, each with its digest: so each can be checked when it arrives, whoever
/// sent it.
package struct ChunkList: Sendable, Hashable {
    package static let leastChunkBytes = 256 << 10
    package static let greatestChunkBytes = 4 << 20
    package static let greatestCount = 16_384

    package let sizeBytes: Int64
    package let chunkBytes: Int
    package let digests: [Digest]

    package var count: Int { digests.count }

    /// How long chunks of a blob are: as short as their number allows. Nil for a blob that is empty or too large, over 64 GiB.
    package static func chunkBytes(forSize sizeBytes: Int64) -> Int? {
        guard sizeBytes > 0 else { return nil }
        var length = leastChunkBytes
        while length <= greatestChunkBytes {
            if count(of: sizeBytes, in: length) <= greatestCount { return length }
            length *= 2
        }
        return nil
    }

    private static func count(of sizeBytes: Int64, in chunkBytes: Int) -> Int64 {
        (sizeBytes - 1) / Int64(chunkBytes) + 1
    }

    /// Nil where the numbers do not fit each other.
    package init?(sizeBytes: Int64, chunkBytes: Int, digests: [Digest]) {
        guard let expected = Self.chunkBytes(forSize: sizeBytes), chunkBytes == expected,
            Self.count(of: sizeBytes, in: chunkBytes) == Int64(digests.count)
        else { return nil }
        self.sizeBytes = sizeBytes
        self.chunkBytes = chunkBytes
        self.digests = digests
    }

    package func offset(of chunk: Int) -> Int64 { Int64(chunk) * Int64(chunkBytes) }

    package func length(of chunk: Int) -> Int { Int(min(Int64(chunkBytes), sizeBytes - offset(of: chunk))) }

    /// Whether these are the chunk's bytes.
    package func isRight(_ bytes: [UInt8], for chunk: Int) -> Bool {
        bytes.count == length(of: chunk) && Hashing.sha256(bytes) == digests[chunk]
    }
}

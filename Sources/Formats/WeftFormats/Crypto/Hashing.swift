package import WeftModel

import struct Crypto.SHA256

/// SHA-256 of bytes in memory. For a `ByteBuffer` or a mapped file hand in its `UnsafeRawBufferPointer`.
package enum Hashing {
    package static func sha256(_ bytes: [UInt8]) -> Digest {
        var stream = SHA256Stream()
        stream.update(bytes)
        return stream.finalize()
    }

    /// Fast for contiguous collections (arrays, slices, `Data`, raw buffers); others are copied first.
    package static func sha256(_ bytes: some Collection<UInt8>) -> Digest {
        var stream = SHA256Stream()
        stream.update(bytes)
        return stream.finalize()
    }
}

/// SHA-256 of bytes that come piece by piece. Copies go on separately.
package struct SHA256Stream: Sendable {
    private var state = SHA256()
    /// How many bytes it has been given.
    package private(set) var byteCount: Int64 = 0

    package init() {}

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        state.update(bufferPointer: bytes)
        byteCount += Int64(bytes.count)
    }

    package mutating func update(_ digest: Digest) { digest.withUnsafeBytes { update($0) } }
    package mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

    package mutating func update(_ bytes: some Collection<UInt8>) {
        let done: Void? = bytes.withContiguousStorageIfAvailable { update(UnsafeRawBufferPointer($0)) }
        if done == nil { update(Array(bytes)) }
    }

    /// The digest of everything given so far.
    package func finalize() -> Digest {
        guard let digest = state.finalize().withUnsafeBytes({ Digest(bytes: $0) }) else {
            preconditionFailure("SHA-256 gives 32 bytes")
        }
        return digest
    }
}

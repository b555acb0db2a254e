import Crypto

/// A digest that says by which function it was made (multiformats `multihash`).
public struct Multihash: Sendable, Hashable {
    /// Bytes of a digest at most.
    public static let greatestDigestLength = 128

    public static let identity: UInt64 = 0x00
    public static let sha256: UInt64 = 0x12
    public static let sha512: UInt64 = 0x13

    /// The code of the function in the table of multicodecs.
    public let function: UInt64
    public let digest: [UInt8]

    public init(function: UInt64, digest: [UInt8]) throws(MultiformatError) {
        guard digest.count <= Self.greatestDigestLength else { throw .tooLong(limit: Self.greatestDigestLength) }
        guard function >> 63 == 0 else { throw .badVarint }
        let expected: Int? =
            switch function {
            case Self.sha256: 32
            case Self.sha512: 64
            default: nil
            }
        guard expected == nil || expected == digest.count else {
            throw .wrongLength("a digest of \(digest.count) bytes")
        }
        self.function = function
        self.digest = digest
    }

    /// The SHA-256 of some bytes.
    public init(sha256Of content: [UInt8]) {
        function = Self.sha256
        digest = Array(SHA256.hash(data: content))
    }

    public init(bytes: some Sequence<UInt8>) throws(MultiformatError) {
        var cursor = ByteCursor(bytes)
        try self.init(from: &cursor)
        try cursor.end()
    }

    init(from cursor: inout ByteCursor) throws(MultiformatError) {
        let function = try cursor.varint()
        let length = try cursor.varint()
        guard length <= UInt64(Self.greatestDigestLength) else { throw .tooLong(limit: Self.greatestDigestLength) }
        try self.init(function: function, digest: try cursor.take(length))
    }

    public var bytes: [UInt8] { Varint.encode(function) + Varint.encode(UInt64(digest.count)) + digest }
}

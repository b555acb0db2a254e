/// The name of content by its digest (multiformats `CID`). Made as version 1; version 0 is read.
public struct CID: Sendable, Hashable, CustomStringConvertible {
    /// What the content is, by the table of multicodecs.
    public static let raw: UInt64 = 0x55
    public static let dagProtobuf: UInt64 = 0x70
    public static let libp2pKey: UInt64 = 0x72

    public let codec: UInt64
    public let multihash: Multihash

    /// - Precondition: `codec` is less than 2^63.
    public init(codec: UInt64 = CID.raw, multihash: Multihash) {
        precondition(codec >> 63 == 0, "a codec has at most 63 bits")
        self.codec = codec
        self.multihash = multihash
    }

    public init(bytes: some Collection<UInt8>) throws(MultiformatError) {
        // Version 0 is a bare SHA-256 multihash; no version 1 begins like it.
        if bytes.count == 34, bytes.starts(with: [0x12, 0x20]) {
            self.init(codec: Self.dagProtobuf, multihash: try Multihash(bytes: bytes))
            return
        }
        var cursor = ByteCursor(bytes)
        guard try cursor.varint() == 1 else { throw .unknown("version of CID") }
        let codec = try cursor.varint()
        let multihash = try Multihash(from: &cursor)
        try cursor.end()
        self.init(codec: codec, multihash: multihash)
    }

    public init(parsing text: String) throws(MultiformatError) {
        if text.utf8.count == 46, text.hasPrefix("Qm") {
            try self.init(bytes: try Base58.decode(text))
        } else {
            try self.init(bytes: try Multibase.decode(text).bytes)
        }
    }

    /// Version 1.
    public var bytes: [UInt8] { [1] + Varint.encode(codec) + multihash.bytes }

    /// Version 1 in base 32.
    public var description: String { Multibase.base32.encode(bytes) }
}

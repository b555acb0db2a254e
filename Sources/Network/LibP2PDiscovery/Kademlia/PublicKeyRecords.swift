public import LibP2P

/// The namespace `pk`: a key is `/pk/` and the bytes of a peer id, its value the public key that the id is made from.
/// There is one right value, so none is ever better than another.
public struct PublicKeyRecords: RecordValidator {
    private static let prefix = Array("/pk/".utf8)

    public init() {}

    /// The key under which the public key of a peer is found.
    public static func key(of peer: PeerID) -> [UInt8] { prefix + peer.bytes }

    public func validate(_ value: [UInt8], for key: [UInt8]) throws {
        guard key.starts(with: Self.prefix) else { throw InvalidRecord("the key is not one of the namespace pk") }
        guard let publicKey = try? PublicKey(encoded: value) else {
            throw InvalidRecord("the value is not a public key")
        }
        guard publicKey.peerID.bytes.elementsEqual(key.dropFirst(Self.prefix.count)) else {
            throw InvalidRecord("the public key is of another peer")
        }
    }

    public func best(of values: [[UInt8]], for key: [UInt8]) -> Int { 0 }
}

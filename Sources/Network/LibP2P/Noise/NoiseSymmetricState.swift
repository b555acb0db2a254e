import Crypto

/// Why a Noise handshake or channel failed.
public enum NoiseError: Error, Sendable, Hashable {
    /// The bytes are not what the pattern has at this point.
    case malformed(String)
    /// Decryption failed: a key is wrong, or the bytes were changed.
    case badCiphertext
    /// The peer's signature does not bind its identity to the handshake.
    case badSignature
    /// The peer's identity is a kind of key whose signatures cannot be checked here.
    case unverifiableKey(String)
    /// Another peer answered than the one that was expected.
    case wrongPeer(PeerID)
    /// As many frames as one key may encrypt.
    case exhausted
}

/// The hash, chaining key and cipher of a handshake (Noise, revision 34, section 5.2).
struct NoiseSymmetricState: Sendable {
    /// Exactly as long as a hash, so it is the first hash itself.
    static let protocolName = Array("Noise_XX_25519_ChaChaPoly_SHA256".utf8)

    private(set) var hash = Self.protocolName
    private var chainingKey = Self.protocolName
    private var cipher: NoiseCipher?

    /// - Parameter prologue: What both ends know before; libp2p has none.
    init(prologue: [UInt8] = []) { mix(hash: prologue) }

    mutating func mix(hash bytes: [UInt8]) {
        var hasher = SHA256()
        hasher.update(data: hash)
        hasher.update(data: bytes)
        hash = Array(hasher.finalize())
    }

    mutating func mix(key secret: SharedSecret) {
        let (newChainingKey, key) = Self.derive(from: chainingKey, secret.withUnsafeBytes { Array($0) })
        chainingKey = newChainingKey
        cipher = NoiseCipher(key: key)
    }

    mutating func encryptAndHash(_ plaintext: [UInt8]) throws(NoiseError) -> [UInt8] {
        let ciphertext = try cipher?.seal(plaintext, authenticating: hash) ?? plaintext
        mix(hash: ciphertext)
        return ciphertext
    }

    mutating func decryptAndHash(_ ciphertext: [UInt8]) throws(NoiseError) -> [UInt8] {
        let plaintext = try cipher?.open(ciphertext, authenticating: hash) ?? ciphertext
        mix(hash: ciphertext)
        return plaintext
    }

    /// The ciphers of the two directions: the initiator's first.
    func split() -> (NoiseCipher, NoiseCipher) {
        let (one, two) = Self.derive(from: chainingKey, [])
        return (NoiseCipher(key: one), NoiseCipher(key: two))
    }

    /// HKDF with two outputs (section 4.3).
    private static func derive(from chainingKey: [UInt8], _ input: [UInt8]) -> ([UInt8], [UInt8]) {
        let temporary = code([UInt8](input), key: chainingKey)
        let one = code([1], key: temporary)
        return (one, code(one + [2], key: temporary))
    }

    private static func code(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: bytes, using: SymmetricKey(data: key)))
    }
}

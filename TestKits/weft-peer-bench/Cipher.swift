import Crypto

/// ChaCha20-Poly1305 by itself, on one core.
enum Cipher {
    /// `sizeBytes` are encrypted, and decrypted again.
    static func measure(sizeBytes: Int) async throws -> Rate {
        let key = SymmetricKey(size: .bits256)
        let plaintext = [UInt8](repeating: 7, count: 65_519)
        return try await Rate.measure(bytes: sizeBytes) {
            var done = 0
            while done < sizeBytes {
                let box = try ChaChaPoly.seal(plaintext, using: key)
                done += try ChaChaPoly.open(box, using: key).count
            }
        }
    }
}

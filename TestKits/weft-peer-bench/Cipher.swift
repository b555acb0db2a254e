import Crypto

/// ChaCha20-Poly1305 by itself, on one core.
enum Cipher {
    /// As much as a host puts into one frame: what a byte costs depends on it.
    private static let pieceBytes = 65_006

    /// `sizeBytes` are encrypted, and decrypted again.
    static func measure(sizeBytes: Int) async throws -> Rate {
        let key = SymmetricKey(size: .bits256)
        let plaintext = [UInt8](repeating: 7, count: pieceBytes)
        return try await Rate.measure(bytes: sizeBytes) {
            var done = 0
            while done < sizeBytes {
                let box = try ChaChaPoly.seal(plaintext, using: key)
                done += try ChaChaPoly.open(box, using: key).count
            }
        }
    }
}

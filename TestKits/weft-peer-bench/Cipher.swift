import Crypto

/// ChaCha20-Poly1305 by itself, on one core.
enum Cipher {
    /// - Returns: Bytes a second that are encrypted and decrypted again.
    static func measure(sizeBytes: Int) throws -> Double {
        let key = SymmetricKey(size: .bits256)
        let plaintext = [UInt8](repeating: 7, count: 65_519)
        let start = ContinuousClock.now
        var done = 0
        while done < sizeBytes {
            let box = try ChaChaPoly.seal(plaintext, using: key)
            done += try ChaChaPoly.open(box, using: key).count
        }
        return Double(done) / (ContinuousClock.now - start).seconds
    }
}

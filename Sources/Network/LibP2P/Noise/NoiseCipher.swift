import Crypto
import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// One direction's ChaCha20-Poly1305 with its counter (Noise, revision 34, section 5.1).
struct NoiseCipher: Sendable {
    static let tagLength = 16
    private static let nonceLength = 12

    private let key: SymmetricKey
    private var counter: UInt64 = 0

    init(key: [UInt8]) { self.key = SymmetricKey(data: key) }

    mutating func seal(_ plaintext: [UInt8], authenticating data: [UInt8]) throws(NoiseError) -> [UInt8] {
        let nonce = try nextNonce()
        guard let box = try? ChaChaPoly.seal(plaintext, using: key, nonce: nonce, authenticating: data) else {
            throw .badCiphertext
        }
        return Array(box.ciphertext) + Array(box.tag)
    }

    mutating func open(_ ciphertext: [UInt8], authenticating data: [UInt8]) throws(NoiseError) -> [UInt8] {
        guard ciphertext.count >= Self.tagLength else { throw .badCiphertext }
        let nonce = try nextNonce()
        guard
            let box = try? ChaChaPoly.SealedBox(
                nonce: nonce, ciphertext: ciphertext.dropLast(Self.tagLength), tag: ciphertext.suffix(Self.tagLength)),
            let plaintext = try? ChaChaPoly.open(box, using: key, authenticating: data)
        else { throw .badCiphertext }
        return Array(plaintext)
    }

    /// Takes the next nonces for somebody else.
    /// - Returns: A cipher that has these, and must use no others.
    mutating func reserve(_ count: Int) throws(NoiseError) -> NoiseCipher {
        guard counter < .max - UInt64(count) else { throw .exhausted }
        defer { counter += UInt64(count) }
        return self
    }

    /// Takes up to `length` bytes off a buffer and appends their ciphertext and tag to another.
    mutating func seal(_ plaintext: inout ByteBuffer, length: Int, to output: inout ByteBuffer) throws(NoiseError) {
        let nonce = try nextNonce()
        let box = plaintext.readWithUnsafeReadableBytes { bytes in
            let part = UnsafeRawBufferPointer(rebasing: bytes.prefix(length))
            return (part.count, try? ChaChaPoly.seal(part, using: key, nonce: nonce))
        }
        guard let box else { throw .badCiphertext }
        // The box has its nonce before the ciphertext and its tag after it, in one piece.
        _ = box.combined.withUnsafeBytes { combined in
            output.writeBytes(UnsafeRawBufferPointer(rebasing: combined.dropFirst(Self.nonceLength)))
        }
    }

    /// Takes `length` bytes, a ciphertext and its tag, off a buffer and appends what was encrypted to another.
    /// - Parameter scratch: Is overwritten. A box is made from one piece, which is copied once; from nonce, ciphertext and tag apart
    ///   swift-crypto makes several pieces of memory one after the other.
    mutating func open(
        _ ciphertext: inout ByteBuffer, length: Int, to output: inout ByteBuffer, scratch: inout ByteBuffer
    ) throws(NoiseError) {
        guard length >= Self.tagLength, var body = ciphertext.readSlice(length: length) else { throw .badCiphertext }
        let nonce = try nextNonce()
        scratch.clearToMidPage(minimumCapacity: Self.nonceLength + length)
        _ = nonce.withUnsafeBytes { scratch.writeBytes($0) }
        scratch.writeBuffer(&body)
        let plaintext = scratch.withUnsafeReadableBytes { combined in
            (try? ChaChaPoly.SealedBox(combined: combined)).flatMap { try? ChaChaPoly.open($0, using: key) }
        }
        guard let plaintext else { throw .badCiphertext }
        _ = plaintext.withUnsafeBytes { output.writeBytes($0) }
    }

    /// Four zero bytes, and the counter with its least significant byte first. The last counter is never used (section 5.1).
    private mutating func nextNonce() throws(NoiseError) -> ChaChaPoly.Nonce {
        guard counter < .max else { throw .exhausted }
        let bytes = (UInt32(0), UInt32(truncatingIfNeeded: counter).littleEndian, UInt32(counter >> 32).littleEndian)
        counter += 1
        guard let nonce = withUnsafeBytes(of: bytes, { try? ChaChaPoly.Nonce(data: $0) }) else {
            preconditionFailure("twelve bytes are a nonce")
        }
        return nonce
    }
}

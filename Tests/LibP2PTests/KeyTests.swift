import Crypto
import Testing

@testable import LibP2P

@Suite struct KeyTests {
    private static func bytes(_ hexadecimal: String) throws -> [UInt8] {
        try Base16.decode(hexadecimal.lowercased(), capitals: false)
    }

    /// From the specification "Peer Ids and Keys", test vectors.
    private static let ed25519Private =
        "080112407e0830617c4a7de83925dfb2694556b12936c477a0e1feb2e148ec9da60fee7d1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e"
    private static let ed25519Public = "080112201ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e"
    private static let ecdsaPublic =
        "0803125b3059301306072a8648ce3d020106082a8648ce3d03010703420004de3d300fa36ae0e8f5d530899d83abab44abf3161f162a4bc901d8e6ecda020e8b6d5f8da30525e71d6851510c098e5c47c646a597fb4dcec034e9f77c409e62"
    private static let secp256k1Public = "08021221037777e994e452c21604f91de093ce415f5432f701dd8cd1a7a6fea0e630bfca99"

    @Test func keysAreReadAsTheSpecificationWritesThem() throws {
        let pair = try KeyPair(encoded: try Self.bytes(Self.ed25519Private))
        #expect(pair.publicKey.encoded == (try Self.bytes(Self.ed25519Public)))
        #expect(pair.encoded == (try Self.bytes(Self.ed25519Private)))
        for (text, name) in [
            (Self.ed25519Public, "Ed25519"), (Self.ecdsaPublic, "ECDSA"), (Self.secp256k1Public, "secp256k1"),
        ] {
            let key = try PublicKey(encoded: try Self.bytes(text))
            #expect(key.algorithm == name)
            #expect(key.encoded == (try Self.bytes(text)))
            #expect(key.peerID.publicKey == (name == "ECDSA" ? nil : key))
        }
    }

    @Test func aKeyHasOneEncodingOnly() throws {
        let good = try Self.bytes(Self.ed25519Public)
        for bad in [
            good + [0x18, 0x00], [0x12, 0x20] + good.suffix(32) + [0x08, 0x01], Array(good.dropLast()),
            [0x08, 0x81, 0x00] + good.dropFirst(2), [],
        ] {
            #expect(throws: KeyError.self) { try PublicKey(encoded: bad) }
        }
        #expect(throws: KeyError.self) { try PublicKey(encoded: [0x08, 0x04] + good.dropFirst(2)) }
        #expect(throws: KeyError.self) { try PublicKey(encoded: [UInt8](repeating: 0, count: 5000)) }
    }

    @Test func anEd25519SignatureIsOfOneMessageAndOneKey() {
        let pair = KeyPair()
        let signature = pair.sign(Array("weave".utf8))
        #expect(pair.publicKey.verify(signature: signature, of: Array("weave".utf8)))
        #expect(!pair.publicKey.verify(signature: signature, of: Array("leave".utf8)))
        #expect(!KeyPair().publicKey.verify(signature: signature, of: Array("weave".utf8)))
        #expect(!pair.publicKey.verify(signature: Array(signature.dropLast()), of: Array("weave".utf8)))
        #expect(!pair.publicKey.verify(signature: [], of: Array("weave".utf8)))
    }

    @Test func anECDSASignatureIsVerified() throws {
        let pair = P256.Signing.PrivateKey()
        let key = PublicKey.ecdsa(Array(pair.publicKey.derRepresentation))
        #expect(try PublicKey(encoded: key.encoded) == key)
        let signature = Array(try pair.signature(for: Array("weave".utf8)).derRepresentation)
        #expect(key.verify(signature: signature, of: Array("weave".utf8)))
        #expect(!key.verify(signature: signature, of: Array("leave".utf8)))
        #expect(!key.verify(signature: [0x30, 0x00], of: Array("weave".utf8)))
    }

    /// The products and sums of the field agree with multiplying out by hand; the generator has the order of the curve.
    @Test func theCurveSecp256k1HasItsOrder() throws {
        let order = Secp256k1.order.modulus
        let point = Secp256k1.Point.sum(of: .generator, times: order, and: .generator, times: .zero)
        #expect(point.z.isZero)
        let back = Secp256k1.Point.sum(of: .generator, times: order.subtracting(.one), and: .generator, times: .one)
        #expect(back.z.isZero)
        let twice = Secp256k1.Point.generator.doubled()
        // 2G, from SEC 2's curve as every table of its multiples has it.
        #expect(
            twice.affineX
                == UInt256(
                    bytes: try Self.bytes("c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5")[...]))
    }

    /// Signatures are made here by the textbook (SEC 1, section 4.1.3), with the arithmetic that the test above checked.
    @Test func aSecp256k1SignatureIsVerified() throws {
        let secret = UInt256(
            bytes: try Self.bytes("53dadf1d5a164d6b4acdb15e24aa4c5b1d3461bdbd42abedb0a4404d56ced8fb")[...])
        let key = try PublicKey(encoded: try Self.bytes(Self.secp256k1Public))
        let order = Secp256k1.order
        let message = Array("weave".utf8)
        let hash = order.reduce(UInt256(bytes: Array(SHA256.hash(data: message))[...]))
        let nonce = UInt256(0x1234_5678_9ABC_DEF1, 7, 11, 13)
        let point = Secp256k1.Point.sum(of: .generator, times: nonce, and: .generator, times: .zero)
        let r = order.reduce(try #require(point.affineX))
        let s = order.multiply(order.inverse(of: nonce), order.add(hash, order.multiply(r, secret)))
        func number(_ value: UInt256) -> [UInt8] {
            let limbs = [value.limbs.3, value.limbs.2, value.limbs.1, value.limbs.0]
            let bytes = limbs.flatMap { limb in (0..<8).map { UInt8(truncatingIfNeeded: limb >> UInt64(56 - 8 * $0)) } }
            let signed = bytes[0] >= 0x80 ? [0] + bytes : bytes
            return [0x02, UInt8(signed.count)] + signed
        }
        let body = number(r) + number(s)
        let signature = [0x30, UInt8(body.count)] + body
        #expect(key.verify(signature: signature, of: message))
        #expect(!key.verify(signature: signature, of: Array("leave".utf8)))
        var broken = signature
        broken[20] ^= 1
        #expect(!key.verify(signature: broken, of: message))
    }

    @Test func aRecordIsOnlyOfWhoSignedIt() throws {
        let alice = KeyPair()
        let mallory = KeyPair()
        let address = try Multiaddr(parsing: "/ip4/192.0.2.1/tcp/4001")
        let signed = PeerRecord(peer: alice.peerID, sequence: 7, addresses: [address]).signed(by: alice).encoded
        let read = try PeerRecord(signed: signed)
        #expect(read == PeerRecord(peer: alice.peerID, sequence: 7, addresses: [address]))
        for index in signed.indices {
            var changed = signed
            changed[index] ^= 0x40
            #expect((try? PeerRecord(signed: changed)) == nil, "byte \(index)")
        }
        let envelope = try SignedEnvelope(encoded: signed, domain: PeerRecord.domain)
        let forged = SignedEnvelope(
            payload: envelope.payload, payloadType: envelope.payloadType, domain: PeerRecord.domain, keys: mallory)
        #expect(throws: RecordError.wrongPeer) { try PeerRecord(signed: forged.encoded) }
        #expect(throws: RecordError.badSignature) { try SignedEnvelope(encoded: signed, domain: "another-purpose") }
    }
}

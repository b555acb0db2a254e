import Crypto

/// Checks ECDSA signatures over the curve secp256k1 (SEC 2, section 2.4.1; SEC 1, section 4.1.4), which the crypto library does
/// not have. Only ever works on public values, so its time may depend on them.
enum Secp256k1 {
    /// - Parameters:
    ///   - signature: DER.
    ///   - digest: 32 bytes.
    ///   - key: A compressed point, 33 bytes.
    static func verify(signature: [UInt8], of digest: [UInt8], key: [UInt8]) -> Bool {
        guard let point = Point(compressed: key),
            let parsed = try? P256.Signing.ECDSASignature(derRepresentation: signature)
        else { return false }
        let raw = Array(parsed.rawRepresentation)  // Two numbers of 32 bytes, whatever the curve.
        guard raw.count == 64, digest.count == 32 else { return false }
        let r = UInt256(bytes: raw[0..<32])
        let s = UInt256(bytes: raw[32..<64])
        guard !r.isZero, r < order.modulus, !s.isZero, s < order.modulus else { return false }
        let hash = order.reduce(UInt256(bytes: digest[0..<32]))
        let inverse = order.inverse(of: s)
        let sum = Point.sum(
            of: .generator, times: order.multiply(hash, inverse), and: point, times: order.multiply(r, inverse))
        guard let x = sum.affineX else { return false }
        return order.reduce(x) == r
    }

    /// 2^256 − 2^32 − 977.
    static let field = Modulus(complement: UInt256(0x1_0000_03D1, 0, 0, 0))
    /// The number of points.
    static let order = Modulus(complement: UInt256(0x402D_A173_2FC9_BEBF, 0x4551_2319_50B7_5FC4, 1, 0))

    /// In Jacobian coordinates: x = X/Z², y = Y/Z³; Z is zero at infinity.
    struct Point {
        var x: UInt256
        var y: UInt256
        var z: UInt256

        static let infinity = Point(x: .one, y: .one, z: .zero)
        static let generator = Point(
            x: UInt256(0x59F2_815B_16F8_1798, 0x029B_FCDB_2DCE_28D9, 0x55A0_6295_CE87_0B07, 0x79BE_667E_F9DC_BBAC),
            y: UInt256(0x9C47_D08F_FB10_D4B8, 0xFD17_B448_A685_5419, 0x5DA4_FBFC_0E11_08A8, 0x483A_DA77_26A3_C465),
            z: .one)

        init(x: UInt256, y: UInt256, z: UInt256) {
            self.x = x
            self.y = y
            self.z = z
        }

        /// nil when no point of the curve y² = x³ + 7 has this x.
        init?(compressed bytes: [UInt8]) {
            guard bytes.count == 33, bytes[0] == 2 || bytes[0] == 3 else { return nil }
            let field = Secp256k1.field
            let x = UInt256(bytes: bytes[1..<33])
            guard x < field.modulus else { return nil }
            let square = field.add(field.multiply(field.multiply(x, x), x), UInt256(7, 0, 0, 0))
            // The field's prime is 3 modulo 4, so a root is the power (p + 1) / 4.
            let y = field.power(square, field.modulus.addingWithoutCarry(.one).shiftedRight(by: 2))
            guard field.multiply(y, y) == square else { return nil }
            let isOdd = y.limbs.0 & 1 == 1
            self.init(x: x, y: isOdd == (bytes[0] == 3) ? y : field.subtract(.zero, y), z: .one)
        }

        /// nil at infinity.
        var affineX: UInt256? {
            guard !z.isZero else { return nil }
            let inverse = Secp256k1.field.inverse(of: z)
            return Secp256k1.field.multiply(x, Secp256k1.field.multiply(inverse, inverse))
        }

        func doubled() -> Point {
            guard !z.isZero, !y.isZero else { return .infinity }
            let field = Secp256k1.field
            let ySquared = field.multiply(y, y)
            let s = field.times(4, field.multiply(x, ySquared))
            let m = field.times(3, field.multiply(x, x))
            let newX = field.subtract(field.multiply(m, m), field.times(2, s))
            let newY = field.subtract(
                field.multiply(m, field.subtract(s, newX)), field.times(8, field.multiply(ySquared, ySquared)))
            return Point(x: newX, y: newY, z: field.times(2, field.multiply(y, z)))
        }

        static func + (one: Point, other: Point) -> Point {
            guard !one.z.isZero else { return other }
            guard !other.z.isZero else { return one }
            let field = Secp256k1.field
            let z1Squared = field.multiply(one.z, one.z)
            let z2Squared = field.multiply(other.z, other.z)
            let u1 = field.multiply(one.x, z2Squared)
            let u2 = field.multiply(other.x, z1Squared)
            let s1 = field.multiply(one.y, field.multiply(z2Squared, other.z))
            let s2 = field.multiply(other.y, field.multiply(z1Squared, one.z))
            guard u1 != u2 else { return s1 == s2 ? one.doubled() : .infinity }
            let h = field.subtract(u2, u1)
            let r = field.subtract(s2, s1)
            let hSquared = field.multiply(h, h)
            let hCubed = field.multiply(hSquared, h)
            let v = field.multiply(u1, hSquared)
            let newX = field.subtract(field.subtract(field.multiply(r, r), hCubed), field.times(2, v))
            let newY = field.subtract(field.multiply(r, field.subtract(v, newX)), field.multiply(s1, hCubed))
            return Point(x: newX, y: newY, z: field.multiply(h, field.multiply(one.z, other.z)))
        }

        /// a·P + b·Q, both from the top bit down at once.
        static func sum(of first: Point, times a: UInt256, and second: Point, times b: UInt256) -> Point {
            let both = first + second
            var result = infinity
            for bit in (0..<256).reversed() {
                result = result.doubled()
                switch (a.bit(bit), b.bit(bit)) {
                case (true, true): result = result + both
                case (true, false): result = result + first
                case (false, true): result = result + second
                case (false, false): break
                }
            }
            return result
        }
    }
}

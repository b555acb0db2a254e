/// 256 bits, least significant limb first.
struct UInt256: Hashable, Comparable, Sendable {
    private(set) var low: UInt128
    private(set) var high: UInt128

    static let zero = UInt256(0, 0, 0, 0)
    static let one = UInt256(1, 0, 0, 0)

    init(_ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64) {
        low = UInt128(b) << 64 | UInt128(a)
        high = UInt128(d) << 64 | UInt128(c)
    }

    /// 32 bytes, the most significant first.
    init(bytes: ArraySlice<UInt8>) {
        precondition(bytes.count == 32, "a number of 256 bits has 32 bytes")
        high = bytes.prefix(16).reduce(0) { $0 << 8 | UInt128($1) }
        low = bytes.suffix(16).reduce(0) { $0 << 8 | UInt128($1) }
    }

    var limbs: (UInt64, UInt64, UInt64, UInt64) {
        (
            UInt64(truncatingIfNeeded: low), UInt64(truncatingIfNeeded: low >> 64),
            UInt64(truncatingIfNeeded: high), UInt64(truncatingIfNeeded: high >> 64)
        )
    }

    var isZero: Bool { low == 0 && high == 0 }

    func bit(_ index: Int) -> Bool { (index < 128 ? low >> UInt128(index) : high >> UInt128(index - 128)) & 1 == 1 }

    static func < (one: UInt256, other: UInt256) -> Bool {
        one.high == other.high ? one.low < other.low : one.high < other.high
    }

    func addingReportingCarry(_ other: UInt256) -> (sum: UInt256, carry: Bool) {
        var result = self
        let (lowSum, lowCarry) = low.addingReportingOverflow(other.low)
        let (highSum, highCarry) = high.addingReportingOverflow(other.high)
        let (withCarry, secondCarry) = highSum.addingReportingOverflow(lowCarry ? 1 : 0)
        result.low = lowSum
        result.high = withCarry
        return (result, highCarry || secondCarry)
    }

    func addingWithoutCarry(_ other: UInt256) -> UInt256 { addingReportingCarry(other).sum }

    /// Modulo 2^256.
    func subtracting(_ other: UInt256) -> UInt256 {
        var result = self
        let (lowDifference, borrow) = low.subtractingReportingOverflow(other.low)
        result.low = lowDifference
        result.high = high &- other.high &- (borrow ? 1 : 0)
        return result
    }

    func shiftedRight(by count: Int) -> UInt256 {
        precondition((1..<128).contains(count), "a shift within half the bits")
        var result = self
        result.low = low >> UInt128(count) | high << UInt128(128 - count)
        result.high = high >> UInt128(count)
        return result
    }

    /// All 512 bits of a product, in two halves.
    func multipliedFullWidth(by other: UInt256) -> (low: UInt256, high: UInt256) {
        let a = [limbs.0, limbs.1, limbs.2, limbs.3]
        let b = [other.limbs.0, other.limbs.1, other.limbs.2, other.limbs.3]
        var product = [UInt64](repeating: 0, count: 8)
        for i in 0..<4 {
            var carry: UInt64 = 0
            for j in 0..<4 {
                // At most (2^64 − 1)² + 2·(2^64 − 1) = 2^128 − 1: fits.
                let sum = UInt128(a[i]) * UInt128(b[j]) + UInt128(product[i + j]) + UInt128(carry)
                product[i + j] = UInt64(truncatingIfNeeded: sum)
                carry = UInt64(truncatingIfNeeded: sum >> 64)
            }
            product[i + 4] = carry
        }
        return (
            UInt256(product[0], product[1], product[2], product[3]),
            UInt256(product[4], product[5], product[6], product[7])
        )
    }
}

/// Numbers modulo a prime that is a little less than 2^256.
struct Modulus: Sendable {
    /// 2^256 − the modulus; less than 2^130.
    let complement: UInt256
    let modulus: UInt256

    init(complement: UInt256) {
        self.complement = complement
        modulus = UInt256.zero.subtracting(complement)
    }

    func reduce(_ value: UInt256) -> UInt256 { value < modulus ? value : value.subtracting(modulus) }

    func add(_ one: UInt256, _ other: UInt256) -> UInt256 {
        let (sum, carry) = one.addingReportingCarry(other)
        return reduce(carry ? sum.addingWithoutCarry(complement) : sum)
    }

    func subtract(_ one: UInt256, _ other: UInt256) -> UInt256 {
        let difference = one.subtracting(other)
        return one < other ? difference.subtracting(complement) : difference
    }

    func times(_ factor: UInt64, _ value: UInt256) -> UInt256 { multiply(UInt256(factor, 0, 0, 0), value) }

    /// 2^256 is the complement, modulo the prime: so the high half is multiplied by that until it is gone.
    func multiply(_ one: UInt256, _ other: UInt256) -> UInt256 {
        var (low, high) = one.multipliedFullWidth(by: other)
        while !high.isZero {
            let folded = high.multipliedFullWidth(by: complement)
            let (sum, carry) = low.addingReportingCarry(folded.low)
            low = sum
            high = carry ? folded.high.addingWithoutCarry(.one) : folded.high
        }
        return reduce(low)
    }

    func power(_ base: UInt256, _ exponent: UInt256) -> UInt256 {
        var result = UInt256.one
        for bit in (0..<256).reversed() {
            result = multiply(result, result)
            if exponent.bit(bit) { result = multiply(result, base) }
        }
        return result
    }

    /// By Fermat's little theorem; zero for zero.
    func inverse(of value: UInt256) -> UInt256 { power(value, modulus.subtracting(UInt256(2, 0, 0, 0))) }
}

import WeftModel

/// xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2018), seeded by SplitMix64.
/// The same seed gives the same numbers on every machine and in every version of Swift.
struct Random {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    init(seed: UInt64) {
        var seed = seed
        func word() -> UInt64 {
            seed &+= 0x9E37_79B9_7F4A_7C15
            return scramble(seed)
        }
        state = (word(), word(), word(), word())
    }

    mutating func next() -> UInt64 {
        let product = state.1 &* 5
        let result = (product << 7 | product >> 57) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = state.3 << 45 | state.3 >> 19
        return result
    }

    /// 0 ..< `bound`.
    mutating func below(_ bound: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    mutating func between(_ low: Int64, _ high: Int64) -> Int64 { low + Int64(below(Int(high - low + 1))) }

    mutating func chance(permille: Int) -> Bool { below(1000) < permille }

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }
}

/// The finaliser of SplitMix64: every bit of the result depends on every bit of `value`.
func scramble(_ value: UInt64) -> UInt64 {
    var mixed = value
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
}

func scramble(_ first: UInt64, _ second: UInt64) -> UInt64 { scramble(scramble(first) &+ second &* 0x9E37_79B9) }

/// A digest that stands for content: equal for equal numbers, different for different ones.
func digest(of number: UInt64) -> Digest {
    var bytes: [UInt8] = []
    for word in 0..<4 as Range<UInt64> {
        let value = scramble(number, word)
        for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift))) }
    }
    return Digest(bytes: bytes)!
}

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014): inputs that come again with
/// their seed, on every machine.
struct RandomNumbers {
    private var state: UInt64

    /// Every buffer of a kernel has numbers of its own.
    init(seed: UInt64, buffer: String) {
        state = buffer.utf8.reduce(seed &+ 0x9E37_79B9_7F4A_7C15) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// 0 ..< 1, in steps of 2⁻²⁴: a float holds it exactly.
    mutating func fraction() -> Double { Double(next() >> 40) * 0x1p-24 }
}

import SeededNumbers
import Testing
import WeftModel

@testable import WeftComparators

@Suite struct ToleranceTests {
    /// The rule as docs/comparators.md has it, written down a second time.
    private func isAlike(_ a: Double, _ b: Double, _ tolerance: Tolerance) -> Bool {
        if a.isNaN || b.isNaN { return a.isNaN && b.isNaN && tolerance.nan == .equal }
        if a.isInfinite || b.isInfinite { return a == b }
        return (a - b).magnitude <= max(tolerance.absolute, tolerance.relative * max(a.magnitude, b.magnitude))
    }

    private func tolerance(_ random: inout SeededRandom) -> Tolerance {
        Tolerance(
            absolute: random.one(of: [0, 1e-9, 1e-3, 1, 1e300]), relative: random.one(of: [0, 1e-12, 1e-6, 0.1, 1]),
            nan: random.one(of: [.equal, .unequal]))
    }

    @Test func theRuleIsTheDocumentedOneAndSymmetric() {
        var random = SeededRandom(seed: 1)
        for _ in 0..<200_000 {
            let tolerance = tolerance(&random)
            let a = random.double()
            let b = random.below(2) == 0 ? random.double() : random.neighbour(of: a)
            let gap = tolerance.gap(a, b)
            holds(gap == tolerance.gap(b, a))
            holds(gap.isAllowed == isAlike(a, b, tolerance), "\(a) \(b) \(tolerance)")
            holds(!gap.distance.isNaN)
        }
    }

    @Test func everyNumberIsLikeItselfButNaN() {
        var random = SeededRandom(seed: 2)
        for _ in 0..<50_000 {
            let a = random.double()
            holds(Tolerance().gap(a, a).isAllowed == !a.isNaN)
            holds(Tolerance(nan: .equal).gap(a, a) == Gap(distance: 0, isAllowed: true))
        }
    }

    @Test func aLargerToleranceNeverRefusesWhatASmallerOneAllows() {
        var random = SeededRandom(seed: 3)
        for _ in 0..<50_000 {
            let (small, a) = (tolerance(&random), random.double())
            let b = random.neighbour(of: a)
            let large = Tolerance(
                absolute: small.absolute * 2, relative: min(1, small.relative * 2), nan: small.nan)
            if small.gap(a, b).isAllowed { holds(large.gap(a, b).isAllowed) }
        }
    }

    @Test func wholeNumbersAreComparedExactly() {
        let exact = Tolerance()
        #expect(exact.gap(Int128(1) << 53, Int128(1) << 53 + 1) == Gap(distance: 1, isAllowed: false))
        #expect(Tolerance(absolute: 1).gap(Int128(1) << 53, Int128(1) << 53 + 1).isAllowed)
        let (low, high) = (Int128(Int64.min), Int128(UInt64.max))
        #expect(exact.gap(low, high) == exact.gap(high, low))
        #expect(!Tolerance(relative: 1).gap(low, high).isAllowed)
    }

    @Test func complexNumbersAreComparedByAbsoluteValue() {
        let tolerance = Tolerance(absolute: 5)
        #expect(tolerance.gap((3, 4), (0, 0)) == Gap(distance: 5, isAllowed: true))
        #expect(!tolerance.gap((3.1, 4), (0, 0)).isAllowed)
        #expect(Tolerance(relative: 0.1).gap((100, 0), (100, 10)).isAllowed)
        var random = SeededRandom(seed: 4)
        for _ in 0..<50_000 {
            let (a, b) = ((random.double(), random.double()), (random.double(), random.double()))
            let tolerance = self.tolerance(&random)
            holds(tolerance.gap(a, b) == tolerance.gap(b, a))
            holds(!tolerance.gap(a, b).distance.isNaN)
            let hasNaN = a.0.isNaN || a.1.isNaN
            holds(tolerance.gap(a, a).isAllowed == (!hasNaN || tolerance.nan == .equal))
        }
    }

    @Test(arguments: ["0", "-0", "1", "+1", "1.", ".5", "1e5", "1E-5", "007", "-1.5e+10", "nan", "-inf", "Infinity"])
    func thisIsANumber(_ text: String) {
        let number = TextNumber(Array(text.utf8)[...])
        #expect(number != nil)
        #expect(number.map { $0.value.isNaN ? text.lowercased() == "nan" : $0.value == Double(text) } == true)
    }

    @Test(arguments: [
        "", "-", ".", "e5", "1e", "1e+", "1 2", "0x10", "1_000", "1,5", "--1", "1.2.3", "infinit", "nano", "١",
        "1e999", "n", "i", "-e", String(repeating: "1", count: 600),
    ])
    func thisIsNoNumber(_ text: String) { #expect(TextNumber(Array(text.utf8)[...]) == nil) }

    @Test func digitsBeyondDoublesCount() {
        func integer(_ text: String) -> Int128? { TextNumber(Array(text.utf8)[...])?.integer }
        #expect(integer("9007199254740993") == 9_007_199_254_740_993)
        #expect(integer("-18446744073709551616") == -18_446_744_073_709_551_616)
        #expect(integer(String(repeating: "9", count: 37)).map { $0 % 10 } == 9)
        #expect(integer(String(repeating: "9", count: 38)) == nil)
        #expect(integer("1.0") == nil)
    }

    @Test func halvesAreReadAsIEEE754Says() {
        #expect(halfPrecision(0x3C00) == 1)
        #expect(halfPrecision(0xC000) == -2)
        #expect(halfPrecision(0x7BFF) == 65504)
        #expect(halfPrecision(0x0001) == 0x1p-24)
        #expect(halfPrecision(0x0400) == 0x1p-14)
        #expect(halfPrecision(0x8000).sign == .minus)
        #expect(halfPrecision(0x7C00) == .infinity)
        #expect(halfPrecision(0x7E00).isNaN)
    }
}

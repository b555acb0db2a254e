import SeededNumbers
import Testing
import WeftModel

@testable import WeftComparators

/// Random outputs of every format, compared both ways and with themselves.
@Suite struct PropertyTests {
    private func comparator(_ random: inout SeededRandom, _ format: OutputFormat? = nil) -> OutputComparator {
        numeric(
            random.one(of: [0, 1e-6, 0.5]), relative: random.one(of: [0, 1e-9, 1e-2]),
            nan: random.one(of: [.equal, .unequal]), format)
    }

    private func text(_ value: Double, _ random: inout SeededRandom) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        return value == value.rounded() && abs(value) < 1e15 && random.below(2) == 0 ? "\(Int(value))" : "\(value)"
    }

    private indirect enum Tree {
        case number(Double)
        case word(String)
        case list([Tree])
        case object([(String, Tree)])

        var hasNaN: Bool {
            switch self {
            case .number(let value): value.isNaN
            case .word: false
            case .list(let elements): elements.contains(where: \.hasNaN)
            case .object(let members): members.contains { $0.1.hasNaN }
            }
        }
    }

    private func tree(_ random: inout SeededRandom, depth: Int) -> Tree {
        switch random.below(depth > 0 ? 6 : 3) {
        case 0, 1: .number(random.double())
        case 2: .word(random.one(of: ["null", "true", "false", "\"a\"", "\"1\"", #""\u00e4\n""#]))
        case 3, 4: .list((0..<random.below(5)).map { _ in tree(&random, depth: depth - 1) })
        default:
            .object(
                ["a", "b", #"\u0063"#, "d\u{e9}"].shuffled(using: &random).prefix(random.below(5)).map {
                    ($0, tree(&random, depth: depth - 1))
                })
        }
    }

    /// The same tree with other spaces and order of keys, its numbers moved a little.
    private func write(_ tree: Tree, _ random: inout SeededRandom, move: Bool) -> String {
        let space = random.one(of: ["", " ", "\n\t"])
        switch tree {
        case .number(let value): return text(move ? random.neighbour(of: value) : value, &random)
        case .word(let word): return word
        case .list(let elements):
            return "[" + elements.map { write($0, &random, move: move) }.joined(separator: ",\(space)") + space + "]"
        case .object(let members):
            return "{"
                + members.shuffled(using: &random).map { "\"\($0.0)\"\(space):" + write($0.1, &random, move: move) }
                .joined(separator: "\(space),") + "}"
        }
    }

    @Test func jsonIsSymmetricAndReflexive() throws {
        var random = SeededRandom(seed: 21)
        var agreed = 0
        for _ in 0..<20_000 {
            let comparator = comparator(&random, .json)
            let tree = tree(&random, depth: 4)
            let other = random.below(4) == 0 ? self.tree(&random, depth: 4) : tree
            let left = Array(write(tree, &random, move: false).utf8)
            let right = Array(write(other, &random, move: random.below(2) == 0).utf8)
            let comparison = try #require(compareBothWays(comparator, left, right))
            if comparison.agrees { agreed += 1 }
            let same = Array(write(tree, &random, move: false).utf8)
            let isEqual = tree.hasNaN == false || comparator == numeric(nan: .equal)
            if isEqual { holds(try comparator.compare(left, same).agrees) }
            if tree.hasNaN, case .numeric(let rule) = comparator, rule.tolerance.nan == .unequal {
                holds(try !comparator.compare(left, left).agrees)
            }
        }
        #expect((2000..<18_000).contains(agreed), "both verdicts are met: \(agreed)")
    }

    @Test func csvIsSymmetricAndReflexive() throws {
        var random = SeededRandom(seed: 22)
        for _ in 0..<20_000 {
            let comparator = comparator(&random, .csv)
            let values = (0..<random.below(12)).map { _ in random.double() }
            let width = 1 + random.below(4)
            func write(move: Bool) -> [UInt8] {
                var text = ""
                for (index, value) in values.enumerated() {
                    let cell = self.text(move ? random.neighbour(of: value) : value, &random)
                    text += random.below(5) == 0 ? "\"\(cell)\"" : random.below(9) == 0 ? "word" : cell
                    text += (index + 1) % width == 0 ? random.one(of: ["\n", "\r\n"]) : ","
                }
                return Array(text.utf8)
            }
            let (left, right) = (write(move: false), write(move: true))
            holds(compareBothWays(comparator, left, right) != nil)
            if !values.contains(where: \.isNaN) { holds(try comparator.compare(left, left).agrees) }
        }
    }

    /// A `.npy` file of doubles.
    private func npy(_ values: [Double], shape: [Int], isBigEndian: Bool, isFortran: Bool) -> [UInt8] {
        let extents = shape.map { "\($0)," }.joined()
        let header =
            "{'descr': '\(isBigEndian ? ">" : "<")f8', 'fortran_order': \(isFortran ? "True" : "False"), 'shape': (\(extents))}\n"
        let data = values.flatMap { value in
            (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * (isBigEndian ? 7 - $0 : $0))) }
        }
        return NpyFile.magic + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8) + data
    }

    @Test func arraysAreSymmetricAndFollowTheRuleElementByElement() throws {
        var random = SeededRandom(seed: 23)
        for _ in 0..<10_000 {
            let tolerance = Tolerance(
                absolute: random.one(of: [0, 1e-6, 0.5]), relative: random.one(of: [0, 1e-9, 1e-2]),
                nan: random.one(of: [.equal, .unequal]))
            let (rows, columns) = (random.below(5), 1 + random.below(5))
            let values = (0..<rows * columns).map { _ in random.double() }
            let others = values.map { random.neighbour(of: $0) }
            let isFortran = (random.below(2) == 0, random.below(2) == 0)
            func stored(_ values: [Double], isFortran: Bool) -> [Double] {
                guard isFortran else { return values }
                return (0..<columns).flatMap { column in (0..<rows).map { values[$0 * columns + column] } }
            }
            let left = npy(
                stored(values, isFortran: isFortran.0), shape: [rows, columns], isBigEndian: random.below(2) == 0,
                isFortran: isFortran.0)
            let right = npy(
                stored(others, isFortran: isFortran.1), shape: [rows, columns], isBigEndian: random.below(2) == 0,
                isFortran: isFortran.1)
            let comparison = try #require(compareBothWays(.numeric(NumericRule(tolerance)), left, right))
            let gaps = zip(values, others).map { tolerance.gap($0, $1) }
            holds(comparison.agrees == gaps.allSatisfy(\.isAllowed))
            holds(comparison.differences == gaps.count { !$0.isAllowed })
            holds(comparison.measure?.value == gaps.map(\.distance).max())
        }
    }

    @Test func picturesAreSymmetricAndFollowTheDefinition() throws {
        var random = SeededRandom(seed: 24)
        for _ in 0..<5000 {
            let (width, height) = (1 + random.below(6), 1 + random.below(6))
            let left = (0..<width * height * 3).map { _ in UInt8(random.below(256)) }
            let right = left.map { random.below(3) == 0 ? UInt8(clamping: Int($0) + random.below(9) - 4) : $0 }
            let limit = random.below(5)
            let header = Array("P6 \(width) \(height) 255\n".utf8)
            let largest = zip(left, right).map { abs(Int($0) - Int($1)) }.max()!
            let steps = OutputComparator.image(ImageRule(.maximumChannelDifference(limit)))
            let comparison = try #require(compareBothWays(steps, header + left, header + right))
            holds(comparison.agrees == (largest <= limit) && comparison.measure?.value == Double(largest))
            let psnr = OutputComparator.image(ImageRule(.minimumPSNR(Double(20 + random.below(40)))))
            holds(compareBothWays(psnr, header + left, header + right) != nil)
            holds(try psnr.compare(header + left, header + left).agrees)
        }
    }

    @Test func bytesAreComparedByThemselves() throws {
        #expect(try OutputComparator.sha256.compare("abc", "abc").agrees)
        #expect("\(try OutputComparator.sha256.compare("abc", "abd"))" == "byte 2: 99 and 100; bytes must be equal")
        #expect("\(try OutputComparator.sha256.compare("abc", "ab"))" == "byte 2: 99 and the end; bytes must be equal")
        #expect(try OutputComparator.exit.compare("abc", "").agrees)
    }

    @Test func formatsAreRecognised() throws {
        let expected: [(String, OutputFormat)] = [
            (".png", .png), (".ppm", .pnm), (".pgm", .pnm), (".npy", .npy), (".safetensors", .safetensors),
            (".json", .json),
        ]
        for (ending, format) in expected {
            for name in try Fixture.names(endingWith: ending) {
                #expect(OutputFormat.detect(try Fixture.bytes(name)) == format, "\(name)")
            }
        }
        #expect(OutputFormat.detect(Array("\u{FEFF} [1]".utf8)) == .json)
        #expect(OutputFormat.detect(Array("a,b\n1,2".utf8)) == .csv)
        #expect(OutputFormat.detect([]) == .csv)
        #expect(OutputFormat.detect([1, 0, 2]) == nil)
        #expect(try !numeric().compare("[1]", "1").agrees)
        let png = try Fixture.bytes("color.png")
        #expect(numeric().problem(with: png) == "the left output: png is none of json, csv, npy, safetensors")
    }
}

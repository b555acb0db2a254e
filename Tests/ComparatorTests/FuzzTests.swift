import CZlib
import SeededNumbers
import Testing
import WeftModel

@testable import WeftComparators

/// Damaged files of every format: an answer or an error, both ways the same, and never a trap.
@Suite struct FuzzTests {
    private func fuzz(
        _ comparator: OutputComparator, _ files: [[UInt8]], seed: UInt64, rounds: Int,
        repair: ([UInt8]) -> [UInt8] = { $0 }
    ) -> (judged: Int, refused: Int) {
        var random = SeededRandom(seed: seed)
        var counts = (judged: 0, refused: 0)
        for _ in 0..<rounds {
            let file = random.one(of: files)
            let damaged = repair(random.mutation(of: file))
            let other = random.below(3) == 0 ? repair(random.mutation(of: file)) : file
            if compareBothWays(comparator, damaged, other) == nil { counts.refused += 1 } else { counts.judged += 1 }
        }
        return counts
    }

    private func files(_ endings: String...) throws -> [[UInt8]] {
        try endings.flatMap { try Fixture.names(endingWith: $0) }.map { try Fixture.bytes($0) }
    }

    @Test func json() throws {
        let texts = [
            #"{"loss": [0.5, -1e-3, 12345678901234567890], "name": "a\u00e9\n", "deep": [[[{"x": {}}]]], "ok": true}"#,
            #"[NaN, Infinity, -Infinity, null, false, "", {"": 0}, 1E+05]"#,
        ].map { Array($0.utf8) }
        let counts = fuzz(numeric(0.1, .json), texts, seed: 31, rounds: 40_000)
        #expect(counts.judged > 1000 && counts.refused > 1000)
        let metric = OutputComparator.metric(MetricRule("/loss/1", Tolerance(absolute: 0.1)))
        _ = fuzz(metric, texts, seed: 32, rounds: 10_000)
    }

    @Test func csv() {
        let texts = ["a,b\n1,2.5\n\"x\"\"y\",\"1,\n2\"\r\nnan,-inf\n", "1;2\n\n,,\n\"\""].map { Array($0.utf8) }
        let counts = fuzz(numeric(0.1, .csv), texts, seed: 33, rounds: 40_000)
        #expect(counts.judged > 1000 && counts.refused > 1000)
    }

    @Test func npy() throws {
        let counts = fuzz(numeric(0.1, nan: .equal, .npy), try files(".npy"), seed: 34, rounds: 40_000)
        #expect(counts.judged > 1000 && counts.refused > 1000)
    }

    @Test func safetensors() throws {
        let file = try Fixture.bytes("tensors.safetensors")
        let small = ComparatorTests.safetensors(
            #"{"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"b":{"dtype":"BF16","shape":[],"data_offsets":[8,10]}}"#,
            [UInt8](repeating: 1, count: 10))
        // Keeps the length right, so that damage gets past it.
        func repair(_ bytes: [UInt8]) -> [UInt8] {
            guard bytes.count > 8, let end = bytes.lastIndex(of: UInt8(ascii: "}")), end > 8 else { return bytes }
            return (0..<8).map { UInt8(truncatingIfNeeded: (end - 7) >> (8 * $0)) } + bytes[8...]
        }
        let counts = fuzz(
            numeric(0.1, nan: .equal, .safetensors), [file, small], seed: 35, rounds: 20_000, repair: repair)
        #expect(counts.judged > 500 && counts.refused > 1000)
        _ = fuzz(numeric(0.1, .safetensors), [file, small], seed: 36, rounds: 20_000)
    }

    @Test func netpbm() throws {
        let rule = OutputComparator.image(ImageRule(.minimumPSNR(20), format: .pnm))
        let deep = Array("P6\n2 2\n1000\n".utf8) + [UInt8](repeating: 1, count: 24)
        let counts = fuzz(rule, try files(".ppm", ".pgm") + [deep], seed: 37, rounds: 20_000)
        #expect(counts.judged > 1000 && counts.refused > 1000)
    }

    @Test func png() throws {
        let rule = OutputComparator.image(ImageRule(.minimumPSNR(20), format: .png))
        let counts = fuzz(rule, try files(".png"), seed: 38, rounds: 20_000)
        #expect(counts.refused > 1000)
        // With right checksums, so that damage gets past them.
        let repaired = fuzz(rule, try files(".png"), seed: 39, rounds: 20_000, repair: Self.repairChecksums)
        #expect(repaired.refused > 1000)
    }

    /// Damage inside what is compressed: headers, filters, palettes.
    @Test func pngPixels() throws {
        let rule = OutputComparator.image(ImageRule(.minimumPSNR(20), format: .png))
        var random = SeededRandom(seed: 40)
        var counts = (judged: 0, refused: 0)
        for _ in 0..<20_000 {
            let (width, height) = (1 + random.below(5), 1 + random.below(4))
            let depth = random.one(of: [1, 2, 4, 8, 16] as [UInt8])
            let type = random.one(of: [0, 2, 3, 4, 6] as [UInt8])
            let channels = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][type]!
            let rowBytes = (width * channels * Int(depth) + 7) / 8 + 1
            let rows = (0..<height * rowBytes + random.below(10) / 9).map { index in
                index % rowBytes == 0 ? UInt8(random.below(40) == 0 ? 5 : random.below(5)) : UInt8(random.below(256))
            }
            var before: [(String, [UInt8])] = []
            if type == 3 { before.append(("PLTE", [UInt8](repeating: 9, count: 3 * (1 + random.below(256))))) }
            if random.below(3) == 0 { before.append(("tRNS", [UInt8](repeating: 0, count: random.below(7)))) }
            let file = ComparatorTests.png(
                width: width, height: height, depth: depth, type: type, rows: rows, before: before)
            let other = random.below(2) == 0 ? file : ComparatorTests.png(width: 1, height: 1, rows: [0, 1])
            if compareBothWays(rule, file, other) == nil { counts.refused += 1 } else { counts.judged += 1 }
        }
        #expect(counts.judged > 1000 && counts.refused > 1000)
    }

    private static func repairChecksums(_ bytes: [UInt8]) -> [UInt8] {
        var result = bytes
        var offset = 8
        while offset + 12 <= result.count {
            let length = result[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
            guard length <= result.count - offset - 12 else { break }
            let content = Array(result[offset + 4..<offset + 8 + length])
            let sum = crc32(0, content, UInt32(content.count))
            for index in 0..<4 {
                result[offset + 8 + length + index] = UInt8(truncatingIfNeeded: sum >> (8 * (3 - UInt(index))))
            }
            offset += 12 + length
        }
        return result
    }

    @Test func ffmpegsOutput() throws {
        let files = try files(".txt")
        var random = SeededRandom(seed: 41)
        for _ in 0..<20_000 {
            let damaged = random.mutation(of: random.one(of: files))
            _ = try? FFmpeg.frameCount(damaged)
            _ = try? FramePSNR(damaged)
        }
    }

    @Test func anythingUnderAnyComparator() throws {
        let everything = try files(".npy", ".png", ".safetensors", ".ppm", ".json", ".txt")
        let rules: [OutputComparator] = [
            numeric(), .image(ImageRule(.maximumChannelDifference(1))), .metric(MetricRule("a", Tolerance())),
        ]
        var random = SeededRandom(seed: 42)
        for _ in 0..<3000 {
            let (left, right) = (random.one(of: everything), random.one(of: everything))
            compareBothWays(random.one(of: rules), random.mutation(of: left), right)
        }
    }
}

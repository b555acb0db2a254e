import Foundation
import SeededNumbers
import Testing
import WeftModel

@testable import WeftComparators

/// Figures for docs/comparators.md: `WEFT_COMPARATOR_SPEED=1 swift test -c release --filter SpeedTests`.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["WEFT_COMPARATOR_SPEED"] != nil), .serialized)
struct SpeedTests {
    private func report(_ name: String, _ comparator: OutputComparator, _ left: [UInt8], _ right: [UInt8]) throws {
        let clock = ContinuousClock()
        var best = Duration.seconds(1000)
        for _ in 0..<3 {
            let start = clock.now
            let comparison = try comparator.compare(left, right)
            best = min(best, clock.now - start)
            #expect(comparison.agrees)
        }
        let megabytes = Double(left.count) / 1e6
        print("\(name): \(megabytes) MB and as much again in \(best)")
    }

    private func npy(_ type: String, _ data: [UInt8], width: Int) -> [UInt8] {
        let header = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(data.count / width),), }\n"
        return NpyFile.magic + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8) + data
    }

    private func bytes<Value>(_ values: [Value]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }

    @Test func arrays() throws {
        let floats = (0..<25_000_000).map { Float($0) * 0.001 + 1 }
        let moved = floats.map { $0.nextUp }
        let relative = numeric(relative: 1e-5, nan: .equal)
        try report("float32", relative, npy("<f4", bytes(floats), width: 4), npy("<f4", bytes(moved), width: 4))
        let doubles = floats.prefix(12_500_000).map { Double($0) }
        try report(
            "float64", relative, npy("<f8", bytes(doubles), width: 8),
            npy("<f8", bytes(doubles.map { $0.nextUp }), width: 8))
        let halves = npy("<f2", [UInt8](repeating: 0x31, count: 100_000_000), width: 2)
        try report("float16", relative, halves, halves)
        let wide = npy("<i8", bytes((0..<12_500_000).map { Int64($0) << 40 }), width: 8)
        try report("int64", relative, wide, wide)
        try report("bytes", .sha256, wide, wide + [])
    }

    @Test func texts() throws {
        var random = SeededRandom(seed: 1)
        let values = (0..<1_000_000).map { _ in Double(random.below(1 << 52)) / 1e12 }
        let relative = numeric(relative: 1e-9)
        func text(_ values: [Double], _ separator: String) -> [UInt8] {
            Array(values.map { "\($0)" }.joined(separator: separator).utf8)
        }
        let moved = values.map { $0.nextUp }
        let open = [UInt8(ascii: "[")]
        let close = [UInt8(ascii: "]")]
        try report("json", relative, open + text(values, ", ") + close, open + text(moved, ", ") + close)
        try report("csv", relative, text(values, "\n"), text(moved, "\n"))
    }

    @Test func pictures() throws {
        var random = SeededRandom(seed: 2)
        let (width, height) = (3840, 2160)
        var rows = (0..<height * (width * 3 + 1)).map { _ in UInt8(random.below(16)) }
        for row in 0..<height { rows[row * (width * 3 + 1)] = UInt8(row % 5) }
        let file = ComparatorTests.png(width: width, height: height, type: 2, rows: rows)
        try report("png, 3840 × 2160", .image(ImageRule(.minimumPSNR(40))), file, file)
    }
}

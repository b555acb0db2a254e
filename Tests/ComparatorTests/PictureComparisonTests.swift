import CZlib
import Foundation
import SeededNumbers
import Testing
import WeftModel

@testable import WeftComparators

private let exact = OutputComparator.image(ImageRule(.maximumChannelDifference(0)))

/// A PNG file with right checksums. `rows`: each with its filter's number.
func png(
    width: Int, height: Int, depth: UInt8 = 8, type: UInt8 = 0, interlace: UInt8 = 0, rows: [UInt8],
    before: [(String, [UInt8])] = []
) -> [UInt8] {
    var size = compressBound(UInt(rows.count))
    var packed = [UInt8](repeating: 0, count: Int(size))
    compress2(&packed, &size, rows, UInt(rows.count), 9)
    let header = bigEndian(width) + bigEndian(height) + [depth, type, 0, 0, interlace]
    let chunks = [("IHDR", header)] + before + [("IDAT", Array(packed.prefix(Int(size)))), ("IEND", [])]
    return PNGChunks.signature + chunks.flatMap { chunk($0.0, $0.1) }
}

func chunk(_ type: String, _ body: [UInt8]) -> [UInt8] {
    let content = Array(type.utf8) + body
    return bigEndian(body.count) + content + bigEndian(Int(crc32(0, content, UInt32(content.count))))
}

private func bigEndian(_ value: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
}

@Suite struct PictureReaderTests {
    private struct Expected: Decodable {
        var channels: Int
        var samples: [UInt16]
    }

    private func samples(_ reader: some PictureReader) throws -> [UInt16] {
        var reader = reader
        var row = [UInt16](repeating: 0, count: reader.header.samplesPerRow)
        var samples: [UInt16] = []
        for _ in 0..<reader.header.height {
            try reader.readRow(&row)
            samples += row
        }
        try reader.finish()
        return samples
    }

    @Test func everyPictureIsReadAsOtherProgramsReadIt() throws {
        let expected = try Fixture.decoded("pixels.json", as: [String: Expected].self)
        #expect(expected.count == 24)
        for (name, picture) in expected.sorted(by: { $0.key < $1.key }) {
            let bytes = try Fixture.bytes(name)
            let reader: any PictureReader = name.hasSuffix("png") ? try PNGReader(bytes) : try PNMReader(bytes)
            #expect(reader.header.width == 13 && reader.header.height == 9, "\(name)")
            #expect(reader.header.channels == picture.channels, "\(name)")
            #expect(reader.header.maximum == (name.contains("16.") ? 65535 : 255), "\(name)")
            #expect(try samples(reader) == picture.samples, "\(name)")
        }
    }

    @Test func whatIsNotAPixelDoesNotCount() throws {
        let color = try Fixture.bytes("color.png")
        for name in ["color-text.png", "filter-none.png", "filter-avg.png", "filter-paeth.png"] {
            #expect(compareBothWays(exact, color, try Fixture.bytes(name))?.agrees == true, "\(name)")
        }
    }

    @Test func interlacedAndAnimatedPicturesAreRefused() throws {
        let rows: [UInt8] = [0, 1, 0, 2]
        #expect(exact.problem(with: png(width: 1, height: 2, rows: rows)) == nil)
        let interlaced = png(width: 1, height: 2, interlace: 1, rows: rows)
        #expect(exact.problem(with: interlaced)?.contains("interlaced") == true)
        #expect(exact.problem(with: try Fixture.bytes("animation.png"))?.contains("animations") == true)
    }

    @Test func hostilePNGsAreRefused() throws {
        func problem(_ bytes: [UInt8]) -> String { exact.problem(with: bytes) ?? "none" }
        #expect(problem(png(width: 1 << 30, height: 1 << 30, rows: [])).contains("a row may take"))
        #expect(problem(png(width: 1 << 20, height: 1 << 30, rows: [])).contains("samples"))
        #expect(problem(png(width: 0, height: 1, rows: [])).contains("without pixels"))
        #expect(problem(png(width: 2, height: 1, rows: [0, 1])).contains("before its last row"))
        #expect(problem(png(width: 1, height: 1, rows: [0, 1, 2])).contains("more data"))
        #expect(problem(png(width: 1, height: 1, rows: [5, 1])).contains("no such filter"))
        #expect(problem(png(width: 1, height: 1, depth: 3, rows: [0, 1])).contains("colour type"))
        #expect(problem(png(width: 1, height: 1, depth: 16, type: 3, rows: [0, 1])).contains("colour type"))
        #expect(problem(png(width: 1, height: 1, type: 3, rows: [0, 1])).contains("expected a palette"))
        let palette = [("PLTE", [1, 2, 3] as [UInt8])]
        #expect(
            problem(png(width: 1, height: 1, type: 3, rows: [0, 1], before: palette)).contains("outside the palette"))
        let late = [("tRNS", [1, 2] as [UInt8])]
        #expect(
            problem(png(width: 1, height: 1, type: 3, rows: [0, 0], before: palette + late)).contains("transparent"))
        #expect(problem(png(width: 1, height: 1, type: 4, rows: [0, 0, 0], before: late)).contains("transparent"))
        #expect(problem(png(width: 1, height: 1, rows: [0, 0], before: [("ABCD", [])])).contains("not known"))
        let whole = png(width: 1, height: 1, rows: [0, 1])
        for count in 1..<whole.count { #expect(problem(Array(whole.prefix(count))) != "none") }
        #expect(problem(whole + [0]).contains("follows the end"))
        for index in whole.indices {
            var damaged = whole
            damaged[index] ^= 1
            #expect(problem(damaged) != "none", "byte \(index)")
        }
    }

    /// 64 MiB of samples out of 64 KiB: rows come and go.
    @Test func aBombTakesNoMemory() throws {
        let bomb = png(width: 1 << 14, height: 1 << 12, rows: [UInt8](repeating: 0, count: (1 << 14 + 1) << 12))
        #expect(bomb.count < 1 << 17)
        #expect(try exact.compare(bomb, bomb).agrees)
    }

    @Test(arguments: [
        ("P5 1 1 255 ", "before its last row"), ("P5 1 1 0 \u{0}", "largest sample of 0"),
        ("P5 1 1 65536 \u{0}", "above 65535"), ("P5 99999999999 1 255 ", "above 2147483647"),
        ("P5 2000000000 2000000000 255 ", "a row may take"), ("P5 0 1 255 ", "without pixels"),
        ("P5 1", "expected a number"),
        ("P5 1 1 255", "expected a space"), ("P2 1 1 255 256", "above 255"), ("P2 1 1 255 ", "expected a number"),
        ("P2 1 1 255 1 1", "something follows"), ("P5 1 1 9 \n", "above 9"), ("P4 1 1 1", "none of the formats"),
        ("P2 #", "expected a number"),
    ])
    func hostileNetpbmFilesAreRefused(_ text: String, _ words: String) {
        let problem = exact.problem(with: Array(text.utf8)) ?? "none"
        #expect(problem.contains(words) || problem.contains("is none of"), "\(problem)")
    }
}

@Suite struct PictureComparisonTests {
    private func psnr(_ decibels: Double) -> OutputComparator { .image(ImageRule(.minimumPSNR(decibels))) }

    @Test func theLargestChannelDifferenceCounts() throws {
        let (color, nudged) = (try Fixture.bytes("color.png"), try Fixture.bytes("color-nudged.png"))
        let comparison = try #require(compareBothWays(exact, color, nudged))
        let largest = try #require(comparison.measure)
        #expect(largest.quantity == .largestChannelDifference && (1...3).contains(largest.value))
        #expect(comparison.difference?.place == "row 4, column 6, channel 1" && comparison.differences == 1)
        let allowed = OutputComparator.image(ImageRule(.maximumChannelDifference(Int(largest.value))))
        #expect(try allowed.compare(color, nudged).agrees)
    }

    @Test func theRatioIsThatOfTheDefinition() throws {
        let (color, nudged) = (try Fixture.bytes("color.png"), try Fixture.bytes("color-nudged.png"))
        let difference = try #require(try exact.compare(color, nudged).measure?.value)
        let expected = 10 * log10(255 * 255 / (difference * difference / Double(13 * 9 * 3)))
        let measured = try #require(try psnr(40).compare(color, nudged).measure)
        #expect(abs(measured.value - expected) < 1e-9)
        #expect(try psnr(expected - 0.001).compare(color, nudged).agrees)
        #expect(try !psnr(expected + 0.001).compare(color, nudged).agrees)
        #expect(try psnr(200).compare(color, color).measure?.value == .infinity)
    }

    @Test func logarithmsAreAsExactAsThePlatforms() {
        var random = SeededRandom(seed: 7)
        for _ in 0..<100_000 {
            let x = Double(bitPattern: UInt64(random.below(0x7FE << 20)) << 32 | random.next() >> 32)
            guard x.isNormal else { continue }
            holds(abs(Decibels.logarithm10(x) - log10(x)) <= 1e-12 * max(1, abs(log10(x))))
        }
    }

    @Test func picturesOfOtherKindsDiffer() throws {
        let color = try Fixture.bytes("color.png")
        for name in ["grey.png", "alpha.png", "color-16.png"] {
            #expect(compareBothWays(psnr(1), color, try Fixture.bytes(name))?.agrees == false)
        }
        let formats = try #require(compareBothWays(psnr(1), color, try Fixture.bytes("color.ppm")))
        #expect(formats.difference?.description == "png and pnm; formats must be equal")
        #expect(compareBothWays(psnr(1), try Fixture.bytes("color.ppm"), try Fixture.bytes("color-text.ppm")) != nil)
    }

    @Test func aDamagedPictureIsSeenBesideOneOfAnotherKind() throws {
        let color = try Fixture.bytes("color.png")
        let short = png(width: 2, height: 1, rows: [0, 1])
        #expect(throws: ComparisonError.self) { try exact.compare(color, short) }
        #expect(throws: ComparisonError.self) { try exact.compare(short, color) }
    }
}

import Foundation
import Testing
import WeftModel

@Suite struct ComparatorDocumentTests {
    private static let digest = "sha256:" + String(repeating: "ab", count: 32)

    private static let valid: [(Document, OutputComparator)] = [
        ("sha256", .sha256), ("exit", .exit),
        (["numeric": [:]], .numeric(NumericRule(Tolerance()))),
        (
            ["numeric": ["absolute": 1, "relative": .number(1e-5), "nan": "equal", "format": "npy"]],
            .numeric(NumericRule(Tolerance(absolute: 1, relative: 1e-5, nan: .equal), format: .npy))
        ),
        (
            ["metric": ["name": "/val/accuracy", "absolute": .number(0.01)]],
            .metric(MetricRule("/val/accuracy", Tolerance(absolute: 0.01)))
        ),
        (["image": ["psnr": 40]], .image(ImageRule(.minimumPSNR(40)))),
        (
            ["image": ["channel_difference": 2, "format": "png"]],
            .image(ImageRule(.maximumChannelDifference(2), format: .png))
        ),
        (["video": ["psnr": .number(35.5)]], .video(VideoRule(minimumPSNR: 35.5))),
        (
            ["command": ["program": .string(digest), "args": ["-v", ""]]],
            .command(CommandRule(program: Digest(text: digest)!, arguments: ["-v", ""]))
        ),
    ]

    @Test(arguments: valid.indices) func whatIsRightIsRead(_ index: Int) throws {
        let (document, comparator) = Self.valid[index]
        #expect(try OutputComparator(document: document) == comparator)
        #expect(try OutputComparator(document: comparator.document) == comparator)
        let stored = try JSONEncoder().encode(comparator)
        #expect(try JSONDecoder().decode(OutputComparator.self, from: stored) == comparator)
    }

    private static let invalid: [(Document, String)] = [
        ("fuzzy", "comparator: expected sha256, exit, or one of"), (nil, "comparator: expected"),
        (5, "comparator: expected"),
        ([:], "comparator: expected"), (["numeric": nil], "comparator: expected"),
        (["numeric": [:], "video": [:]], "comparator: expected"), (["numerics": [:]], "comparator.numerics: "),
        (["numeric": 5], "comparator.numeric: expected a mapping"),
        (["numeric": ["absolute": -1]], "comparator.numeric.absolute: expected 0.0 or more"),
        (["numeric": ["absolute": .number(.nan)]], "comparator.numeric.absolute: expected"),
        (["numeric": ["absolute": .number(.infinity)]], "comparator.numeric.absolute: expected"),
        (["numeric": ["relative": 2]], "comparator.numeric.relative: expected 0.0 to 1.0"),
        (["numeric": ["relative": "small"]], "comparator.numeric.relative: expected a number"),
        (["numeric": ["nan": "maybe"]], "comparator.numeric.nan: expected equal, unequal"),
        (
            ["numeric": ["format": "png"]],
            "comparator.numeric.format: expected json, csv, npy, safetensors, not \"png\""
        ),
        (["metric": ["absolute": 1]], "comparator.metric.name: expected a key"),
        (["metric": ["name": ""]], "comparator.metric.name: expected 1 to 1024"),
        (["image": [:]], "comparator.image: expected either"),
        (["image": ["psnr": 40, "channel_difference": 1]], "comparator.image: expected either"),
        (["image": ["psnr": 0]], "comparator.image.psnr: expected 1.0 to 200.0"),
        (["image": ["channel_difference": 70000]], "comparator.image.channel_difference: expected 0 to 65535"),
        (["video": [:]], "comparator.video.psnr: expected decibels"),
        (["command": ["args": []]], "comparator.command.program: expected the digest"),
        (["command": ["program": .string(digest), "args": [5, nil]]], "comparator.command.args[1]: expected a text"),
        (
            ["command": ["program": .string(digest), "args": ["a\u{0}"]]],
            "comparator.command.args[0]: expected at most"
        ),
    ]

    @Test(arguments: invalid.indices) func whatIsWrongIsNamed(_ index: Int) {
        let (document, words) = Self.invalid[index]
        let error = #expect(throws: InvalidDocument.self) { try OutputComparator(document: document) }
        #expect(error.map { "\($0)".contains(words) } == true, "\(error.map { "\($0)" } ?? "")")
    }
}

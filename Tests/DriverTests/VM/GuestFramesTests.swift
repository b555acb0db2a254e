import Testing
import WeftDrivers

@Suite struct GuestFramesTests {
    private func frame(_ kind: Character, _ bytes: [UInt8]) -> [UInt8] {
        [kind.asciiValue ?? 0] + withUnsafeBytes(of: UInt32(bytes.count).littleEndian) { Array($0) } + bytes
    }

    @Test func framesAreFoundHoweverTheyAreCut() throws {
        let bytes =
            frame("S", []) + frame("O", Array("out".utf8)) + frame("R", Array("err".utf8))
            + frame("F", [1] + Array("a/b".utf8)) + frame("D", [1, 2]) + frame("E", [1, 9, 0, 0, 0])
        let expected: [GuestFrame] = [
            .started, .output(Array("out".utf8)), .error(Array("err".utf8)), .file(path: "a/b", isExecutable: true),
            .data([1, 2]), .ended(status: 9, isSignal: true),
        ]
        for size in 1...bytes.count {
            var frames = GuestFrames()
            var found: [GuestFrame] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                found += try frames.take(bytes[start..<min(bytes.count, start + size)])
            }
            #expect(found == expected)
        }
    }

    @Test func framesThatAreTooLongOrUnknownOrOfAWrongSizeAreRefused() {
        for bytes in [
            [UInt8(ascii: "O"), 0xff, 0xff, 0xff, 0xff], [UInt8(ascii: "O"), 1, 0x80, 0, 0], frame("Z", []),
            frame("S", [1]), frame("E", [1]), frame("U", []), frame("X", [1, 2, 3]), frame("F", []),
        ] {
            var frames = GuestFrames()
            #expect(throws: GuestFrames.Malformed.self) { try frames.take(bytes) }
        }
    }

    @Test func noiseNeitherTrapsNorGathers() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var frames = GuestFrames()
            let noise = (0..<256).map { _ in UInt8.random(in: 0...255, using: &random) }
            _ = try? frames.take(noise)
        }
    }
}

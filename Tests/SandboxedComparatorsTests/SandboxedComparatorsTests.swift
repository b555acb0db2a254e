import Foundation
import Logging
import SandboxedComparators
import Testing
import WeftCoordinator
import WeftModel
import WeftStorage

/// Real programs in real sandboxes: they need `weft-sandbox`, and those of videos ffmpeg.
@Suite(.serialized) struct SandboxedComparatorsTests {
    // MARK: Submitters' programs

    @Test func aProgramOfTheSubmitterDecidesByItsExitStatus() async throws {
        try await withComparators { comparators, blobs in
            // Alike where the first words are.
            let rule = try await program("[ $(head -c 2 \"$1\") = $(head -c 2 \"$2\") ]", in: blobs)
            let (apple, apricot, banana) = try await (blobs.put("apple"), blobs.put("apricot"), blobs.put("banana"))
            #expect(await comparators.obstacle(to: rule) == nil)
            #expect(try await comparators.areAlike(apple, apricot, by: rule))
            #expect(try await !comparators.areAlike(apple, banana, by: rule))
        }
    }

    @Test func itsArgumentsComeBeforeTheOutputs() async throws {
        try await withComparators { comparators, blobs in
            let rule = try await program(
                "[ \"$1\" = --within ] && [ \"$2\" = 'a b' ] && [ $# = 4 ]", arguments: ["--within", "a b"], in: blobs)
            #expect(try await comparators.areAlike(blobs.put("1"), blobs.put("2"), by: rule))
        }
    }

    @Test func outputsComeInOneOrderWhoeverAnsweredFirst() async throws {
        try await withComparators { comparators, blobs in
            let (one, other) = try await (blobs.put("1"), blobs.put("2"))
            let smaller = one.digest < other.digest ? "1" : "2"
            let rule = try await program("[ $(cat \"$1\") = \(smaller) ]", in: blobs)
            #expect(try await comparators.areAlike(one, other, by: rule))
            #expect(try await comparators.areAlike(other, one, by: rule))
        }
    }

    @Test(arguments: [
        "exit 2", "kill -9 $$", "sleep 30", "head -c 2000000000 /dev/zero | tail -n 1 | wc -c",
        "while :; do echo line; done", "head -c 1500000000 /dev/zero > fill",
    ])
    func whatCannotTellOrIsPastItsBoundsIsLikeNothing(_ script: String) async throws {
        var bounds = SandboxedComparators.Bounds()
        bounds.programTime = .seconds(2)
        bounds.memoryBytes = 128 << 20
        bounds.diskBytes = 16 << 20
        bounds.outputBytes = 1 << 20
        bounds.programBytes = 1 << 20
        try await withComparators(bounds) { comparators, blobs in
            let rule = try await program(script, in: blobs)
            #expect(try await !comparators.areAlike(blobs.put("1"), blobs.put("2"), by: rule))
            // And the next one works.
            let fair = try await program("true", in: blobs)
            #expect(try await comparators.areAlike(blobs.put("1"), blobs.put("2"), by: fair))
        }
    }

    @Test func whatIsNoProgramIsLikeNothing() async throws {
        try await withComparators { comparators, blobs in
            let rule = OutputComparator.command(CommandRule(program: try await blobs.put("not a program").digest))
            #expect(try await !comparators.areAlike(blobs.put("1"), blobs.put("2"), by: rule))
        }
    }

    @Test func aProgramSeesNeitherTheNetworkNorThisMachinesFiles() async throws {
        let secret = "/tmp/weft-comparator-secret-\(UInt64.random(in: .min ... .max))"
        try Data("secret".utf8).write(to: URL(filePath: secret))
        defer { try? FileManager.default.removeItem(atPath: secret) }
        try await withComparators { comparators, blobs in
            let rule = try await program(
                "[ ! -e \(secret) ] && [ $(ls /sys/class/net 2>/dev/null | grep -vc '^lo$') = 0 ] && [ $(id -u) != 0 ]",
                in: blobs)
            #expect(try await comparators.areAlike(blobs.put("1"), blobs.put("2"), by: rule))
        }
    }

    @Test func aMissingOutputIsAFailureOfThisMachineAndJudgesNobody() async throws {
        try await withComparators { comparators, blobs in
            let rule = try await program("true", in: blobs)
            let gone = try await blobs.put("gone")
            try await blobs.remove(gone.digest)
            await #expect(throws: BlobError.missing(gone.digest)) {
                try await comparators.areAlike(gone, blobs.put("2"), by: rule)
            }
        }
    }

    // MARK: Videos

    @Test(.enabled(if: Video.canBeMade)) func videosAreAlikeWhereEveryFrameIs() async throws {
        try await withComparators { comparators, blobs in
            let film = try await blobs.put(Video.make())
            let encoded = try await blobs.put(Video.make("-c:v", "mpeg4", "-q:v", "2"))
            let poor = try await blobs.put(Video.make("-c:v", "mpeg4", "-q:v", "31"))
            let short = try await blobs.put(Video.make(frames: 9))
            let small = try await blobs.put(Video.make(size: "96x64"))
            let rule = OutputComparator.video(VideoRule(minimumPSNR: 30))
            #expect(await comparators.obstacle(to: rule) == nil)
            #expect(try await comparators.areAlike(film, film, by: rule))
            #expect(try await comparators.areAlike(film, encoded, by: rule))
            #expect(try await !comparators.areAlike(film, poor, by: rule))
            #expect(try await !comparators.areAlike(film, short, by: rule))
            #expect(try await !comparators.areAlike(film, small, by: rule))
        }
    }

    @Test(.enabled(if: Video.canBeMade)) func whatIsNoVideoIsLikeNothingNotEvenItself() async throws {
        try await withComparators { comparators, blobs in
            let rule = OutputComparator.video(VideoRule(minimumPSNR: 30))
            let text = try await blobs.put("not a video")
            let cut = try await blobs.put(Array(Video.make().prefix(300)))
            #expect(try await !comparators.areAlike(text, text, by: rule))
            #expect(try await !comparators.areAlike(cut, cut, by: rule))
        }
    }

    @Test(.enabled(if: Video.canBeMade)) func aPlaylistOpensNoOtherFile() async throws {
        try await withComparators { comparators, blobs in
            let rule = OutputComparator.video(VideoRule(minimumPSNR: 1))
            let list = try await blobs.put("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:1/film.ts\n#EXT-X-ENDLIST\n")
            #expect(try await !comparators.areAlike(list, list, by: rule))
        }
    }

    // MARK: Helpers

    private func withComparators(
        _ bounds: SandboxedComparators.Bounds = .init(),
        _ body: (SandboxedComparators, MemoryBlobStore) async throws -> Void
    ) async throws {
        let directory = "/var/tmp/weft-comparators-\(UInt64.random(in: .min ... .max))"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let blobs = MemoryBlobStore()
        let comparators = try await SandboxedComparators(
            directory: directory, blobs: blobs, bounds: bounds, logger: Logger(label: "test"))
        do {
            try await body(comparators, blobs)
        } catch {
            await comparators.shutDown()
            throw error
        }
        await comparators.shutDown()
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory + "/runs").isEmpty)
    }

    private func program(
        _ script: String, arguments: [String] = [], in blobs: MemoryBlobStore
    ) async throws -> OutputComparator {
        let program = try await blobs.put("#!/bin/sh\n\(script)\n")
        return .command(CommandRule(program: program.digest, arguments: arguments))
    }
}

extension BlobStore {
    fileprivate func put(_ text: String) async throws -> BlobReference { try await put(Array(text.utf8)) }
}

/// Test pictures that move, made by ffmpeg.
private enum Video {
    /// Said once where they cannot, so that nobody takes silence for success.
    static let canBeMade: Bool = {
        let isThere = ["/usr/bin/ffmpeg", "/usr/local/bin/ffmpeg"].contains(where: FileManager.default.isExecutableFile)
        if !isThere { print("video: skipped, it takes ffmpeg; scripts/setup-drivers.sh media installs it") }
        return isThere
    }()

    static func make(
        _ codec: String..., frames: Int = 10, size: String = "128x96"
    ) throws -> [UInt8] {
        let path = "/tmp/weft-video-\(UInt64.random(in: .min ... .max)).mkv"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let ffmpeg = Process()
        ffmpeg.executableURL = URL(filePath: "/usr/bin/env")
        ffmpeg.arguments =
            ["ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc2=size=\(size):rate=10"]
            + ["-frames:v", "\(frames)"] + (codec.isEmpty ? ["-c:v", "ffv1"] : codec) + [path]
        try ffmpeg.run()
        ffmpeg.waitUntilExit()
        try #require(ffmpeg.terminationStatus == 0)
        return Array(try Data(contentsOf: URL(filePath: path)))
    }
}

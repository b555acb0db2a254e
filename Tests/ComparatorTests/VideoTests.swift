import Testing
import WeftModel

@testable import WeftComparators

@Suite struct VideoTests {
    private let rule = VideoRule(minimumPSNR: 33)

    @Test func whatFFmpegPrintsIsUnderstood() throws {
        #expect(try FFmpeg.frameCount(Fixture.bytes("ffmpeg-progress.txt")) == 5)
        let equal = try FramePSNR(Fixture.bytes("ffmpeg-psnr-aa.txt"))
        #expect(equal.frames == 5 && equal.worst == .infinity && equal.worstFrame == nil)
        let other = try FramePSNR(Fixture.bytes("ffmpeg-psnr-ab.txt"))
        #expect(other.frames == 5 && other.worst == 32.63 && other.worstFrame == 4)
    }

    @Test func everyFrameMustReachTheThreshold() throws {
        let psnr = try FramePSNR(Fixture.bytes("ffmpeg-psnr-ab.txt"))
        let comparison = rule.judge(leftFrames: 5, rightFrames: 5, psnr: psnr)
        #expect(comparison.difference?.place == "frame 4" && comparison.measure?.value == 32.63)
        #expect(VideoRule(minimumPSNR: 32.63).judge(leftFrames: 5, rightFrames: 5, psnr: psnr).agrees)
    }

    @Test func framesMustBeEquallyManyAndAllCompared() throws {
        let psnr = try FramePSNR(Fixture.bytes("ffmpeg-psnr-aa.txt"))
        #expect(rule.judge(leftFrames: 5, rightFrames: 5, psnr: psnr).agrees)
        #expect(!rule.judge(leftFrames: 5, rightFrames: 6, psnr: psnr).agrees)
        #expect(!rule.judge(leftFrames: 6, rightFrames: 6, psnr: psnr).agrees)
        #expect(!rule.judge(leftFrames: 5, rightFrames: 5, psnr: nil).agrees)
        #expect(!rule.judge(leftFrames: 0, rightFrames: 0, psnr: try FramePSNR([])).agrees)
    }

    @Test(arguments: [
        "n:2 psnr_avg:1", "n:1 mse_avg:1", "n:1 psnr_avg:x", "n:1 psnr_avg:nan", "n:1 psnr_avg:1\nn:3 psnr_avg:1",
    ])
    func damagedOutputIsRefused(_ text: String) {
        #expect(throws: FormatProblem.self) { try FramePSNR(Array(text.utf8)) }
    }

    @Test(arguments: ["", "frame=5\n", "progress=end", "frame=x\nprogress=end", "frame=-1\nprogress=end"])
    func anUnfinishedCountIsRefused(_ text: String) {
        #expect(throws: FormatProblem.self) { try FFmpeg.frameCount(Array(text.utf8)) }
    }

    @Test func pathsCannotBeTakenForOptionsOrAddresses() {
        let arguments = FFmpeg.psnrArguments(left: "/a b/-x", right: "/http:b")
        #expect(arguments.contains("file:/a b/-x") && arguments.contains("file:/http:b"))
        #expect(FFmpeg.frameCountArguments(path: "/a").contains("file:/a"))
    }

    @Test func aProgramDecidesByItsExitStatus() {
        let rule = CommandRule(program: Digest(bytes: [UInt8](repeating: 0, count: 32))!)
        #expect(rule.judge(exitStatus: 0, output: [])?.agrees == true)
        let differs = rule.judge(exitStatus: 1, output: Array("too far\nmore".utf8))
        #expect(differs?.difference?.rule == "the program says \"too far\"")
        #expect(rule.judge(exitStatus: 2, output: []) == nil)
    }

    @Test func programsAreRunElsewhere() {
        #expect(throws: ComparisonError.needsProgram("video")) { try OutputComparator.video(rule).compare([], []) }
        #expect(OutputComparator.video(rule).needsProgram && !OutputComparator.sha256.needsProgram)
    }
}

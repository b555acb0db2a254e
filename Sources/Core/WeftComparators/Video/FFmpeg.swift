package import WeftModel

/// What ffmpeg is asked about two videos, and how its answers are read. Running it belongs elsewhere, inside a sandbox: its
/// decoders meet bytes from strangers.
package enum FFmpeg {
    /// Prints, on standard output, what ``frameCount(_:)`` reads. `path`: absolute.
    package static func frameCountArguments(path: String) -> [String] {
        common + ["-i", "file:\(path)", "-map", "0:v:0", "-fps_mode", "passthrough", "-progress", "pipe:1"] + nowhere
    }

    /// Prints, on standard output, what ``FramePSNR/init(_:)`` reads. Frames are paired by their number, not by their time.
    /// Fails for pictures of different sizes. Paths: absolute.
    package static func psnrArguments(left: String, right: String) -> [String] {
        let byNumber = "settb=1/1000,setpts=N"
        let graph = "[0:v:0]\(byNumber)[a];[1:v:0]\(byNumber)[b];[a][b]psnr=stats_file=-"
        return common + ["-i", "file:\(left)", "-i", "file:\(right)", "-lavfi", graph, "-fps_mode", "passthrough"]
            + nowhere
    }

    /// Nothing but files: a playlist must not make it open an address.
    private static let common = ["-v", "error", "-nostdin", "-protocol_whitelist", "file,pipe"]
    private static let nowhere = ["-f", "null", "-"]

    /// The number of frames, from what ffmpeg's `-progress` prints: the last `frame=` before `progress=end`.
    package static func frameCount(_ output: [UInt8]) throws(FormatProblem) -> Int {
        var count: Int?
        for line in output.split(separator: UInt8(ascii: "\n")) {
            let line = String(decoding: line.prefix(80), as: UTF8.self)
            if line.hasPrefix("frame=") { count = Int(line.dropFirst(6).drop { $0 == " " }) }
            if line.hasPrefix("progress=end"), let count, count >= 0 { return count }
        }
        throw FormatProblem(nil, "ffmpeg did not count to the end of the video")
    }
}

/// The frame that differs most, from what ffmpeg's filter `psnr` prints with `stats_file`: one line for each frame.
package struct FramePSNR: Hashable, Sendable {
    package private(set) var frames = 0
    /// Of the worst frame, in decibels; infinite when all are equal.
    package private(set) var worst = Double.infinity
    /// The number of the worst frame, from 0; the first one of several.
    package private(set) var worstFrame: Int?

    package init(_ output: [UInt8]) throws(FormatProblem) {
        for line in output.split(separator: UInt8(ascii: "\n")) {
            let fields = line.prefix(1000).split(separator: UInt8(ascii: " "))
            guard let first = fields.first, first.starts(with: "n:".utf8) else { continue }
            let number = String(decoding: first.dropFirst(2), as: UTF8.self)
            guard Int(number) == frames + 1 else {
                throw FormatProblem(nil, "ffmpeg's frame \(frames + 1) is missing")
            }
            let name = "psnr_avg:"
            guard let field = fields.first(where: { $0.starts(with: name.utf8) }),
                let psnr = Double(String(decoding: field.dropFirst(name.utf8.count), as: UTF8.self)), !psnr.isNaN
            else { throw FormatProblem(nil, "ffmpeg's frame \(frames + 1) has no PSNR") }
            if psnr < worst { (worst, worstFrame) = (psnr, frames) }
            frames += 1
        }
    }
}

extension VideoRule {
    /// What ffmpeg's answers mean. `psnr`: nil where ffmpeg could not compare the frames, because their sizes differ.
    package func judge(leftFrames: Int, rightFrames: Int, psnr: FramePSNR?) -> Comparison {
        func differ(_ place: String, _ left: String, _ right: String, _ rule: String) -> Comparison {
            Comparison(
                measure: psnr.map { Comparison.Measure(.psnr, $0.worst) },
                difference: Comparison.Difference(place: place, left: left, right: right, rule: rule))
        }
        guard leftFrames == rightFrames else {
            return differ("", "\(leftFrames) frames", "\(rightFrames) frames", "frames must be equally many")
        }
        guard leftFrames > 0 else { return differ("", "no frame", "no frame", "a video must have frames") }
        guard let psnr, psnr.frames == leftFrames else {
            return differ("", "\(leftFrames) frames", "\(rightFrames) frames", "not all of them could be compared")
        }
        guard psnr.worst >= minimumPSNR else {
            return differ(
                "frame \(psnr.worstFrame ?? 0)", "one picture", "another",
                "PSNR \(psnr.worst) dB; at least \(minimumPSNR) is required")
        }
        return Comparison(measure: Comparison.Measure(.psnr, psnr.worst))
    }
}

extension CommandRule {
    /// What the program's exit status means: 0 alike, 1 not. nil for every other one: it could not tell.
    /// `output`: its standard output, whose first line is the reason.
    package func judge(exitStatus: Int32, output: [UInt8]) -> Comparison? {
        switch exitStatus {
        case 0: return Comparison()
        case 1:
            let reason = output.prefix { $0 != UInt8(ascii: "\n") }
            return Comparison(
                difference: Comparison.Difference(
                    place: "", left: "one output", right: "another",
                    rule: reason.isEmpty ? "the program says so" : "the program says \(shown(reason))"))
        default: return nil
        }
    }
}

import WeftModel

/// How weft-kernel says what became of an order, by its exit status. Its header `outcome.h` has the same numbers.
enum KernelOutcome: Int32, Sendable {
    case badSource = 81
    case badLaunch, outOfMemory, badInput, noDevice, deviceLost, stale, fault, noFile, usage, outOfDisk, hung

    /// The status of kernels that their device stopped: that of a native program that aborted.
    static let faultStatus: Int32 = 134

    /// `line` is what the runner said last, `log` what the compiler said before.
    func end(line: String, log: String) -> RunEnd {
        switch self {
        case .badSource: .failed(AttemptFailure(.notExecutable, log.isEmpty ? line : "\(line):\n\(log)"))
        case .badLaunch, .badInput: .failed(AttemptFailure(.notExecutable, line))
        case .outOfMemory: .failed(AttemptFailure(.outOfMemory, line))
        case .outOfDisk: .failed(AttemptFailure(.outOfDisk, line))
        case .fault: .exited(Self.faultStatus)
        case .deviceLost, .hung: .failed(AttemptFailure(.nodeLost, line))
        case .noDevice, .stale, .noFile, .usage: .failed(AttemptFailure(.sandboxFailed, line))
        }
    }
}

/// What weft-kernel and the compilers behind it wrote on standard error.
struct KernelLog: Sendable {
    /// The last line that is the runner's own, without its name.
    let line: String
    /// Everything before that, with paths of the sandbox replaced by the source's name.
    let log: String

    private static let prefix = "weft-kernel: "
    private static let messageBytesMax = 4096

    init(_ text: KeptText, _ backend: KernelBackend) {
        var lines = String(decoding: text.bytes(), as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false)
        while lines.last?.isEmpty == true { lines.removeLast() }
        let position = lines.lastIndex { $0.hasPrefix(Self.prefix) }
        line = position.map { String(lines[$0].dropFirst(Self.prefix.count)) } ?? "the kernels were stopped"
        log = lines[..<(position ?? lines.endIndex)].map { Self.scrub(String($0), backend) }.joined(separator: "\n")
    }

    /// Whole lines, as many as a message may have.
    var beginning: String {
        var result = ""
        for line in log.split(separator: "\n") {
            guard result.utf8.count + line.utf8.count < Self.messageBytesMax else {
                return result.isEmpty ? String(line.prefix(Self.messageBytesMax / 4)) + " …" : result + "\n…"
            }
            result += (result.isEmpty ? "" : "\n") + line
        }
        return result
    }

    /// A path with at least one folder becomes the source's name where it names a temporary file of a compiler, and its
    /// last part otherwise; control characters go.
    static func scrub(_ line: String, _ backend: KernelBackend) -> String {
        var result = ""
        var path = ""
        func end(_ path: String) -> String {
            guard path.hasPrefix("/"), path.dropFirst().contains("/"), let name = path.split(separator: "/").last else {
                return path
            }
            let isSource = name.hasPrefix("tempfile_") || name.hasPrefix("weft-kernel") || name == "source"
            return isSource ? backend.sourceName : String(name)
        }
        for scalar in line.unicodeScalars where scalar.properties.generalCategory != .control || scalar == "\t" {
            let isPath =
                scalar == "/" || scalar == "." || scalar == "-" || scalar == "_" || scalar == "+"
                || (scalar.isASCII && scalar.properties.isAlphabetic) || ("0"..."9").contains(scalar)
            if isPath, !path.isEmpty || scalar == "/" {
                path.unicodeScalars.append(scalar)
            } else {
                result += end(path)
                path = ""
                result.unicodeScalars.append(scalar)
            }
        }
        return result + end(path)
    }
}

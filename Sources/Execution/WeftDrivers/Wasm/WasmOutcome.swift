import WeftModel
import WeftSandbox

/// How weft-wasm says what became of a module: by signals, which no module can raise. Its header `outcome.h` has the same
/// numbers.
enum WasmOutcome: Int32, Sendable {
    case trap = 40
    case outOfFuel, outOfMemory, badModule, staleArtefact, noEngine, noFile, usage

    /// The status of a module that trapped: that of a native program that aborted.
    static let trapStatus: Int32 = 134

    init?(_ end: SandboxEnd) {
        guard case .signalled(let signal) = end else { return nil }
        self.init(rawValue: signal)
    }

    /// `line` is what the runner said.
    func end(line: String) -> RunEnd {
        switch self {
        case .trap: .exited(Self.trapStatus)
        case .outOfFuel: .failed(AttemptFailure(.timedOut, line))
        case .outOfMemory: .failed(AttemptFailure(.outOfMemory, line))
        case .badModule: .failed(AttemptFailure(.notExecutable, line))
        case .staleArtefact, .noEngine, .noFile, .usage: .failed(AttemptFailure(.sandboxFailed, line))
        }
    }

    /// Signals that end the engine itself when it is broken: no module's doing, and no answer of its.
    static func isCrash(_ end: SandboxEnd) -> Bool {
        guard case .signalled(let signal) = end else { return false }
        // SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS
        return [4, 5, 6, 7, 8, 11, 31].contains(signal)
    }

    /// The last line that the runner wrote, without its name. A module can write such lines, too, but what is made of them
    /// depends on the signal alone.
    static func lastLine(_ text: KeptText) -> String {
        let prefix = "weft-wasm: "
        let lines = String(decoding: text.bytes().suffix(4096), as: UTF8.self).split(separator: "\n")
        guard let line = lines.last(where: { $0.hasPrefix(prefix) }) else { return "the module was stopped" }
        return String(line.dropFirst(prefix.count))
    }
}

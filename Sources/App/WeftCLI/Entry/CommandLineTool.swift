import ArgumentParser
import FoundationEssentials
import Glibc
import Logging
import WeftFormats
import WeftModel

/// A command that runs with what the composition root hands it.
protocol ContextCommand: ParsableCommand {
    var common: CommonOptions { get }
    /// What this command's flags set.
    var overrides: [Setting: String] { get }
    /// Daemons log `info` and above when nobody says otherwise, other commands warnings.
    static var isDaemon: Bool { get }
    /// The status for errors that have one of their own elsewhere; `weft run` keeps those for the payload.
    static func status(for status: ExitStatus) -> ExitStatus
    func run(in context: Context) async throws
}

extension ContextCommand {
    static var isDaemon: Bool { false }
    static func status(for status: ExitStatus) -> ExitStatus { status }

    /// Only reached when somebody runs the command without ``CommandLineTool``.
    func run() throws {
        throw CLIError(.failure, "commands run through CommandLineTool")
    }
}

/// The entry: parses, configures, runs, and turns whatever happens into words and a status.
package enum CommandLineTool {
    package static func main() async -> Never {
        Signals.ignoreClosedPipes()
        let code = await run(
            Array(CommandLine.arguments.dropFirst()), environment: ProcessInfo.processInfo.environment,
            terminal: .current(), output: { try Descriptor.write($0, to: STDOUT_FILENO) },
            error: { try Descriptor.write($0, to: STDERR_FILENO) })
        exit(code)
    }

    /// The whole tool as a function: arguments (without the program's name) in, status out.
    package static func run(
        _ arguments: [String], environment: [String: String], terminal: Terminal,
        output: @escaping @Sendable ([UInt8]) throws -> Void, error: @escaping @Sendable ([UInt8]) throws -> Void,
        connect: @escaping Context.Connect = { ClientAPI(try $0.makeClient()) }
    ) async -> Int32 {
        // Until the settings are known, errors are plain.
        var console = Console(terminal: terminal, output: output, error: error)
        var status: (ExitStatus) -> ExitStatus = { $0 }
        do {
            var command: any ParsableCommand
            do {
                command = try WeftCommand.parseAsRoot(arguments)
                if !(command is any ContextCommand) {
                    try command.run()
                    return ExitStatus.success.rawValue
                }
            } catch {
                return try endParsing(error, arguments: arguments, console: console)
            }
            guard let command = command as? any ContextCommand else { return ExitStatus.success.rawValue }
            status = type(of: command).status(for:)
            let context = try makeContext(command, environment, terminal, output, error, connect)
            console = context.console
            try await withTaskExecutorPreference(context.loops?.executor) { try await command.run(in: context) }
            return ExitStatus.success.rawValue
        } catch is OutputClosed {
            return ExitStatus.outputClosed.rawValue
        } catch let end as ExitWith {
            return end.code
        } catch {
            let described = ErrorWords.describe(error)
            do {
                try report(described, console)
            } catch {
                // Standard error is gone as well: the status is all that is left to say.
            }
            return status(described.status).rawValue
        }
    }

    private static func makeContext(
        _ command: any ContextCommand, _ environment: [String: String], _ terminal: Terminal,
        _ output: @escaping @Sendable ([UInt8]) throws -> Void, _ error: @escaping @Sendable ([UInt8]) throws -> Void,
        _ connect: @escaping Context.Connect
    ) throws -> Context {
        let flags = command.common.overrides.merging(command.overrides) { $1 }
        let settings = try Settings(
            flags: flags, environment: environment,
            file: SettingsFile.load(explicit: command.common.config, environment: environment))
        let hasColor = { (isTerminal: Bool) -> Bool in
            switch settings.text(.color) {
            case "always": true
            case "never": false
            default: isTerminal && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
            }
        }
        let console = Console(
            terminal: terminal, format: settings.text(.output).flatMap { Console.Format(rawValue: $0) } ?? .table,
            outputHasColor: hasColor(terminal.outputIsTerminal), errorHasColor: hasColor(terminal.errorIsTerminal),
            isQuiet: command.common.quiet, output: output, error: error)
        let isDaemon = type(of: command).isDaemon
        let level =
            settings.text(.logLevel).flatMap { Logger.Level(rawValue: $0) }
            ?? (isDaemon && !command.common.quiet ? .info : .warning)
        let logger = Logger(label: "weft") { _ in
            CompactLogHandler(label: "weft", level: level, style: console.errorStyle, now: WallClock.now) { line in
                do {
                    try error(Array(line.utf8))
                } catch {
                    // A log that cannot be written has nowhere to complain.
                }
            }
        }
        return Context(
            settings: settings, console: console, logger: logger, loops: isDaemon ? DaemonLoops() : nil,
            connect: connect)
    }

    /// Help and completion scripts end parsing as well; they are results.
    private static func endParsing(_ error: any Error, arguments: [String], console: Console) throws -> Int32 {
        let text = WeftCommand.fullMessage(for: error)
        if WeftCommand.exitCode(for: error) == .success {
            try console.write(text.hasSuffix("\n") ? text : text + "\n")
            return ExitStatus.success.rawValue
        }
        let lines = WeftCommand.message(for: error).split(separator: "\n")
        let hint = text.split(separator: "\n").last { $0.contains("--help") }
        try report(
            CLIError(
                .usage, lines.first.map(String.init) ?? "the command line is wrong",
                hint: hint.map { $0.drop { $0 == " " } }.map(String.init), details: lines.dropFirst().map(String.init)),
            console)
        // In `weft run` every status but this one belongs to the payload.
        let isRun = arguments.first { !$0.hasPrefix("-") } == "run"
        return (isRun ? ExitStatus.runFailed : .usage).rawValue
    }

    private static func report(_ error: CLIError, _ console: Console) throws {
        var text = "weft: \(console.errorStyle("error:", .bad)) \(Printable.line(error.message))\n"
        for detail in error.details { text += "  \(Printable.line(detail))\n" }
        if let hint = error.hint { text += "  \(console.errorStyle("hint:", .quiet)) \(Printable.line(hint))\n" }
        try console.draw(text)
    }
}

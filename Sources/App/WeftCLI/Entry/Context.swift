package import Logging
import WeftFormats
package import WeftModel

/// What a command works with: settings, where words go, the logger, the clock. Handed in, so that tests bring their own.
package struct Context: Sendable {
    package var settings: Settings
    package var console: Console
    package var logger: Logger
    package var now: @Sendable () -> Instant
    /// Of daemons only.
    package var loops: DaemonLoops?
    /// Reaches the coordinator that the settings name.
    package var connect: Connect

    package typealias Connect = @Sendable (Context) throws -> any CoordinatorAPI

    package init(
        settings: Settings, console: Console, logger: Logger, now: @escaping @Sendable () -> Instant = WallClock.now,
        loops: DaemonLoops? = nil, connect: @escaping Connect
    ) {
        self.settings = settings
        self.console = console
        self.logger = logger
        self.now = now
        self.loops = loops
        self.connect = connect
    }

    /// Throws ``CLIError`` when there is neither `--data-dir` nor a home directory.
    package func dataHome() throws -> DataHome {
        guard let path = settings.path(.dataDirectory) else {
            throw CLIError(.usage, "no data directory: HOME is not set", hint: "say where with --data-dir")
        }
        return DataHome(path)
    }

    /// Writes what the API would answer, as JSON or YAML, or else the text that `table` makes.
    package func show(_ value: some Encodable, table: () throws -> String) throws {
        switch console.format {
        case .table: try console.write(table())
        case .json: try console.write(bytes: CanonicalJSON.encodePretty(Representation.document(of: value)))
        case .yaml: try console.write(YAMLWriter.write(Representation.document(of: value)))
        }
    }

    /// Writes to the file, or to standard output without one.
    func write(_ bytes: [UInt8], to file: String?) throws {
        if let file { try Files.replace(file, with: bytes) } else { try console.write(bytes: bytes) }
    }

    /// The table as wide as the terminal allows.
    package func render(_ table: Table) -> String {
        table.render(width: console.terminal.outputIsTerminal ? console.terminal.columns : nil, style: console.style)
    }
}

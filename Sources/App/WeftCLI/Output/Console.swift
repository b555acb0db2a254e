import Glibc
import WeftFormats
import WeftModel

/// Where a command's words go: results to standard output, everything about them to standard error.
package struct Console: Sendable {
    package enum Format: String, Sendable, CaseIterable { case table, json, yaml }

    package var terminal: Terminal
    package var format: Format
    /// For standard output.
    package var style: Style
    /// For standard error.
    package var errorStyle: Style
    package var isQuiet: Bool
    private let output: @Sendable ([UInt8]) throws -> Void
    private let error: @Sendable ([UInt8]) throws -> Void

    package init(
        terminal: Terminal, format: Format = .table, outputHasColor: Bool = false, errorHasColor: Bool = false,
        isQuiet: Bool = false, output: @escaping @Sendable ([UInt8]) throws -> Void,
        error: @escaping @Sendable ([UInt8]) throws -> Void
    ) {
        self.terminal = terminal
        self.format = format
        style = Style(hasColor: outputHasColor)
        errorStyle = Style(hasColor: errorHasColor)
        self.isQuiet = isQuiet
        self.output = output
        self.error = error
    }

    /// The process's own standard output and standard error.
    package static func standard(
        terminal: Terminal, format: Format, outputHasColor: Bool, errorHasColor: Bool, isQuiet: Bool
    ) -> Console {
        Console(
            terminal: terminal, format: format, outputHasColor: outputHasColor, errorHasColor: errorHasColor,
            isQuiet: isQuiet, output: { try Descriptor.write($0, to: STDOUT_FILENO) },
            error: { try Descriptor.write($0, to: STDERR_FILENO) })
    }

    /// Results. Written at once, so that nothing is lost in a buffer.
    package func write(_ text: String) throws { try output(Array(text.utf8)) }
    package func write(bytes: [UInt8]) throws { try output(bytes) }
    package func writeError(bytes: [UInt8]) throws { try error(bytes) }

    /// A remark that is not part of the result; nothing when quiet.
    package func note(_ text: String) throws {
        guard !isQuiet else { return }
        try error(Array((text + "\n").utf8))
    }

    /// Text that is written as it is to standard error, line ends included (a progress line).
    package func draw(_ text: String) throws { try error(Array(text.utf8)) }

    package func write(_ table: Table) throws {
        try write(table.render(width: terminal.outputIsTerminal ? terminal.columns : nil, style: style))
    }
}

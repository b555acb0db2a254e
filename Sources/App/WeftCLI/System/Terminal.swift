import Glibc

/// What standard output and standard error are connected to.
package struct Terminal: Sendable, Hashable {
    package var outputIsTerminal: Bool
    package var errorIsTerminal: Bool
    /// Columns; nil where there is no terminal to fit.
    package var columns: Int?

    package init(outputIsTerminal: Bool, errorIsTerminal: Bool, columns: Int?) {
        self.outputIsTerminal = outputIsTerminal
        self.errorIsTerminal = errorIsTerminal
        self.columns = columns
    }

    /// Asks the kernel about this process.
    package static func current() -> Terminal {
        let output = isatty(STDOUT_FILENO) == 1
        let error = isatty(STDERR_FILENO) == 1
        return Terminal(
            outputIsTerminal: output, errorIsTerminal: error,
            columns: output || error ? size(of: output ? STDOUT_FILENO : STDERR_FILENO).columns : nil)
    }

    /// Nil where there is no terminal, or it does not tell.
    static func size(of descriptor: Int32) -> (rows: Int?, columns: Int?) {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 else { return (nil, nil) }
        return (size.ws_row > 0 ? Int(size.ws_row) : nil, size.ws_col > 0 ? Int(size.ws_col) : nil)
    }
}

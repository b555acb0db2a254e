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
        var size = winsize()
        let asked = output ? STDOUT_FILENO : STDERR_FILENO
        let known = (output || error) && ioctl(asked, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        return Terminal(
            outputIsTerminal: output, errorIsTerminal: error, columns: known ? Int(size.ws_col) : nil)
    }
}

import Glibc
import Synchronization
import WeftDevices
import WeftDrivers

/// A terminal as a screen: raw keys in, whole pictures out. What it was like before comes back with ``restore()``.
package final class ScreenTerminal: Sendable {
    private let input: Int32
    private let output: Int32
    private let before: termios

    /// Throws ``SystemError`` when `input` is no terminal.
    package init(input: Int32 = STDIN_FILENO, output: Int32 = STDOUT_FILENO) throws {
        self.input = input
        self.output = output
        var mode = termios()
        guard tcgetattr(input, &mode) == 0 else { throw SystemError("standard input is no terminal") }
        before = mode
        cfmakeraw(&mode)
        guard tcsetattr(input, TCSAFLUSH, &mode) == 0 else { throw SystemError("cannot read single keys") }
        // The other screen, without a cursor: what stood there before comes back at the end.
        try write("\u{1b}[?1049h\u{1b}[?25l")
    }

    package func restore() {
        // What cannot be put back any more has gone with the terminal.
        try? write("\u{1b}[?25h\u{1b}[?1049l")
        var mode = before
        tcsetattr(input, TCSAFLUSH, &mode)
    }

    /// 24 lines of 80 columns where the terminal does not tell.
    package var size: (rows: Int, columns: Int) {
        guard case (let rows?, let columns?) = Terminal.size(of: output) else { return (24, 80) }
        return (rows, columns)
    }

    /// Writes the lines that differ from those that are there.
    package func draw(_ lines: [String], over old: [String]) throws {
        var text = ""
        for (row, line) in lines.enumerated() where row >= old.count || old[row] != line {
            text += "\u{1b}[\(row + 1);1H\(line)\u{1b}[K"
        }
        if old.count > lines.count { text += "\u{1b}[\(lines.count + 1);1H\u{1b}[J" }
        if !text.isEmpty { try write(text) }
    }

    package func clear() throws { try write("\u{1b}[2J") }

    private func write(_ text: String) throws { try Descriptor.write(text.utf8, to: output) }

    /// What is pressed, until the reader goes away or the terminal does. A thread of its own reads, since reading blocks.
    package var keys: AsyncStream<Key> {
        AsyncStream { continuation in
            let isOver = StopSign()
            continuation.onTermination = { _ in isOver.raise() }
            let input = input
            if !startThread({ Self.read(input, isOver, continuation) }) { continuation.finish() }
        }
    }

    /// How long after an escape nothing more comes when it was the key, in milliseconds.
    private static let escapeDelay: Int32 = 50

    private static func read(_ input: Int32, _ isOver: StopSign, _ keys: AsyncStream<Key>.Continuation) {
        var decoder = KeyDecoder()
        while !isOver.isRaised {
            var poller = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
            let ready = poll(&poller, 1, escapeDelay)
            if ready == 0 {
                for key in decoder.settle() { keys.yield(key) }
                continue
            }
            guard ready > 0 || errno == EINTR else { break }
            guard ready > 0 else { continue }
            guard let bytes = try? Descriptor.read(from: input, limit: 1024), !bytes.isEmpty else { break }
            for key in decoder.take(bytes) { keys.yield(key) }
        }
        keys.finish()
    }
}

/// Raised once, seen by all.
private final class StopSign: Sendable {
    private let state = Atomic<Bool>(false)

    var isRaised: Bool { state.load(ordering: .acquiring) }
    func raise() { state.store(true, ordering: .releasing) }
}

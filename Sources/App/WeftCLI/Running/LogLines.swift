/// Puts the task's name before every line, whole lines at a time, so that tasks do not write into each other's lines.
package struct LogLines: Sendable {
    private struct Source: Hashable { var task: String, isError: Bool }

    private let isPrefixed: Bool
    private var partial: [Source: [UInt8]] = [:]
    /// A line longer than this is cut: one task without line breaks must not fill the memory.
    private static let longest = 64 << 10

    package init(isPrefixed: Bool) { self.isPrefixed = isPrefixed }

    /// The whole lines that are there now.
    package mutating func take(_ task: String, _ bytes: [UInt8], isError: Bool) -> [UInt8] {
        guard isPrefixed else { return bytes }
        let source = Source(task: task, isError: isError)
        var buffer = partial[source] ?? []
        var ready: [UInt8] = []
        for byte in bytes {
            buffer.append(byte)
            guard byte == UInt8(ascii: "\n") || buffer.count >= Self.longest else { continue }
            if byte != UInt8(ascii: "\n") { buffer.append(UInt8(ascii: "\n")) }
            ready += "\(task) | ".utf8
            ready += buffer
            buffer.removeAll(keepingCapacity: true)
        }
        partial[source] = buffer.isEmpty ? nil : buffer
        return ready
    }

    /// Lines without their end, given one.
    package mutating func rest() -> [(bytes: [UInt8], isError: Bool)] {
        let sources = partial.sorted { ($0.key.task, $0.key.isError ? 1 : 0) < ($1.key.task, $1.key.isError ? 1 : 0) }
        partial = [:]
        return sources.map { (Array("\($0.task) | ".utf8) + $1 + [UInt8(ascii: "\n")], $0.isError) }
    }
}

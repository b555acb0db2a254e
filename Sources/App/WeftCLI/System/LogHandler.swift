package import Logging
import WeftFormats
package import WeftModel

/// One line per message on standard error: `12:34:56.789 warning  message  key=value`. Times are UTC.
package struct CompactLogHandler: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let style: Style
    private let now: @Sendable () -> Instant
    private let write: @Sendable (String) -> Void

    package init(
        label: String, level: Logger.Level, style: Style, now: @escaping @Sendable () -> Instant,
        write: @escaping @Sendable (String) -> Void
    ) {
        self.label = label
        logLevel = level
        self.style = style
        self.now = now
        self.write = write
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var fields = metadata
        if let provided = metadataProvider?.get() { fields.merge(provided) { $1 } }
        if let own = event.metadata { fields.merge(own) { $1 } }
        if let error = event.error { fields["error"] = "\(error)" }
        let time = Timestamp(now()).description.dropFirst(11).prefix(12)
        let level = event.level.rawValue
        let space = String(repeating: " ", count: max(0, 8 - level.count))
        var line = "\(style(String(time), .quiet)) \(style(level, Self.meaning(of: event.level)))\(space) "
        line += Printable.line(event.message.description)
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
            line += " \(style(Printable.line(key) + "=", .quiet))\(Self.field(key, value))"
        }
        write(line + "\n")
    }

    /// A second wall: whoever logs a field with such a name by mistake does not publish what is in it.
    private static func field(_ key: String, _ value: Logger.MetadataValue) -> String {
        let name = key.lowercased()
        if ["token", "secret", "password", "authorization"].contains(where: name.hasSuffix) { return "(hidden)" }
        let text = Printable.line("\(value)")
        return text.contains(" ") || text.isEmpty ? "\"\(text)\"" : text
    }

    private static func meaning(of level: Logger.Level) -> Style.Meaning? {
        switch level {
        case .trace, .debug: .quiet
        case .info, .notice: .active
        case .warning: .warning
        case .error, .critical: .bad
        }
    }
}

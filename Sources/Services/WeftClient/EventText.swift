/// Reads `text/event-stream` (WHATWG HTML §9.2.6) piece by piece.
struct EventTextParser: Sendable {
    struct Event: Hashable, Sendable {
        var id: String?
        var name: String
        var data: String
    }

    private let limitBytes: Int
    private var line: [UInt8] = []
    private var lastWasReturn = false
    private var isFirstLine = true
    private var data: [UInt8] = []
    private var hasData = false
    private var name = ""
    private(set) var lastID: String?

    /// - Parameter limitBytes: the most that one line, and the data of one event, may have.
    init(limitBytes: Int = 16 << 20) { self.limitBytes = limitBytes }

    /// The events that these bytes complete. Throws when something is above the limit.
    mutating func read(_ bytes: some Sequence<UInt8>) throws -> [Event] {
        var events: [Event] = []
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\n") where lastWasReturn: lastWasReturn = false
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                lastWasReturn = byte == UInt8(ascii: "\r")
                if let event = try endLine() { events.append(event) }
            default:
                lastWasReturn = false
                guard line.count < limitBytes else { throw tooLarge }
                line.append(byte)
            }
        }
        return events
    }

    private mutating func endLine() throws -> Event? {
        defer { line.removeAll(keepingCapacity: true) }
        if isFirstLine {
            isFirstLine = false
            if line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        }
        guard !line.isEmpty else {
            defer {
                data.removeAll(keepingCapacity: true)
                hasData = false
                name = ""
            }
            guard hasData else { return nil }
            return Event(
                id: lastID, name: name.isEmpty ? "message" : name, data: String(decoding: data, as: UTF8.self))
        }
        guard line[0] != UInt8(ascii: ":") else { return nil }
        let colon = line.firstIndex(of: UInt8(ascii: ":"))
        let field = String(decoding: line[..<(colon ?? line.endIndex)], as: UTF8.self)
        var value = colon.map { line[($0 + 1)...] } ?? []
        if value.first == UInt8(ascii: " ") { value.removeFirst() }
        switch field {
        case "data":
            guard data.count + value.count < limitBytes else { throw tooLarge }
            if hasData { data.append(UInt8(ascii: "\n")) }
            data += value
            hasData = true
        case "event": name = String(decoding: value, as: UTF8.self)
        case "id" where !value.contains(0): lastID = String(decoding: value, as: UTF8.self)
        default: break
        }
        return nil
    }

    private var tooLarge: ClientError {
        .unexpected(url: "the event stream", reason: "an event has more than \(limitBytes) bytes")
    }
}

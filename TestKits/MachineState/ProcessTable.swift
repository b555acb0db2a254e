import Glibc

/// The processes that can be seen from here, at one moment.
struct ProcessTable {
    struct Entry {
        var identifier: Int32
        var parent: Int32
        /// In clock ticks since the machine's start; tells two processes of one number apart.
        var startTime: String
        var state: Character
        /// At most 15 characters of its program's name.
        var name: String
        var command: String
    }

    private(set) var entries: [Int32: Entry] = [:]

    init() {
        for text in Files.names("/proc") {
            guard let identifier = Int32(text), let entry = Self.entry(identifier) else { continue }
            entries[identifier] = entry
        }
    }

    private static func entry(_ identifier: Int32) -> Entry? {
        guard let status = Files.read("/proc/\(identifier)/stat"), let open = status.firstIndex(of: "("),
            let close = status.lastIndex(of: ")")
        else { return nil }
        let fields = status[status.index(after: close)...].split(separator: " ")
        guard fields.count > 19, let parent = Int32(fields[1]) else { return nil }
        let arguments = (Files.bytes("/proc/\(identifier)/cmdline") ?? []).split(separator: 0)
        return Entry(
            identifier: identifier, parent: parent, startTime: String(fields[19]), state: fields[0].first ?? "?",
            name: String(status[status.index(after: open)..<close]),
            command: arguments.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " "))
    }

    func descends(_ identifier: Int32, from ancestor: Int32) -> Bool {
        var current = identifier
        // Bounded: the table is no snapshot, so that its links could form a ring.
        for _ in 0..<100 {
            guard let entry = entries[current], entry.parent > 0 else { return false }
            if entry.parent == ancestor { return true }
            current = entry.parent
        }
        return false
    }

    /// Whether anything that can be read of a process has one of the words in it.
    static func bears(_ words: [String], _ entry: Entry) -> Bool {
        guard !words.isEmpty else { return false }
        if words.contains(where: entry.command.contains) { return true }
        let folder = "/proc/\(entry.identifier)"
        for name in ["environ", "cgroup"] {
            if let text = Files.read("\(folder)/\(name)"), words.contains(where: text.contains) { return true }
        }
        for name in ["cwd", "root", "exe"] {
            if let text = Files.link("\(folder)/\(name)"), words.contains(where: text.contains) { return true }
        }
        return false
    }
}

import WeftModel

/// A command's program as it lies in the working directory, before anything of the payload has run.
enum ProgramFile: Sendable, Hashable {
    case program(ELFHeader)
    /// A script, and who is to run it.
    case script(interpreter: String, argument: String?)
    /// Neither; what the kernel makes of it is the kernel's word.
    case other

    /// As long as the kernel's own bound on such lines (`BINPRM_BUF_SIZE`).
    private static let lineBytesMax = 256

    init(_ file: ProducedFile) throws {
        let start = try file.read(offset: 0, length: Self.lineBytesMax)
        if start.starts(with: ELFHeader.magic) {
            let header = try ELFHeader(file)
            self = header.map { .program($0) } ?? .other
        } else if start.starts(with: [UInt8(ascii: "#"), UInt8(ascii: "!")]) {
            self = Self.script(start.dropFirst(2).prefix { $0 != UInt8(ascii: "\n") && $0 != 0 }) ?? .other
        } else {
            self = .other
        }
    }

    /// Interpreter and at most one argument, which may contain blanks: as the kernel takes the line.
    private static func script(_ line: some Collection<UInt8>) -> ProgramFile? {
        func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        let rest = Array(line.drop(while: isBlank))
        let name = rest.prefix { !isBlank($0) }
        guard !name.isEmpty else { return nil }
        var argument = rest[name.endIndex...].drop(while: isBlank)
        while let last = argument.last, isBlank(last) { argument.removeLast() }
        return .script(
            interpreter: String(decoding: name, as: UTF8.self),
            argument: argument.isEmpty ? nil : String(decoding: argument, as: UTF8.self))
    }
}

extension ELFHeader {
    /// Nil when the file is no program. Throws ``SystemError``.
    init?(_ file: ProducedFile) throws {
        try self.init(sizeBytes: file.sizeBytes) { try file.read(offset: $0, length: $1) }
    }

    /// Whether a file, which is no symbolic link, is a program of this machine that needs nothing beside it.
    static func isStaticAndNative(_ path: String) -> Bool {
        guard let file = try? ProducedFile(reading: path), let header = try? ELFHeader(file) else { return false }
        return header.architecture == ProgramArchitecture.native && header.loader == nil
    }
}

extension Workspace {
    /// Where a program lies below the working directory, which payloads see as `/work` and start in; nil for one that
    /// is looked up in `PATH` or lies elsewhere. No symbolic link is in the directory yet, so a path means what it says.
    static func placeOfProgram(_ name: String, openDirectory: String? = nil) -> String? {
        guard name.utf8.contains(UInt8(ascii: "/")) else { return nil }
        let root = openDirectory ?? "/work"
        if isElsewhere(name, root) { return nil }
        var parts: [Substring] = []
        for part in name.split(separator: "/") where part != "." {
            if part != ".." {
                parts.append(part)
            } else if name.utf8.first == UInt8(ascii: "/") {
                _ = parts.popLast()
            } else if parts.popLast() == nil {
                return nil
            }
        }
        if name.utf8.first == UInt8(ascii: "/") {
            let above = root.split(separator: "/")
            guard parts.starts(with: above) else { return nil }
            parts.removeFirst(above.count)
        }
        return parts.isEmpty ? nil : parts.joined(separator: "/")
    }

    /// Whether that is plain from the bytes alone: it mostly is, and every attempt asks.
    private static func isElsewhere(_ name: String, _ root: String) -> Bool {
        let slash = UInt8(ascii: "/")
        guard name.utf8.first == slash, !name.utf8.starts(with: root.utf8) else { return false }
        // With two slashes, or a dot after one, the parts have to be looked at.
        let dot = UInt8(ascii: ".")
        return !zip(name.utf8, name.utf8.dropFirst()).contains { $0 == slash && ($1 == slash || $1 == dot) }
    }
}

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The kernel's files, below a directory that is `/` for real and a test's own otherwise.
struct HostTree: Sendable {
    let root: String

    init(root: String = "") { self.root = root }

    func text(_ path: String, limit: Int = 65_536) -> String? { HostFiles.read(root + path, limit: limit) }

    /// The first line.
    func line(_ path: String) -> String? {
        guard let text = text(path, limit: 4096) else { return nil }
        let line = String(text.prefix { $0 != "\n" }).trimmed
        return line.isEmpty ? nil : line
    }

    func number(_ path: String) -> Int64? { line(path).flatMap { Int64($0) } }

    /// `0x10de` and the like.
    func hexadecimal(_ path: String) -> UInt32? {
        line(path).flatMap { UInt32($0.hasPrefix("0x") ? String($0.dropFirst(2)) : $0, radix: 16) }
    }

    func names(_ directory: String) -> [String] { HostFiles.names(in: root + directory) }

    func exists(_ path: String) -> Bool { access(root + path, F_OK) == 0 }

    /// The last part of what a symbolic link points to.
    func linkName(_ path: String) -> String? {
        linkTarget(path)?.split(separator: "/").last.map(String.init)
    }

    func linkTarget(_ path: String) -> String? {
        let bytes = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
            let size = buffer.withMemoryRebound(to: CChar.self) { readlink(root + path, $0.baseAddress!, $0.count) }
            count = max(0, size)
        }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }
}

extension StringProtocol {
    /// Without white space at either end.
    var trimmed: String {
        let isSpace = { (character: Character) in character == " " || character == "\t" || character.isNewline }
        return String(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}

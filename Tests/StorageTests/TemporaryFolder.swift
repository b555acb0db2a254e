import Glibc

/// A new folder that is deleted, with what is in it, when the last owner is gone.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/weft-tests-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw FileProblem("mkdtemp", errno) }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit { Self.delete(path) }

    static func names(in folder: String) -> [String] {
        guard let handle = opendir(folder) else { return [] }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Every regular file below `folder`, by path.
    static func files(below folder: String) -> [String] {
        names(in: folder).flatMap { name in
            let path = folder + "/" + name
            var status = stat()
            guard lstat(path, &status) == 0 else { return [String]() }
            return status.st_mode & S_IFMT == S_IFDIR ? files(below: path) : [path]
        }
    }

    private static func delete(_ path: String) {
        for name in names(in: path) { delete(path + "/" + name) }
        if rmdir(path) != 0 { unlink(path) }
    }
}

struct FileProblem: Error, CustomStringConvertible {
    let description: String

    init(_ what: String, _ code: CInt) { description = "\(what): \(String(cString: strerror(code)))" }
}

enum Files {
    static func read(_ path: String) throws -> [UInt8] {
        guard let file = fopen(path, "rb") else { throw FileProblem("open \(path)", errno) }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { return bytes }
            bytes += buffer[..<count]
        }
    }

    static func write(_ bytes: [UInt8], to path: String) throws {
        guard let file = fopen(path, "wb") else { throw FileProblem("create \(path)", errno) }
        defer { fclose(file) }
        guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw FileProblem("write \(path)", errno) }
    }

    static func copy(_ path: String, to target: String) throws { try write(read(path), to: target) }
}

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A system call that failed.
struct PosixError: Error, CustomStringConvertible {
    let operation: String
    let errno: Int32

    /// Takes `errno` as it is now, unless told otherwise.
    init(_ operation: String, errno code: Int32 = currentErrorNumber()) {
        self.operation = operation
        self.errno = code
    }

    var description: String { "\(operation): \(String(cString: strerror(errno)))" }
}

/// `errno`, where a member of that name hides it.
func currentErrorNumber() -> Int32 { errno }

#if os(Linux)
    import Dispatch

    /// Runs blocking calls (control groups, directory walks) away from the threads that run tasks.
    private let blockingQueue = DispatchQueue(label: "weft.sandbox.blocking", attributes: .concurrent)

    /// As ``offload(_:)``, for what nobody waits for.
    func offloadAndForget(_ body: @Sendable @escaping () -> Void) { blockingQueue.async(execute: body) }

    func offload<Result: Sendable>(_ body: @Sendable @escaping () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            blockingQueue.async { continuation.resume(with: Swift.Result { try body() }) }
        }
    }

    func offload<Result: Sendable>(_ body: @Sendable @escaping () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            blockingQueue.async { continuation.resume(returning: body()) }
        }
    }

    enum HostFile {
        /// The whole of a small file, such as those of /proc and of control groups, or nil when it cannot be read.
        static func read(_ path: String, limitBytes: Int = 1 << 20) -> String? {
            let fd = open(path, O_RDONLY | O_CLOEXEC)
            guard fd >= 0 else { return nil }
            defer { close(fd) }
            var bytes: [UInt8] = []
            while bytes.count < limitBytes {
                let chunk = [UInt8](unsafeUninitializedCapacity: 16384) { buffer, count in
                    count = max(0, Glibc.read(fd, buffer.baseAddress, buffer.count))
                }
                if chunk.isEmpty { break }
                bytes += chunk
            }
            return String(decoding: bytes, as: UTF8.self)
        }

        static func readNumber(_ path: String) -> Int64? {
            read(path).flatMap { Int64($0.trimmed) }
        }

        /// The number after `key` in a file of "key number" lines.
        static func readNumber(_ path: String, key: String) -> Int64? {
            guard let text = read(path) else { return nil }
            for line in text.split(separator: "\n") {
                let words = line.split(separator: " ")
                if words.count == 2, words[0] == key { return Int64(words[1]) }
            }
            return nil
        }

        /// Writes in one call to a file that exists, as control groups want it.
        static func write(_ text: String, to path: String) throws(PosixError) {
            let fd = open(path, O_WRONLY | O_CLOEXEC)
            guard fd >= 0 else { throw PosixError("cannot open \(path)") }
            defer { close(fd) }
            var text = text
            let count = text.withUTF8 { Glibc.write(fd, $0.baseAddress, $0.count) }
            if count != text.utf8.count { throw PosixError("cannot write \(text) to \(path)") }
        }

        static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

        static func names(in directory: String) -> [String] {
            guard let stream = opendir(directory) else { return [] }
            defer { closedir(stream) }
            var names: [String] = []
            while let entry = readdir(stream) {
                let name = entry.fileName
                if name != "." && name != ".." { names.append(name) }
            }
            return names
        }
    }

    extension UnsafeMutablePointer<dirent> {
        /// With a zero at the end. A name need not be text, and what is made of it as text is another name.
        var fileNameBytes: [CChar] {
            withUnsafePointer(to: &pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: 256) {
                    Array(UnsafeBufferPointer(start: $0, count: strlen($0) + 1))
                }
            }
        }

        var isItselfOrParent: Bool {
            let name = pointee.d_name
            return name.0 == 46 && (name.1 == 0 || (name.1 == 46 && name.2 == 0))
        }

        var fileName: String {
            withUnsafePointer(to: &pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
        }
    }

    extension String {
        var trimmed: Substring {
            var text = self[...]
            while text.last?.isWhitespace == true { text.removeLast() }
            while text.first?.isWhitespace == true { text.removeFirst() }
            return text
        }
    }
#endif

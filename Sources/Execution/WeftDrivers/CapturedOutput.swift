#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A complete stream of bytes: in memory while it is small, otherwise in a file that goes with its workspace.
package enum CapturedOutput: Sendable, Hashable {
    case memory([UInt8])
    case file(path: String, sizeBytes: Int64)

    package var sizeBytes: Int64 {
        switch self {
        case .memory(let bytes): Int64(bytes.count)
        case .file(_, let size): size
        }
    }
}

/// Takes a stream up to a bound and moves it into a file when it grows past what memory is for.
struct Spool: Sendable {
    private let limitBytes: Int64
    private let memoryBytes: Int
    private let path: String
    private var held: [UInt8] = []
    private var descriptor: Int32 = -1
    private(set) var sizeBytes: Int64 = 0
    private(set) var isOverflown = false
    /// Why the file could not be written.
    private(set) var failure: SystemError?

    init(limitBytes: Int64, memoryBytes: Int, path: String) {
        self.limitBytes = limitBytes
        self.memoryBytes = memoryBytes
        self.path = path
    }

    /// Past the bound, and after a failure, bytes are let go.
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard !isOverflown, failure == nil else { return }
        guard sizeBytes + Int64(bytes.count) <= limitBytes else {
            isOverflown = true
            return
        }
        sizeBytes += Int64(bytes.count)
        if descriptor < 0, held.count + bytes.count <= memoryBytes {
            held.append(contentsOf: bytes)
            return
        }
        do throws(SystemError) {
            if descriptor < 0 { try moveToFile() }
            try writeAll(descriptor, bytes)
        } catch {
            failure = error
        }
    }

    private mutating func moveToFile() throws(SystemError) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemError("cannot create \(path)") }
        let bytes = held
        held = []
        var failure: SystemError?
        bytes.withUnsafeBytes { buffer in
            do throws(SystemError) { try writeAll(descriptor, buffer) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// No more bytes come.
    mutating func finish() -> CapturedOutput {
        guard descriptor >= 0 else { return .memory(held) }
        close(descriptor)
        descriptor = -1
        return .file(path: path, sizeBytes: sizeBytes)
    }
}

/// The beginning and the end of a text, with a count of what is missing between them.
package struct KeptText: Sendable, Hashable {
    private let limit: Int
    private var head: [UInt8] = []
    private var tail: [UInt8] = []
    package private(set) var droppedBytes: UInt64 = 0

    /// Keeps `limit` bytes of either end.
    package init(limit: Int = 64 << 10) { self.limit = limit }

    package mutating func append(_ bytes: some Collection<UInt8>) {
        let room = limit - head.count
        head.append(contentsOf: bytes.prefix(room))
        guard bytes.count > room else { return }
        tail.append(contentsOf: bytes.dropFirst(room))
        // Twice the room, so that the front is cut off seldom.
        if tail.count > 2 * limit { cut() }
    }

    private mutating func cut() {
        let excess = tail.count - limit
        guard excess > 0 else { return }
        tail.removeFirst(excess)
        droppedBytes += UInt64(excess)
    }

    /// What was kept, with a line in place of what was not.
    package func bytes() -> [UInt8] {
        var kept = self
        kept.cut()
        guard kept.droppedBytes > 0 else { return kept.head + kept.tail }
        return kept.head + Array("\n[weft: \(kept.droppedBytes) bytes left out]\n".utf8) + kept.tail
    }

    package var isEmpty: Bool { head.isEmpty }
}

import Synchronization
import WeftModel
import WeftStorage

/// Gathers small pieces, so that they do not cost a hop to the disk's threads each.
final class FileBlobWriter: BlobWriter {
    private static let gatheredBytes = 256 << 10

    /// What work on the disk's threads holds on to: not the writer itself, so that the file is gone as soon as the last
    /// user drops the writer, and not when some thread has let go of its work.
    private let content: WriterContent
    private let pool: BlockingPool

    init(file: IncomingFile, pool: BlockingPool) {
        content = WriterContent(file: file)
        self.pool = pool
    }

    deinit { content.discard() }

    func write(_ bytes: [UInt8]) async throws {
        if try content.gather(bytes, upTo: Self.gatheredBytes) { return }
        try await pool.run { [content] in try content.write(bytes) }
    }

    func finish(expecting: Digest?) async throws -> BlobReference {
        try await pool.run { [content] in try content.finish(expecting: expecting) }
    }

    func cancel() async { content.discard() }
}

/// The file and what is not yet written to it. The lock is never contended: a writer has one user at a time.
private final class WriterContent: Sendable {
    private struct State {
        /// nil once it has ended.
        var file: IncomingFile?
        var gathered: [UInt8] = []

        mutating func write(_ bytes: [UInt8]) throws {
            guard file != nil else { throw BlobError.failed("the writer has finished") }
            do {
                try gathered.withUnsafeBytes { try file?.write($0) }
                gathered = []
                try bytes.withUnsafeBytes { try file?.write($0) }
            } catch {
                // What is half written can be of no use; its room may be.
                discard()
                throw error
            }
        }

        mutating func discard() {
            gathered = []
            file.take()?.discard()
        }
    }

    private let state: Mutex<State>

    init(file: IncomingFile) { state = Mutex(State(file: file)) }

    /// Keeps the bytes in memory and returns true, unless that would be more than `limit` in all.
    func gather(_ bytes: [UInt8], upTo limit: Int) throws -> Bool {
        try state.withLock { state in
            if state.file == nil { throw BlobError.failed("the writer has finished") }
            if state.gathered.count + bytes.count > limit { return false }
            state.gathered += bytes
            return true
        }
    }

    /// Writes what was gathered, then `bytes`. Blocks.
    func write(_ bytes: [UInt8]) throws {
        try state.withLock { try $0.write(bytes) }
    }

    /// Blocks.
    func finish(expecting: Digest?) throws -> BlobReference {
        try state.withLock { state in
            try state.write([])
            guard let file = state.file.take() else { preconditionFailure("the write before has seen the file") }
            return try file.finish(expecting: expecting)
        }
    }

    func discard() {
        state.withLock { $0.discard() }
    }
}

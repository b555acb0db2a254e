import Synchronization
import WeftModel
import WeftStorage

/// Gathers small pieces, so that they do not cost a hop to the disk's threads each.
final class FileBlobWriter: BlobWriter {
    private static let gatheredBytes = 256 << 10

    private struct State {
        /// nil once it has ended.
        var file: IncomingFile?
        var gathered: [UInt8] = []
    }

    private let state: Mutex<State>
    private let pool: BlockingPool

    init(file: IncomingFile, pool: BlockingPool) {
        state = Mutex(State(file: file))
        self.pool = pool
    }

    deinit { discard() }

    func write(_ bytes: [UInt8]) async throws {
        let isEnough = try state.withLock { state in
            if state.file == nil { throw BlobError.failed("the writer has finished") }
            if state.gathered.count + bytes.count > Self.gatheredBytes { return true }
            state.gathered += bytes
            return false
        }
        if !isEnough { return }
        try await pool.run { [self] in
            try state.withLock { state in
                try Self.flush(&state)
                try Self.write(bytes, &state)
            }
        }
    }

    func finish(expecting: Digest?) async throws -> BlobReference {
        try await pool.run { [self] in
            try state.withLock { state in
                try Self.flush(&state)
                guard let file = state.file.take() else { throw BlobError.failed("the writer has finished") }
                return try file.finish(expecting: expecting)
            }
        }
    }

    func cancel() async { discard() }

    private func discard() {
        state.withLock { state in
            state.gathered = []
            state.file.take()?.discard()
        }
    }

    private static func flush(_ state: inout State) throws {
        let gathered = state.gathered
        state.gathered = []
        try write(gathered, &state)
    }

    private static func write(_ bytes: [UInt8], _ state: inout State) throws {
        do {
            if state.file == nil { throw BlobError.failed("the writer has finished") }
            try bytes.withUnsafeBytes { try state.file?.write($0) }
        } catch {
            // What is half written can be of no use; its room may be.
            state.file.take()?.discard()
            throw error
        }
    }
}

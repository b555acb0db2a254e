import LibP2P
import NIOCore
import Synchronization

/// Bytes one way, from one writer to one reader, and no more of them at a time than fit.
final class BoundedPipe: Sendable {
    private struct State {
        var bytes = ByteBuffer()
        var isFinished = false
        var isDiscarding = false
        var failure: PeerStreamError?
        var reader: CheckedContinuation<ByteBuffer?, any Error>?
        var writer: CheckedContinuation<Void, any Error>?
    }

    private let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int) { self.capacity = capacity }

    /// Whether the writer has finished, or nothing can come any more.
    var hasEnded: Bool { state.withLock { $0.isFinished || $0.failure != nil } }

    func read() async throws -> ByteBuffer? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let (answer, writer) = state.withLock { state in
                    var answer: Result<ByteBuffer?, any Error>?
                    if let failure = state.failure {
                        answer = .failure(failure)
                    } else if state.bytes.readableBytes > 0 {
                        answer = .success(state.bytes)
                        state.bytes = ByteBuffer()
                    } else if state.isFinished {
                        answer = .success(nil)
                    } else {
                        precondition(state.reader == nil, "one task reads a stream")
                        state.reader = continuation
                    }
                    return (answer, answer == nil ? nil : state.writer.take())
                }
                writer?.resume()
                if let answer { continuation.resume(with: answer) }
            }
        } onCancel: {
            fail(.reset)
        }
    }

    func write(_ bytes: ByteBuffer) async throws {
        var rest = bytes
        while rest.readableBytes > 0 {
            try await withTaskCancellationHandler {
                try await waitForRoom()
            } onCancel: {
                fail(.reset)
            }
            try put(&rest)
        }
    }

    private func waitForRoom() async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            let answer: Result<Void, any Error>? = state.withLock { state in
                if let failure = state.failure { return .failure(failure) }
                if state.isFinished { return .failure(PeerStreamError.closed) }
                if state.isDiscarding || state.bytes.readableBytes < capacity { return .success(()) }
                precondition(state.writer == nil, "one task writes to a stream")
                state.writer = continuation
                return nil
            }
            if let answer { continuation.resume(with: answer) }
        }
    }

    private func put(_ rest: inout ByteBuffer) throws {
        let (reader, arrived) = try state.withLock { state in
            if let failure = state.failure { throw failure }
            if state.isDiscarding {
                rest.clear()
                return (nil as CheckedContinuation<ByteBuffer?, any Error>?, nil as ByteBuffer?)
            }
            let count = min(capacity - state.bytes.readableBytes, rest.readableBytes)
            if count > 0, var taken = rest.readSlice(length: count) { state.bytes.writeBuffer(&taken) }
            guard state.bytes.readableBytes > 0, let reader = state.reader.take() else { return (nil, nil) }
            defer { state.bytes = ByteBuffer() }
            return (reader, state.bytes)
        }
        reader?.resume(returning: arrived)
    }

    /// No more will be written.
    func finish() {
        let reader = state.withLock { state in
            state.isFinished = true
            return state.failure == nil ? state.reader.take() : nil
        }
        reader?.resume(returning: nil)
    }

    /// What is written from now on is thrown away.
    func discard() {
        let writer = state.withLock { state in
            state.isDiscarding = true
            state.bytes = ByteBuffer()
            return state.writer.take()
        }
        writer?.resume()
    }

    func fail(_ error: PeerStreamError) {
        let (reader, writer) = state.withLock { state in
            guard state.failure == nil, !(state.isFinished && state.bytes.readableBytes == 0) else {
                return (
                    nil as CheckedContinuation<ByteBuffer?, any Error>?, nil as CheckedContinuation<Void, any Error>?
                )
            }
            state.failure = error
            state.bytes = ByteBuffer()
            return (state.reader.take(), state.writer.take())
        }
        reader?.resume(throwing: error)
        writer?.resume(throwing: error)
    }
}

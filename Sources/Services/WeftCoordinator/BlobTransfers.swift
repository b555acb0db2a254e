import Synchronization
import SwiftProtobuf
import WeftModel
import WeftStorage
import WeftWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Blobs over one link, both ways, in pieces: asks for those that results name, and answers what the worker asks for.
final class BlobTransfers: Sendable {
    /// Pieces of one blob that are asked for ahead.
    private static let ahead = 8
    /// The worker's requests that may wait.
    private static let maxRequests = 4096

    private struct State {
        var nextRequest: UInt64 = 1
        var waiting: [UInt64: CheckedContinuation<Weft_Wire_V1_BlobData, any Error>] = [:]
        var isClosed = false
    }

    private let state = Mutex(State())
    private let outbox: Mailbox<Message>
    private let requests = Mailbox<Weft_Wire_V1_BlobRequest>(limit: maxRequests)

    init(outbox: Mailbox<Message>) { self.outbox = outbox }

    func receive(_ data: Weft_Wire_V1_BlobData) {
        let waiter = state.withLock { $0.waiting.removeValue(forKey: data.request) }
        waiter?.resume(returning: data)
    }

    func close() {
        requests.close()
        let waiting = state.withLock { state in
            state.isClosed = true
            defer { state.waiting = [:] }
            return state.waiting
        }
        for waiter in waiting.values { waiter.resume(throwing: LinkError.closed) }
    }

    private func ask(for blob: BlobReference, at offset: Int64) async throws -> [UInt8] {
        let length = min(Int64(LinkBounds.blobChunkBytes), blob.sizeBytes - offset)
        let data = try await withCheckedThrowingContinuation { continuation in
            let request = state.withLock { state -> UInt64? in
                guard !state.isClosed else { return nil }
                defer { state.nextRequest += 1 }
                state.waiting[state.nextRequest] = continuation
                return state.nextRequest
            }
            guard let request else { return continuation.resume(throwing: LinkError.closed) }
            outbox.push(
                .with {
                    $0.blobRequest.request = request
                    $0.blobRequest.digest = Data(blob.digest.bytes)
                    $0.blobRequest.offset = UInt64(offset)
                    $0.blobRequest.length = UInt32(length)
                })
        }
        guard data.error.isEmpty else { throw BlobError.failed(data.error) }
        guard data.bytes.count == Int(length) else {
            throw BlobError.failed("a piece of \(data.bytes.count) bytes came where \(length) were asked for")
        }
        return [UInt8](data.bytes)
    }

    /// Brings a blob in. Its digest is checked before it becomes visible.
    func fetch(_ blob: BlobReference, into blobs: any BlobStore) async throws {
        let writer = try await blobs.makeWriter()
        do {
            let piece = Int64(LinkBounds.blobChunkBytes)
            var offset: Int64 = 0
            while offset < blob.sizeBytes {
                let offsets = stride(from: offset, to: min(blob.sizeBytes, offset + piece * Int64(Self.ahead)), by: Int(piece))
                let pieces = try await withThrowingTaskGroup(of: (Int64, [UInt8]).self) { group in
                    for start in offsets { group.addTask { (start, try await self.ask(for: blob, at: start)) } }
                    var pieces: [Int64: [UInt8]] = [:]
                    for try await (start, bytes) in group { pieces[start] = bytes }
                    return pieces
                }
                for start in offsets {
                    try await writer.write(pieces[start]!)
                    offset = start + Int64(pieces[start]!.count)
                }
            }
            _ = try await writer.finish(expecting: blob.digest)
        } catch {
            await writer.cancel()
            throw error
        }
    }

    /// Queues the worker's request; answered by ``answer(from:)``. Past the bound it is refused at once.
    func serve(_ request: Weft_Wire_V1_BlobRequest) {
        guard !requests.push(request) else { return }
        outbox.push(
            .with {
                $0.blobData.request = request.request
                $0.blobData.error = "too many requests at once"
            })
    }

    func answer(from blobs: any BlobStore) async {
        while let batch = await requests.next() {
            for request in batch {
                var data = Weft_Wire_V1_BlobData()
                data.request = request.request
                do {
                    guard let digest = Digest(bytes: request.digest) else { throw BlobError.failed("not a digest") }
                    guard let size = try await blobs.size(of: digest) else { throw BlobError.missing(digest) }
                    let length = min(Int(request.length), LinkBounds.blobChunkBytes)
                    data.totalBytes = UInt64(size)
                    data.bytes = Data(
                        try await blobs.read(digest, offset: Int64(clamping: request.offset), length: length))
                } catch {
                    data.error = "\(error)"
                }
                outbox.push(.with { $0.blobData = data })
            }
        }
    }
}

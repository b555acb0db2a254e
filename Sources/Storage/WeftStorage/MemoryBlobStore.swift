import Synchronization
import WeftFormats
package import WeftModel

/// The reference blob store: everything in memory. For tests and for trying Weft out.
package final class MemoryBlobStore: BlobStore, PartialBlobs {
    private struct State {
        var partials: [Digest: [UInt8]] = [:]
        var openPartials: Set<Digest> = []
        var blobs: [Digest: [UInt8]] = [:]
        var storedBytes: Int64 = 0
    }

    private let state = Mutex(State())
    private let boundBytes: Int64?

    /// - Parameter boundBytes: how many bytes of content it may hold; a blob that would be too many throws
    ///   ``BlobError/full(_:)``. nil: as many as there is memory.
    package init(boundBytes: Int64? = nil) {
        self.boundBytes = boundBytes
    }

    package func put(_ bytes: [UInt8]) async throws -> BlobReference {
        try keep(bytes, as: Hashing.sha256(bytes))
    }

    package func makeWriter() async throws -> any BlobWriter { MemoryBlobWriter(store: self) }

    package func size(of digest: Digest) async throws -> Int64? {
        state.withLock { $0.blobs[digest].map { Int64($0.count) } }
    }

    package func read(_ digest: Digest, offset: Int64, length: Int) async throws -> [UInt8] {
        guard let bytes = state.withLock({ $0.blobs[digest] }) else { throw BlobError.missing(digest) }
        let start = Int(min(max(offset, 0), Int64(bytes.count)))
        return Array(bytes[start...].prefix(max(0, length)))
    }

    package func remove(_ digest: Digest) async throws {
        state.withLock { state in
            if let bytes = state.blobs.removeValue(forKey: digest) { state.storedBytes -= Int64(bytes.count) }
        }
    }

    package func list() async throws -> [BlobReference] {
        state.withLock { $0.blobs.map { BlobReference(digest: $0.key, sizeBytes: Int64($0.value.count)) } }
    }

    package func openPartial(_ digest: Digest, sizeBytes: Int64) async throws -> any PartialBlob {
        try state.withLock { state in
            guard state.openPartials.insert(digest).inserted else {
                throw BlobError.failed("\(digest) is being fetched already")
            }
            return MemoryPartialBlob(
                store: self, digest: digest, sizeBytes: sizeBytes,
                bytes: state.partials.removeValue(forKey: digest) ?? [])
        }
    }

    /// A partial blob is not open any more; what there is of it stays if it is not nil.
    fileprivate func close(_ digest: Digest, keeping bytes: [UInt8]?) {
        state.withLock { state in
            state.openPartials.remove(digest)
            state.partials[digest] = bytes
        }
    }

    fileprivate func keep(_ bytes: [UInt8], as digest: Digest) throws -> BlobReference {
        try state.withLock { state in
            if state.blobs[digest] == nil {
                let total = state.storedBytes + Int64(bytes.count)
                if let boundBytes, total > boundBytes {
                    throw BlobError.full("the store may hold \(boundBytes) bytes; this would make \(total)")
                }
                state.blobs[digest] = bytes
                state.storedBytes = total
            }
            return BlobReference(digest: digest, sizeBytes: Int64(bytes.count))
        }
    }

    /// Throws when a writer alone has more than the store may ever hold, so that it does not grow until `finish`.
    fileprivate func check(length: Int) throws {
        if let boundBytes, Int64(length) > boundBytes {
            throw BlobError.full("the store may hold \(boundBytes) bytes; the blob has \(length) already")
        }
    }
}

private final class MemoryBlobWriter: BlobWriter {
    private struct State {
        var bytes: [UInt8] = []
        var isDone = false
    }

    private let state = Mutex(State())
    private let store: MemoryBlobStore

    init(store: MemoryBlobStore) { self.store = store }

    func write(_ bytes: [UInt8]) async throws {
        try state.withLock { state in
            if state.isDone { throw BlobError.failed("the writer has finished") }
            try store.check(length: state.bytes.count + bytes.count)
            state.bytes += bytes
        }
    }

    func finish(expecting: Digest?) async throws -> BlobReference {
        let bytes = try state.withLock { state in
            if state.isDone { throw BlobError.failed("the writer has finished") }
            state.isDone = true
            return state.bytes
        }
        state.withLock { $0.bytes = [] }
        let digest = Hashing.sha256(bytes)
        if let expecting, expecting != digest { throw BlobError.mismatch(expected: expecting, actual: digest) }
        return try store.keep(bytes, as: digest)
    }

    func cancel() async {
        state.withLock { $0 = State(bytes: [], isDone: true) }
    }
}

private final class MemoryPartialBlob: PartialBlob {
    private let store: MemoryBlobStore
    private let digest: Digest
    private let sizeBytes: Int64
    /// nil once it has ended.
    private let bytes: Mutex<[UInt8]?>

    init(store: MemoryBlobStore, digest: Digest, sizeBytes: Int64, bytes: [UInt8]) {
        self.store = store
        self.digest = digest
        self.sizeBytes = sizeBytes
        self.bytes = Mutex(bytes)
    }

    deinit { if let bytes = bytes.withLock({ $0 }) { store.close(digest, keeping: bytes) } }

    var lengthBytes: Int64 { get async throws { bytes.withLock { Int64($0?.count ?? 0) } } }

    func write(_ piece: [UInt8], at offset: Int64) async throws {
        guard offset >= 0, Int64(piece.count) <= sizeBytes - offset else {
            throw BlobError.failed("bytes past the end of a blob of \(sizeBytes)")
        }
        bytes.withLock { bytes in
            let (start, end) = (Int(offset), Int(offset) + piece.count)
            if let missing = bytes.map({ end - $0.count }), missing > 0 {
                bytes?.append(contentsOf: repeatElement(0, count: missing))
            }
            bytes?.replaceSubrange(start..<end, with: piece)
        }
    }

    func read(at offset: Int64, length: Int) async throws -> [UInt8] {
        bytes.withLock { Array(($0 ?? []).dropFirst(Int(offset)).prefix(length)) }
    }

    func finish() async throws -> BlobReference {
        let whole = bytes.withLock { $0.take() } ?? []
        store.close(digest, keeping: nil)
        let actual = Hashing.sha256(whole)
        guard actual == digest else { throw BlobError.mismatch(expected: digest, actual: actual) }
        return try store.keep(whole, as: digest)
    }
}

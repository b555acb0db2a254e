package import WeftModel

/// Immutable bytes, named by their SHA-256.
///
/// Promises of every adapter, held to by the conformance suite:
/// - A blob is there whole or not at all, and stays after ``BlobWriter/finish(expecting:)`` or ``put(_:)`` returned,
///   whatever happens to the process or the machine.
/// - Bytes whose digest does not match are never handed out: reading damaged content throws ``BlobError/damaged(_:)``.
/// - Putting a blob that is already there succeeds and changes nothing. Calls may come from many tasks at once.
package protocol BlobStore: Sendable {
    func put(_ bytes: [UInt8]) async throws -> BlobReference
    /// For content that comes in pieces. A writer that is dropped without `finish` leaves nothing behind.
    func makeWriter() async throws -> any BlobWriter
    /// The blob's size in bytes, or nil when it is not there.
    func size(of digest: Digest) async throws -> Int64?
    /// At most `length` bytes from `offset` on; fewer at the end, none past it.
    /// Throws ``BlobError/missing(_:)`` or ``BlobError/damaged(_:)``.
    func read(_ digest: Digest, offset: Int64, length: Int) async throws -> [UInt8]
    func remove(_ digest: Digest) async throws
    /// Every blob there is, in no order.
    func list() async throws -> [BlobReference]
}

/// Takes one blob's bytes in order. Used by one task at a time.
package protocol BlobWriter: AnyObject, Sendable {
    func write(_ bytes: [UInt8]) async throws
    /// Makes the blob durable and visible. With `expecting`, throws ``BlobError/mismatch(expected:actual:)`` for other
    /// content, and keeps nothing.
    func finish(expecting: Digest?) async throws -> BlobReference
    /// Gives up; nothing is kept. Harmless after `finish`.
    func cancel() async
}

package enum BlobError: Error, Hashable, Sendable, CustomStringConvertible {
    case missing(Digest)
    /// What is stored under this name has another digest.
    case damaged(Digest)
    case mismatch(expected: Digest, actual: Digest)
    /// No room: the disk is full, or the store's own bound is reached.
    case full(String)
    case failed(String)

    package var description: String {
        switch self {
        case .missing(let digest): "no blob \(digest)"
        case .damaged(let digest): "blob \(digest) is damaged on disk"
        case .mismatch(let expected, let actual): "the bytes are \(actual), not \(expected)"
        case .full(let why): "no room for the blob: \(why)"
        case .failed(let why): "blob store: \(why)"
        }
    }
}

extension BlobStore {
    /// The whole blob; for small ones. Throws ``BlobError/full(_:)`` when it is larger than `limit` bytes.
    package func readAll(_ digest: Digest, limit: Int) async throws -> [UInt8] {
        guard let size = try await size(of: digest) else { throw BlobError.missing(digest) }
        guard size <= limit else { throw BlobError.full("\(digest) has \(size) bytes, more than \(limit)") }
        return try await read(digest, offset: 0, length: Int(size))
    }
}

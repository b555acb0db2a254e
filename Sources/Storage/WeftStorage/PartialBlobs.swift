package import WeftModel

/// Blobs that come in pieces, in any order, and from several sides.
///
/// Promises of every adapter:
/// - What was written is there until ``PartialBlob/finish()``, also after the partial blob was dropped and opened again. Nobody has
///   checked it: whoever opens one finds out by itself which pieces are right.
/// - A blob is visible in the store only after ``PartialBlob/finish()`` has found that its digest is right.
/// - A blob has one partial blob at a time; opening it again while it is open throws ``BlobError/failed(_:)``.
package protocol PartialBlobs: Sendable {
    /// What there is of a blob of this size, or an empty one. Throws ``BlobError``.
    func openPartial(_ digest: Digest, sizeBytes: Int64) async throws -> any PartialBlob
}

/// One blob on its way. Calls may come from many tasks at once, but for ``finish()``, which is the last.
package protocol PartialBlob: AnyObject, Sendable {
    /// Up to the last byte that was ever written; what was skipped before it reads as zeros.
    var lengthBytes: Int64 { get async throws }
    /// Throws ``BlobError``; also for bytes past the blob's size.
    func write(_ bytes: [UInt8], at offset: Int64) async throws
    /// At most `length` bytes from `offset` on; fewer at the end.
    func read(at offset: Int64, length: Int) async throws -> [UInt8]
    /// Makes it a blob of the store, durable and visible. Throws ``BlobError/mismatch(expected:actual:)`` for other content, and
    /// keeps nothing then.
    func finish() async throws -> BlobReference
}

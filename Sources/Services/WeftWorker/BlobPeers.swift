package import WeftModel

/// Another way to a job's blobs than the link to its coordinator: other nodes that have parts of them.
package protocol BlobPeers: Sendable {
    /// Brings a blob into the store of the worker's cache; its digest has been checked then. Nil where the coordinator does not
    /// offer it this way: it comes over the link then. When the calling task is cancelled it throws soon. Throws what a person can
    /// make sense of; what has come by then need not come again.
    func fetch(_ digest: Digest, of coordinator: NodeID) async throws -> BlobReference?
}

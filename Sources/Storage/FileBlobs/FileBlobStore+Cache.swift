package import WeftModel
import WeftStorage

extension FileBlobStore {
    /// How many bytes blobs and unfinished writers occupy; nil without a bound.
    package var usedBytes: Int64? { boundBytes == nil ? nil : folder.usedBytes }

    package var boundBytes: Int64? { folder.boundBytes }

    /// Removes the blobs that have not been used for longest until at most `target` bytes are left, or only `pinned`
    /// ones. Files that are being read stay readable for their readers. Returns how many bytes were freed.
    ///
    /// For a store with a bound: without one, uses are not noted.
    @discardableResult
    package func evict(toBytes target: Int64, keeping pinned: Set<Digest> = []) async throws -> Int64 {
        try await pool.run { [folder] in
            var excess = folder.usedBytes - target
            if folder.boundBytes != nil, excess <= 0 { return 0 }
            var entries = try folder.entries()
            if folder.boundBytes == nil { excess = entries.reduce(-target) { $0 + $1.reference.sizeBytes } }
            entries.sort { $0.usedNanoseconds < $1.usedNanoseconds }
            var freed: Int64 = 0
            for entry in entries where freed < excess && !pinned.contains(entry.reference.digest) {
                try folder.remove(entry.reference.digest)
                freed += entry.reference.sizeBytes
            }
            return freed
        }
    }
}

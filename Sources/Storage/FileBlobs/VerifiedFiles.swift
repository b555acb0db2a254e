import WeftModel

/// Which files this process has already found to hold what their names say. Forgets the longest unused half when full.
struct VerifiedFiles: Sendable {
    struct Entry: Sendable {
        var identity: FileIdentity
        /// The file and the way to it have been synced.
        var isDurable: Bool
    }

    private let generationLimit: Int
    private var young: [Digest: Entry] = [:]
    private var old: [Digest: Entry] = [:]

    init(limit: Int) { generationLimit = max(1, limit / 2) }

    /// The entry of a digest, if it is about this very file.
    mutating func entry(_ digest: Digest, _ identity: FileIdentity) -> Entry? {
        if let entry = young[digest] { return entry.identity == identity ? entry : nil }
        guard let entry = old[digest], entry.identity == identity else { return nil }
        insert(digest, entry)
        return entry
    }

    mutating func insert(_ digest: Digest, _ entry: Entry) {
        if young.count >= generationLimit {
            old = young
            young = [:]
        }
        young[digest] = entry
    }

    mutating func remove(_ digest: Digest) {
        young[digest] = nil
        old[digest] = nil
    }
}

import WeftModel

/// The entries of a journal's cache, in memory.
struct MemoryCache: Sendable {
    private struct Place: Hashable, Sendable {
        var key: Digest
        var isBudgeted: Bool
    }

    private var entries: [Place: (position: Int, entry: CacheEntry)] = [:]

    var count: Int { entries.count }

    func entries(under keys: [Digest]) -> [CacheEntry] {
        Set(keys).flatMap { key in
            [false, true].compactMap { entries[Place(key: key, isBudgeted: $0)]?.entry }
        }
    }

    mutating func enter(_ entry: CacheEntry) {
        guard let key = entry.key else { return }
        entries[Place(key: key, isBudgeted: entry.isBudgeted)] = (last + 1, entry)
    }

    /// Of the positions, not of the entries: what was removed in between counts, so that nothing has to be counted.
    mutating func trim(keeping count: Int) {
        let last = last
        entries = entries.filter { $0.value.position > last - count }
    }

    mutating func removeAll(where isWrong: (CacheEntry) -> Bool) {
        entries = entries.filter { !isWrong($0.value.entry) }
    }

    private var last: Int { entries.values.map(\.position).max() ?? 0 }
}

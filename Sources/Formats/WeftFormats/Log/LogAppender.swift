package import WeftModel

/// The growing end of a stored log: takes leaf hashes, and says which tiles to write.
///
/// A value: whoever could not make the tiles durable goes on with the copy from before.
package struct LogAppender: Hashable, Sendable {
    package private(set) var frontier: MerkleFrontier
    /// The last tile of each level, where it is not full; at most 255 hashes each.
    private var growing: [[Digest]]

    /// A log without entries.
    package init() {
        frontier = MerkleFrontier()
        growing = []
    }

    /// Goes on with a stored log. `load` is asked for ``LogTile/growing(size:)`` only.
    ///
    /// - Throws: ``LogError`` with check `tiles` when one is missing or too short, and what `load` throws.
    package init(size: UInt64, load: (LogTile.Address) throws -> LogTile?) throws {
        growing = Array(repeating: [], count: LogTile.levels(size: size))
        var tiles: [LogTile.Address: LogTile] = [:]
        for address in LogTile.growing(size: size) {
            let tile = try LogReader.tile(address, size: size, load: load)
            // More may be there, of entries that have not been counted.
            growing[address.level] = Array(tile.hashes.prefix(address.width(size: size)))
            tiles[address] = tile
        }
        frontier = MerkleFrontier(size: size) { subtree in
            // Each set bit of the size lies in the one tile of its level that is not full.
            guard let digest = tiles[LogTile.Address(of: subtree)]?.hash(of: subtree) else {
                preconditionFailure("the growing tiles have the frontier")
            }
            return digest
        }
    }

    package var size: UInt64 { frontier.size }
    package var root: Digest { frontier.root }

    /// Adds entries by their hashes.
    ///
    /// - Returns: the tiles that are new or have grown, by address. They replace those of the same address.
    /// - Precondition: there are at most ``MerkleTree/maxSize`` entries then.
    package mutating func append(_ leaves: some Sequence<Digest>) -> [LogTile] {
        var changed: [LogTile] = []
        var touched: Set<Int> = []
        // Nobody else holds them meanwhile, so they grow in place.
        var growing = self.growing
        self.growing = []
        for leaf in leaves {
            frontier.append(leaf) { subtree, digest in
                guard subtree.level % LogTile.height == 0 else { return }
                let address = LogTile.Address(of: subtree)
                if growing.count == address.level { growing.append([]) }
                growing[address.level].append(digest)
                touched.insert(address.level)
                if growing[address.level].count == LogTile.fullWidth {
                    changed.append(LogTile(address: address, hashes: growing[address.level]))
                    growing[address.level] = []
                }
            }
        }
        for level in touched where !growing[level].isEmpty {
            let index = size >> UInt64(LogTile.height * (level + 1))
            changed.append(LogTile(address: .init(level: level, index: index), hashes: growing[level]))
        }
        self.growing = growing
        return changed.sorted { $0.address < $1.address }
    }
}

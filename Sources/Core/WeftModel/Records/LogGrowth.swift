/// What ended tasks add to the log of receipts (docs/log.md).
package struct LogGrowth: Hashable, Sendable {
    /// How many entries there are then.
    package var size: UInt64
    /// They replace those of the same place.
    package var tiles: [LogTileRecord]

    package init(size: UInt64, tiles: [LogTileRecord]) {
        self.size = size
        self.tiles = tiles
    }
}

/// Up to 256 neighbouring hashes of the log's tree, as they are kept.
package struct LogTileRecord: Hashable, Sendable {
    /// 0 for those of the entries themselves; each further one stands for 256 times as many.
    package var level: Int
    /// Within its level, from 0.
    package var index: UInt64
    /// 32 bytes each.
    package var hashes: [UInt8]

    package init(level: Int, index: UInt64, hashes: [UInt8]) {
        self.level = level
        self.index = index
        self.hashes = hashes
    }
}

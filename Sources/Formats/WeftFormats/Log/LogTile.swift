package import WeftModel

/// Up to 256 neighbouring hashes of a log's tree, as they are stored: one row, one file.
///
/// The layout of C2SP's tlog-tiles (c2sp.org/tlog-tiles) with tiles of height 8: tile `n` of level `l` has the hashes of
/// the perfect subtrees of 2^(8·l) leaves from number 256 · n on. Hashes between these levels are computed.
/// A full tile never changes; the last one of each level grows.
package struct LogTile: Hashable, Sendable {
    /// Levels of the tree between two levels of tiles.
    static let height = 8
    /// The most hashes of a tile.
    package static let fullWidth = 256

    /// Which tile.
    package struct Address: Hashable, Sendable, Comparable, CustomStringConvertible {
        /// 0 for the leaves' hashes.
        package var level: Int
        /// From 0.
        package var index: UInt64

        package init(level: Int, index: UInt64) {
            self.level = level
            self.index = index
        }

        package static func < (left: Address, right: Address) -> Bool {
            (left.level, left.index) < (right.level, right.index)
        }
        package var description: String { "tile \(level)/\(index)" }

        /// The tile that the hash of `subtree` is in, or is computed from.
        package init(of subtree: MerkleSubtree) {
            level = subtree.level / LogTile.height
            index = (subtree.index << UInt64(subtree.level % LogTile.height)) >> UInt64(LogTile.height)
        }

        /// How many hashes this tile has in a log of `size` entries: 0 to ``LogTile/fullWidth``.
        package func width(size: UInt64) -> Int {
            let hashes = size >> UInt64(LogTile.height * level)
            let first = index << UInt64(LogTile.height)
            return hashes <= first ? 0 : Int(min(hashes - first, UInt64(LogTile.fullWidth)))
        }
    }

    package let address: Address
    /// 1 to ``fullWidth``.
    package let hashes: [Digest]

    init(address: Address, hashes: [Digest]) {
        precondition((1...Self.fullWidth).contains(hashes.count), "a tile has 1 to 256 hashes")
        self.address = address
        self.hashes = hashes
    }

    /// nil unless `bytes` are 1 to 256 hashes of 32 bytes.
    package init?(address: Address, bytes: [UInt8]) {
        guard (32...32 * Self.fullWidth).contains(bytes.count), bytes.count % 32 == 0 else { return nil }
        self.address = address
        hashes = stride(from: 0, to: bytes.count, by: 32).map { start in
            guard let digest = Digest(bytes: bytes[start..<start + 32]) else {
                preconditionFailure("32 bytes are a digest")
            }
            return digest
        }
    }

    /// The hashes, one after the other.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32 * hashes.count)
        for hash in hashes { hash.append(to: &bytes) }
        return bytes
    }

    /// The hash of a subtree whose address is this tile's; nil if not all of it is here yet.
    package func hash(of subtree: MerkleSubtree) -> Digest? {
        precondition(Address(of: subtree) == address, "a subtree of this tile")
        let width = 1 << (subtree.level % Self.height)
        let start = Int((subtree.index << UInt64(subtree.level % Self.height)) & UInt64(Self.fullWidth - 1))
        guard start + width <= hashes.count else { return nil }
        var row = Array(hashes[start..<start + width])
        while row.count > 1 {
            row = stride(from: 0, to: row.count, by: 2).map { MerkleHash.node(row[$0], row[$0 + 1]) }
        }
        return row[0]
    }

    /// The tiles that the next entry changes before it makes new ones: the last of each level, where not full.
    /// At most one for each of ``levels``.
    package static func growing(size: UInt64) -> [Address] {
        (0..<levels(size: size)).compactMap { level in
            let hashes = size >> UInt64(height * level)
            return hashes % UInt64(fullWidth) == 0 ? nil : Address(level: level, index: hashes / UInt64(fullWidth))
        }
    }

    /// The tiles that a log keeps whose first `minimumIndex` entries are pruned (c2sp.org/tlog-tiles): of each level, from
    /// this number on. They have every root, inclusion and consistency from that size on.
    package static func firstKept(level: Int, minimumIndex: UInt64) -> UInt64 {
        minimumIndex >> UInt64(height * (level + 1))
    }

    /// How many levels of tiles a log of `size` entries has; at most 7.
    package static func levels(size: UInt64) -> Int {
        var levels = 0
        while levels <= 64 / height - 1, size >> UInt64(height * levels) > 0 { levels += 1 }
        return levels
    }
}

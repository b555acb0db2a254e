package import WeftModel

/// Roots and proofs of a log from its stored tiles. Each call loads a tile once, about log₂ n / 8 of them for each
/// digest of the answer at worst.
package struct LogReader {
    private let size: UInt64
    private let load: (LogTile.Address) throws -> LogTile?

    /// - Parameters:
    ///   - size: How many entries are stored; those beyond are not looked at.
    ///   - load: Gives a stored tile, or nil if there is none with this address.
    package init(size: UInt64, load: @escaping (LogTile.Address) throws -> LogTile?) {
        self.size = size
        self.load = load
    }

    /// The root of the first `size` entries.
    ///
    /// - Precondition: so many are stored.
    /// - Throws: ``LogError`` with check `tiles` when a tile is missing or too short, and what `load` throws.
    package func root(size: UInt64) throws -> Digest {
        try withHashes(for: size) { hash in try MerkleTree.root(size: size, hash: hash) }
    }

    /// See ``MerkleTree/inclusionPath(index:size:hash:)``. Preconditions and errors are ``root(size:)``'s, too.
    package func inclusionPath(index: UInt64, size: UInt64) throws -> [Digest] {
        try withHashes(for: size) { hash in try MerkleTree.inclusionPath(index: index, size: size, hash: hash) }
    }

    /// See ``MerkleTree/consistencyPath(from:to:hash:)``. Preconditions and errors are ``root(size:)``'s, too.
    package func consistencyPath(from old: UInt64, to new: UInt64) throws -> [Digest] {
        try withHashes(for: new) { hash in try MerkleTree.consistencyPath(from: old, to: new, hash: hash) }
    }

    /// The hash of an entry.
    ///
    /// - Precondition: it is stored. Errors are ``root(size:)``'s.
    package func leaf(_ index: UInt64) throws -> Digest {
        try withHashes(for: size) { hash in try hash(MerkleSubtree(level: 0, index: index)) }
    }

    private func withHashes<Result>(
        for size: UInt64, _ body: ((MerkleSubtree) throws -> Digest) throws -> Result
    ) throws -> Result {
        precondition(size <= self.size, "so many entries are stored")
        var tiles: [LogTile.Address: LogTile] = [:]
        return try body { subtree in
            let address = LogTile.Address(of: subtree)
            let tile = try tiles[address] ?? Self.tile(address, size: self.size, load: load)
            tiles[address] = tile
            guard let digest = tile.hash(of: subtree) else {
                preconditionFailure("a tile of full width has every subtree of the log")
            }
            return digest
        }
    }

    /// A tile that has at least what a log of `size` entries has there.
    static func tile(
        _ address: LogTile.Address, size: UInt64, load: (LogTile.Address) throws -> LogTile?
    ) throws -> LogTile {
        let width = address.width(size: size)
        guard let tile = try load(address), tile.address == address, tile.hashes.count >= width else {
            throw LogError(
                .tiles, "\(address) of a log of \(size) entries is missing, or has fewer than \(width) hashes")
        }
        return tile
    }
}

import Testing
import WeftFormats
import WeftModel

/// A log's tiles as a table would keep them.
struct TileTable {
    private(set) var rows: [LogTile.Address: [UInt8]] = [:]

    mutating func write(_ tiles: [LogTile]) {
        for tile in tiles { rows[tile.address] = tile.bytes }
    }

    mutating func change(_ address: LogTile.Address, to bytes: [UInt8]?) { rows[address] = bytes }

    func load(_ address: LogTile.Address) -> LogTile? {
        rows[address].flatMap { LogTile(address: address, bytes: $0) }
    }
}

@Suite struct LogTileTests {
    /// Enough for three levels of tiles.
    private static let count = 66_200
    private static let leaves = (0..<count).map(leafHash)

    @Test func aTileIsItsBytes() throws {
        let leaves = Self.leaves.prefix(256)
        for count in [1, 2, 3, 128, 255, 256] {
            let bytes = leaves.prefix(count).flatMap(\.bytes)
            let tile = try #require(LogTile(address: .init(level: 0, index: 3), bytes: bytes))
            #expect(tile.bytes == bytes)
            #expect(tile.hashes == Array(leaves.prefix(count)))
        }
        for count in [0, 1, 31, 33, 32 * 256 + 1, 32 * 257] {
            #expect(LogTile(address: .init(level: 0, index: 0), bytes: Array(repeating: 7, count: count)) == nil)
        }
    }

    @Test func oneByOneGivesTheTilesOfAllAtOnce() throws {
        let leaves = Self.leaves.prefix(1100)
        var (appender, table) = (LogAppender(), TileTable())
        var reference = MerkleFrontier()
        for (position, leaf) in leaves.enumerated() {
            let growing = LogTile.growing(size: UInt64(position))
            let changed = appender.append([leaf])
            // The leaves' tile grows, those above only when one below has become full.
            #expect(changed.count == 1 + (position % 256 == 255 ? 1 : 0))
            let isNew = changed.allSatisfy { table.load($0.address) == nil || growing.contains($0.address) }
            #expect(isNew, "a full tile is never written again")
            table.write(changed)
            reference.append(leaf)
            #expect(appender.root == reference.root)
        }
        var (atOnce, other) = (LogAppender(), TileTable())
        other.write(atOnce.append(leaves))
        #expect(table.rows == other.rows)
        #expect(atOnce == appender)
        #expect(table.rows.count == 5 + 1)
    }

    @Test func aLogGoesOnFromItsTilesAtAnySize() throws {
        var (whole, table) = (LogAppender(), TileTable())
        let sizes = Array(0...300) + [511, 512, 513, 65_535, 65_536, 65_537, 65_791, 65_792, 66_000, Self.count]
        var roots: [UInt64: Digest] = [:]
        for (size, next) in zip(sizes, sizes.dropFirst()) {
            var resumed = try LogAppender(size: UInt64(size)) { address in
                #expect(LogTile.growing(size: UInt64(size)).contains(address))
                return table.load(address)
            }
            #expect(resumed == whole)
            let changed = whole.append(Self.leaves[size..<next])
            #expect(resumed.append(Self.leaves[size..<next]) == changed)
            table.write(changed)
            roots[UInt64(next)] = whole.root
            #expect(Set(changed.map(\.address)).count == changed.count)
        }
        #expect(LogTile.levels(size: UInt64(Self.count)) == 3)
        // Every tile is as wide as its place says, and there are no others.
        for address in table.rows.keys {
            #expect(table.load(address)?.hashes.count == address.width(size: UInt64(Self.count)))
        }
        let reader = LogReader(size: UInt64(Self.count), load: table.load)
        #expect(try reader.root(size: UInt64(Self.count)) == whole.root)
        try proofs(of: reader, roots: roots.filter { $0.key < 3 || $0.key > 254 && $0.key < 258 || $0.key > 500 })
    }

    /// `roots`: by size; `minimum`: the first entry that is kept.
    private func proofs(of reader: LogReader, roots: [UInt64: Digest], from minimum: UInt64 = 0) throws {
        for (size, root) in roots {
            #expect(try reader.root(size: size) == root)
            let kept = size - minimum
            for index in Set([minimum, minimum + kept / 2, minimum + kept / 3, size - 1])
            where index >= minimum && index < size {
                let path = try reader.inclusionPath(index: index, size: size)
                let leaf = Self.leaves[Int(index)]
                #expect(MerkleTree.root(leaf: leaf, index: index, size: size, path: path) == root)
            }
            for (old, oldRoot) in roots where old <= size {
                let path = try reader.consistencyPath(from: old, to: size)
                #expect(MerkleTree.isConsistent(old: old, oldRoot: oldRoot, new: size, newRoot: root, path: path))
            }
        }
    }

    /// A pruned log has every root and proof from its first kept entry on, and can grow.
    @Test(arguments: [1, 255, 256, 300, 65_535, 65_536, 65_792, 66_000, 66_200] as [UInt64])
    func whatIsKeptOfAPrunedLogShowsAllThatComesAfter(minimum: UInt64) throws {
        let count = UInt64(Self.count)
        var (whole, table, roots) = (LogAppender(), TileTable(), [UInt64: Digest]())
        var end = 0
        for next in [Int(minimum), min(Int(minimum) + 1, Self.count), min(Int(minimum) + 300, Self.count), Self.count] {
            table.write(whole.append(Self.leaves[end..<next]))
            end = next
            roots[UInt64(next)] = whole.root
        }
        for address in table.rows.keys
        where address.index < LogTile.firstKept(level: address.level, minimumIndex: minimum) {
            #expect(address.width(size: minimum) == LogTile.fullWidth)
            table.change(address, to: nil)
        }
        try proofs(of: LogReader(size: count, load: table.load), roots: roots, from: minimum)
        #expect(try LogAppender(size: count, load: table.load) == whole)
        #expect(try LogAppender(size: minimum, load: table.load).root == roots[minimum])
    }

    @Test func entriesThatWereNotCountedAreNotLookedAt() throws {
        var (appender, table) = (LogAppender(), TileTable())
        table.write(appender.append(Self.leaves.prefix(300)))
        let before = appender
        table.write(appender.append(Self.leaves[300..<310]))
        let resumed = try LogAppender(size: 300, load: table.load)
        #expect(resumed == before)
        #expect(try LogReader(size: 300, load: table.load).root(size: 300) == before.root)
    }

    @Test func aMissingOrShortTileIsToldOf() throws {
        var (appender, table) = (LogAppender(), TileTable())
        table.write(appender.append(Self.leaves.prefix(600)))
        for address in table.rows.keys {
            for cut in [nil, Array(table.rows[address]!.dropLast(32))] {
                var broken = table
                broken.change(address, to: cut)
                let reader = LogReader(size: 600, load: broken.load)
                let error = #expect(throws: LogError.self) {
                    for index in [0, 300, 599] as [UInt64] { _ = try reader.inclusionPath(index: index, size: 600) }
                    _ = try reader.root(size: 600)
                }
                #expect(error?.check == .tiles)
            }
        }
        let error = #expect(throws: LogError.self) { try LogAppender(size: 600) { _ in nil } }
        #expect(error?.check == .tiles)
    }
}

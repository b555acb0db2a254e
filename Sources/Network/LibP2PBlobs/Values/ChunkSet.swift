/// Which of a blob's chunks: one bit each.
package struct ChunkSet: Sendable, Hashable {
    /// Chunks of the blob.
    package let count: Int
    private(set) var words: [UInt64]

    /// None of `count` chunks.
    package init(count: Int) {
        self.count = count
        words = Array(repeating: 0, count: (count + 63) / 64)
    }

    package static func all(of count: Int) -> ChunkSet {
        var set = ChunkSet(count: count)
        for chunk in 0..<count { set.insert(chunk) }
        return set
    }

    /// As it is sent: bit i of byte i / 8. Nil for another number of bytes, or chunks that there are none of.
    init?(bytes: [UInt8], count: Int) {
        guard bytes.count == (count + 7) / 8 else { return nil }
        self.init(count: count)
        for (position, byte) in bytes.enumerated() { words[position / 8] |= UInt64(byte) << UInt64(position % 8 * 8) }
        if count % 64 != 0, words[words.count - 1] >> UInt64(count % 64) != 0 { return nil }
    }

    var bytes: [UInt8] {
        (0..<(count + 7) / 8).map { UInt8(truncatingIfNeeded: words[$0 / 8] >> UInt64($0 % 8 * 8)) }
    }

    package var memberCount: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }
    package var isEmpty: Bool { words.allSatisfy { $0 == 0 } }
    package var isFull: Bool { memberCount == count }

    package func contains(_ chunk: Int) -> Bool { words[chunk / 64] & (1 << UInt64(chunk % 64)) != 0 }
    package mutating func insert(_ chunk: Int) { words[chunk / 64] |= 1 << UInt64(chunk % 64) }
    package mutating func remove(_ chunk: Int) { words[chunk / 64] &= ~(1 << UInt64(chunk % 64)) }

    package func subtracting(_ other: ChunkSet) -> ChunkSet {
        var result = self
        for position in words.indices { result.words[position] &= ~other.words[position] }
        return result
    }

    package var complement: ChunkSet { ChunkSet.all(of: count).subtracting(self) }

    /// Its chunks from one on, round and round, at most so many.
    package func members(from start: Int, limit: Int = .max) -> [Int] {
        guard count > 0 else { return [] }
        var found: [Int] = []
        let first = start / 64 % words.count
        // The word of `start` comes twice: from its bit on, and at the end up to it.
        for step in 0...words.count {
            let position = (first + step) % words.count
            let mask = ~UInt64(0) << UInt64(start % 64)
            var word = words[position]
            if step == 0 { word &= mask } else if step == words.count { word &= ~mask }
            while word != 0 {
                guard found.count < limit else { return found }
                found.append(position * 64 + word.trailingZeroBitCount)
                word &= word - 1
            }
        }
        return found
    }
}

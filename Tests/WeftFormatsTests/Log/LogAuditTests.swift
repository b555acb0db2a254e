import Testing
import WeftFormats
import WeftModel

@Suite struct LogAuditTests {
    private let fixture = LogFixture()
    private let leaves = (0..<600).map(leafHash)

    private func failedCheck(
        _ leaves: [Digest], from old: [UInt8]?, to new: [UInt8], expected: NodeID? = nil
    ) -> LogError.Check? {
        LogFixture.failedCheck { () throws(LogError) in
            try LogAudit.verify(leaves, from: old, to: new, expectedCoordinator: expected)
        }
    }

    private func changed(_ change: (inout [Digest]) -> Void) -> [Digest] {
        var leaves = leaves
        change(&leaves)
        return leaves
    }

    @Test(arguments: [0, 1, 2, 255, 256, 599, 600]) func anHonestLogPasses(old: Int) {
        let held = fixture.head(leaves.prefix(old)).bytes
        let head = fixture.head(leaves).bytes
        #expect(failedCheck(leaves, from: held, to: head, expected: fixture.coordinator.nodeID) == nil)
        #expect(failedCheck(leaves, from: nil, to: head) == nil)
        #expect(failedCheck([], from: nil, to: fixture.head([]).bytes) == nil)
    }

    /// The coordinator signs the changed log, too: only who kept an earlier head can tell.
    @Test func whatHappenedBeforeAnEarlierHeadCannotBeChanged() {
        let held = fixture.head(leaves.prefix(300)).bytes
        for place in [0, 1, 150, 255, 256, 298] {
            for (name, history) in [
                ("rewritten", changed { $0[place] = $0[place].flipped }),
                ("dropped", changed { $0.remove(at: place) }),
                ("put in", changed { $0.insert(leafHash(1000), at: place) }),
                ("repeated", changed { $0.insert($0[place], at: place) }),
                ("reordered", changed { $0.swapAt(place, place + 1) }),
            ] {
                let head = fixture.head(history).bytes
                #expect(failedCheck(history, from: held, to: head) == .history, "\(place) \(name)")
                #expect(failedCheck(history, from: nil, to: head) == nil)
            }
        }
        // After the head that was kept, anything may come.
        let later = changed { $0[300] = $0[300].flipped }
        #expect(failedCheck(later, from: held, to: fixture.head(later).bytes) == nil)
    }

    @Test func entriesAreThoseThatWereSigned() {
        let held = fixture.head(leaves.prefix(300)).bytes
        let head = fixture.head(leaves).bytes
        #expect(failedCheck(changed { $0[400] = $0[400].flipped }, from: held, to: head) == .root)
        #expect(failedCheck(changed { $0.swapAt(400, 500) }, from: held, to: head) == .root)
        #expect(failedCheck(changed { $0.removeLast() }, from: held, to: head) == .root)
        #expect(failedCheck(changed { $0.append(leafHash(1)) }, from: held, to: head) == .root)
        #expect(failedCheck(Array(leaves.prefix(200)), from: held, to: head) == .root)
        #expect(failedCheck(changed { $0[3] = $0[3].flipped }, from: held, to: head) == .history)
        #expect(failedCheck(leaves, from: nil, to: fixture.head(leaves, size: 601).bytes) == .root)
    }

    @Test func headsAreCheckedFirst() {
        let other = fixture.receipts.nodes[0]
        let (held, head) = (fixture.head(leaves.prefix(300)), fixture.head(leaves))
        #expect(failedCheck(leaves, from: head.bytes, to: held.bytes) == .size)
        #expect(failedCheck(leaves, from: held.bytes, to: fixture.head(leaves, by: other).bytes) == .coordinator)
        #expect(failedCheck(leaves, from: nil, to: head.bytes, expected: other.nodeID) == .coordinator)
        let twin = fixture.head(changed { $0[9] = $0[9].flipped })
        #expect(failedCheck(leaves, from: twin.bytes, to: head.bytes) == .history)
        for (old, new) in [(held.bytes.forged, head.bytes), (held.bytes, head.bytes.forged)] {
            #expect(failedCheck(leaves, from: old, to: new) == .coordinatorSignature)
        }
        #expect(failedCheck(leaves, from: [], to: head.bytes) == .format)
    }

    @Test func storedTilesAreAuditedToTheTop() throws {
        var (appender, table) = (LogAppender(), TileTable())
        table.write(appender.append(leaves))
        let (held, head) = (fixture.head(leaves.prefix(300)).bytes, fixture.head(leaves).bytes)
        func failedCheck(_ table: TileTable, minimumIndex: UInt64 = 0) throws -> LogError.Check? {
            try failedCheck(table, from: held, minimumIndex: minimumIndex)
        }
        func failedCheck(_ table: TileTable, from old: [UInt8]?, minimumIndex: UInt64) throws -> LogError.Check? {
            do {
                try LogAudit.verify(
                    tiles: table.load, from: old, to: head, expectedCoordinator: nil, minimumIndex: minimumIndex)
                return nil
            } catch let error as LogError {
                return error.check
            }
        }
        #expect(try failedCheck(table) == nil)
        for (address, bytes) in table.rows {
            var missing = table
            missing.change(address, to: nil)
            #expect(try failedCheck(missing) == .tiles)
            for place in [0, bytes.count / 2, bytes.count - 1] {
                var broken = table
                var other = bytes
                other[place] ^= 1
                broken.change(address, to: other)
                let isOld = address.level == 0 && 256 * 32 * Int(address.index) + place < 300 * 32
                #expect(try failedCheck(broken) == (address.level > 0 ? .tiles : isOld ? .history : .root))
            }
        }
        // Of one whose first entries were pruned, what is kept: heads of then and later can be compared, others cannot.
        for minimum in [0, 1, 255, 256, 299, 300, 301, 512, 600] as [UInt64] {
            var kept = table
            for address in table.rows.keys
            where address.index < LogTile.firstKept(level: address.level, minimumIndex: minimum) {
                kept.change(address, to: nil)
            }
            #expect(try failedCheck(kept, minimumIndex: minimum) == (minimum > 300 ? .history : nil), "\(minimum)")
            #expect(try failedCheck(kept, from: nil, minimumIndex: minimum) == nil, "\(minimum)")
            #expect(try failedCheck(kept, from: head, minimumIndex: minimum) == nil, "\(minimum)")
            for (address, bytes) in kept.rows {
                var broken = kept
                broken.change(address, to: bytes.enumerated().map { $0.offset == 7 ? $0.element ^ 1 : $0.element })
                #expect(try failedCheck(broken, from: nil, minimumIndex: minimum) != nil, "\(minimum) \(address)")
            }
        }
        // Entries that are not counted yet are none.
        table.write(appender.append([leafHash(9)]))
        #expect(try failedCheck(table) == nil)
    }
}

extension [UInt8] {
    /// A head's file with the signature of another head.
    fileprivate var forged: [UInt8] {
        guard let document = try? JSONText.parse(self), let envelope = Envelope(document: document) else { return [] }
        var other = envelope
        other.signature[5] ^= 1
        return CanonicalJSON.encode(other.document)
    }
}

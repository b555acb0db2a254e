import Testing
import WeftModel
import WeftStorage

@Suite struct MemoryJournalTests {
    @Test func aCommitThatIsToldToFailKeepsNothing() async throws {
        let journal = MemoryJournal(failure: { $0 == 2 ? .writeFailed("told to") : nil })
        _ = try await journal.load()
        func token(_ name: String) -> Change {
            let digest = Digest(bytes: [UInt8](repeating: 1, count: 32))!
            let created = Instant(microseconds: 1)
            return .tokenChanged(TokenRecord(name: name, role: .viewer, secretDigest: digest, createdAt: created))
        }
        try await journal.commit([token("first")])
        await #expect(throws: JournalError.writeFailed("told to")) { try await journal.commit([token("second")]) }
        try await journal.commit([token("third")])
        let again = await journal.restarted()
        #expect(try await again.load().tokens.map(\.name) == ["first", "third"])
        await #expect(throws: JournalError.closed) { try await journal.commit([]) }
    }
}

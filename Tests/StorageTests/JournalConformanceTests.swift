import Conformance
import SQLiteStorage
import Testing
import WeftStorage

@Suite struct JournalConformanceTests {
    @Test(arguments: JournalConformance.checks)
    func memory(_ check: JournalConformance.Check) async throws {
        try await check.run(MemoryJournalHarness())
    }

    @Test(arguments: JournalConformance.checks)
    func sqlite(_ check: JournalConformance.Check) async throws {
        try await check.run(SQLiteJournalHarness(folder: TemporaryFolder()))
    }
}

struct MemoryJournalHarness: JournalHarness {
    func make() async throws -> any Journal { MemoryJournal() }

    func crashAndReopen(_ journal: any Journal) async throws -> any Journal {
        try await #require(journal as? MemoryJournal).restarted()
    }
}

struct SQLiteJournalHarness: JournalHarness {
    let folder: TemporaryFolder

    private func path(_ generation: Int) -> String { "\(folder.path)/\(generation).db" }

    func make() async throws -> any Journal { try SQLiteJournal(path: path(0)) }

    /// Copies the files as they are in the middle of things: the old journal still has them open.
    func crashAndReopen(_ journal: any Journal) async throws -> any Journal {
        let names = TemporaryFolder.names(in: folder.path).filter { $0.hasSuffix(".db") }
        let generation = names.count
        for suffix in ["", "-wal"] {
            try Files.copy(path(generation - 1) + suffix, to: path(generation) + suffix)
        }
        return try SQLiteJournal(path: path(generation))
    }
}

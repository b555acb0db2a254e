import Testing
import WeftCoordinator
import WeftFormats
import WeftModel
import WeftStorage

/// The log of receipts of a running coordinator.
@Suite struct ReceiptLogTests {
    private func submit(_ bench: Bench) async throws -> JobID {
        var spec = bench.spec(replicas: 2)
        spec.usesCache = false
        return try await bench.coordinator.submit(spec, submitter: "ann").job.id
    }

    /// Runs one task to its verdict.
    private func runTask(_ bench: Bench) async throws -> TaskID {
        let job = try await submit(bench)
        try await bench.runOnNewWorkers(2)
        return TaskID(job: job, index: 0)
    }

    private func head(_ bench: Bench) async throws -> SignedTreeHead {
        try SignedTreeHead(
            verifying: await bench.coordinator.logHead(), expectedCoordinator: bench.coordinator.id)
    }

    @Test func everyVerdictIsAnEntryThatItsReceiptProves() async throws {
        try await Bench.run { bench in
            #expect(try await head(bench).head.size == 0)
            for number in UInt64(0)..<3 {
                let task = try await runTask(bench)
                let head = try await head(bench)
                #expect(head.head.size == number + 1)
                let id = bench.coordinator.id
                let receipt = try Receipt.verify(
                    try await bench.coordinator.receipt(task), expectedCoordinator: id)
                let proof = try InclusionProof(
                    verifying: try await bench.coordinator.logProof(task), expectedCoordinator: id)
                #expect(proof.index == number)
                #expect(proof.head.head.root == head.head.root)
                try proof.verify(receipt)
            }
        }
    }

    @Test func theLogGoesOnAfterARestart() async throws {
        let journal = MemoryJournal()
        var before: SignedTreeHead?
        let identity = SigningIdentity()
        try await Bench.run(journal: journal, identity: identity) { bench in
            for _ in 0..<2 { _ = try await runTask(bench) }
            before = try await head(bench)
        }
        try await Bench.run(journal: await journal.restarted(), identity: identity) { bench in
            let kept = try #require(before)
            #expect(try await head(bench).head.root == kept.head.root)
            _ = try await runTask(bench)
            let now = try await head(bench)
            #expect(now.head.size == 3)
            let proof = try ConsistencyProof(
                verifying: try await bench.coordinator.logConsistency(from: 2),
                expectedCoordinator: bench.coordinator.id)
            try proof.verify(from: kept)
            let tile = try await bench.coordinator.logTile(level: 0, index: 0)
            #expect(tile.count == 3 * 32)
            var audit = try LogAudit(from: kept, to: now)
            for leaf in try #require(LogTile(address: .init(level: 0, index: 0), bytes: tile)).hashes {
                try audit.add(leaf)
            }
            try audit.finish()
        }
    }

    @Test func entriesGoWithTheirJobsWhereTheLogIsPruned() async throws {
        var configuration = CoordinatorConfiguration()
        configuration.prunesLog = true
        try await Bench.run(configuration: configuration) { bench in
            for _ in 0..<2 { _ = try await runTask(bench) }
            let old = try await head(bench)
            let task = try await runTask(bench)
            let kept = try await head(bench)
            #expect(await bench.coordinator.logExtent() == LogExtent(size: 3, minimumIndex: 0))
            // A job that is not over keeps its entries, and those after them.
            let waiting = try await submit(bench)
            await bench.coordinator.prune(endedBefore: Instant(microseconds: .max))
            #expect(await bench.coordinator.logExtent() == LogExtent(size: 3, minimumIndex: 3))
            await #expect(throws: RequestError.self) { _ = try await bench.coordinator.logProof(task) }
            try await bench.runOnNewWorkers(2)
            #expect(await bench.coordinator.logExtent() == LogExtent(size: 4, minimumIndex: 3))
            let proof = try InclusionProof(
                verifying: try await bench.coordinator.logProof(TaskID(job: waiting, index: 0)),
                expectedCoordinator: bench.coordinator.id)
            #expect(proof.index == 3)
            try ConsistencyProof(
                verifying: try await bench.coordinator.logConsistency(from: 3),
                expectedCoordinator: bench.coordinator.id
            ).verify(from: kept)
            let size = old.head.size
            let error = await #expect(throws: RequestError.self) {
                _ = try await bench.coordinator.logConsistency(from: size)
            }
            guard case .notFound(let why) = error else { throw Unexpected() }
            #expect(why.contains("first 3 entries were pruned"))
        }
    }

    private struct Unexpected: Error {}

    @Test func whatIsNotInTheLogIsSaidToBeMissing() async throws {
        try await Bench.run { bench in
            let job = try await bench.coordinator.submit(bench.spec(), submitter: "ann").job
            await #expect(throws: RequestError.self) {
                _ = try await bench.coordinator.logProof(TaskID(job: job.id, index: 0))
            }
            await #expect(throws: RequestError.self) {
                _ = try await bench.coordinator.logProof(TaskID(job: job.id, index: 9))
            }
            await #expect(throws: RequestError.self) { _ = try await bench.coordinator.logConsistency(from: 1) }
            await #expect(throws: RequestError.self) { _ = try await bench.coordinator.logTile(level: 0, index: 0) }
        }
    }
}

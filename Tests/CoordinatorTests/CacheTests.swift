import Testing
import WeftCoordinator
import WeftFormats
import WeftModel
import WeftStorage

/// The cache of verified answers of a running coordinator.
@Suite struct CacheTests {
    private func runTask(_ bench: Bench, _ name: String = "job") async throws -> TaskID {
        let job = try await bench.coordinator.submit(bench.spec(name, replicas: 2), submitter: "ann").job
        #expect(job.cached == 0)
        try await bench.runOnNewWorkers(2)
        return TaskID(job: job.id, index: 0)
    }

    private func submit(_ bench: Bench, _ spec: JobSpec) async throws -> JobView {
        try await bench.coordinator.submit(spec, submitter: "bob").job
    }

    @Test func anIdenticalTaskHasTheOriginalsReceiptAndNoEntryInTheLog() async throws {
        try await Bench.run { bench in
            let first = try await runTask(bench)
            let head = await bench.coordinator.logHead()
            let job = try await submit(bench, bench.spec(replicas: 2))
            #expect(job.state == .succeeded)
            #expect(job.cached == 1)
            let second = TaskID(job: job.id, index: 0)
            #expect(try await bench.coordinator.receipt(second) == bench.coordinator.receipt(first))
            let view = try await bench.coordinator.task(second)
            #expect(view.cachedFrom == first.description)
            #expect(view.attempts == [])
            #expect(view.completion == Completion(exitStatus: 0))
            let size = try SignedTreeHead(verifying: head, expectedCoordinator: bench.coordinator.id).head.size
            let now = try SignedTreeHead(
                verifying: await bench.coordinator.logHead(), expectedCoordinator: bench.coordinator.id)
            #expect(now.head.size == size)
            let proof = try InclusionProof(
                verifying: try await bench.coordinator.logProof(second), expectedCoordinator: bench.coordinator.id)
            let receipt = try Receipt.verify(
                try await bench.coordinator.receipt(second), expectedCoordinator: bench.coordinator.id)
            try proof.verify(receipt)
            let stats = await bench.coordinator.stats()
            #expect(stats.cacheHits == 1)
            #expect(stats.cacheMisses == 1)
            #expect(stats.cacheEntries == 1)
        }
    }

    @Test func whoAsksForNoSecondOpinionOrDeclinesIsGivenNothing() async throws {
        try await Bench.run { bench in
            _ = try await runTask(bench)
            #expect(try await submit(bench, bench.spec()).state == .waiting)
            var declining = bench.spec(replicas: 2)
            declining.usesCache = false
            #expect(try await submit(bench, declining).state == .waiting)
            #expect(try await submit(bench, bench.spec("other", replicas: 2)).state == .waiting)
            #expect(try await submit(bench, bench.spec(replicas: 3)).state == .succeeded)
            #expect(try await submit(bench, bench.spec(replicas: 5)).state == .waiting)
        }
    }

    @Test func aPlantedEntryIsRefusedAndGone() async throws {
        try await Bench.run { bench in
            let first = try await runTask(bench)
            let entries = try await bench.journal.cached([
                try #require(CacheKeys(of: bench.spec(replicas: 2))?.key(of: 0))
            ])
            var planted = try #require(entries.first).entry
            #expect(planted.origin == first)
            planted.key = try #require(CacheKeys(of: bench.spec("other", replicas: 2))?.key(of: 0))
            try await bench.journal.commit([.cacheEntered(planted)])
            #expect(try await bench.journal.cacheCount() == 2)
            #expect(try await submit(bench, bench.spec("other", replicas: 2)).state == .waiting)
            #expect(await bench.coordinator.stats().cacheRefused == 1)
            #expect(try await bench.journal.cacheCount() == 1)
            #expect(try await submit(bench, bench.spec(replicas: 2)).state == .succeeded)
        }
    }

    @Test func withoutRoomNothingIsKeptAndTheOldestGoFirst() async throws {
        var configuration = CoordinatorConfiguration()
        configuration.cacheEntries = 0
        try await Bench.run(configuration: configuration) { bench in
            _ = try await runTask(bench)
            #expect(try await bench.journal.cacheCount() == 0)
            #expect(try await submit(bench, bench.spec(replicas: 2)).state == .waiting)
        }
        configuration.cacheEntries = 2
        try await Bench.run(configuration: configuration) { bench in
            for name in ["a", "b", "c"] { _ = try await runTask(bench, name) }
            #expect(try await bench.journal.cacheCount() == 2)
            #expect(try await submit(bench, bench.spec("a", replicas: 2)).state == .waiting)
            #expect(try await submit(bench, bench.spec("b", replicas: 2)).state == .succeeded)
        }
    }

    @Test func theCacheOutlivesTheCoordinator() async throws {
        let journal = MemoryJournal()
        let identity = SigningIdentity()
        var first: TaskID?
        try await Bench.run(journal: journal, identity: identity) { first = try await runTask($0) }
        try await Bench.run(journal: await journal.restarted(), identity: identity) { bench in
            let job = try await submit(bench, bench.spec(replicas: 2))
            #expect(job.state == .succeeded)
            #expect(try await bench.coordinator.task(TaskID(job: job.id, index: 0)).cachedFrom == first?.description)
        }
    }
}

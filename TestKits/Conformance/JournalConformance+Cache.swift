import WeftModel
import WeftStorage

extension JournalConformance {
    private static func entry(
        _ key: Int, job: UInt64 = 1, _ index: UInt32 = 0, voters: [String] = ["a", "b"], bound: Int? = nil
    ) -> CacheEntry {
        CacheEntry(
            key: Sample.digest(key), origin: TaskID(job: JobID(job), index: index), voters: voters.map { NodeID($0) },
            errorBound: bound.flatMap { ErrorRate(perBillion: $0) })
    }

    private static func entries(_ journal: any Journal, _ keys: Int...) async throws -> [CacheEntry] {
        try await journal.cached(keys.map { Sample.digest($0) }).map(\.entry)
            .sorted { ($0.key!, $0.isBudgeted ? 1 : 0) < ($1.key!, $1.isBudgeted ? 1 : 0) }
    }

    /// The cache of verified answers.
    static let cacheChecks: [Check] = [
        Check("an entry of the cache is found with the task it came from and its results, also after a crash") {
            harness in
            let journal = try await harness.make()
            _ = try await journal.load()
            try requireEqual(try await journal.cacheCount(), 0)
            try await journal.commit([
                .jobSubmitted(Sample.job(1)), .resultArrived(Sample.answer(1, 3, lease: 1)),
                .resultArrived(Sample.answer(1, 3, replica: 1, lease: 2, node: "12D3KooWtwo")),
                .taskEnded(Sample.task(1, 3)), .cacheEntered(entry(7, 3, bound: 5)), .cacheEntered(entry(8, 4)),
                .cacheEntered(CacheEntry(origin: TaskID(job: JobID(1), index: 9), voters: [NodeID("a")])),
            ])
            let again = try await harness.crashAndReopen(journal)
            _ = try await again.load()
            try requireEqual(try await again.cacheCount(), 2, "one without a key is none")
            let found = try await again.cached([Sample.digest(7), Sample.digest(7), Sample.digest(99)])
            try requireEqual(
                found,
                [
                    CacheFinding(
                        entry: entry(7, 3, bound: 5), task: Sample.task(1, 3),
                        results: [
                            Sample.answer(1, 3, lease: 1),
                            Sample.answer(1, 3, replica: 1, lease: 2, node: "12D3KooWtwo"),
                        ])
                ])
            let dangling = try await again.cached([Sample.digest(8)])
            try requireEqual(dangling, [CacheFinding(entry: entry(8, 4), task: nil, results: [])])
            try requireEqual(try await again.cached([]), [])
            try await again.close()
        },
        Check("an entry takes the place of the one of its key and kind") { harness in
            let journal = try await harness.make()
            _ = try await journal.load()
            try await journal.commit([.jobSubmitted(Sample.job(1)), .cacheEntered(entry(1, 1))])
            try await journal.commit([
                .cacheEntered(entry(1, 2, bound: 9)), .cacheEntered(entry(1, 3, voters: ["c", "d"])),
            ])
            try requireEqual(
                try await entries(journal, 1), [entry(1, 3, voters: ["c", "d"]), entry(1, 2, bound: 9)])
            try await journal.commit([.cacheRevoked(NodeID("a"))])
            try requireEqual(try await entries(journal, 1), [entry(1, 3, voters: ["c", "d"])])
            try await journal.close()
        },
        Check("the cache keeps what was written last") { harness in
            let journal = try await harness.make()
            _ = try await journal.load()
            try await journal.commit([.jobSubmitted(Sample.job(1))])
            try await journal.commit((0..<10).map { .cacheEntered(entry($0)) } + [.cacheTrimmed(keeping: 10)])
            try requireEqual(try await journal.cacheCount(), 10)
            // Written anew, it is the youngest.
            try await journal.commit([.cacheEntered(entry(0)), .cacheTrimmed(keeping: 4)])
            try requireEqual(try await entries(journal, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9).count, 4)
            try requireEqual(try await entries(journal, 0, 7, 8, 9).count, 4)
            try await journal.commit([.cacheTrimmed(keeping: 0)])
            try requireEqual(try await journal.cacheCount(), 0)
            try await journal.close()
        },
        Check("whoever is found lying takes all entries of its votes along, and no others") { harness in
            let journal = try await harness.make()
            _ = try await journal.load()
            try await journal.commit([
                .jobSubmitted(Sample.job(1)), .cacheEntered(entry(1, voters: ["a", "b"])),
                .cacheEntered(entry(2, voters: ["b", "c"])), .cacheEntered(entry(3, voters: ["c", "a"])),
                .cacheRevoked(NodeID("a")), .cacheRevoked(NodeID("never seen")),
                .cacheEntered(entry(4, voters: ["a", "c"])),
            ])
            let again = try await harness.crashAndReopen(journal)
            _ = try await again.load()
            try requireEqual(
                try await entries(again, 1, 2, 3, 4).map(\.key), [2, 4].map { Sample.digest($0) }.sorted())
            try await again.close()
        },
        Check("a refused entry is gone, one that has taken its place is not") { harness in
            let journal = try await harness.make()
            _ = try await journal.load()
            try await journal.commit([
                .jobSubmitted(Sample.job(1)), .cacheEntered(entry(1, 1)), .cacheEntered(entry(2, 2)),
            ])
            try await journal.commit([
                .cacheRefused(Sample.digest(1), TaskID(job: JobID(1), index: 1)),
                .cacheRefused(Sample.digest(2), TaskID(job: JobID(1), index: 1)),
            ])
            try requireEqual(try await entries(journal, 1, 2), [entry(2, 2)])
            try await journal.close()
        },
        Check("a job stays for as long as another one uses its answers, and takes its entries along") { harness in
            let journal = try await harness.make()
            _ = try await journal.load()
            func ended(_ id: UInt64, at second: Int) -> Change {
                .jobMoved(
                    JobID(id), .succeeded, reason: nil, endedAt: Sample.instant(second),
                    counts: TaskCounts(total: 10, succeeded: 10))
            }
            var cached = Sample.task(2, 0)
            cached.cachedFrom = TaskID(job: JobID(1), index: 5)
            try await journal.commit([
                .jobSubmitted(Sample.job(1)), .taskEnded(Sample.task(1, 5)), .cacheEntered(entry(1, 5)),
                ended(1, at: 1), .jobSubmitted(Sample.job(2)), .taskEnded(cached), .taskEnded(Sample.task(2, 1)),
            ])
            try requireEqual(try await journal.task(cached.id), cached)
            try requireEqual(try await journal.cachedTaskCount(of: JobID(2)), 1)
            try requireEqual(try await journal.cachedTaskCount(of: JobID(1)), 0)
            try requireEqual(try await journal.prune(endedBefore: Sample.instant(9), limit: 9), 0)
            let again = try await harness.crashAndReopen(journal)
            try requireEqual(try await again.load().jobs.first?.ended, [cached, Sample.task(2, 1)])
            try await again.commit([ended(2, at: 2)])
            try requireEqual(try await again.prune(endedBefore: Sample.instant(9), limit: 9), 1)
            try requireEqual(try await again.cacheCount(), 1)
            try requireEqual(try await again.prune(endedBefore: Sample.instant(9), limit: 9), 1)
            try requireEqual(try await again.cacheCount(), 0)
            try requireEqual(try await again.job(JobID(1)), nil)
            try await again.close()
        },
    ]
}

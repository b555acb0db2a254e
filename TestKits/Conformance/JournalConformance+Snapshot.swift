import WeftModel
import WeftStorage

extension JournalConformance {
    static let snapshotChecks: [Check] = [
        Check("a new journal is empty") { harness in
            let journal = try await harness.make()
            let snapshot = try await journal.load()
            try require(snapshot.epoch >= 1, "the first epoch is \(snapshot.epoch)")
            try requireEqual(snapshot.lastJob, 0)
            try require(snapshot.jobs.isEmpty && snapshot.nodes.isEmpty && snapshot.tokens.isEmpty, "not empty")
            try requireEqual(try await journal.jobs(JobQuery()), [])
            try requireEqual(try await journal.job(JobID(1)), nil)
            try requireEqual(try await journal.job(JobID(.max)), nil)
            try requireEqual(try await journal.tasks(TaskQuery(job: JobID(1))), [])
            try requireEqual(try await journal.results(of: TaskID(job: JobID(1), index: 0)), [])
            try await journal.close()
        },
        Check("epochs and job numbers grow with every start, also without commits") { harness in
            var journal = try await harness.make()
            var last: UInt64 = 0
            for start in 0..<4 {
                let snapshot = try await journal.load()
                try require(snapshot.epoch > last, "epoch \(snapshot.epoch) after \(last)")
                last = snapshot.epoch
                try requireEqual(snapshot.lastJob, UInt64(start) * Snapshot.unheardJobs)
                journal = try await harness.crashAndReopen(journal)
            }
            try await journal.close()
        },
        Check("a snapshot holds unfinished jobs only, with ended tasks and what is known of the others") { harness in
            let journal = try await harness.make()
            _ = try await journal.load()
            let counts = TaskCounts(total: 10, succeeded: 2, failed: 1, cancelled: 7, disagreed: 1)
            try await journal.commit((1...5).map { .jobSubmitted(Sample.job($0)) })
            try await journal.commit([
                .jobMoved(JobID(2), .running, reason: nil, endedAt: nil, counts: TaskCounts(total: 10, running: 9)),
                .jobMoved(JobID(3), .failed, reason: "no", endedAt: Sample.instant(50), counts: counts),
                .jobMoved(JobID(4), .cancelled, reason: nil, endedAt: Sample.instant(51), counts: counts),
                .jobMoved(JobID(5), .succeeded, reason: nil, endedAt: Sample.instant(52), counts: counts),
                .resultArrived(Sample.answer(3, 0, lease: 1)), .taskEnded(Sample.task(3, 0)),
                // Arrival is not in the order of tasks, replicas or leases.
                .resultArrived(Sample.answer(2, 7, replica: 1, lease: 9)),
                .resultArrived(Sample.answer(2, 1, lease: 4)),
                .resultArrived(Sample.answer(2, 6, lease: 3)),
                .resultArrived(Sample.failure(2, 7, lease: 2, "gone")),
                .taskEnded(Sample.task(2, 6, .failed, reason: "bad")),
                .taskEnded(Sample.task(2, 2, dissenters: 2)),
            ])
            let again = try await harness.crashAndReopen(journal)
            let snapshot = try await again.load()
            var running = Sample.job(2, state: .running)
            running.counts = TaskCounts(total: 10, succeeded: 1, failed: 1, disagreed: 1)
            try requireEqual(snapshot.jobs.map(\.record), [Sample.job(1), running])
            try requireEqual(
                snapshot.jobs[1].ended,
                [Sample.task(2, 2, dissenters: 2), Sample.task(2, 6, .failed, reason: "bad")])
            try requireEqual(
                snapshot.jobs[1].results,
                [
                    Sample.answer(2, 7, replica: 1, lease: 9), Sample.answer(2, 1, lease: 4),
                    Sample.failure(2, 7, lease: 2, "gone"),
                ])
            try requireEqual(snapshot.lastJob, 5 + Snapshot.unheardJobs)
            let failed = try await again.job(JobID(3))
            try requireEqual(failed?.counts, counts)
            try requireEqual(failed?.reason, "no")
            try requireEqual(failed?.endedAt, Sample.instant(50))
            try await again.close()
        },
        Check("what is known of the trust in nodes is there again, the latest of each") { harness in
            let journal = try await harness.make()
            try requireEqual(try await journal.load().trust, nil)
            func standing(_ node: String, _ driver: String, clean: Int) -> Standing {
                var standing = Standing(node: NodeID(node), driver: driver, keys: ["owner:ann", "node:\(node)"])
                standing.clean = clean
                standing.errors.record(failed: clean == 0, memory: 100)
                return standing
            }
            var record = TrustRecord(isKnown: false, levels: [BetaEstimate()], backing: BetaEstimate(), tiers: [])
            let old = [standing("b", "process", clean: 1), standing("a", "wasm", clean: 0)]
            try await journal.commit([.trustChanged(TrustSnapshot(record: record, standings: old))])
            var account = ErrorAccount()
            account.accept()
            record.isKnown = true
            record.tiers = [.init(maxErrorPerBillion: 1_000_000, account: account)]
            record.agedAt = Sample.instant(3)
            var bounded = Sample.task(1, 4)
            bounded.errorBound = ErrorRate(perBillion: 12_345)
            bounded.logIndex = 7
            try await journal.commit([
                .jobSubmitted(Sample.job(1)), .taskEnded(bounded),
                .trustChanged(TrustSnapshot(record: record, standings: [standing("b", "process", clean: 2)])),
                .trustChanged(TrustSnapshot(record: record, standings: [standing("c", "process", clean: 5)])),
            ])
            let again = try await harness.crashAndReopen(journal)
            let snapshot = try await again.load()
            try requireEqual(snapshot.trust?.record, record)
            try requireEqual(
                snapshot.trust?.standings,
                [old[1], standing("b", "process", clean: 2), standing("c", "process", clean: 5)])
            try requireEqual(snapshot.jobs.first?.ended, [bounded])
            try await again.close()
        },
        Check("the log of receipts is as it was written, the latest of each tile") { harness in
            let journal = try await harness.make()
            try requireEqual(try await journal.load().logSize, 0)
            try requireEqual(try await journal.logTile(level: 0, index: 0), nil)
            func tile(_ level: Int, _ index: UInt64, _ count: Int) -> LogTileRecord {
                LogTileRecord(level: level, index: index, hashes: [UInt8](repeating: UInt8(count), count: 32 * count))
            }
            try await journal.commit([.logGrew(LogGrowth(size: 3, tiles: [tile(0, 0, 3)]))])
            try await journal.commit([
                .logGrew(LogGrowth(size: 5, tiles: [tile(0, 0, 5)])),
                .logGrew(LogGrowth(size: 258, tiles: [tile(0, 0, 200), tile(0, 1, 2), tile(1, 0, 1)])),
            ])
            let again = try await harness.crashAndReopen(journal)
            try requireEqual(try await again.load().logSize, 258)
            try requireEqual(try await again.logTile(level: 0, index: 0), tile(0, 0, 200))
            try requireEqual(try await again.logTile(level: 0, index: 1), tile(0, 1, 2))
            try requireEqual(try await again.logTile(level: 1, index: 0), tile(1, 0, 1))
            try requireEqual(try await again.logTile(level: 1, index: 1), nil)
            try await again.close()
        },
        Check("entries of the log go with the oldest jobs, and tiles that none of the others needs") { harness in
            let journal = try await harness.make()
            _ = try await journal.load()
            func tile(_ level: Int, _ index: UInt64) -> LogTileRecord {
                LogTileRecord(level: level, index: index, hashes: [UInt8](repeating: UInt8(index), count: 32))
            }
            func end(_ job: UInt64, at moment: Int) -> Change {
                .jobMoved(
                    JobID(job), .succeeded, reason: nil, endedAt: Sample.instant(moment),
                    counts: TaskCounts(total: 10, succeeded: 10))
            }
            func grow(_ size: UInt64, _ tiles: LogTileRecord...) -> Change {
                .logGrew(LogGrowth(size: size, tiles: tiles))
            }
            try requireEqual(try await journal.pruneLog(), 0)
            try await journal.commit([.jobSubmitted(Sample.job(1))])
            try await journal.commit([grow(512, tile(0, 0), tile(0, 1), tile(1, 0))])
            try await journal.commit([.jobSubmitted(Sample.job(2))])
            try await journal.commit([grow(600, tile(0, 2)), end(1, at: 1)])
            try await journal.commit([.jobSubmitted(Sample.job(3)), end(3, at: 2)])
            try requireEqual(try await journal.pruneLog(), 0)
            try requireEqual(try await journal.prune(endedBefore: Sample.instant(9), limit: 10), 2)
            try requireEqual(try await journal.logTile(level: 0, index: 0), tile(0, 0))
            // The second job is there yet: its entries come after the first 512.
            try requireEqual(try await journal.pruneLog(), 512)
            for (level, index) in [(0, 0), (0, 1)] as [(Int, UInt64)] {
                try requireEqual(try await journal.logTile(level: level, index: index), nil)
            }
            try requireEqual(try await journal.logTile(level: 0, index: 2), tile(0, 2))
            try requireEqual(try await journal.logTile(level: 1, index: 0), tile(1, 0))
            try await journal.commit([end(2, at: 3)])
            try requireEqual(try await journal.prune(endedBefore: Sample.instant(9), limit: 10), 1)
            let again = try await harness.crashAndReopen(journal)
            var snapshot = try await again.load()
            try requireEqual(snapshot.logMinimum, 512)
            try requireEqual(snapshot.logSize, 600)
            try requireEqual(try await again.pruneLog(), 600)
            // What the next entry is added to stays.
            try requireEqual(try await again.logTile(level: 0, index: 2), tile(0, 2))
            try requireEqual(try await again.logTile(level: 1, index: 0), tile(1, 0))
            try await again.commit([.jobSubmitted(Sample.job(99))])
            try requireEqual(try await again.pruneLog(), 600)
            let last = try await harness.crashAndReopen(again)
            snapshot = try await last.load()
            try requireEqual(snapshot.logMinimum, 600)
            try await last.close()
        },
        Check("the highest job number outlives its job") { harness in
            let journal = try await harness.make()
            _ = try await journal.load()
            let counts = TaskCounts(total: 10, cancelled: 10)
            try await journal.commit([
                .jobSubmitted(Sample.job(8)),
                .jobMoved(JobID(8), .cancelled, reason: nil, endedAt: Sample.instant(1), counts: counts),
            ])
            try requireEqual(try await journal.prune(endedBefore: Sample.instant(2), limit: 10), 1)
            let again = try await harness.crashAndReopen(journal)
            let snapshot = try await again.load()
            try requireEqual(snapshot.lastJob, 8 + Snapshot.unheardJobs)
            try require(snapshot.jobs.isEmpty, "a removed job is back")
            try await again.close()
        },
    ]
}

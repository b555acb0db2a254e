import WeftModel
import WeftStorage

extension JournalConformance {
    /// Atomicity, durability, order, idempotence.
    static let commitChecks: [Check] = [
        Check("what was committed is there after a crash") { harness in
            let journal = try await harness.make()
            let epoch = try await journal.load().epoch
            let job = Sample.job(1)
            try await journal.commit([.jobSubmitted(job), .resultArrived(Sample.answer(1, 3, lease: 77))])
            try await journal.commit([
                .taskEnded(Sample.task(1, 4)), .nodeChanged(Sample.node("12D3KooWone")),
                .tokenChanged(Sample.token("t")),
            ])
            let again = try await harness.crashAndReopen(journal)
            let snapshot = try await again.load()
            try require(snapshot.epoch > epoch, "the epoch did not grow: \(epoch), then \(snapshot.epoch)")
            try requireEqual(snapshot.lastJob, 1 + Snapshot.unheardJobs)
            var expected = job
            expected.counts.succeeded = 1
            try requireEqual(snapshot.jobs.map(\.record), [expected])
            try requireEqual(snapshot.jobs.first?.ended, [Sample.task(1, 4)])
            try requireEqual(snapshot.jobs.first?.results, [Sample.answer(1, 3, lease: 77)])
            try requireEqual(snapshot.nodes, [Sample.node("12D3KooWone")])
            try requireEqual(snapshot.tokens, [Sample.token("t")])
            try await again.close()
        },
        Check("a commit that throws keeps nothing of itself and does not stop the next") { harness in
            let journal = try await harness.make()
            _ = try await journal.load()
            try await journal.commit([.jobSubmitted(Sample.job(1))])
            try await requireThrows("writeFailed", isWriteFailed) {
                try await journal.commit([
                    .jobSubmitted(Sample.job(2)), .taskEnded(Sample.task(1, 0)),
                    .resultArrived(Sample.answer(1, 1, lease: 5, node: "12D3KooWnew")),
                    .nodeChanged(Sample.node("12D3KooWnew")), .jobSubmitted(Sample.job(1)),
                ])
            }
            try requireEqual(try await journal.jobs(JobQuery()), [Sample.job(1)])
            try requireEqual(try await journal.task(TaskID(job: JobID(1), index: 0)), nil)
            try await journal.commit([.resultArrived(Sample.answer(1, 1, lease: 6, node: "12D3KooWnew"))])
            let again = try await harness.crashAndReopen(journal)
            let snapshot = try await again.load()
            try requireEqual(snapshot.jobs.map(\.record), [Sample.job(1)])
            try requireEqual(snapshot.jobs[0].results, [Sample.answer(1, 1, lease: 6, node: "12D3KooWnew")])
            try requireEqual(snapshot.nodes, [])
            try await again.close()
        },
        Check("the same result or task's end committed again changes nothing") { harness in
            let journal = try await harness.make()
            _ = try await journal.load()
            let first = Sample.answer(1, 0, lease: 5)
            try await journal.commit([.jobSubmitted(Sample.job(1)), .resultArrived(first)])
            try await journal.commit([
                .resultArrived(Sample.answer(1, 0, lease: 5, exitStatus: 1)), .taskEnded(Sample.task(1, 0)),
                .taskEnded(Sample.task(1, 0, .failed)),
            ])
            try await journal.commit([.taskEnded(Sample.task(1, 0, .cancelled)), .resultArrived(first)])
            try requireEqual(try await journal.results(of: TaskID(job: JobID(1), index: 0)), [first])
            try requireEqual(try await journal.task(TaskID(job: JobID(1), index: 0)), Sample.task(1, 0))
            let counts = try await journal.job(JobID(1))?.counts
            try requireEqual(counts, TaskCounts(total: 10, succeeded: 1))
            try await journal.close()
        },
        Check("later rows of a job, a node and a token replace earlier ones, in the order of the changes") { harness in
            let journal = try await harness.make()
            _ = try await journal.load()
            try await journal.commit([
                .nodeChanged(Sample.node("a", score: 1)), .nodeChanged(Sample.node("b", score: 2)),
                .nodeChanged(Sample.node("a", score: 3, name: "renamed")),
                .tokenChanged(Sample.token("t", .viewer)),
                .tokenChanged(Sample.token("t", .worker, revokedAt: Sample.instant(9))),
                .jobSubmitted(Sample.job(1)),
                .jobMoved(JobID(1), .running, reason: nil, endedAt: nil, counts: TaskCounts(total: 10, running: 4)),
            ])
            try await journal.commit([.nodeChanged(Sample.node("b", score: 4))])
            try requireEqual(try await journal.job(JobID(1))?.state, .running)
            let again = try await harness.crashAndReopen(journal)
            let snapshot = try await again.load()
            try requireEqual(
                snapshot.nodes, [Sample.node("a", score: 3, name: "renamed"), Sample.node("b", score: 4)])
            try requireEqual(snapshot.tokens, [Sample.token("t", .worker, revokedAt: Sample.instant(9))])
            try await again.close()
        },
        Check("a node's performance is kept apart from its other fields, and of known nodes only") { harness in
            let journal = try await harness.make()
            _ = try await journal.load()
            var performance = Performance()
            performance.count(.finished, at: Sample.instant(3))
            performance.ran(for: 10, usual: 20)
            try await journal.commit([
                .nodeChanged(Sample.node("a", score: 1)), .nodePerformed(NodeID("b"), performance),
            ])
            try await journal.commit([.nodePerformed(NodeID("a"), performance)])
            try await journal.commit([.nodeChanged(Sample.node("a", score: 2))])
            let again = try await harness.crashAndReopen(journal)
            var node = Sample.node("a", score: 2)
            node.performance = performance
            try requireEqual(try await again.load().nodes, [node])
            try await again.close()
        },
        Check("an idempotency key belongs to its submitter, and a second job under it is refused") { harness in
            let journal = try await harness.make()
            _ = try await journal.load()
            let job = Sample.job(1, spec: Sample.spec(key: "k"))
            let other = Sample.job(2, spec: Sample.spec(key: "k"), submitter: "bob")
            try await journal.commit([.jobSubmitted(job), .jobSubmitted(other), .jobSubmitted(Sample.job(3))])
            try requireEqual(try await journal.job(submitter: "ann", idempotencyKey: "k"), job)
            try requireEqual(try await journal.job(submitter: "bob", idempotencyKey: "k"), other)
            try requireEqual(try await journal.job(submitter: "ann", idempotencyKey: "other"), nil)
            try requireEqual(try await journal.job(submitter: "eve", idempotencyKey: "k"), nil)
            try await requireThrows("writeFailed", isWriteFailed) {
                try await journal.commit([.jobSubmitted(Sample.job(4, spec: Sample.spec(key: "k")))])
            }
            try requireEqual(try await journal.job(JobID(4)), nil)
            try await journal.close()
        },
        Check("odd text is kept exactly") { harness in
            let journal = try await harness.make()
            _ = try await journal.load()
            let odd = ["", "'; DROP TABLE jobs;--", "a\0b", "\u{FEFF}é\u{301}🧵\r\n\t", "%_\\\"", "\u{10FFFF}"]
            var changes: [Change] = [.jobSubmitted(Sample.job(1, spec: Sample.spec(tasks: 100)))]
            for (index, text) in odd.enumerated() {
                let index = UInt32(index)
                changes.append(.taskEnded(Sample.task(1, index, .failed, reason: text)))
                changes.append(.resultArrived(Sample.failure(1, index, lease: UInt64(index), text)))
                changes.append(.tokenChanged(Sample.token("t" + text)))
                changes.append(
                    .jobSubmitted(
                        Sample.job(
                            UInt64(index) + 2, spec: Sample.spec("é🧵 \(index)", key: "k"), submitter: text)))
            }
            try await journal.commit(changes)
            let again = try await harness.crashAndReopen(journal)
            try requireEqual(try await again.load().tokens.count, odd.count)
            for (index, text) in odd.enumerated() {
                let task = TaskID(job: JobID(1), index: UInt32(index))
                let number = JobID(UInt64(index) + 2)
                let found = try await again.task(task)?.reason
                try requireEqual(found.map { Array($0.utf8) }, Array(text.utf8), "reason")
                let results = try await again.results(of: task)
                try requireEqual(results, [Sample.failure(1, task.index, lease: UInt64(index), text)])
                let job = try await again.job(submitter: text, idempotencyKey: "k")
                try requireEqual(
                    job, Sample.job(number.number, spec: Sample.spec("é🧵 \(index)", key: "k"), submitter: text))
                try requireEqual(try await again.jobs(JobQuery(submitter: text)).map(\.id), [number])
            }
            try await again.close()
        },
        Check("numbers at the ends of their ranges are kept exactly") { harness in
            let journal = try await harness.make()
            _ = try await journal.load()
            var result = Sample.answer(1, .max, replica: .max, lease: .max)
            result.startedAt = Instant(microseconds: .min)
            result.finishedAt = Instant(microseconds: .max)
            result.usage = Usage(
                wallMicroseconds: .max, cpuMicroseconds: 0, peakMemoryBytes: .max, diskBytes: .max, outputBytes: 0)
            result.signature = []
            var task = Sample.task(1, .max)
            task.dissenters = 64
            try await journal.commit([.jobSubmitted(Sample.job(1)), .resultArrived(result), .taskEnded(task)])
            try requireEqual(try await journal.results(of: task.id), [result])
            try requireEqual(try await journal.tasks(TaskQuery(job: JobID(1))), [task])
            try await journal.close()
        },
        Check("a big commit is kept whole") { harness in
            let journal = try await harness.make()
            _ = try await journal.load()
            var changes: [Change] = [.jobSubmitted(Sample.job(1, spec: Sample.spec(tasks: 5000)))]
            for index in 0..<UInt32(5000) {
                changes.append(.resultArrived(Sample.answer(1, index, lease: UInt64(index))))
                if index % 2 == 0 { changes.append(.taskEnded(Sample.task(1, index))) }
            }
            try await journal.commit(changes)
            let again = try await harness.crashAndReopen(journal)
            let snapshot = try await again.load()
            try requireEqual(snapshot.jobs.first?.ended.count, 2500)
            try requireEqual(snapshot.jobs.first?.results.count, 2500)
            try requireEqual(snapshot.jobs.first?.record.counts, TaskCounts(total: 5000, succeeded: 2500))
            try await again.close()
        },
    ]

    static func isWriteFailed(_ error: JournalError) -> Bool {
        if case .writeFailed = error { true } else { false }
    }
}

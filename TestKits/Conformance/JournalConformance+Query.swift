import WeftModel
import WeftStorage

extension JournalConformance {
    static let queryChecks: [Check] = [
        Check("jobs come newest first, page by page") { harness in
            let journal = try await harness.make()
            _ = try await journal.load()
            try await journal.commit((1...25).map { .jobSubmitted(Sample.job($0)) })
            var seen: [UInt64] = []
            var cursor: JobID?
            while true {
                let page = try await journal.jobs(JobQuery(before: cursor, limit: 10))
                guard let last = page.last else { break }
                seen += page.map(\.id.number)
                cursor = last.id
            }
            try requireEqual(seen, (1...25).reversed())
            try requireEqual(try await journal.jobs(JobQuery(before: JobID(.max), limit: 1)).map(\.id.number), [25])
            try await journal.close()
        },
        Check("jobs are found by state, submitter and labels, and by all of them together") { harness in
            let journal = try await harness.make()
            _ = try await journal.load()
            for number in UInt64(1)...30 {
                let spec = Sample.spec(labels: ["parity": number % 2 == 0 ? "even" : "odd", "third": "\(number % 3)"])
                var changes: [Change] = [
                    .jobSubmitted(Sample.job(number, spec: spec, submitter: number <= 15 ? "ann" : "bob"))
                ]
                if number % 5 == 0 {
                    let counts = TaskCounts(total: 10, succeeded: 10)
                    changes.append(
                        .jobMoved(
                            JobID(number), number % 2 == 0 ? .succeeded : .failed, reason: nil,
                            endedAt: Sample.instant(5), counts: counts))
                }
                try await journal.commit(changes)
            }
            func numbers(_ query: JobQuery) async throws -> [UInt64] { try await journal.jobs(query).map(\.id.number) }
            try requireEqual(try await numbers(JobQuery(states: [.succeeded])), [30, 20, 10])
            try requireEqual(try await numbers(JobQuery(states: [.succeeded, .failed])), [30, 25, 20, 15, 10, 5])
            try requireEqual(
                try await numbers(JobQuery(states: [.succeeded, .failed], before: JobID(25), limit: 3)), [20, 15, 10])
            try requireEqual(try await numbers(JobQuery(states: [])), [])
            try requireEqual(try await numbers(JobQuery(submitter: "bob", limit: 3)), [30, 29, 28])
            try requireEqual(try await numbers(JobQuery(submitter: "eve")), [])
            try requireEqual(
                try await numbers(JobQuery(labels: ["parity": "even", "third": "1"])), [28, 22, 16, 10, 4])
            try requireEqual(try await numbers(JobQuery(labels: ["parity": "even", "third": "9"])), [])
            try requireEqual(try await numbers(JobQuery(labels: ["even": "parity"])), [])
            try requireEqual(
                try await numbers(
                    JobQuery(
                        states: [.waiting], submitter: "ann", labels: ["parity": "odd"], before: JobID(10), limit: 3)),
                [9, 7, 3])
            try await journal.close()
        },
        Check("tasks come by index, page by page, and by state") { harness in
            let journal = try await harness.make()
            _ = try await journal.load()
            var changes: [Change] = [.jobSubmitted(Sample.job(1, spec: Sample.spec(tasks: 100)))]
            for index in (0..<UInt32(50)).reversed() {
                let state: TaskState = index % 10 == 3 ? .failed : index % 10 == 4 ? .cancelled : .succeeded
                changes.append(.taskEnded(Sample.task(1, index, state, dissenters: index % 25 == 0 ? 1 : 0)))
            }
            changes.append(.jobSubmitted(Sample.job(2)))
            changes.append(.taskEnded(Sample.task(2, 5)))
            try await journal.commit(changes)
            func indexes(_ query: TaskQuery) async throws -> [UInt32] { try await journal.tasks(query).map(\.id.index) }
            let job = JobID(1)
            var seen: [UInt32] = []
            while true {
                let page = try await indexes(TaskQuery(job: job, after: seen.last, limit: 7))
                if page.isEmpty { break }
                seen += page
            }
            try requireEqual(seen, Array(0..<50))
            try requireEqual(try await indexes(TaskQuery(job: job, states: [.failed])), [3, 13, 23, 33, 43])
            try requireEqual(
                try await indexes(TaskQuery(job: job, states: [.failed, .cancelled], after: 13, limit: 3)), [14, 23, 24])
            try requireEqual(try await indexes(TaskQuery(job: job, states: [.succeeded], limit: 4)), [0, 1, 2, 5])
            try requireEqual(try await indexes(TaskQuery(job: job, states: [.waiting, .running])), [])
            try requireEqual(try await indexes(TaskQuery(job: job, onlyDisagreed: true)), [0, 25])
            try requireEqual(try await indexes(TaskQuery(job: job, states: [.failed], onlyDisagreed: true)), [])
            try requireEqual(try await indexes(TaskQuery(job: job, after: .max)), [])
            let counts = try await journal.job(job)?.counts
            try requireEqual(counts, TaskCounts(total: 100, succeeded: 40, failed: 5, cancelled: 5, disagreed: 2))
            try await journal.close()
        },
        Check("results of a task come in the order of their arrival") { harness in
            let journal = try await harness.make()
            _ = try await journal.load()
            let arrivals = [
                Sample.answer(1, 2, replica: 2, lease: 30), Sample.answer(1, 2, replica: 0, lease: 10, node: "n2"),
                Sample.failure(1, 2, lease: 20, "lost"), Sample.answer(1, 2, replica: 1, lease: 5, exitStatus: 139),
            ]
            try await journal.commit([.jobSubmitted(Sample.job(1)), .resultArrived(Sample.answer(1, 1, lease: 1))])
            for arrival in arrivals { try await journal.commit([.resultArrived(arrival)]) }
            try requireEqual(try await journal.results(of: TaskID(job: JobID(1), index: 2)), arrivals)
            try requireEqual(try await journal.results(of: TaskID(job: JobID(1), index: 3)), [])
            try await journal.close()
        },
        Check("pruning removes jobs that ended long ago, oldest first, and nothing else") { harness in
            let journal = try await harness.make()
            _ = try await journal.load()
            for number in UInt64(1)...6 {
                let spec = Sample.spec(labels: ["n": "\(number)"], key: "k\(number)")
                try await journal.commit([
                    .jobSubmitted(Sample.job(number, spec: spec)), .taskEnded(Sample.task(number, 0)),
                    .resultArrived(Sample.answer(number, 0, lease: number)),
                ])
            }
            let ends: [(UInt64, Int)] = [(1, 30), (2, 10), (3, 20), (4, 40)]
            for (number, second) in ends {
                let counts = TaskCounts(total: 10, succeeded: 10)
                try await journal.commit([
                    .jobMoved(
                        JobID(number), .succeeded, reason: nil, endedAt: Sample.instant(second), counts: counts)
                ])
            }
            func left() async throws -> [UInt64] { try await journal.jobs(JobQuery()).map(\.id.number) }
            try requireEqual(try await journal.prune(endedBefore: Sample.instant(10), limit: 10), 0)
            try requireEqual(try await journal.prune(endedBefore: Sample.instant(40), limit: 2), 2)
            try requireEqual(try await left(), [6, 5, 4, 1])
            try requireEqual(try await journal.prune(endedBefore: Sample.instant(40), limit: 2), 1)
            try requireEqual(try await left(), [6, 5, 4])
            let gone = TaskID(job: JobID(2), index: 0)
            try requireEqual(try await journal.job(gone.job), nil)
            try requireEqual(try await journal.task(gone), nil)
            try requireEqual(try await journal.tasks(TaskQuery(job: gone.job)), [])
            try requireEqual(try await journal.results(of: gone), [])
            try requireEqual(try await journal.job(submitter: "ann", idempotencyKey: "k2"), nil)
            try requireEqual(try await journal.jobs(JobQuery(labels: ["n": "2"])), [])
            try requireEqual(try await journal.results(of: TaskID(job: JobID(4), index: 0)).count, 1)
            try await journal.commit([.jobSubmitted(Sample.job(7, spec: Sample.spec(key: "k2")))])
            try await journal.close()
        },
    ]
}

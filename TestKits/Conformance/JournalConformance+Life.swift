import WeftModel
import WeftStorage

extension JournalConformance {
    /// Many callers at once, cancellation, closing.
    static let lifeChecks: [Check] = [
        Check("a query sees every commit that returned before it, with many callers at once") { harness in
            let journal = try await harness.make()
            _ = try await journal.load()
            try await journal.commit((1...8).map { .jobSubmitted(Sample.job($0, spec: Sample.spec(tasks: 100))) })
            try await withThrowingTaskGroup(of: Void.self) { group in
                for job in UInt64(1)...8 {
                    group.addTask {
                        for index in UInt32(0)..<25 {
                            try await journal.commit([
                                .resultArrived(Sample.answer(job, index, lease: UInt64(index))),
                                .taskEnded(Sample.task(job, index)),
                            ])
                            let task = TaskID(job: JobID(job), index: index)
                            try requireEqual(try await journal.task(task), Sample.task(job, index))
                            try requireEqual(try await journal.results(of: task).count, 1)
                            let counts = try await journal.job(JobID(job))?.counts
                            try requireEqual(counts?.succeeded, index + 1)
                        }
                    }
                }
                try await group.waitForAll()
            }
            try await journal.close()
        },
        Check("cancelling the caller neither undoes nor splits a commit") { harness in
            let journal = try await harness.make()
            _ = try await journal.load()
            try await journal.commit([.jobSubmitted(Sample.job(1))])
            let returned = await withTaskGroup(of: Bool.self) { group in
                group.addTask {
                    withUnsafeCurrentTask { $0?.cancel() }
                    do {
                        try await journal.commit((0..<10).map { .taskEnded(Sample.task(1, $0)) })
                        return true
                    } catch {
                        return false
                    }
                }
                return await group.next() ?? false
            }
            try require(returned, "a commit threw because its caller was cancelled")
            try requireEqual(try await journal.tasks(TaskQuery(job: JobID(1))).count, 10)
            try await journal.close()
        },
        Check("an empty commit is fine") { harness in
            let journal = try await harness.make()
            _ = try await journal.load()
            try await journal.commit([])
            try await journal.close()
        },
        Check("a closed journal says so") { harness in
            let journal = try await harness.make()
            _ = try await journal.load()
            try await journal.close()
            try await journal.close()
            let isClosed: (JournalError) -> Bool = { $0 == .closed }
            try await requireThrows("closed", isClosed) { try await journal.load() }
            try await requireThrows("closed", isClosed) { try await journal.commit([]) }
            try await requireThrows("closed", isClosed) { try await journal.commit([.jobSubmitted(Sample.job(1))]) }
            try await requireThrows("closed", isClosed) { try await journal.job(JobID(1)) }
            try await requireThrows("closed", isClosed) { try await journal.job(submitter: "a", idempotencyKey: "k") }
            try await requireThrows("closed", isClosed) { try await journal.jobs(JobQuery()) }
            try await requireThrows("closed", isClosed) { try await journal.tasks(TaskQuery(job: JobID(1))) }
            try await requireThrows("closed", isClosed) { try await journal.task(TaskID(job: JobID(1), index: 0)) }
            try await requireThrows("closed", isClosed) {
                try await journal.results(of: TaskID(job: JobID(1), index: 0))
            }
            try await requireThrows("closed", isClosed) {
                try await journal.prune(endedBefore: Sample.instant(0), limit: 1)
            }
        },
    ]
}

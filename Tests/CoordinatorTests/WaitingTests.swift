import Synchronization
import Testing
import WeftCoordinator
import WeftFormats
import WeftModel
import WeftStorage

/// Who waits for a job's end is answered when that is durable, and not before.
@Suite(.timeLimit(.minutes(1))) struct WaitingTests {
    /// A journal that fails when it is told to.
    private final class Disk: Sendable {
        let isFull = Mutex(false)

        func fill(_ isFull: Bool) { self.isFull.withLock { $0 = isFull } }

        func journal() -> MemoryJournal {
            MemoryJournal { _ in self.isFull.withLock { $0 } ? .writeFailed("the disk is full") : nil }
        }
    }

    /// Runs `body` while a worker's result of the job that is waited for cannot be written.
    private func withUnwrittenEnd(
        _ body:
            @escaping @Sendable (Disk, Task<JobState, any Error>, _ isAnswered: @Sendable () -> Bool) async throws ->
            Void
    ) async throws {
        let disk = Disk()
        let answered = Answered()
        try await Bench.run(journal: disk.journal()) { bench in
            let job = try await bench.coordinator.submit(bench.spec(), submitter: "ann").job.id
            let wait = Task {
                let state = try await bench.coordinator.job(job, endingWithin: .seconds(50)) { $0.state }
                answered.isIt.withLock { $0 = true }
                return state
            }
            try await ScriptedWorker.connected(to: bench) { worker in
                try await worker.join(bench)
                let order = try await worker.assignment()
                // By now it waits; a wait that begins later looks for itself.
                try await Task.sleep(for: .milliseconds(100))
                disk.fill(true)
                try await worker.finish(
                    worker.report(order, Completion(exitStatus: 0), coordinator: bench.coordinator.id))
                while await bench.coordinator.readiness() == nil { await Task.yield() }
                try await Task.sleep(for: .milliseconds(100))
                try await body(disk, wait) { answered.isIt.withLock { $0 } }
            }
        }
    }

    private final class Answered: Sendable { let isIt = Mutex(false) }

    @Test func theAnswerComesWhenTheEndIsDurable() async throws {
        try await withUnwrittenEnd { disk, wait, isAnswered in
            #expect(!isAnswered())
            disk.fill(false)
            let state = try await wait.value
            #expect(state == .succeeded)
        }
    }

    @Test func anEndThatIsNeverDurableIsNotTold() async throws {
        let waiting = Mutex<Task<JobState, any Error>?>(nil)
        try await withUnwrittenEnd { _, wait, isAnswered in
            #expect(!isAnswered())
            waiting.withLock { $0 = wait }
        }
        let wait = try #require(waiting.withLock { $0 })
        await #expect(throws: RequestError.self) { try await wait.value }
    }
}

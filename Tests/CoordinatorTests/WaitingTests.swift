import Synchronization
import Testing
import WeftCoordinator
import WeftFormats
import WeftModel
import WeftStorage

/// Who waits for a job's end is answered when that is durable, and not before.
@Suite(.timeLimit(.minutes(1))) struct WaitingTests {
    private final class Scene: Sendable {
        let isDiskFull = Mutex(false)
        let isAnswered = Mutex(false)
    }

    /// Runs `body` while a worker's result of the job that is waited for cannot be written.
    private func withUnwrittenEnd(
        _ body: @escaping @Sendable (Scene, Task<JobState, any Error>) async throws -> Void
    ) async throws {
        let scene = Scene()
        let journal = MemoryJournal { _ in
            scene.isDiskFull.withLock { $0 } ? .writeFailed("the disk is full") : nil
        }
        try await Bench.run(journal: journal) { bench in
            let job = try await bench.coordinator.submit(bench.spec(), submitter: "ann").job.id
            let wait = Task {
                let state = try await bench.coordinator.job(job, endingWithin: .seconds(50)) { $0.state }
                scene.isAnswered.withLock { $0 = true }
                return state
            }
            try await ScriptedWorker.connected(to: bench) { worker in
                try await worker.join(bench)
                let order = try await worker.assignment()
                // By now it waits; a wait that begins later looks for itself.
                try await Task.sleep(for: .milliseconds(100))
                scene.isDiskFull.withLock { $0 = true }
                try await worker.finish(
                    worker.report(order, Completion(exitStatus: 0), coordinator: bench.coordinator.id))
                while await bench.coordinator.readiness() == nil { await Task.yield() }
                try await Task.sleep(for: .milliseconds(100))
                try await body(scene, wait)
            }
        }
    }

    @Test func theAnswerComesWhenTheEndIsDurable() async throws {
        try await withUnwrittenEnd { scene, wait in
            #expect(!scene.isAnswered.withLock { $0 })
            scene.isDiskFull.withLock { $0 = false }
            let state = try await wait.value
            #expect(state == .succeeded)
        }
    }

    @Test func anEndThatIsNeverDurableIsNotTold() async throws {
        let waiting = Mutex<Task<JobState, any Error>?>(nil)
        try await withUnwrittenEnd { scene, wait in
            #expect(!scene.isAnswered.withLock { $0 })
            waiting.withLock { $0 = wait }
        }
        let wait = try #require(waiting.withLock { $0 })
        await #expect(throws: RequestError.self) { try await wait.value }
    }
}

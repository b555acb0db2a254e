import Foundation
import Synchronization
import Testing
import WeftCoordinator
import WeftEngine
import WeftFormats
import WeftModel
import WeftStorage
import WeftWire

/// More than the coordinator can take: it slows down who asks, and falls over for nobody.
@Suite struct OverloadTests {
    @Test func submittersPastTheBoundAreToldToComeBackAndAreServedThen() async throws {
        var configuration = CoordinatorConfiguration()
        configuration.engine.maxUnfinishedJobs = 20
        try await Bench.run(configuration: configuration) { bench in
            // Ten times as many as may be unfinished, at once.
            let accepted = Shared<[JobID]>([])
            let declined = Shared(0)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        do {
                            let job = try await bench.coordinator.submit(bench.spec("job \(number)"), submitter: "ann")
                                .job
                            accepted.withLock { $0.append(job.id) }
                        } catch RequestError.busy(_, let seconds) {
                            #expect(seconds > 0)
                            declined.withLock { $0 += 1 }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(accepted.withLock(\.count) == 20)
            #expect(declined.withLock { $0 } == 180)
            // Room again: the next one is taken, and nothing that was acknowledged is missing.
            for id in accepted.withLock({ $0.prefix(5) }) {
                _ = try await bench.coordinator.cancel(id, reason: "room")
            }
            _ = try await bench.coordinator.submit(bench.spec("later"), submitter: "ann")
            for id in accepted.withLock({ $0 }) { _ = try await bench.coordinator.job(id) }
        }
    }

    @Test func whileTheJournalIsSlowSubmissionsAreDeclinedInsteadOfGathered() async throws {
        let hold = Shared(true)
        let journal = MemoryJournal { _ in
            hold.withLock { $0 } ? .writeFailed("the test holds the disk") : nil
        }
        var configuration = CoordinatorConfiguration()
        configuration.maxWaitingEvents = 10
        try await Bench.run(journal: journal, configuration: configuration, waitsForToken: false) { bench in
            let outcomes = Shared<[String]>([])
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        do {
                            _ = try await bench.coordinator.submit(bench.spec("job \(number)"), submitter: "ann")
                            outcomes.withLock { $0.append("accepted") }
                        } catch RequestError.busy {
                            outcomes.withLock { $0.append("busy") }
                        } catch RequestError.unavailable {
                            outcomes.withLock { $0.append("unavailable") }
                        }
                    }
                }
                // Those that were declined have heard so while the disk is still held.
                while outcomes.withLock(\.count) < 50 { await Task.yield() }
                #expect(!outcomes.withLock { $0.contains("accepted") })
                hold.withLock { $0 = false }
                try await group.waitForAll()
            }
            #expect(outcomes.withLock(\.count) == 100)
            while await bench.coordinator.readiness() != nil { await Task.yield() }
            _ = try await bench.coordinator.submit(bench.spec("afterwards"), submitter: "ann")
        }
    }

    @Test func aWorkerThatReportsFasterThanItIsHeardIsSlowedDownAndLosesNothing() async throws {
        try await Bench.run { bench in
            let tasks: UInt32 = 3000
            var spec = bench.spec("many")
            spec.array = ArrayRange(first: 0, count: tasks)
            spec.resources = Resources(cpuMillis: 1, memoryBytes: 0, diskBytes: 0)
            let job = try await bench.coordinator.submit(spec, submitter: "ann").job
            try await ScriptedWorker.connected(to: bench) { worker in
                try await worker.join(bench)
                for _ in 0..<tasks {
                    let order = try await worker.assignment()
                    let report = worker.report(order, Completion(exitStatus: 0), coordinator: bench.coordinator.id)
                    // Ten times each: what comes again counts once.
                    for _ in 0..<10 { try await worker.finish(report) }
                }
                while try await !bench.coordinator.job(job.id).state.isFinal { _ = try await worker.next() }
            }
            let ended = try await bench.coordinator.job(job.id)
            #expect(ended.state == .succeeded && ended.counts.succeeded == tasks)
        }
    }
}

/// A value that many tasks change.
private final class Shared<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    init(_ value: sending Value) { self.value = Mutex(value) }

    func withLock<Result: Sendable>(_ body: @Sendable (inout Value) -> Result) -> Result {
        value.withLock { value in
            var copy = value
            defer { value = copy }
            return body(&copy)
        }
    }
}

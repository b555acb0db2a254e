import Foundation
import SwiftProtobuf
import Synchronization
import Testing
import WeftCoordinator
import WeftFormats
import WeftModel
import WeftStorage
import WeftWire

@Suite struct RequestTests {
    @Test func anIdempotencyKeyAnswersWithTheFirstJobAndRefusesAnother() async throws {
        try await Bench.run { bench in
            let first = try await bench.coordinator.submit(bench.spec(key: "k"), submitter: "ann")
            let again = try await bench.coordinator.submit(bench.spec(key: "k"), submitter: "ann")
            #expect(first.created && !again.created && first.job.id == again.job.id)
            let other = try await bench.coordinator.submit(bench.spec(key: "k"), submitter: "bob")
            #expect(other.created)
            await #expect(throws: RequestError.self) {
                _ = try await bench.coordinator.submit(bench.spec("another", key: "k"), submitter: "ann")
            }
        }
    }

    @Test func missingBlobsAndURLsAreNamedByTheirFields() async throws {
        try await Bench.run { bench in
            var spec = bench.spec()
            let missing = Hashing.sha256([1])
            spec.inputs = [
                Input(path: "a", source: .blob(missing)),
                Input(path: "b", source: .url("http://example.org/x", digest: nil)),
            ]
            do {
                _ = try await bench.coordinator.submit(spec, submitter: "ann")
                Issue.record("accepted")
            } catch RequestError.invalid(let problems) {
                #expect(problems.map(\.field) == ["inputs[0].blob", "inputs[1].url"])
            }
        }
    }

    @Test func aSignatureOfOtherCodeIsRefusedWithItsField() async throws {
        try await Bench.run { bench in
            var spec = bench.spec()
            let identity = SigningIdentity()
            spec.signatures = [CodeSignature(try spec.codeStatement(), by: identity)]
            let signed = try await bench.coordinator.submit(spec, submitter: "ann")
            #expect(signed.created)
            spec.environment["LD_PRELOAD"] = "./x.so"
            do {
                _ = try await bench.coordinator.submit(spec, submitter: "ann")
                Issue.record("accepted")
            } catch RequestError.invalid(let problems) {
                #expect(problems.map(\.field) == ["signatures[0].signature"])
            }
        }
    }

    @Test func whileTheJournalFailsNothingIsAcknowledgedAndAfterwardsEverythingIs() async throws {
        let fails = Mutex(false)
        let journal = MemoryJournal { _ in fails.withLock { $0 } ? .writeFailed("the disk is full") : nil }
        try await Bench.run(journal: journal) { bench in
            fails.withLock { $0 = true }
            try await withThrowingTaskGroup(of: JobView.self) { group in
                group.addTask { try await bench.coordinator.submit(bench.spec(), submitter: "ann").job }
                while await bench.coordinator.readiness() == nil { await Task.yield() }
                #expect(await bench.coordinator.readiness()?.contains("the disk is full") == true)
                await #expect(throws: RequestError.self) {
                    _ = try await bench.coordinator.submit(bench.spec("second"), submitter: "ann")
                }
                #expect(try await journal.jobs(JobQuery()).isEmpty)
                fails.withLock { $0 = false }
                let job = try #require(try await group.next())
                #expect(try await journal.job(job.id) != nil)
            }
            #expect(await bench.coordinator.readiness() == nil)
        }
    }

    @Test func aRevokedTokenOpensNothingAlsoAfterARestart() async throws {
        let journal = MemoryJournal()
        try await Bench.run(journal: journal) { bench in
            let token = try await bench.coordinator.createToken(name: "ci", role: .submitter)
            let secret = try #require(token.secret)
            #expect(await bench.coordinator.authenticate(secret: secret) == Principal(name: "ci", role: .submitter))
            try await bench.coordinator.revokeToken(name: "ci")
            #expect(await bench.coordinator.authenticate(secret: secret) == nil)
            await #expect(throws: RequestError.self) { try await bench.coordinator.revokeToken(name: "ci") }
        }
    }

    @Test func aReceiptOfAVerifiedTaskChecksOutAndAWaitingTaskHasNone() async throws {
        try await Bench.run { bench in
            let job = try await bench.coordinator.submit(bench.spec(replicas: 2), submitter: "ann").job
            let task = TaskID(job: job.id, index: 0)
            await #expect(throws: RequestError.self) { _ = try await bench.coordinator.receipt(task) }
            try await bench.runOnNewWorkers(2)
            #expect(try await bench.coordinator.job(job.id).state == .succeeded)
            let receipt = try await bench.coordinator.receipt(task)
            let verified = try Receipt.verify(receipt, expectedCoordinator: bench.coordinator.id)
            #expect(verified.agreeing.count == 2)
        }
    }

    @Test func eventsResumeWhereTheyWereLeftAndSayWhatIsGone() async throws {
        try await Bench.run { bench in
            let all = try await bench.coordinator.events(after: nil, filter: EventFilter())
            let job = try await bench.coordinator.submit(bench.spec(), submitter: "ann").job
            _ = try await bench.coordinator.cancel(job.id, reason: "enough")
            var iterator = all.makeAsyncIterator()
            var seen: [EventView] = []
            while seen.count < 2, let batch = await iterator.next() { seen += batch.events }
            #expect(seen.map(\.kind) == [.jobSubmitted, .jobMoved])
            #expect(seen.last?.state == "cancelled")

            let resumed = try await bench.coordinator.events(after: seen[0].id, filter: EventFilter(job: job.id))
            var later = resumed.makeAsyncIterator()
            #expect(await later.next()?.events.map(\.id) == [seen[1].id])

            // From the future, at the end of all numbers: nothing to resume, and no harm.
            let epoch = seen[0].id.prefix { $0 != "-" }
            _ = try await bench.coordinator.events(after: "\(epoch)-\(UInt64.max)", filter: EventFilter())

            let stale = try await bench.coordinator.events(after: "99-5", filter: EventFilter())
            var missed = stale.makeAsyncIterator()
            #expect(await missed.next()?.events.first?.kind == .missed)
        }
    }

    @Test func logsFollowWhatRunsAndEndWithTheAgreedAnswer() async throws {
        try await Bench.run { bench in
            let job = try await bench.coordinator.submit(bench.spec(), submitter: "ann").job
            let logs = try await bench.coordinator.logs(job.id, task: 0, follow: true)
            let output = Array("first second\n".utf8)
            try await ScriptedWorker.connected(to: bench) { worker in
                try await worker.join(bench)
                let order = try await worker.assignment()
                try await worker.send(
                    .with {
                        $0.log.attempt = order.attempt.wire
                        $0.log.bytes = Data(output.prefix(6))
                    })
                var iterator = logs.makeAsyncIterator()
                let live = await iterator.next()
                #expect(live?.compactMap { Data(base64Encoded: $0.bytes) }.reduce(Data(), +) == Data(output.prefix(6)))
                let blob = BlobReference(digest: Hashing.sha256(output), sizeBytes: Int64(output.count))
                let report = worker.report(
                    order, Completion(exitStatus: 0, standardOutput: blob), inline: [blob.digest: output],
                    coordinator: bench.coordinator.id)
                try await worker.finish(report)
                try await worker.acknowledged(order.attempt)
                var rest = Data()
                while let pieces = await iterator.next() {
                    for piece in pieces { rest += Data(base64Encoded: piece.bytes) ?? Data() }
                }
                #expect(rest == Data(output.dropFirst(6)))
            }
        }
    }
}

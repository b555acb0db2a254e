import FoundationEssentials
import Testing
import WeftDrivers
import WeftFormats
import WeftModel
import WeftStorage
import WeftWire
import WeftWorker

@Suite struct AttemptTests {
    @Test func anAnswerIsSignedForItsCoordinatorAndSpec() async throws {
        let fixture = try await Fixture()
        try await fixture.run {
            let end = await fixture.answer()
            try await end.letIn()
            try await end.assign(order(1, ["to", "be"]))
            #expect(try await end.started() == attempt(1))
            let report = try await end.finished()
            let completion = try #require(report.completion)
            #expect(report.standardOutputText == "to be")
            let statement = ResultStatement(
                coordinator: end.identity.nodeID, specDigest: report.specDigest, attempt: report.attempt,
                node: fixture.worker.id, answer: AnswerDigest.of(completion, comparesStandardOutput: true),
                startedAt: report.startedAt, finishedAt: report.finishedAt)
            let key = try #require(fixture.worker.id.publicKey)
            #expect(key.verify(proof: report.signature, over: statement))
        }
    }

    @Test func theSameOrderTwiceRunsOnceAndItsResultIsSaidAgain() async throws {
        let gate = Gate()
        let fixture = try await Fixture(
            driver: ScriptedDriver { _, _, _ in
                await gate.pass()
                return RunReport(end: .exited(3))
            })
        try await fixture.run {
            let end = await fixture.answer()
            try await end.letIn()
            try await end.assign(order(1))
            try await end.assign(order(1))
            await gate.waitForArrivals(1)
            await gate.open()
            #expect(try await end.finished().completion?.exitStatus == 3)
            // At once, while it is being cleaned up behind it, and later.
            try await end.assign(order(1))
            #expect(try await end.finished().attempt == attempt(1))
            try await end.assign(order(2))
            #expect(try await end.finished().attempt == attempt(2))
            try await end.assign(order(1))
            #expect(try await end.finished().attempt == attempt(1))
            #expect(await gate.arrived == 2)
        }
    }

    @Test func anAcknowledgedResultIsForgotten() async throws {
        let fixture = try await Fixture()
        try await fixture.run {
            let end = await fixture.answer()
            try await end.letIn()
            try await end.assign(order(1))
            _ = try await end.finished()
            #expect(await fixture.worker.retainedCount == 1)
            try await end.acknowledge(attempt(1))
            try await end.assign(order(2))
            _ = try await end.finished()
            #expect(await fixture.worker.retainedCount == 1)
        }
    }

    @Test func aRevokedAttemptIsCancelledAndSaidToHaveEnded() async throws {
        let fixture = try await Fixture(
            driver: ScriptedDriver { _, _, _ in
                do { try await Task.sleep(for: .seconds(3600)) } catch { return RunReport(end: .cancelled) }
                return RunReport(end: .exited(0))
            })
        try await fixture.run {
            let end = await fixture.answer()
            try await end.letIn()
            try await end.assign(order(1))
            _ = try await end.started()
            try await end.revoke(attempt(1))
            #expect(try await end.finished().failureKind == .refused)
        }
    }

    @Test func whatRunsAndWhatIsFinishedSurvivesALostLink() async throws {
        let gate = Gate()
        let fixture = try await Fixture(
            driver: ScriptedDriver { order, _, _ in
                if ScriptedDriver.command(order) == ["slow"] { await gate.pass() }
                return RunReport(end: .exited(0), standardOutput: .memory(Array("done".utf8)))
            })
        try await fixture.run {
            let first = await fixture.answer()
            try await first.letIn()
            try await first.assign(order(1, ["quick"]))
            try await first.assign(order(2, ["slow"]))
            _ = try await first.finished()
            await gate.waitForArrivals(1)
            await first.link.close()

            let second = await fixture.answer()
            let hello = try await second.letIn()
            #expect(try hello.running.map { try AttemptStart(wire: $0).attempt } == [attempt(2)])
            let told = try hello.finished.map { try AttemptReport(wire: $0) }
            #expect(told.map(\.attempt) == [attempt(1)])
            #expect(told.first?.standardOutputText == "done")
            try await second.acknowledge(attempt(1))
            await gate.open()
            #expect(try await second.finished().attempt == attempt(2))
        }
    }

    @Test func anotherCoordinatorHearsNothingOfTheLastOnesWork() async throws {
        let fixture = try await Fixture()
        try await fixture.run {
            let first = await fixture.answer()
            try await first.letIn()
            try await first.assign(order(1))
            _ = try await first.finished()
            await first.link.close()
            let second = CoordinatorEnd(await fixture.switchboard.accept(), SigningIdentity())
            let hello = try await second.letIn()
            #expect(hello.finished.isEmpty && hello.running.isEmpty)
            try await second.assign(order(1))
            #expect(try await second.finished().standardOutputText == "hello")
        }
    }

    @Test func slotsAreNeverOvercommittedAndWhatWaitsRunsLater() async throws {
        let gate = Gate()
        let fixture = try await Fixture(
            driver: ScriptedDriver { _, _, _ in
                await gate.pass()
                return RunReport(end: .exited(0))
            }, cpuMillis: 2000)
        try await fixture.run {
            let end = await fixture.answer()
            try await end.letIn()
            for number in 1...5 { try await end.assign(order(UInt64(number))) }
            try await end.assign(order(9, cpuMillis: 3000))
            // The one that never fits is refused at once, while two run and three wait.
            let refused = try await end.finished()
            #expect(refused.attempt == attempt(9) && refused.failureKind == .refused)
            await gate.waitForArrivals(2)
            #expect(await gate.arrived == 2)
            await gate.open()
            var done: Set<AttemptID> = []
            for _ in 1...5 { done.insert(try await end.finished().attempt) }
            #expect(done.count == 5)
        }
    }

    @Test func inputsAreFetchedOnceInPiecesAndGivenToThePayload() async throws {
        let content = (0..<900_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        let fixture = try await Fixture(
            driver: ScriptedDriver { _, workspace, _ in
                do {
                    let bytes = try Data(contentsOf: URL(fileURLWithPath: workspace.payloadDirectory + "/in/a"))
                    return RunReport(end: .exited([UInt8](bytes) == content ? 0 : 1))
                } catch { return RunReport(end: .exited(2)) }
            })
        try await fixture.run {
            let end = await fixture.answer()
            try await end.letIn()
            let source = JobOrder.Source.blob(Hashing.sha256(content))
            for number in 1...2 {
                try await end.assign(order(UInt64(number), inputs: [.init(path: "in/a", source: source)]))
            }
            var requested = 0
            var results: [Int32?] = []
            while results.count < 2 {
                let message = try await end.next { Optional($0) }
                switch message.body {
                case .blobRequest(let request):
                    requested += Int(request.length)
                    var data = Weft_Wire_V1_BlobData()
                    data.request = request.request
                    data.totalBytes = UInt64(content.count)
                    // Shorter than asked: the rest is asked for again.
                    data.bytes = Data(content[Int(request.offset)...].prefix(min(Int(request.length), 200_000)))
                    requested -= Int(request.length) - data.bytes.count
                    try await end.send(Message(.blobData(data)))
                case .finished(let wire): results.append(try AttemptReport(wire: wire).completion?.exitStatus)
                default: break
                }
            }
            #expect(results == [0, 0])
            #expect(requested == content.count)
        }
    }

    @Test func wrongBytesForAnInputAreNoInput() async throws {
        let fixture = try await Fixture()
        try await fixture.run {
            let end = await fixture.answer()
            try await end.letIn()
            let digest = Hashing.sha256([1])
            try await end.assign(order(1, inputs: [.init(path: "a", source: .blob(digest))]))
            let request = try await end.next { if case .blobRequest(let wire) = $0.body { wire } else { nil } }
            var data = Weft_Wire_V1_BlobData()
            data.request = request.request
            data.totalBytes = 1
            data.bytes = Data([2])
            try await end.send(Message(.blobData(data)))
            #expect(try await end.finished().failureKind == .inputUnavailable)
            #expect(try await fixture.store.size(of: digest) == nil)
        }
    }

    @Test func largeOutputsStayUntilAcknowledgedAndAreServedInPieces() async throws {
        let content = [UInt8](repeating: 42, count: 300_000)
        let fixture = try await Fixture(
            driver: ScriptedDriver { _, _, _ in RunReport(end: .exited(0), standardOutput: .memory(content)) },
            cacheBytes: 400_000)
        try await fixture.run {
            let end = await fixture.answer()
            try await end.letIn()
            try await end.assign(order(1))
            let report = try await end.finished()
            let blob = try #require(report.completion?.standardOutput)
            #expect(report.inlineBlobs.isEmpty && blob.sizeBytes == 300_000)
            var got: [UInt8] = []
            for offset in [0, 262_144] {
                var request = Weft_Wire_V1_BlobRequest()
                request.request = UInt64(offset)
                request.digest = blob.digest.wire
                request.offset = UInt64(offset)
                request.length = .max
                try await end.send(Message(.blobRequest(request)))
                got += try await end.next { if case .blobData(let wire) = $0.body { [UInt8](wire.bytes) } else { nil } }
            }
            #expect(got == content)
            try await end.acknowledge(attempt(1))
            var request = Weft_Wire_V1_BlobRequest()
            request.digest = blob.digest.wire
            request.length = 10
            try await end.send(Message(.blobRequest(request)))
            let refusal = try await end.next { if case .blobData(let wire) = $0.body { wire.error } else { nil } }
            #expect(!refusal.isEmpty)
        }
    }

    @Test func aDrainedWorkerFinishesSaysGoodbyeAndReturns() async throws {
        let gate = Gate()
        let fixture = try await Fixture(
            driver: ScriptedDriver { _, _, _ in
                await gate.pass()
                return RunReport(end: .exited(0))
            })
        let running = Task { [worker = fixture.worker] in try await worker.run() }
        let end = await fixture.answer()
        try await end.letIn()
        try await end.assign(order(1))
        await gate.waitForArrivals(1)
        let draining = Task { [worker = fixture.worker] in await worker.drain(grace: .seconds(30)) }
        await gate.open()
        let report = try await end.finished()
        #expect(report.completion != nil)
        try await end.acknowledge(report.attempt)
        #expect(try await end.next { if case .goodbye(let wire) = $0.body { wire.drained } else { nil } })
        await draining.value
        try await running.value
    }

    @Test func whatDoesNotFinishWithinTheGraceIsHandedBack() async throws {
        let fixture = try await Fixture(
            driver: ScriptedDriver { _, _, _ in
                do { try await Task.sleep(for: .seconds(3600)) } catch { return RunReport(end: .cancelled) }
                return RunReport(end: .exited(0))
            })
        let running = Task { [worker = fixture.worker] in try await worker.run() }
        let end = await fixture.answer()
        try await end.letIn()
        try await end.assign(order(1))
        _ = try await end.started()
        let draining = Task { [worker = fixture.worker] in await worker.drain(grace: .zero) }
        let report = try await end.finished()
        #expect(report.failureKind == .nodeLost)
        try await end.acknowledge(report.attempt)
        await draining.value
        try await running.value
    }

    @Test func aSaboteursAnswerIsWrongAndProperlySigned() async throws {
        let fixture = try await Fixture(tamper: { _, completion, content in
            completion.standardOutput = try await content.put(Array("a lie".utf8))
        })
        try await fixture.run {
            let end = await fixture.answer()
            try await end.letIn()
            try await end.assign(order(1))
            let report = try await end.finished()
            #expect(report.standardOutputText == "a lie")
            let statement = ResultStatement(
                coordinator: end.identity.nodeID, specDigest: report.specDigest, attempt: report.attempt,
                node: fixture.worker.id,
                answer: AnswerDigest.of(try #require(report.completion), comparesStandardOutput: true),
                startedAt: report.startedAt, finishedAt: report.finishedAt)
            #expect(try #require(fixture.worker.id.publicKey).verify(proof: report.signature, over: statement))
        }
    }

    @Test func anOwnerWithoutAWallGetsNoWorkThatWantsOne() async throws {
        let open = ScriptedDriver(isolation: .none) { _, _, _ in RunReport(end: .exited(0)) }
        let fixture = try await Fixture(driver: open, isolation: .none)
        try await fixture.run {
            let end = await fixture.answer()
            try await end.letIn()
            try await end.assign(order(1, isolation: .process))
            #expect(try await end.finished().failureKind == .refused)
        }
    }
}

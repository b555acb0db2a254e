import FoundationEssentials
import Testing
import WeftFormats
import WeftModel
import WeftWire
import WeftWorker

@Suite struct HandshakeTests {
    @Test func bothEndsProveTheirKeysAndTheWorkerSaysWhatItIs() async throws {
        let fixture = try await Fixture()
        try await fixture.run {
            let end = await fixture.answer()
            let hello = try await end.letIn()
            #expect(hello.joinToken == "let me in")
            #expect(PublicIdentity(keyBytes: [UInt8](hello.nodeKey))?.nodeID == fixture.worker.id)
            let profile = try NodeProfile(wire: hello.profile)
            #expect(profile.name == "tester")
            #expect(profile.capacity.cpuMillis == 4000)
            #expect(profile.drivers.map(\.name) == ["process"])
        }
    }

    @Test func aCoordinatorThatCannotSignIsLeftAndTriedAgain() async throws {
        let fixture = try await Fixture()
        try await fixture.run {
            let liar = await fixture.answer()
            _ = try await liar.challenge()
            _ = try await liar.hello()
            var welcome = Weft_Wire_V1_Welcome()
            welcome.signature = Data(repeating: 7, count: 64)
            try await liar.send(Message(.welcome(welcome)))
            try await fixture.answer().letIn()
        }
    }

    @Test func aWorkersOwnProofSentBackDoesNotPassForTheCoordinators() async throws {
        let fixture = try await Fixture()
        try await fixture.run {
            let mirror = await fixture.answer()
            _ = try await mirror.challenge()
            var welcome = Weft_Wire_V1_Welcome()
            welcome.signature = try await mirror.hello().signature
            try await mirror.send(Message(.welcome(welcome)))
            try await fixture.answer().letIn()
        }
    }

    @Test func anotherCoordinatorThanThePinnedOneIsRefusedForGood() async throws {
        let pinned = SigningIdentity().nodeID
        let fixture = try await Fixture(pinned: pinned)
        let running = Task { [worker = fixture.worker] in try await worker.run() }
        let end = await fixture.answer()
        _ = try await end.challenge()
        await #expect(throws: WorkerError.wrongCoordinator(expected: pinned.text, found: end.identity.nodeID.text)) {
            try await running.value
        }
    }

    @Test func aRefusalForGoodStopsTheWorkerWithTheCoordinatorsWords() async throws {
        let fixture = try await Fixture()
        let running = Task { [worker = fixture.worker] in try await worker.run() }
        let end = await fixture.answer()
        _ = try await end.challenge()
        _ = try await end.hello()
        var refusal = Weft_Wire_V1_Refusal()
        refusal.code = "token"
        refusal.message = "the token is not known"
        try await end.send(Message(.refusal(refusal)))
        await #expect(throws: WorkerError.refused(code: "token", message: "the token is not known")) {
            try await running.value
        }
    }

    @Test func aRefusalForNowIsTriedAgain() async throws {
        let fixture = try await Fixture()
        try await fixture.run {
            let end = await fixture.answer()
            var refusal = Weft_Wire_V1_Refusal()
            refusal.code = "busy"
            refusal.retry = true
            try await end.send(Message(.refusal(refusal)))
            try await fixture.answer().letIn()
        }
    }

    @Test func aVersionThatNobodySharesIsTriedAgainLater() async throws {
        let fixture = try await Fixture()
        try await fixture.run {
            _ = try await fixture.answer().challenge(minVersion: 90, maxVersion: 99)
            try await fixture.answer().letIn()
        }
    }
}

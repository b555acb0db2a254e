import SeededNumbers
import Testing
import WeftFormats
import WeftModel

@Suite struct ReceiptTests {
    private let fixture = ReceiptFixture()

    private func failedCheck(_ bytes: [UInt8], in other: ReceiptFixture? = nil) -> ReceiptError.Check? {
        do throws(ReceiptError) {
            _ = try (other ?? fixture).verify(bytes)
            return nil
        } catch {
            return error.check
        }
    }

    /// Applies `change` to the receipt and signs it again, as a coordinator that cheats could.
    private func forged(_ change: (inout Receipt) -> Void) throws -> [UInt8] {
        var receipt = try fixture.verify(fixture.honest).receipt
        change(&receipt)
        return receipt.signed(by: fixture.coordinator)
    }

    @Test func anHonestReceiptIsAccepted() throws {
        let verified = try fixture.verify(fixture.honest)
        #expect(verified.receipt.task == fixture.id)
        #expect(verified.receipt.spec == fixture.spec)
        #expect(verified.receipt.state == .succeeded)
        #expect(verified.agreeing == [fixture.nodes[0].nodeID, fixture.nodes[2].nodeID])
        #expect(verified.differing == [fixture.nodes[1].nodeID])
        #expect(verified.receipt.completion == fixture.completion("right"))
        #expect(verified.receipt.issuedAt.description == "2023-11-14T22:13:23.000000Z")
        #expect(try Receipt.verify(fixture.honest, expectedCoordinator: nil) == verified)
    }

    @Test func theSameFactsGiveTheSameBytesInAnyOrder() {
        let right = fixture.completion("right")
        let results = [fixture.result(node: 2, right), fixture.result(node: 0, right)]
        let task = fixture.task(.succeeded, .agreed, right)
        #expect(fixture.issue(task, results) == fixture.issue(task, results.reversed()))
    }

    @Test func outputFilesAreCheckedAgainstTheReceipt() throws {
        let verified = try fixture.verify(fixture.honest)
        #expect(throws: Never.self) { try verified.verifyOutput(path: "out.txt", bytes: Array("right".utf8)) }
        for (path, text) in [("out.txt", "Right"), ("out.txt", ""), ("extra", ""), ("other", "right")] {
            let error = #expect(throws: ReceiptError.self) {
                try verified.verifyOutput(path: path, bytes: Array(text.utf8))
            }
            #expect(error?.check == .output)
        }
    }

    /// Every byte of the file, each replaced by its neighbours, by a changed case and by common characters.
    @Test func anyChangeOfAnyByteIsFound() {
        var small = fixture
        small.spec = JobSpec(
            name: "n", payload: .process(ProcessPayload(command: ["a"])), verification: Verification(replicas: 1))
        small.index = 0
        let completion = Completion(exitStatus: 0)
        let bytes = small.issue(small.task(.succeeded, .agreed, completion), [small.result(node: 0, completion)])
        #expect(failedCheck(bytes, in: small) == nil)
        var accepted: [Int] = []
        for place in bytes.indices {
            let old = bytes[place]
            let values: Set<UInt8> = [old ^ 1, old ^ 0x20, old ^ 0x80, old &+ 1, UInt8(ascii: "A"), UInt8(ascii: " ")]
            for value in values where value != old {
                var changed = bytes
                changed[place] = value
                if failedCheck(changed, in: small) == nil { accepted.append(place) }
            }
            var shorter = bytes
            shorter.remove(at: place)
            if failedCheck(shorter, in: small) == nil { accepted.append(place) }
            var longer = bytes
            longer.insert(UInt8(ascii: " "), at: place)
            if failedCheck(longer, in: small) == nil { accepted.append(place) }
        }
        #expect(accepted == [])
        #expect(failedCheck(bytes + [UInt8(ascii: "\n")], in: small) == .format)
    }

    @Test func anotherCoordinatorIsNotTheExpectedOne() {
        let other = SigningIdentity(seed: Array(repeating: 9, count: 32))!
        #expect(throws: ReceiptError.self) {
            try Receipt.verify(fixture.honest, expectedCoordinator: other.nodeID)
        }
        let right = fixture.completion("right")
        // Signed by another key, it is another coordinator's receipt, for whom the nodes did not sign.
        let bytes = Receipt.issue(
            job: fixture.job, task: fixture.task(.succeeded, .agreed, right),
            results: [fixture.result(node: 0, right), fixture.result(node: 1, right)], signedBy: other)
        #expect(failedCheck(bytes) == .coordinator)
        #expect(throws: ReceiptError(.nodeSignatures, "\(fixture.nodes[0].nodeID) did not sign its answer")) {
            try Receipt.verify(bytes, expectedCoordinator: other.nodeID)
        }
    }

    @Test func aCoordinatorCannotChangeWhatNodesSigned() throws {
        let other = fixture.completion("forged")
        let otherAnswer = AnswerDigest.of(other, comparesStandardOutput: true)
        #expect(failedCheck(try forged { $0.results[0].completion = other }) == .answers)
        #expect(failedCheck(try forged { $0.results[0].answer = otherAnswer }) == .answers)
        #expect(
            failedCheck(
                try forged {
                    $0.results[0].completion = other
                    $0.results[0].answer = otherAnswer
                }) == .nodeSignatures)
        #expect(failedCheck(try forged { $0.results[0].startedAt = Instant(microseconds: 0) }) == .nodeSignatures)
        #expect(failedCheck(try forged { $0.results[0].finishedAt = Instant(microseconds: 0) }) == .nodeSignatures)
        #expect(failedCheck(try forged { $0.results[0].signature = $0.results[2].signature }) == .nodeSignatures)
        #expect(failedCheck(try forged { $0.results[0].signature = [] }) == .nodeSignatures)
        #expect(failedCheck(try forged { $0.results[0].node = $0.coordinator }) == .nodeSignatures)
        #expect(failedCheck(try forged { $0.results[0].node = NodeID("nobody") }) == .nodeSignatures)
        #expect(failedCheck(try forged { $0.results[0].completion.outputs.removeLast() }) == .answers)
        #expect(failedCheck(try forged { $0.task = TaskID(job: $0.task.job, index: 8) }) == .nodeSignatures)
        #expect(failedCheck(try forged { $0.task = TaskID(job: JobID(43), index: 7) }) == .nodeSignatures)
    }

    @Test func theIncludedJobMustBeTheOneThatWasSigned() throws {
        #expect(failedCheck(try forged { $0.spec.name = "other" }) == .spec)
        #expect(failedCheck(try forged { $0.spec.verification.quorum = 1 }) == .spec)
        #expect(
            failedCheck(
                try forged {
                    $0.spec.verification.quorum = 1
                    $0.specDigest = $0.spec.digest
                }) == .nodeSignatures)
        #expect(failedCheck(try forged { $0.task = TaskID(job: $0.task.job, index: 10) }) == .spec)
        #expect(failedCheck(try forged { $0.spec.retries = 1000 }) == .spec)
    }

    @Test func aNodeVotesOnce() throws {
        #expect(failedCheck(try forged { $0.results.append($0.results[0]) }) == .nodes)
        let right = fixture.completion("right")
        let again = [fixture.result(node: 0, right), fixture.result(node: 0, right, replica: 1)]
        #expect(failedCheck(fixture.issue(fixture.task(.succeeded, .agreed, right), again)) == .verdict)
    }

    @Test func theVerdictFollowsFromTheAnswers() throws {
        let (right, wrong) = (fixture.completion("right"), fixture.completion("wrong"))
        let wrongAnswer = AnswerDigest.of(wrong, comparesStandardOutput: true)
        #expect(failedCheck(try forged { $0.answer = wrongAnswer }) == .verdict)
        #expect(failedCheck(try forged { $0.answer = nil }) == .verdict)
        #expect(failedCheck(try forged { $0.state = .failed }) == .verdict)
        #expect(failedCheck(try forged { $0.state = .running }) == .verdict)
        #expect(failedCheck(try forged { $0.results.removeLast() }) == .verdict)
        #expect(failedCheck(try forged { $0.results = [] }) == .verdict)
        #expect(
            failedCheck(
                try forged {
                    $0.verdict = .disagreed
                    $0.state = .failed
                    $0.answer = nil
                }) == .verdict)
        let one = [fixture.result(node: 0, right)]
        #expect(failedCheck(fixture.issue(fixture.task(.succeeded, .agreed, right), one)) == .verdict)
        #expect(failedCheck(fixture.issue(fixture.task(.failed, .disagreed, nil), one)) == .verdict)
    }

    @Test func tasksThatDidNotSucceedHaveReceiptsToo() throws {
        let bad = fixture.completion("bad", exitStatus: 3)
        let failed = fixture.issue(
            fixture.task(.failed, .agreed, bad, reason: "exit status 3"),
            [fixture.result(node: 0, bad), fixture.result(node: 1, bad)])
        #expect(try fixture.verify(failed).receipt.reason == "exit status 3")
        let torn = fixture.issue(
            fixture.task(.failed, .disagreed, nil),
            (0..<3).map { fixture.result(node: $0, fixture.completion("answer \($0)")) })
        #expect(try fixture.verify(torn).differing.count == 3)
        let lost = AttemptResult(
            attempt: AttemptID(task: fixture.id, replica: 0, lease: LeaseID(1)), node: fixture.nodes[0].nodeID,
            outcome: .failed(AttemptFailure(.timedOut, "too slow")), answer: nil,
            startedAt: Instant(microseconds: 0), finishedAt: Instant(microseconds: 1))
        let cancelled = fixture.issue(
            fixture.task(.cancelled, .undecided, nil), [lost, fixture.result(node: 1, bad)])
        #expect(try fixture.verify(cancelled).receipt.results.count == 1)
        let missing = Completion(
            exitStatus: 0, outputs: [.init(path: "out.txt", blob: nil), .init(path: "extra", blob: nil)])
        let results = [fixture.result(node: 0, missing), fixture.result(node: 1, missing)]
        #expect(failedCheck(fixture.issue(fixture.task(.succeeded, .agreed, missing), results)) == .verdict)
        #expect(failedCheck(fixture.issue(fixture.task(.failed, .agreed, missing), results)) == nil)
    }

    @Test func anErrorBudgetTakesOneAnswerAndABound() throws {
        var fixture = fixture
        fixture.spec.verification = Verification(maxError: ErrorRate(text: "1e-3"))
        let right = fixture.completion("right")
        let results = [fixture.result(node: 0, right)]
        func issued(_ bound: String?) -> [UInt8] {
            var task = fixture.task(.succeeded, .agreed, right)
            task.errorBound = bound.flatMap(ErrorRate.init(text:))
            return fixture.issue(task, results)
        }
        let verified = try fixture.verify(issued("0.0004"))
        #expect(verified.receipt.errorBound?.text == "0.0004")
        #expect(verified.agreeing == [fixture.nodes[0].nodeID])
        #expect(failedCheck(issued("0.001"), in: fixture) == nil)
        #expect(failedCheck(issued("0.001000001"), in: fixture) == .verdict)
        #expect(failedCheck(issued(nil), in: fixture) == .verdict)
        #expect(failedCheck(fixture.issue(fixture.task(.failed, .undecided, nil), results), in: fixture) == nil)
        var bounded = self.fixture.task(.succeeded, .agreed, right)
        bounded.errorBound = ErrorRate(text: "0")
        let votes = (0..<2).map { self.fixture.result(node: $0, right) }
        #expect(failedCheck(self.fixture.issue(bounded, votes)) == .verdict)
    }

    private func honestPayload() throws -> [UInt8] {
        let text = try #require(try JSONText.parse(fixture.honest)["payload"]?.string)
        return try #require(Base64.decode(text))
    }

    @Test func membersThatNoReceiptHasAreRefused() throws {
        let document = try JSONText.parse(honestPayload())
        let more = Document.object(document.members + [.init("note", "trust me")])
        for (payload, check) in [
            (CanonicalJSON.encode(document), nil), (CanonicalJSON.encode(more), ReceiptError.Check.format),
            (CanonicalJSON.encodePretty(document), .format), (Array("{}".utf8), .format), ([], .format),
        ] as [([UInt8], ReceiptError.Check?)] {
            let envelope = Envelope(payloadType: Receipt.payloadType, payload: payload, signedBy: fixture.coordinator)
            #expect(failedCheck(CanonicalJSON.encode(envelope.document)) == check)
        }
        let other = Envelope(
            payloadType: "application/json", payload: CanonicalJSON.encode(document), signedBy: fixture.coordinator)
        #expect(failedCheck(CanonicalJSON.encode(other.document)) == .format)
    }

    /// The DSSE specification's own example of the pre-authentication encoding.
    @Test func theEncodingThatIsSignedIsThatOfDSSE() {
        let encoding = Envelope.preAuthenticationEncoding(
            payloadType: "http://example.com/HelloWorld", payload: Array("hello world".utf8))
        #expect(String(decoding: encoding, as: UTF8.self) == "DSSEv1 29 http://example.com/HelloWorld 11 hello world")
    }

    @Test func mutatedReceiptsNeverCrash() {
        var random = SeededRandom(seed: 11)
        let honest = fixture.honest
        let alphabet = Array("{}[]\",:=\\ abcABC019+/".utf8) + [0, 0xFF]
        for _ in 0..<3000 {
            let changed = random.mutation(of: honest, alphabet: alphabet)
            if changed != honest { #expect(failedCheck(changed) != nil) }
        }
    }

    /// The signature holds, so everything behind it is reached.
    @Test func mutatedPayloadsThatAreSignedNeverCrash() throws {
        var random = SeededRandom(seed: 12)
        let payload = try honestPayload()
        let alphabet = Array("{}[]\",:\\ abcdef019-e".utf8)
        var accepted = 0
        for _ in 0..<2000 {
            let changed = random.mutation(of: payload, alphabet: alphabet)
            let envelope = Envelope(payloadType: Receipt.payloadType, payload: changed, signedBy: fixture.coordinator)
            if failedCheck(CanonicalJSON.encode(envelope.document)) == nil { accepted += 1 }
        }
        // A coordinator may say when and why a task ended; nothing else is its own to say.
        #expect(accepted < 200)
    }
}

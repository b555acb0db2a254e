import SeededNumbers
import Testing
import WeftFormats
import WeftModel

@Suite struct TimestampTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000000Z"), (1, "1970-01-01T00:00:00.000001Z"), (-1, "1969-12-31T23:59:59.999999Z"),
        (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"), (1_700_000_003_000_000, "2023-11-14T22:13:23.000000Z"),
        (4_107_542_399_999_999, "2100-02-28T23:59:59.999999Z"),
        (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
        (-62_167_219_200_000_000, "0000-01-01T00:00:00.000000Z"),
    ])
    func momentsAreWrittenAndRead(_ microseconds: Int64, _ text: String) {
        #expect(Timestamp(Instant(microseconds: microseconds)).description == text)
        #expect(Timestamp(text: text)?.instant == Instant(microseconds: microseconds))
    }

    @Test(arguments: [
        "", "1970-01-01", "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000000", "1970-01-01T00:00:00.000000+0",
        "1970-13-01T00:00:00.000000Z", "2023-02-29T00:00:00.000000Z", "1970-01-01T24:00:00.000000Z",
        "1970-01-01T00:60:00.000000Z", "1970-01-01T00:00:60.000000Z", "1970-01-01 00:00:00.000000Z",
        "999999999-1-1T0:0:0.000000Z", "1-1-1T99999999999999:0:0.0Z", "1-1-1T0:0:99999999999999.0Z",
        "1970-01-01T00:00:00.000000z", "99999999999999999999-1-1T0Z",
    ])
    func otherTextsAreNoMoments(_ text: String) { #expect(Timestamp(text: text) == nil) }

    @Test func randomMomentsSurvive() {
        var random = SeededRandom(seed: 5)
        for _ in 0..<5000 {
            let moment = Instant(
                microseconds: Int64.random(in: -62_167_219_200_000_000...253_402_300_799_999_999, using: &random))
            #expect(Timestamp(text: Timestamp(moment).description)?.instant == moment)
        }
        for extreme in [Int64.min, .max] { #expect(!Timestamp(Instant(microseconds: extreme)).description.isEmpty) }
    }
}

@Suite struct APICodingTests {
    private let moment = Timestamp(Instant(microseconds: 1))
    private let digest = Hashing.sha256([])
    private var attempt: AttemptID {
        AttemptID(task: TaskID(job: JobID(4), index: 2), replica: 1, lease: LeaseID(epoch: 1, sequence: 9))
    }

    private func roundTrip<Value: Codable & Equatable>(_ value: Value, _ fragments: String...) throws {
        let bytes = try APICoder.encode(value)
        #expect(try APICoder.decode(Value.self, from: bytes) == value)
        let text = String(decoding: bytes, as: UTF8.self)
        for fragment in fragments { #expect(text.contains(fragment), "\(fragment) in \(text)") }
        #expect(!text.contains("\"_0\"") && !text.contains("\\/"), "\(text)")
        // Canonical and pretty forms have no second opinion on what JSON is.
        #expect(throws: Never.self) { try JSONText.parse(try APICoder.encode(value, isPretty: true)) }
    }

    @Test func jobsAndTasksLookAsTheyShould() throws {
        let job = JobView(
            id: JobID(4), name: "a/b", state: .running, reason: nil, submitter: "me", submittedAt: moment, endedAt: nil,
            counts: TaskCounts(total: 3, running: 1), priority: -1, labels: ["someKey": "x", "snake_key": "y"],
            specDigest: digest)
        try roundTrip(
            job, "\"id\":4", "\"submitted_at\":\"1970-01-01T00:00:00.000001Z\"", "\"someKey\":\"x\"", "\"a/b\"",
            "\"spec_digest\":\"sha256:", "\"snake_key\":\"y\"")
        try roundTrip(Page(items: [job], next: "c"), "\"next\":\"c\"")
        let blob = BlobReference(digest: digest, sizeBytes: 0)
        let completion = Completion(exitStatus: 3, standardOutput: blob, outputs: [OutputFile(path: "o", blob: nil)])
        let attempts = [
            AttemptView(
                id: attempt.description, replica: 1, node: NodeID("12D"), nodeName: "n", state: .failed,
                failure: AttemptFailure(.outOfMemory, "m"), usage: Usage(wallMicroseconds: 5)),
            AttemptView(
                id: "x", replica: 0, node: NodeID("12E"), nodeName: "n", state: .completed, startedAt: moment,
                answer: digest, agreed: true, completion: completion),
        ]
        try roundTrip(
            TaskView(
                id: attempt.task, state: .failed, verdict: .agreed, answer: digest, completion: completion,
                attempts: attempts),
            "\"id\":\"4.2\"", "\"exit_status\":3", "\"standard_output\":{", "\"size_bytes\":0", "\"node_name\":\"n\"")
    }

    @Test func nodesAndTheRestLookAsTheyShould() throws {
        let profile = NodeProfile(
            name: "n", operatingSystem: "linux", architecture: "x86_64", capacity: Resources(),
            drivers: [
                DriverProfile(name: "process"),
                DriverProfile(name: "vm", payloads: ["process"], isolation: .vm, architectures: ["x86_64", "arm64"]),
            ], labels: ["zoneName": "a"], submitters: ["ann"], signers: ["12D"], paused: "hours")
        try roundTrip(
            NodeView(
                id: NodeID("12D"), name: "n", state: .connected, route: .relayed, profile: profile,
                free: Resources(cpuMillis: 5), runningAttempts: 2, reputation: Reputation(score: 50),
                firstSeenAt: moment, lastSeenAt: moment),
            "\"cpu_millis\":5", "\"route\":\"relayed\"", "\"running_attempts\":2", "\"zoneName\":\"a\"",
            "\"enforced\":[\"cpu\"",
            "\"submitters\":[\"ann\"]", "\"signers\":[\"12D\"]", "\"paused\":\"hours\"", "\"payloads\":[\"process\"]",
            "\"isolation\":\"vm\"", "\"architectures\":[\"x86_64\",\"arm64\"]")
        try roundTrip(
            TokenView(name: "t", role: .admin, createdAt: moment, revokedAt: nil, secret: "s"), "\"role\":\"admin\"")
        try roundTrip(TokenRequest(name: "t", role: .viewer))
        try roundTrip(DrainRequest(draining: true))
        try roundTrip(
            Stats(coordinator: NodeID("12D"), version: "1", startedAt: moment, uptimeSeconds: 1.5, disagreements: 4),
            "\"uptime_seconds\":1.5")
        var event = EventView(id: "5", at: moment, kind: .jobSubmitted)
        event.job = JobID(1)
        event.counts = TaskCounts(total: 1)
        try roundTrip(event, "\"kind\":\"job.submitted\"")
        try roundTrip(
            LogPiece(task: "1.0", attempt: "a", stream: .stderr, offset: .max, dropped: 0, bytes: "aGk="),
            "\"stream\":\"stderr\"", "18446744073709551615")
        try roundTrip(
            ProblemDocument(
                title: "Invalid", status: 422, errors: [Problem(field: "a", message: "m")], requestID: "r"),
            "\"request_id\":\"r\"", "\"type\":\"about:blank\"")
        try roundTrip(
            Explanation(
                kind: .neverHere, summary: "s", reasons: [.init(field: "f", message: "m", nodes: [NodeID("x")])]),
            "\"node_count\":0")
    }

    @Test func profilesOfOtherVersionsAreRead() throws {
        func profile(_ driver: String, isolation: String = "process") throws -> NodeProfile {
            let text = """
                {"name":"n","operating_system":"linux","architecture":"x86_64","capacity":{"cpu_millis":1,\
                "memory_bytes":1,"disk_bytes":1,"devices":[]},"drivers":[\(driver)],"labels":{},"owner":"",\
                "isolation":"\(isolation)","enforced":["cpu","antigravity"],"notes":[],"version":"9","mood":"good"}
                """
            return try APICoder.decode(NodeProfile.self, from: Array(text.utf8))
        }
        // As rows were written before drivers had walls of their own.
        let old = try profile(#"{"name":"process","version":"1"}"#)
        #expect(old.drivers == [DriverProfile(name: "process", version: "1")])
        #expect(old.enforced == [.cpu])
        #expect(old.paused.isEmpty && old.submitters.isEmpty && old.signers.isEmpty)
        #expect(old.devices.isEmpty && old.benchmark == nil)
        #expect(old.driver(for: DriverWish(payload: "process", enforced: [.cpu])) != nil)
        let new = try profile(
            #"{"name":"x","version":"","isolation":"moat","architectures":["z80"],"enforced":["time","mood"]}"#,
            isolation: "moat")
        #expect(new.isolation == .none)
        #expect(
            new.drivers == [
                DriverProfile(name: "x", isolation: Isolation.none, architectures: ["z80"], enforced: [.time])
            ])
    }

    @Test func outcomesHaveNoSynthesisedKeys() throws {
        try roundTrip(Outcome.completed(Completion(exitStatus: 0)), "{\"completed\":{\"exit_status\":0")
        try roundTrip(Outcome.failed(AttemptFailure(.timedOut, "m")), "{\"failed\":{\"kind\":\"timedOut\"")
        try roundTrip(
            AttemptResult(
                attempt: attempt, node: NodeID("n"), outcome: .completed(Completion(exitStatus: 0)), answer: digest,
                signature: [1], startedAt: moment.instant, finishedAt: moment.instant))
        for text in [
            "{}",
            "{\"completed\":{\"exit_status\":0,\"outputs\":[]},\"failed\":{\"kind\":\"timedOut\",\"message\":\"\"}}",
        ] {
            #expect(throws: DecodingError.self) { try APICoder.decode(Outcome.self, from: Array(text.utf8)) }
        }
    }
}

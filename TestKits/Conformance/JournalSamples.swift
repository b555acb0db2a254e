import WeftModel

/// Rows for journal checks, with every field set to something that can be told apart.
enum Sample {
    static func instant(_ second: Int) -> Instant { Instant(microseconds: Int64(second) * 1_000_000 + 7) }

    static func digest(_ seed: Int) -> Digest {
        Digest(bytes: (0..<32).map { UInt8(truncatingIfNeeded: seed >> (($0 % 8) * 8)) ^ UInt8($0) })!
    }

    static func spec(
        _ name: String = "sample", tasks: UInt32 = 10, labels: [String: String] = [:], key: String? = nil
    ) -> JobSpec {
        JobSpec(
            name: name, payload: .process(ProcessPayload(command: ["/bin/echo", "hello"])),
            array: ArrayRange(first: 0, count: tasks), labels: labels, idempotencyKey: key)
    }

    static func job(
        _ number: UInt64, spec: JobSpec = Sample.spec(), submitter: String = "ann", state: JobState = .waiting,
        endedAt: Instant? = nil
    ) -> JobRecord {
        JobRecord(
            id: JobID(number), spec: spec, specDigest: digest(Int(number)), submitter: submitter,
            submittedAt: instant(Int(number)),
            trace: TraceContext("00-0af7651916cd43dd8448eb211c80319c-00000000000000\(10 + number % 90)-01"),
            state: state,
            endedAt: endedAt)
    }

    static func task(
        _ job: UInt64, _ index: UInt32, _ state: TaskState = .succeeded, dissenters: Int = 0, reason: String? = nil
    ) -> TaskRecord {
        TaskRecord(
            id: TaskID(job: JobID(job), index: index), state: state,
            verdict: dissenters > 0 ? .disagreed : state == .succeeded ? .agreed : .undecided,
            answer: state == .succeeded ? digest(Int(index)) : nil,
            alike: state == .succeeded && index % 3 == 1 ? [digest(900), digest(901)] : [], reason: reason,
            dissenters: dissenters,
            endedAt: instant(1000 + Int(index)))
    }

    static func answer(
        _ job: UInt64, _ index: UInt32, replica: UInt16 = 0, lease: UInt64, node: String = "12D3KooWone",
        exitStatus: Int32 = 0
    ) -> AttemptResult {
        AttemptResult(
            attempt: AttemptID(
                task: TaskID(job: JobID(job), index: index), replica: replica, lease: LeaseID(lease)),
            node: NodeID(node),
            outcome: .completed(
                Completion(
                    exitStatus: exitStatus,
                    standardOutput: BlobReference(digest: digest(1), sizeBytes: 12),
                    standardError: BlobReference(digest: digest(2), sizeBytes: 1 << 40),
                    outputs: [
                        OutputFile(path: "out/ünï cödé 🧵.bin", blob: BlobReference(digest: digest(3), sizeBytes: 0)),
                        OutputFile(path: "missing", blob: nil),
                    ])),
            answer: digest(Int(exitStatus)), signature: Array(0..<64), startedAt: instant(5), finishedAt: instant(9),
            usage: Usage(wallMicroseconds: 4_000_000, cpuMicroseconds: 3, peakMemoryBytes: nil))
    }

    static func failure(_ job: UInt64, _ index: UInt32, lease: UInt64, _ message: String) -> AttemptResult {
        AttemptResult(
            attempt: AttemptID(task: TaskID(job: JobID(job), index: index), replica: 1, lease: LeaseID(lease)),
            node: NodeID("12D3KooWtwo"), outcome: .failed(AttemptFailure(.nodeLost, message)), answer: nil,
            startedAt: instant(5), finishedAt: instant(9))
    }

    static func node(_ id: String, score: Int = 50, name: String = "host") -> NodeRecord {
        NodeRecord(
            id: NodeID(id),
            profile: NodeProfile(
                name: name, operatingSystem: "linux", architecture: "x86_64",
                capacity: Resources(devices: [DeviceRequest(kind: "gpu", count: 2)]),
                drivers: [
                    DriverProfile(name: "process", version: "1"),
                    DriverProfile(
                        name: "vm", version: "7", payloads: ["process", "assembly"], isolation: .vm,
                        architectures: ["x86_64", "arm64"], enforced: [.memory]),
                ], labels: ["zone": "é/\"q\""], owner: "bob",
                notes: ["no network limit"], version: "0.1"),
            reputation: Reputation(score: score, agreements: 1 << 40, disagreements: 3),
            network: id == "a" ? "203.0.113.0/24" : nil, isDraining: score < 10,
            firstSeenAt: instant(1), lastSeenAt: instant(2))
    }

    static func token(_ name: String, _ role: Role = .submitter, revokedAt: Instant? = nil) -> TokenRecord {
        TokenRecord(
            name: name, role: role, secretDigest: digest(99), createdAt: instant(3), revokedAt: revokedAt)
    }
}

import FoundationEssentials
import SeededNumbers
import Testing
import WeftModel
import WeftWire

/// One value of everything that has a form on the wire.
enum Samples {
    static let attempt = AttemptID(
        task: TaskID(job: JobID(42), index: 7), replica: 3, lease: LeaseID(epoch: 5, sequence: 9))
    static let digest = Digest(bytes: (0..<32).map { UInt8($0) })!
    static let other = Digest(bytes: (0..<32).map { UInt8($0 + 100) })!
    static let resources = Resources(
        cpuMillis: 1500, memoryBytes: 1 << 31, diskBytes: 5,
        devices: [
            DeviceRequest(kind: "gpu", count: 2),
            DeviceRequest(
                kind: "gpu", count: 1, vendor: "nvidia", memoryBytes: 1 << 34, capability: DeviceCapability("8.6"),
                shareBytes: 1 << 30),
        ])
    static let profile = NodeProfile(
        name: "bärbel", operatingSystem: "linux", architecture: "x86_64", capacity: resources,
        drivers: [DriverProfile(name: "process", version: "1")], labels: ["zone": "a", "empty": ""], owner: "me",
        isolation: .process, enforced: [.cpu, .memory], notes: ["no GPU"], version: "0.1",
        submitters: ["ann"], signers: ["12D3KooW"], paused: "its hours are over",
        devices: [
            DeviceProfile(
                id: "gpu0", kind: "gpu", vendor: "nvidia", model: "H200", memoryBytes: 1 << 37,
                capability: DeviceCapability("9.0"), architecture: "sm_90", driver: "580", pciAddress: "0000:65:00.0",
                backends: ["cuda", "opencl"], fault: "Xid 79"),
            DeviceProfile(id: "accelerator0", kind: "accelerator"),
        ],
        benchmark: HardwareBenchmark(
            fingerprint: "ab", measuredAt: Instant(microseconds: 12),
            processor: ProcessorBenchmark(singleMegaflops: 1, diskReadBytesPerSecond: 5),
            devices: [
                DeviceBenchmark(id: "gpu0", backend: "cuda", halfMegaflops: 3, launchNanoseconds: 2, notes: ["hot"])
            ], signature: "AAEC"))
    static let completed = AttemptReport(
        attempt: attempt, specDigest: other,
        outcome: .completed(
            Completion(
                exitStatus: 3, standardOutput: BlobReference(digest: digest, sizeBytes: 3),
                standardError: BlobReference(digest: other, sizeBytes: 1 << 33),
                outputs: [
                    OutputFile(path: "out/a.txt", blob: BlobReference(digest: other, sizeBytes: 1 << 33)),
                    OutputFile(path: "missing", blob: nil),
                ])), startedAt: Instant(microseconds: 1), finishedAt: Instant(microseconds: 2_000_000),
        usage: Usage(wallMicroseconds: 5, cpuMicroseconds: 0, peakMemoryBytes: nil, diskBytes: 0, outputBytes: 1 << 40),
        signature: Array(repeating: 7, count: 72 + 32), inlineBlobs: [digest: [1, 2, 3]])
    static let failed = AttemptReport(
        attempt: attempt, specDigest: other, outcome: .failed(AttemptFailure(.timedOut, "after 3 s")),
        startedAt: Instant(microseconds: 0), finishedAt: Instant(microseconds: 0))
    static let order = JobOrder(
        job: JobID(42), specDigest: digest, jobName: "name", submitter: "ann", environment: ["A": "b=c"],
        inputs: [
            .init(path: "in/put", source: .inline([0, 255]), isExecutable: true),
            .init(path: "blob", source: .blob(other)), .init(path: "each", source: .each),
        ], outputs: [Output(path: "out"), Output(path: "maybe", isOptional: true)], resources: resources,
        timeout: .milliseconds(1500), isolation: .none, comparesStandardOutput: false,
        payload: .process(command: ["sh", "-c", ""], standardInput: .blob(digest)),
        mounts: [Mount(path: "a/b", at: "/data")],
        trace: TraceContext("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))

    static var attempts: AttemptList {
        var list = AttemptList(of: JobID(42))
        list.append(attempt)
        list.append(AttemptID(task: TaskID(job: JobID(42), index: .max), replica: .max, lease: LeaseID(.max)))
        return list
    }
    static var assignments: Assignments {
        var assignments = Assignments(of: JobID(42))
        assignments.attempts = attempts
        assignments.each = [digest, other]
        return assignments
    }

    static var messages: [Message] {
        [
            Message(.profile(profile.wire)), Message(.finished(completed.wire)), Message(.finished(failed.wire)),
            Message(.jobOrder(order.wire)), Message(.jobOrder(wasm.wire)), Message(.jobOrder(container.wire)),
            Message(.jobOrder(assembly.wire)), Message(.profile(manyDrivers.wire)),
            Message(.assignments(assignments.wire)), Message(.acks(attempts.acks)),
            Message(.started(AttemptStart(attempt: attempt, at: Instant(microseconds: 5)).wire)),
        ]
    }
}

@Suite struct MappingTests {
    @Test func everythingComesBackAsItWas() throws {
        #expect(try AttemptID(wire: Samples.attempt.wire) == Samples.attempt)
        #expect(try Resources(wire: Samples.resources.wire) == Samples.resources)
        #expect(try NodeProfile(wire: Samples.profile.wire) == Samples.profile)
        #expect(try AttemptReport(wire: Samples.completed.wire) == Samples.completed)
        #expect(try AttemptReport(wire: Samples.failed.wire) == Samples.failed)
        #expect(try JobOrder(wire: Samples.order.wire) == Samples.order)
        #expect(try Assignments(wire: Samples.assignments.wire) == Samples.assignments)
        #expect(try AttemptList(wire: Samples.attempts.acks) == Samples.attempts)
        let start = AttemptStart(attempt: Samples.attempt, at: Instant(microseconds: 5))
        #expect(try AttemptStart(wire: start.wire) == start)
    }

    @Test func aReportIsAResultOnceItsReceiverHasAddedWhatItKnows() {
        let result = Samples.completed.result(node: NodeID("n"), answer: Samples.digest)
        #expect(result.node == NodeID("n") && result.answer == Samples.digest)
        #expect(
            AttemptReport(result: result, specDigest: Samples.other, inlineBlobs: [Samples.digest: [1, 2, 3]])
                == Samples.completed)
    }

    @Test func everyKindOfFailureHasAWord() throws {
        for kind in AttemptFailure.Kind.allCases {
            let failure = AttemptFailure(kind, "why")
            #expect(try AttemptFailure(wire: failure.wire) == failure)
        }
    }

    private func expectMalformed(
        _ field: String, _ location: SourceLocation = #_sourceLocation, _ body: () throws -> Void
    ) {
        do {
            try body()
            Issue.record("\(field) was accepted", sourceLocation: location)
        } catch LinkError.malformed(let why) {
            #expect(why.hasPrefix(field + ":"), sourceLocation: location)
        } catch {
            Issue.record("\(field) threw \(error)", sourceLocation: location)
        }
    }

    private func expectMalformedOrder(
        _ field: String, _ location: SourceLocation = #_sourceLocation,
        _ change: (inout Weft_Wire_V1_JobOrder) -> Void
    ) {
        var wire = Samples.order.wire
        change(&wire)
        expectMalformed("job_order.\(field)", location) { _ = try JobOrder(wire: wire) }
    }

    @Test func aMalformedOrderNamesItsField() {
        expectMalformedOrder("job") { $0.job = 0 }
        expectMalformedOrder("spec_digest") { $0.specDigest.removeLast() }
        expectMalformedOrder("payload") { $0.payload = nil }
        expectMalformedOrder("process.command") { $0.process.command = [] }
        expectMalformedOrder("process.command[1]") { $0.process.command = ["a", "b\0c"] }
        expectMalformedOrder("process.standard_input.source") { $0.process.standardInput.source = nil }
        expectMalformedOrder("environment") { $0.environment = ["A=B": ""] }
        expectMalformedOrder("environment.A") { $0.environment = ["A": "\0"] }
        for path in ["", "/etc/passwd", "..", "a/../../b", "a\0b", String(repeating: "x", count: 5000)] {
            expectMalformedOrder("inputs[1].path") { $0.inputs[1].path = path }
            expectMalformedOrder("outputs[0].path") { $0.outputs[0].path = path }
        }
        expectMalformedOrder("inputs[0].content.source") { $0.inputs[0].content.source = nil }
        expectMalformedOrder("timeout_milliseconds") { $0.timeoutMilliseconds = 0 }
        expectMalformedOrder("timeout_milliseconds") { $0.timeoutMilliseconds = .max }
        expectMalformedOrder("isolation") { $0.isolation = "paper" }
        expectMalformedOrder("resources.memory_bytes") { $0.resources.memoryBytes = -1 }
        expectMalformedOrder("resources.cpu_millis") { $0.resources.cpuMillis = .max }
        expectMalformedOrder("resources.devices[0].count") { $0.resources.devices[0].count = 0 }
        expectMalformedOrder("resources.devices[0].kind") { $0.resources.devices[0].kind = "" }
        expectMalformedOrder("resources.devices[1].capability") { $0.resources.devices[1].capability = "8.x" }
        expectMalformedOrder("resources.devices[1].share_bytes") { $0.resources.devices[1].shareBytes = -1 }
    }

    @Test func malformedAssignmentsNameTheirField() {
        func expect(
            _ field: String, _ location: SourceLocation = #_sourceLocation,
            _ change: (inout Weft_Wire_V1_Assignments) -> Void
        ) {
            var wire = Samples.assignments.wire
            change(&wire)
            expectMalformed(field, location) { _ = try Assignments(wire: wire) }
        }
        expect("assignments.job") { $0.job = 0 }
        expect("assignments") { $0.indexes.removeLast() }
        expect("assignments") { $0.leases.append(1) }
        expect("assignments.replicas") { $0.replicas[0] = 65_536 }
        expect("assignments.each") { $0.each[1].removeLast() }
        var acks = Samples.attempts.acks
        acks.replicas = []
        expectMalformed("acks") { _ = try AttemptList(wire: acks) }
    }

    private func expectMalformedReport(
        _ field: String, _ location: SourceLocation = #_sourceLocation,
        _ change: (inout Weft_Wire_V1_AttemptFinished) -> Void
    ) {
        var wire = Samples.completed.wire
        change(&wire)
        expectMalformed("finished.\(field)", location) { _ = try AttemptReport(wire: wire) }
    }

    @Test func aMalformedReportNamesItsField() {
        expectMalformedReport("outcome") { $0.outcome = nil }
        expectMalformedReport("signature") { $0.signature.removeLast() }
        expectMalformedReport("started_microseconds") { $0.startedMicroseconds = -1 }
        expectMalformedReport("usage.wall_microseconds") { $0.usage.wallMicroseconds = .min }
        expectMalformedReport("completed.exit_status") { $0.completed.exitStatus = 256 }
        expectMalformedReport("completed.standard_output.inline") { $0.completed.standardOutput.inline.append(1) }
        expectMalformedReport("completed.standard_output.digest") { $0.completed.standardOutput.digest.removeLast() }
        expectMalformedReport("completed.outputs[0].blob.size_bytes") { $0.completed.outputs[0].blob.sizeBytes = -1 }
        expectMalformedReport("completed.outputs[1].path") { $0.completed.outputs[1].path = "../x" }
        expectMalformedReport("failed.kind") { $0.failed.kind = "tired" }
    }

    @Test func aMalformedProfileNamesItsField() {
        func expect(
            _ field: String, _ location: SourceLocation = #_sourceLocation,
            _ change: (inout Weft_Wire_V1_Profile) -> Void
        ) {
            var wire = Samples.profile.wire
            change(&wire)
            expectMalformed("profile.\(field)", location) { _ = try NodeProfile(wire: wire) }
        }
        expect("name") { $0.name = "" }
        expect("architecture") { $0.architecture = "" }
        expect("isolation") { $0.isolation = "" }
        expect("drivers[0].name") { $0.drivers[0].name = "" }
        expect("notes") { $0.notes = Array(repeating: "n", count: 2000) }
        expect("labels.zone") { $0.labels["zone"] = String(repeating: "l", count: 5000) }
        expect("capacity.disk_bytes") { $0.capacity.diskBytes = -5 }
        expect("devices[1].id") { $0.devices[1].id = "" }
        expect("devices[0].capability") { $0.devices[0].capability = "strong" }
        expect("devices") { $0.devices = Array(repeating: $0.devices[0], count: 65) }
        expect("benchmark.devices[0].launch_nanoseconds") { $0.benchmark.devices[0].launchNanoseconds = -1 }
        expect("benchmark.signature") { $0.benchmark.signature = Data(repeating: 0, count: 65) }
    }

    @Test func limitsOfALaterVersionAreLeftOut() throws {
        var wire = Samples.profile.wire
        wire.enforced.append("teleportation")
        #expect(try NodeProfile(wire: wire) == Samples.profile)
    }

    @Test func anOrderResolvesItsTasksInputsByIndex() {
        let spec = JobSpec(
            name: "sweep",
            payload: .process(ProcessPayload(command: ["x"], standardInput: .each([Samples.digest, Samples.other]))),
            array: ArrayRange(first: 10, count: 2), environment: ["A": "1"],
            inputs: [
                Input(path: "mine", source: .each([Samples.other, Samples.digest]), isExecutable: true),
                Input(path: "all", source: .inline([1])),
            ], outputs: [Output(path: "o")], requirements: Requirements(isolation: .none),
            verification: Verification(comparesStandardOutput: false), timeoutSeconds: 60)
        let attempt = AttemptID(task: TaskID(job: JobID(4), index: 11), replica: 0, lease: LeaseID(1))
        let order = AssignmentOrder(spec: spec, specDigest: Samples.digest, attempt: attempt)
        #expect(order.inputs[0].source == .blob(Samples.digest) && order.inputs[0].isExecutable)
        #expect(order.inputs[1].source == .inline([1]))
        #expect(order.payload == .process(command: ["x"], standardInput: .blob(Samples.other)))
        #expect(
            order.environment == ["A": "1", "WEFT_JOB_ID": "4", "WEFT_TASK_INDEX": "11", "WEFT_JOB_NAME": "sweep"])
        #expect(order.timeout == .seconds(60) && order.isolation == .none && !order.comparesStandardOutput)
        #expect(order.blobs == [Samples.digest, Samples.other])
    }

    @Test(arguments: 0..<4 as Range<UInt64>) func damagedMessagesMapOrNameAField(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let samples = try Samples.messages.map { try Frame.encode([$0])[0].bytes }
        for _ in 0..<5000 {
            var bytes = samples.randomElement(using: &random)!
            bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            do throws(LinkError) {
                for message in try Frame(decoding: bytes).messages {
                    switch message.body {
                    case .profile(let profile): _ = try NodeProfile(wire: profile)
                    case .finished(let finished): _ = try AttemptReport(wire: finished)
                    case .jobOrder(let order): _ = try JobOrder(wire: order)
                    case .assignments(let assignments): _ = try Assignments(wire: assignments)
                    case .acks(let acks): _ = try AttemptList(wire: acks)
                    case .started(let started): _ = try AttemptStart(wire: started)
                    default: break
                    }
                }
            } catch {
                guard case .malformed = error else {
                    Issue.record("seed \(seed): \(error)")
                    continue
                }
            }
        }
    }
}

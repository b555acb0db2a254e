import Testing
import WeftFormats
import WeftModel

@Suite struct CacheKeyTests {
    private let blobs = (UInt8(0)..<9).map { Hashing.sha256([$0]) }

    private func key(_ index: UInt32 = 0, _ change: (inout JobSpec) -> Void = { _ in }) -> Digest? {
        var spec = JobSpec(
            name: "work", payload: .process(ProcessPayload(command: ["work", "-x"])),
            array: ArrayRange(first: 0, count: 4), environment: ["A": "1"],
            inputs: [
                Input(path: "data", source: .blob(blobs[0])), Input(path: "part", source: .each(Array(blobs[1...4]))),
            ], outputs: [Output(path: "out")])
        change(&spec)
        return CacheKeys(of: spec)?.key(of: index)
    }

    /// Everything that the payload can see, that decides what runs it, or that decides what counts as its answer.
    @Test func whatDecidesTheAnswerDecidesTheKey() throws {
        let changes: [(String, (inout JobSpec) -> Void)] = [
            ("name", { $0.name = "other" }),
            ("command", { $0.payload = .process(ProcessPayload(command: ["work", "-y"])) }),
            ("arguments", { $0.payload = .process(ProcessPayload(command: ["work -x"])) }),
            ("stdin", { $0.payload.standardInput = .inline([1]) }),
            ("kind", { $0.payload = .wasm(WasmPayload(module: .blob(self.blobs[8]))) }),
            ("environment", { $0.environment["A"] = "2" }), ("no environment", { $0.environment = [:] }),
            ("input", { $0.inputs[0].source = .blob(self.blobs[7]) }), ("its path", { $0.inputs[0].path = "d" }),
            ("executable", { $0.inputs[0].isExecutable = true }), ("no input", { $0.inputs.removeFirst() }),
            ("outputs", { $0.outputs[0].path = "o" }), ("optional", { $0.outputs[0].isOptional = true }),
            ("stdout", { $0.verification.comparesStandardOutput = false }),
            ("memory", { $0.resources.memoryBytes *= 2 }), ("processors", { $0.resources.cpuMillis = 500 }),
            ("architecture", { $0.requirements.architecture = "arm64" }),
            ("isolation", { $0.requirements.isolation = .vm }), ("driver", { $0.requirements.drivers = ["vm"] }),
            ("label", { $0.requirements.labels = ["gpu": "a"] }),
            ("mount", { $0.mounts = [Mount(path: "in", at: "/data")] }),
        ]
        var keys = [try #require(key()): "nothing"]
        for (what, change) in changes {
            let changed = try #require(key(0, change))
            #expect(keys.updateValue(what, forKey: changed) == nil, "\(what) does not change the key")
        }
        #expect(keys[try #require(key(1))] == nil, "the index does not change the key")
    }

    @Test func whatDoesNotReachThePayloadDoesNot() {
        let changes: [(inout JobSpec) -> Void] = [
            { $0.priority = 5 }, { $0.retries = 9 }, { $0.timeoutSeconds = 5 }, { $0.labels = ["a": "b"] },
            { $0.idempotencyKey = "k" }, { $0.usesCache = false },
            { $0.verification = Verification(replicas: 5, quorum: 3, maxReplicas: 9) },
            { $0.verification = Verification(maxError: ErrorRate(notBelow: 1e-3)) },
            { $0.signatures = [CodeSignature(signer: NodeID("12D3KooW"), signature: Array(0..<64))] },
            { $0.array?.count = 3 },
        ]
        for change in changes { #expect(key(0, change) == key()) }
        #expect(key() != nil)
    }

    @Test func ofWhatDiffersFromTaskToTaskOnlyItsOwnCounts() {
        let others = blobs[5]
        #expect(key(1) == key(1) { $0.inputs[1].source = .each([others, self.blobs[2], others, others]) })
        #expect(key(1) != key(1) { $0.inputs[1].source = .each([self.blobs[1], others, others, others]) })
        let later: (inout JobSpec) -> Void = {
            $0.array = ArrayRange(first: 2, count: 2)
            $0.inputs[1].source = .each([self.blobs[3], self.blobs[4]])
        }
        #expect(key(3) == key(3, later))
        #expect(key(1, later) == nil)
    }

    @Test func howBytesTravelDoesNotMatter() {
        #expect(key() == key { $0.inputs[0].source = .inline([0]) })
        #expect(key() == key { $0.inputs[0].source = .url("http://a/b", digest: self.blobs[0]) })
        let stdin: (inout JobSpec) -> Void = { $0.payload.standardInput = .inline([6]) }
        #expect(key(0, stdin) == key { $0.payload.standardInput = .blob(self.blobs[6]) })
    }

    @Test func whatNobodyCanNameHasNoKey() {
        #expect(key { $0.inputs[0].source = .url("http://a/b", digest: nil) } == nil)
        #expect(key { $0.payload = .container(ContainerPayload(image: .reference("alpine:3.20"))) } == nil)
        let pinned = "alpine@\(blobs[0])"
        #expect(key { $0.payload = .container(ContainerPayload(image: .reference(pinned))) } != nil)
        #expect(key { $0.payload = .container(ContainerPayload(image: .archive(.blob(self.blobs[0])))) } != nil)
        #expect(key(4) == nil)
    }

    /// A coordinator of another version must find what this one wrote: the key is a format.
    @Test func theKeyIsAFormat() throws {
        let known = "sha256:4c98856d805d649f1999eca58c031138b537b96065f9881a8fb440521b21cf59"
        #expect(try #require(key()).description == known)
    }
}

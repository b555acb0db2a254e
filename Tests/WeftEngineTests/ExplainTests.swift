import Testing
import WeftEngine
import WeftModel

@Suite struct ExplainTests {
    private func explain(_ change: (inout JobSpec) -> Void) -> Explanation? {
        var bench = Bench()
        bench.join("a")
        bench.join("b", cpus: 2)
        var wanted = spec()
        change(&wanted)
        bench.submit(wanted)
        return bench.engine.explain(JobID(1), task: nil)
    }

    @Test func withoutNodesItSaysHowToGetOne() {
        var bench = Bench()
        bench.submit(spec())
        let explanation = bench.engine.explain(JobID(1), task: nil)
        #expect(explanation?.kind == .neverHere)
        #expect(explanation?.summary == "no node is connected")
        #expect(explanation?.suggestion == "start a worker with `weft worker`, or run `weft up`")
    }

    @Test func tooManyCpusSayTheMostThereAre() {
        let explanation = explain { $0.resources.cpuMillis = 8000 }
        #expect(explanation?.kind == .neverHere)
        #expect(explanation?.summary == "it cannot run on any of the 2 connected nodes")
        #expect(explanation?.reasons.map(\.field) == ["resources.cpus"])
        #expect(explanation?.reasons.map(\.message) == ["fewer than 8000 milli-cpus (the most is 2000)"])
        #expect(explanation?.reasons.map(\.nodeCount) == [2])
        #expect(explanation?.suggestion == "lower resources.cpus to 2000m")
    }

    @Test func anOwnerWhoWantsASignatureIsGivenNothingElse() {
        let signature = CodeSignature(signer: NodeID("ann"), signature: [])
        var bench = Bench()
        bench.join("a") { $0.signers = ["ann", "bob"] }
        #expect(bench.submit(spec()).assignments.isEmpty)
        let unsigned = bench.engine.explain(JobID(1), task: nil)
        #expect(unsigned?.kind == .neverHere)
        #expect(unsigned?.reasons.map(\.field) == ["signatures"])
        #expect(
            unsigned?.reasons.map(\.message) == [
                "its owner runs only code that is signed by ann, bob; this job is not signed"
            ])
        #expect(
            unsigned?.suggestion
                == "have one of ann, bob sign the job (`weft sign`), or connect a node that requires no signature")

        var strange = spec()
        strange.signatures = [CodeSignature(signer: NodeID("eve"), signature: [])]
        bench.submit(strange)
        #expect(
            bench.engine.explain(JobID(2), task: nil)?.reasons.map(\.message) == [
                "its owner runs only code that is signed by ann, bob; this job is signed by eve"
            ])
        var signed = spec()
        signed.signatures = [strange.signatures[0], signature]
        #expect(bench.submit(signed).assignments.map(\.task.job) == [JobID(3)])
    }

    @Test func tooMuchMemoryOrDiskSaysTheMostThereIs() {
        #expect(explain { $0.resources.memoryBytes = 9 << 30 }?.suggestion == "lower resources.memory to 2048MiB")
        #expect(explain { $0.resources.diskBytes = 99 << 30 }?.suggestion == "lower resources.disk to 8192MiB")
    }

    @Test(arguments: [
        ("requirements.os", Requirements(operatingSystem: "macos"), "the operating system is not macos"),
        (
            "requirements.arch", Requirements(architecture: "arm64"),
            "the architecture is not arm64, and it is not emulated"
        ),
        ("requirements.labels.zone", Requirements(labels: ["zone": "x"]), "the label zone is not x"),
        ("requirements.drivers", Requirements(drivers: ["wasm"]), "no driver wasm"),
    ])
    func aRequirementThatNobodyMeetsIsNamed(field: String, requirements: Requirements, message: String) {
        let explanation = explain { $0.requirements = requirements }
        #expect(explanation?.kind == .neverHere)
        #expect(explanation?.reasons.map(\.field) == [field])
        #expect(explanation?.reasons.map(\.message) == [message])
        let suggestion =
            switch field {
            case "requirements.drivers": "connect a node with the driver wasm (see `weft doctor` there)"
            case "requirements.arch": "connect a node that is arm64 or emulates it (see `weft doctor` there)"
            default: "drop \(field), or connect a node that meets it"
            }
        #expect(explanation?.suggestion == suggestion)
    }

    @Test func aDeviceThatIsMissingIsNamed() {
        let explanation = explain { $0.resources.devices = [DeviceRequest(kind: "gpu", count: 1)] }
        #expect(explanation?.reasons.map(\.message) == ["no device of kind gpu"])
    }

    @Test func isolationAndLimitsThatNobodyHasAreNamed() {
        var bench = Bench()
        bench.join("a") {
            $0.isolation = .none
            $0.enforced = [.time]
        }
        var wanted = spec()
        wanted.requirements.enforced = [.memory]
        bench.submit(wanted)
        let explanation = bench.engine.explain(JobID(1), task: nil)
        #expect(explanation?.summary == "it cannot run on the connected node")
        #expect(
            explanation?.reasons.map(\.message) == [
                "no wall as strong as process", "it cannot enforce the limit on memory",
            ])
    }

    @Test func tooFewOwnersSayHowManyMore() {
        let explanation = explain { $0.verification = Verification(replicas: 4) }
        #expect(explanation?.kind == .neverHere)
        #expect(explanation?.summary == "4 replicas need 4 nodes of different owners; 2 can run this job")
        #expect(explanation?.suggestion == "connect 2 more, or lower verification.replicas to 2")
    }

    @Test func busyNodesAreNotNow() {
        var bench = Bench()
        bench.join("a")
        bench.submit(spec())
        bench.submit(spec())
        let explanation = bench.engine.explain(JobID(2), task: nil)
        #expect(explanation?.kind == .notNow)
        #expect(explanation?.summary == "the only node that can run it is busy")
        #expect(explanation?.reasons.map(\.field) == ["queue"])
    }

    @Test func drainingAndDistrustAreReasons() {
        var bench = Bench()
        bench.join("a")
        bench.handle(.nodeDrained(NodeID("a"), true))
        bench.submit(spec())
        let explanation = bench.engine.explain(JobID(1), task: nil)
        #expect(explanation?.kind == .neverHere)
        #expect(explanation?.reasons.map(\.message) == ["draining"])
    }

    @Test func whatRunsOrHasEndedDoesNotWait() {
        var bench = Bench()
        bench.join("a")
        bench.submit(spec(tasks: 2))
        #expect(bench.engine.explain(JobID(1), task: 0)?.summary == "the task is running on 1 node")
        #expect(bench.engine.explain(JobID(1), task: 1)?.kind == .notNow)
        bench.finish(attempt(1, 0, lease: 1), on: "a", answer(1))
        #expect(bench.engine.explain(JobID(1), task: 0)?.summary == "the task has ended")
        #expect(bench.engine.explain(JobID(1), task: nil)?.summary == "every task that has not ended is running")
        #expect(bench.engine.explain(JobID(1), task: 9) == nil)
        #expect(bench.engine.explain(JobID(9), task: nil) == nil)
    }

    @Test func aReplicaThatNeedsAnotherOwnerSaysSo() {
        var bench = Bench()
        bench.join("a", cpus: 2)
        bench.join("b")
        bench.submit(spec(replicas: 2, quorum: 2))
        bench.finish(attempt(1, replica: 1, lease: 2), on: "b", answer(2))
        bench.finish(attempt(1, lease: 1), on: "a", answer(1))
        #expect(
            bench.engine.explain(JobID(1), task: 0)?.summary
                == "its next replica waits for a node that has not run this task yet")
    }
}

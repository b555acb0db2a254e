import Foundation
import Testing
import WeftCLI
import WeftFormats
import WeftModel

@Suite struct RunTests {
    private let tool = Tool()

    private func piece(_ text: String, at offset: UInt64, _ stream: LogPiece.Stream = .stdout) -> LogPiece {
        LogPiece(
            task: "7.0", attempt: "7.0.0@1", stream: stream, offset: offset, dropped: 0,
            bytes: Data(text.utf8).base64EncodedString())
    }

    @Test func flagsBecomeTheJob() async throws {
        let result = await tool.run(
            "run", "--detach", "--name", "sim", "--replicas", "3", "--quorum", "3", "--cpus", "0.5", "--memory",
            "64MiB", "--disk", "1GiB", "--timeout", "1h30m", "--array", "5-9", "--env", "A=b=c", "--output", "out/x",
            "--mount", "in/x=/data",
            "--output", "maybe?", "--retries", "0", "--priority", "-5", "--label", "k=v", "--require-arch", "x86_64",
            "--require-os", "linux", "--require-limit", "memory", "--require-driver", "vm", "--ignore-stdout",
            "--idempotency-key", "key", "--",
            "/bin/sh", "-c", "exit 3")
        #expect(result == Tool.Result(status: 0, output: "7\n", error: ""))
        let expected = JobSpec(
            name: "sim", payload: .process(ProcessPayload(command: ["/bin/sh", "-c", "exit 3"])),
            array: ArrayRange(first: 5, count: 5), environment: ["A": "b=c"],
            outputs: [Output(path: "out/x"), Output(path: "maybe", isOptional: true)],
            resources: Resources(cpuMillis: 500, memoryBytes: 64 << 20, diskBytes: 1 << 30),
            requirements: Requirements(
                operatingSystem: "linux", architecture: "x86_64", drivers: ["vm"], enforced: [.memory]),
            verification: Verification(replicas: 3, quorum: 3, comparesStandardOutput: false), retries: 0,
            timeoutSeconds: 5400, priority: -5, labels: ["k": "v"], idempotencyKey: "key",
            mounts: [Mount(path: "in/x", at: "/data")])
        #expect(await tool.coordinator.submitted == [expected])
    }

    @Test func theTasksOutputAndStatusAreOurs() async throws {
        let out = await tool.coordinator.add(Array("hello world\n".utf8))
        let err = await tool.coordinator.add(Array("oops\n".utf8))
        await tool.coordinator.set(
            state: .failed, completion: Completion(exitStatus: 42, standardOutput: out, standardError: err),
            logs: [piece("hello", at: 0), piece("hello wor", at: 0), piece("oops\n", at: 0, .stderr)])
        let result = await tool.run("run", "--", "x")
        #expect(result == Tool.Result(status: 42, output: "hello world\n", error: "oops\n"))
    }

    @Test func aGapInTheLiveLogIsFilledFromTheResult() async throws {
        let out = await tool.coordinator.add(Array("0123456789".utf8))
        await tool.coordinator.set(
            state: .succeeded, completion: Completion(exitStatus: 0, standardOutput: out),
            logs: [piece("01", at: 0), piece("789", at: 7)])
        #expect(await tool.run("run", "--", "x").output == "0123456789")
    }

    @Test func replicasAreShownOnlyOnceTheyAgree() async throws {
        let out = await tool.coordinator.add(Array("true\n".utf8))
        await tool.coordinator.set(
            state: .succeeded, completion: Completion(exitStatus: 0, standardOutput: out), logs: [piece("a lie", at: 0)]
        )
        #expect(await tool.run("run", "--replicas", "3", "--", "x").output == "true\n")
    }

    @Test func filesGoInAndComeBack() async throws {
        let scratch = try Scratch()
        let small = try scratch.write("in/small.txt", "small")
        let big = try scratch.write("big.bin", String(repeating: "x", count: 5000))
        let made = await tool.coordinator.add(Array("made".utf8))
        await tool.coordinator.set(
            state: .succeeded,
            completion: Completion(exitStatus: 0, outputs: [OutputFile(path: "made.txt", blob: made)]))
        let result = await tool.run(
            "run", "--input", small, "--input", "data=\(scratch.path)", "--output",
            "made.txt=\(scratch.path)/result/made.txt", "--", "x")
        #expect(result.status == 0)
        let inputs = try #require(await tool.coordinator.submitted.first?.inputs)
        #expect(inputs.map(\.path) == ["small.txt", "data/big.bin", "data/in/small.txt"])
        #expect(inputs[0].source == .inline(Array("small".utf8)))
        #expect(inputs[1].source == .blob(Hashing.sha256(try Files.read(big, limit: 5000))))
        #expect(try Files.read("\(scratch.path)/result/made.txt", limit: 10) == Array("made".utf8))
    }

    @Test func aModuleOfSPIRVIsToldByItsNamesEnd() async throws {
        let scratch = try Scratch()
        let module = try scratch.write("reversed.spv", "a module")
        func run(_ more: [String] = []) async -> Tool.Result {
            let always = ["run", "--detach", "--kernel", module, "--entry", "reversed", "--grid", "4", "--block", "32"]
            return await tool.run(always + ["--arg", "out=x.npy:int32[128]", "--arg", "local=128"] + more)
        }
        let result = await run()
        #expect(result.status == 0, "\(result.error)")
        guard case .kernel(let kernel)? = await tool.coordinator.submitted.first?.payload else {
            Issue.record("it is no kernel")
            return
        }
        #expect(kernel.source == .blob(Hashing.sha256(Array("a module".utf8))))
        #expect(kernel.program.languages == [.spirv])
        #expect(kernel.program.launches[0].arguments.last == .local(bytes: 128))
        for (flags, word) in [(["--define", "N=1"], "macros"), (["--fast-math"], "fast math")] {
            let refused = await run(flags)
            #expect(refused.status == 125 && refused.error.contains(word), "\(refused.error)")
        }
        #expect(await tool.coordinator.submitted.count == 1)
    }

    @Test(arguments: [
        (AttemptFailure.Kind.timedOut, Int32(124)), (.notExecutable, 127), (.outOfMemory, 125), (.nodeLost, 125),
    ])
    func whatIsNotTheTasksHasStatusesOfItsOwn(kind: AttemptFailure.Kind, status: Int32) async {
        await tool.coordinator.set(state: .failed, failure: AttemptFailure(kind, "because"))
        let result = await tool.run("run", "--", "x")
        #expect(result == Tool.Result(status: status, output: "", error: "weft: because\n"))
    }

    @Test func anArrayPrintsItsTasksInOrderAndFailsAsAWhole() async throws {
        let out = await tool.coordinator.add(Array("line\n".utf8))
        await tool.coordinator.set(state: .succeeded, completion: Completion(exitStatus: 0, standardOutput: out))
        #expect(await tool.run("run", "--array", "3", "--", "x").output == "line\nline\nline\n")
        await tool.coordinator.set(state: .failed)
        let result = await tool.run("run", "--array", "3", "--no-stream", "--", "x")
        #expect(result == Tool.Result(status: 6, output: "", error: "weft: job 7 failed: 3 of 3 tasks failed\n"))
    }

    @Test func whenNobodyReadsTheOutputTheJobIsCancelled() async throws {
        var tool = tool
        tool.readerLeavesAfter = 3
        await tool.coordinator.set(
            state: .succeeded, completion: Completion(exitStatus: 0), logs: [piece("hello", at: 0)])
        #expect(await tool.run("run", "--", "x").status == 141)
        #expect(await tool.coordinator.cancelled == [JobID(7)])
    }

    @Test func theFirstSignalCancelsAndTheSecondLeaves() async throws {
        let signals = AsyncStream<Int32>.makeStream()
        let cancelled = AsyncStream<Void>.makeStream()
        let error = Captured()
        let console = Console(
            terminal: Terminal(outputIsTerminal: false, errorIsTerminal: false, columns: nil), output: { _ in },
            error: { error.append($0) })
        signals.continuation.yield(2)
        let cancel = { @Sendable () async throws in
            cancelled.continuation.finish()
            signals.continuation.yield(2)
        }
        await #expect(throws: ExitWith(.interrupted)) {
            try await Interrupts.cancelling(signals.stream, console, cancel: cancel) {
                for await _ in cancelled.stream {}
                // As a job that does not end: only cancellation gets out of here.
                for await _ in AsyncStream<Void>.makeStream().stream {}
                try Task.checkCancellation()
            }
        }
        #expect(error.text.contains("cancelling the job"))
    }

    @Test func aCoordinatorThatRestartsIsWaitedFor() async throws {
        await tool.coordinator.set(state: .succeeded, completion: Completion(exitStatus: 0))
        await tool.coordinator.fail(with: [CLIError(.unreachable, "gone"), CLIError(.notNow, "busy")])
        let result = await tool.run("run", "--", "x")
        #expect(result == Tool.Result(status: 0, output: "", error: "weft: gone; trying again\n"))
    }

    @Test(
        arguments: [
            (
                ["--image", "alpine:3.20", "--pull", "never", "--isolation", "gvisor", "--", "sh", "-c", "id"],
                "alpine",
                Payload.container(
                    ContainerPayload(image: .reference("alpine:3.20"), command: ["sh", "-c", "id"], pull: .never)),
                Requirements(isolation: .gvisor)
            ),
            (
                ["--image", "host:5/a/tool@sha256:" + String(repeating: "a", count: 64), "--arch", "amd64"], "tool",
                .container(
                    ContainerPayload(
                        image: .reference("host:5/a/tool@sha256:" + String(repeating: "a", count: 64)))),
                Requirements(architecture: "x86_64")
            ),
            (
                ["--isolation", "vm", "--", "true"], "true", .process(ProcessPayload(command: ["true"])),
                Requirements(isolation: .vm)
            ),
        ] as [([String], String, Payload, Requirements)])
    func whatRunsAndBehindWhichWallBecomesTheJob(
        arguments: [String], name: String, payload: Payload, requirements: Requirements
    ) async {
        let result = await tool.run(["run", "--detach"] + arguments)
        #expect(result == Tool.Result(status: 0, output: "7\n", error: ""))
        #expect(await tool.coordinator.submitted == [JobSpec(name: name, payload: payload, requirements: requirements)])
    }

    @Test func aLocalModuleSourceOrArchiveGoesAsABlob() async throws {
        let scratch = try Scratch()
        let file = try scratch.write("code.bin", "bytes")
        let blob = InputSource.blob(Hashing.sha256(Array("bytes".utf8)))
        let expected: [([String], Payload)] = [
            (
                ["--wasm", file, "--deterministic", "--seed", "7", "--fuel", "100", "--", "-x", "y"],
                .wasm(WasmPayload(module: blob, arguments: ["-x", "y"], isDeterministic: true, seed: 7, fuel: 100))
            ),
            (["--wasm", file], .wasm(WasmPayload(module: blob))),
            (
                ["--asm", file, "--arch", "aarch64", "--", "a"],
                .assembly(AssemblyPayload(source: blob, architecture: .arm64, arguments: ["a"]))
            ),
            (["--image-archive", file], .container(ContainerPayload(image: .archive(blob)))),
        ]
        for (arguments, payload) in expected {
            #expect(await tool.run(["run", "--detach"] + arguments).status == 0)
            #expect(await tool.coordinator.submitted.last == JobSpec(name: "code.bin", payload: payload))
        }
        #expect(await tool.coordinator.blobs.values.map { String(decoding: $0, as: UTF8.self) } == ["bytes"])
    }

    @Test func aProgramOfThisMachineGoesAlong() async throws {
        let scratch = try Scratch()
        let script = try scratch.write("tool", "#!/bin/sh\n")
        var header = [UInt8](repeating: 0, count: 64)
        header.replaceSubrange(0..<6, with: [0x7f, 0x45, 0x4c, 0x46, 2, 1])
        header[18] = 243
        let riscv = scratch.path + "/riscv"
        try Files.replace(riscv, with: header)

        #expect(await tool.run("run", "--detach", script, "--", "-v").status == 0)
        var spec = try #require(await tool.coordinator.submitted.last)
        #expect(spec.payload == .process(ProcessPayload(command: ["./tool", "-v"])))
        #expect(spec.inputs == [Input(path: "tool", source: .inline(Array("#!/bin/sh\n".utf8)), isExecutable: true)])
        #expect(spec.requirements == Requirements())

        // What it is built for is in its header, unless the user knows better.
        #expect(await tool.run("run", "--detach", riscv).status == 0)
        spec = try #require(await tool.coordinator.submitted.last)
        #expect(spec.name == "riscv" && spec.requirements.architecture == "riscv64")
        #expect(await tool.run("run", "--detach", "--arch", "arm64", riscv).status == 0)
        #expect(await tool.coordinator.submitted.last?.requirements.architecture == "arm64")

        // One that an input puts in place is not sent twice, and one that is not here is somebody else's.
        #expect(await tool.run("run", "--detach", "-i", "tool=\(riscv)", script).status == 0)
        #expect(await tool.coordinator.submitted.last?.inputs.map(\.path) == ["tool"])
        #expect(await tool.run("run", "--detach", "--", "./nowhere/tool").status == 0)
        #expect(await tool.coordinator.submitted.last?.inputs == [])
    }

    @Test(
        arguments: [
            (["run", "--image", "alpine", "--wasm", "x"], "exclude each other"),
            (["run", "--image", "Alpine"], "--image Alpine"), (["run", "--image", "a", "--pull", "now"], "--pull"),
            (["run", "--pull", "never", "--", "x"], "--pull"), (["run", "--seed", "1", "--wasm", "x"], "--seed"),
            (["run", "--wasm", "/nowhere"], "/nowhere"), (["run", "--asm", "/dev/null"], "/dev/null"),
            (["run", "--asm", "/etc/hostname", "--arch", "z80"], "z80"), (["run", "nowhere"], "nowhere"),
            (["run", "--image", "alpine", "sh"], "after --"),
            (["run", "--isolation", "moat", "--", "x"], "--isolation"), (["run"], "no command"),
            (["run", "--memory", "lots", "--", "x"], "--memory"),
            (["run", "--array", "0", "--", "x"], "--array"), (["run", "--env", "NOPE", "--", "x"], "NOPE"),
            (["run", "--output", "../x", "--", "x"], "--output ../x"),
            (["run", "--mount", "in=/etc", "--", "x"], "--mount in=/etc"),
            (["run", "--mount", "in", "--", "x"], "--mount"),
            (["run", "--input", "/nowhere", "--", "x"], "/nowhere"),
            (["run", "--replicas", "65", "--", "x"], "--replicas"), (["run", "--bogus", "--", "x"], "--bogus"),
        ] as [([String], String)])
    func mistakesEndWith125BeforeAnythingIsSent(arguments: [String], word: String) async {
        let result = await tool.run(arguments)
        #expect(result.status == 125)
        #expect(result.error.hasPrefix("weft: error: "))
        #expect(result.error.contains(word))
        #expect(await tool.coordinator.submitted.isEmpty)
    }
}

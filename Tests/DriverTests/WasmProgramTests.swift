import Testing
import WeftDrivers
import WeftModel

#if canImport(Glibc)
    import Glibc
#endif

/// What a C program can do by way of WASI, and what it cannot.
@Suite(.enabled(if: WasmProgram.isAvailable, "clang, wasi-libc or wasmtime is missing: scripts/setup-drivers.sh wasm"))
struct WasmProgramTests {
    private func withProgram(_ body: (WasmHost, String) async throws -> Void) async throws {
        let host = try await WasmHost()
        try await body(host, host.file(WasmProgram.bytes, named: "program.wasm"))
        await host.close()
    }

    @Test func argumentsAndEnvironmentReachTheProgramAndNothingElseDoes() async throws {
        setenv("WEFT_TEST_SECRET", "secret", 1)
        try await withProgram { host, path in
            let report = try await host.run(
                host.order(
                    path, ["arguments", "", "--fuel", "two words"],
                    environment: ["GREETING": "hello=you", "LD_PRELOAD": "/work/evil.so"]))
            #expect(report.end == .exited(0))
            #expect(
                report.text == "[module.wasm][arguments][][--fuel][two words]"
                    + "{GREETING=hello=you}{HOME=/work}{LANG=C.UTF-8}{LD_PRELOAD=/work/evil.so}{TMPDIR=/work}")
        }
    }

    @Test func standardInputAndTheStatusPassThrough() async throws {
        try await withProgram { host, path in
            let input = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
            let inputPath = try host.file(input, named: "input")
            for mode in [WasmMode(), WasmMode(isDeterministic: true)] {
                let workspace = try host.workspace()
                let report = await host.driver.run(
                    host.order(path, ["copy"], mode: mode, standardInputPath: inputPath), in: workspace
                ) { _ in true }
                #expect(report.end == .exited(42))
                guard case .file(let output, _) = report.standardOutput else { return #expect(Bool(false)) }
                #expect(try ProducedFile(reading: output).read(offset: 0, length: 1 << 21) == input)
                try await host.root.remove(workspace)
            }
        }
    }

    @Test func filesGoInAndOutOfTheWorkingDirectory() async throws {
        try await withProgram { host, path in
            let workspace = try host.workspace()
            try workspace.write(
                Array("this\n".utf8), to: try workspace.prepareInput("in.txt"), isExecutable: false)
            let report = await host.driver.run(host.order(path, ["files"]), in: workspace) { _ in true }
            #expect(report.end == .exited(0), "\(report.errorText)")
            guard case .file(let output) = try workspace.findOutput("folder/out.txt") else {
                return #expect(Bool(false))
            }
            #expect(try output.read(offset: 0, length: 100) == Array("got this\n".utf8))
            try await host.root.remove(workspace)
        }
    }

    @Test func directoriesAreListedInOneOrderWhenItMatters() async throws {
        try await withProgram { host, path in
            let mode = WasmMode(isDeterministic: true)
            let one = try await host.run(host.order(path, ["list"], mode: mode))
            let other = try await host.run(host.order(path, ["list"], mode: mode))
            #expect(one.end == .exited(0) && !one.text.isEmpty && one.text == other.text)
            let listed = one.text.split(separator: "\n").map { $0.split(separator: " ")[0] }
            #expect(listed.count == 202 && listed == listed.sorted())
        }
    }

    @Test(.timeLimit(.minutes(1))) func aNapIsOverAtOnceWhenTimeIsMadeUp() async throws {
        try await withProgram { host, path in
            let report = try await host.run(host.order(path, ["nap"], mode: WasmMode(isDeterministic: true)))
            #expect(report.end == .exited(0) && report.text == "3600\n")
            // Otherwise it blocks in the engine, where only the wall's clock reaches it.
            let asleep = try await host.run(host.order(path, ["nap"], timeout: .seconds(1)))
            #expect(asleep.failure?.kind == .timedOut)
        }
    }

    @Test func aDeepStackTrapsAndALargeHeapRunsOut() async throws {
        try await withProgram { host, path in
            let deep = try await host.run(host.order(path, ["deep"]))
            #expect(deep.end == .exited(134), "\(deep.end)")
            let hog = try await host.run(host.order(path, ["hog"], memoryBytes: 64 << 20))
            #expect(hog.end == .exited(3))
            #expect((40..<48).contains(Int(hog.text.dropLast()) ?? 0), "\(hog.text)")
        }
    }
}

#if os(Linux)
    import Testing
    import WeftDrivers
    import WeftModel

    /// What modules can try that machine programs cannot, and the other way round.
    @Suite(
        .serialized,
        .enabled(if: WasmProgram.isAvailable, "clang, wasi-libc or wasmtime is missing: scripts/setup-drivers.sh wasm"))
    struct WasmAttackTests {
        @Test func thereAreAtLeastFortyAttacksAndEachHasANameOfItsOwn() {
            let names = Attack.ofModules.map(\.name) + HostileModule.all.map(\.name)
            #expect(names.count >= 40)
            #expect(Set(names).count == names.count)
        }

        @Test(arguments: [false, true]) func noModuleGetsOutByWASI(isDeterministic: Bool) async throws {
            let host = try await WasmHost()
            let path = try host.file(try WasmAttackProgram.bytes.get(), named: "attacks.wasm")
            try containerShell("printf key-of-the-worker > \(host.directory)/identity.key")
            let witness = try HostWitness()
            defer { witness.close() }
            let workspace = try host.workspace()
            let report = await host.driver.run(
                host.order(
                    path, witness.arguments(data: host.directory), mode: WasmMode(isDeterministic: isDeterministic),
                    reuse: "attacks"), in: workspace
            ) { _ in true }
            #expect(report.end == .exited(0), "\(report.end) \(report.errorText.suffix(500))")
            let verdicts = AttackTests.verdicts(report.text)
            let broken = AttackTests.broken(Attack.ofModules, verdicts, hasOwnKernel: false)
            #expect(broken.isEmpty, "\(broken)")
            let complaints = witness.complaints(output: report.text, in: workspace)
            #expect(complaints.isEmpty, "\(complaints)")
            #expect(names(in: host.directory + "/work").count == 1, "nothing beside its workspace")
            try await host.root.remove(workspace)
            await host.close()
        }

        @Test func noModuleBreaksTheEngine() async throws {
            let host = try await WasmHost()
            for hostile in HostileModule.all {
                for (index, bytes) in hostile.modules.enumerated() {
                    let path = try host.file(bytes, named: "\(hostile.name)-\(index)")
                    let timeout: Duration = hostile.end == .timedOut ? .milliseconds(700) : .seconds(10)
                    let report = try await host.run(host.order(path, memoryBytes: 64 << 20, timeout: timeout))
                    #expect(
                        hostile.end.allows(report.end), "\(hostile.name) \(index): \(report.end) \(report.errorText)")
                }
            }
            let hello = try await host.run(host.order(host.file(TinyModule.hello.bytes, named: "hello.wasm")))
            #expect(hello.text == "hello\n")
            await host.close()
        }
    }

    extension HostileModule.End {
        func allows(_ end: RunEnd) -> Bool {
            let isOwn =
                switch end {
                case .exited: true
                case .failed(let failure): failure.kind.isPayloadsOwn
                case .cancelled: false
                }
            let kind: AttemptFailure.Kind? = if case .failed(let failure) = end { failure.kind } else { nil }
            return switch self {
            case .trap: end == .exited(134)
            case .notExecutable: kind == .notExecutable
            case .outOfMemory: kind == .outOfMemory
            case .timedOut: kind == .timedOut
            case .anyOfItsOwn: isOwn
            }
        }
    }
#endif

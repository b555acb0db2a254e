import Synchronization
import Testing
import WeftDrivers
import WeftModel

#if canImport(Glibc)
    import Glibc
#endif

/// Modules put together by hand, behind the sandbox and without it.
@Suite(.enabled(if: WasmHost.hasWasmtime, "wasmtime is not installed: scripts/setup-drivers.sh wasm"))
struct WasmRunTests {
    @Test(arguments: WasmHost.Wall.allCases) func aModulesOutputAndUsageAreReported(wall: WasmHost.Wall) async throws {
        let host = try await WasmHost(wall)
        let report = try await host.run(host.order(host.file(TinyModule.hello.bytes, named: "hello.wasm")))
        #expect(report.end == .exited(0), "\(report.end) \(report.errorText)")
        #expect(report.text == "hello\n")
        #expect((report.usage?.wallMicroseconds ?? 0) > 0)
        await host.close()
    }

    @Test(arguments: [0, 1, 125, 126, 134, 168, 255]) func anyStatusIsAModulesOwn(status: Int) async throws {
        let host = try await WasmHost()
        let report = try await host.run(host.order(host.file(TinyModule.exit(status).bytes, named: "exit.wasm")))
        #expect(report.end == .exited(Int32(status)))
        await host.close()
    }

    @Test(arguments: WasmHost.Wall.allCases) func aTrapIsTheModulesEndAndSaysWhy(wall: WasmHost.Wall) async throws {
        let host = try await WasmHost(wall)
        let report = try await host.run(host.order(host.file(TinyModule.trap.bytes, named: "trap.wasm")))
        #expect(report.end == .exited(134))
        #expect(report.errorText.contains("weft-wasm: trapped: wasm `unreachable` instruction executed"))
        await host.close()
    }

    @Test(arguments: WasmHost.Wall.allCases) func timeEndsAnEndlessModule(wall: WasmHost.Wall) async throws {
        let host = try await WasmHost(wall)
        let path = try host.file(TinyModule.endless.bytes, named: "endless.wasm")
        let report = try await host.run(host.order(path, timeout: .milliseconds(700)))
        #expect(report.failure?.kind == .timedOut)
        await host.close()
    }

    @Test(arguments: [false, true]) func fuelEndsAnEndlessModule(isDeterministic: Bool) async throws {
        let host = try await WasmHost()
        let path = try host.file(TinyModule.endless.bytes, named: "endless.wasm")
        let mode = WasmMode(isDeterministic: isDeterministic, fuel: 1_000_000)
        let report = try await host.run(host.order(path, mode: mode))
        #expect(report.failure?.kind == .timedOut)
        #expect(report.failure?.message.contains("out of fuel") == true)
        await host.close()
    }

    @Test func aModuleCannotGrowPastItsMemory() async throws {
        let host = try await WasmHost()
        let path = try host.file(TinyModule.greedy.bytes, named: "greedy.wasm")
        // 64 MiB, of which the engine has 16: 768 pages, and 48 times 16.
        #expect(try await host.run(host.order(path, memoryBytes: 64 << 20)).end == .exited(48))
        await host.close()
    }

    @Test func aModuleThatBeginsTooLargeIsOutOfMemory() async throws {
        let host = try await WasmHost()
        var module = TinyModule.hello
        module.memoryPages = 4096
        let report = try await host.run(
            host.order(host.file(module.bytes, named: "large.wasm"), memoryBytes: 128 << 20))
        #expect(report.failure?.kind == .outOfMemory, "\(report.end)")
        await host.close()
    }

    @Test func endlessOutputIsBounded() async throws {
        let host = try await WasmHost(bounds: OutputBounds(standardOutputBytes: 1 << 20))
        let report = try await host.run(host.order(host.file(TinyModule.flood.bytes, named: "flood.wasm")))
        #expect(report.failure?.kind == .outputTooLarge)
        await host.close()
    }

    @Test func whatIsNoModuleIsNotExecutable() async throws {
        let host = try await WasmHost()
        var unknown = TinyModule.hello
        unknown.imports.append((module: "env", name: "fork", parameters: 0, hasResult: true))
        var nameless = TinyModule.hello
        nameless.startName = "main"
        var component = TinyModule.hello.bytes
        component[4] = 0x0d
        component[6] = 1
        let bad: [(name: String, bytes: [UInt8], words: String)] = [
            ("empty", [], "not a WebAssembly module"),
            ("script", Array("#!/bin/sh\necho hello\n".utf8), "not a WebAssembly module"),
            ("short", Array(TinyModule.hello.bytes.dropLast(9)), "cannot be compiled"),
            (
                "zeros", TinyModule.hello.bytes.prefix(8) + [UInt8](repeating: 0xff, count: 1 << 20),
                "cannot be compiled"
            ),
            ("component", component, "component"),
            ("fork", unknown.bytes, "env::fork"),
            ("nameless", nameless.bytes, "_start"),
        ]
        for (name, bytes, words) in bad {
            let report = try await host.run(host.order(host.file(bytes, named: name)))
            #expect(report.failure?.kind == .notExecutable, "\(name): \(report.end)")
            #expect(report.failure?.message.contains(words) == true, "\(name): \(report.end)")
        }
        await host.close()
    }

    @Test func aModuleThatIsNotThereOrTooLargeIsRefused() async throws {
        let host = try await WasmHost()
        let missing = try await host.run(host.order("/nowhere/module.wasm"))
        #expect(missing.failure?.kind == .inputUnavailable)
        let path = try host.file([], named: "huge")
        #expect(truncate(path, Int(WasmDriver.moduleBytesMax) + 1) == 0)
        #expect(try await host.run(host.order(path)).failure?.kind == .notExecutable)
        await host.close()
    }

    /// A compiled artefact is code: one that somebody sends must be taken for what it is not.
    @Test func aCompiledModuleIsNotTakenForAModule() async throws {
        let host = try await WasmHost()
        _ = try await host.run(host.order(host.file(TinyModule.hello.bytes, named: "hello.wasm")))
        let artefact = try #require(names(in: host.directory + "/cache").first)
        let report = try await host.run(host.order("\(host.directory)/cache/\(artefact)"))
        #expect(report.failure?.kind == .notExecutable)
        await host.close()
    }

    @Test func aModuleIsCompiledOnce() async throws {
        let host = try await WasmHost()
        let path = try host.file(TinyModule.hello.bytes, named: "hello.wasm")
        let same = try host.file(TinyModule.hello.bytes, named: "same.wasm")
        try await withThrowingTaskGroup(of: RunEnd.self) { group in
            for index in 0..<6 {
                group.addTask { try await host.run(host.order(index % 2 == 0 ? path : same)).end }
            }
            for try await end in group { #expect(end == .exited(0)) }
        }
        #expect(names(in: host.directory + "/cache").count == 1)
        _ = try await host.run(host.order(path, mode: WasmMode(isDeterministic: true)))
        #expect(names(in: host.directory + "/cache").count == 2)
        await host.close()
    }

    @Test func theLeastRecentlyUsedModulesGo() async throws {
        let host = try await WasmHost(cacheBytes: 100 << 10)
        for status in 0..<30 {
            let path = try host.file(TinyModule.exit(status).bytes, named: "exit-\(status)")
            #expect(try await host.run(host.order(path)).end == .exited(Int32(status)))
            #expect(host.driver.cachedBytes <= 100 << 10)
        }
        #expect(names(in: host.directory + "/cache").count < 30)
        await host.close()
    }

    @Test func aDamagedCompiledModuleIsMadeAgain() async throws {
        let host = try await WasmHost()
        let path = try host.file(TinyModule.hello.bytes, named: "hello.wasm")
        _ = try await host.run(host.order(path))
        let artefact = try #require(names(in: host.directory + "/cache").first)
        #expect(truncate("\(host.directory)/cache/\(artefact)", 100) == 0)
        let report = try await host.run(host.order(path))
        #expect(report.text == "hello\n", "\(report.end)")
        #expect(names(in: host.directory + "/cache") != [artefact])
        await host.close()
    }

    @Test(arguments: WasmHost.Wall.allCases) func cancellingLeavesNothing(wall: WasmHost.Wall) async throws {
        let host = try await WasmHost(wall)
        let path = try host.file(TinyModule.endless.bytes, named: "endless.wasm")
        let mark = "mark-\(getpid())-\(UInt64.random(in: .min ... .max))"
        for _ in 0..<10 {
            let running = Task { try await host.run(host.order(path, [mark])) }
            while !Self.isRunning(mark) { try await Task.sleep(for: .milliseconds(5)) }
            running.cancel()
            #expect(try await running.value.end == .cancelled)
            #expect(!Self.isRunning(mark))
        }
        #expect(names(in: host.directory + "/work").isEmpty)
        #expect(names(in: host.directory + "/cache.work").isEmpty)
        let directory = host.directory
        await host.close()
        #expect(names(in: directory).isEmpty)
    }

    @Test func cancellingACompilationLetsOthersCompile() async throws {
        let host = try await WasmHost()
        let path = try host.file(TinyModule.hello.bytes, named: "hello.wasm")
        for _ in 0..<20 {
            let first = Task { try await host.run(host.order(path)) }
            let second = Task { try await host.run(host.order(path)) }
            first.cancel()
            _ = try await first.value
            #expect(try await second.value.end == .exited(0))
        }
        await host.close()
    }

    @Test func theProbeTellsVersionStartAndLimits() async throws {
        let host = try await WasmHost()
        let availability = await host.driver.probe()
        guard case .available(let version, let startup, let enforced, _, _) = availability else {
            return #expect(Bool(false), "\(availability)")
        }
        #expect(version.hasPrefix("wasmtime "))
        #expect(startup > .zero)
        #expect(enforced.contains(.memory) && enforced.contains(.time))
        #expect(names(in: host.directory + "/cache.work").isEmpty)
        await host.close()
    }

    @Test func anEngineThatIsNoneIsExplained() async throws {
        guard case .success(.wasmtime(_, let runner)) = WasmHost.engine else { return }
        let host = try await WasmHost(engine: .success(.wasmtime(library: "/bin/sh", runner: runner)))
        guard case .unavailable(let reason, let hint) = await host.driver.probe() else {
            return #expect(Bool(false))
        }
        #expect(reason.contains("cannot be opened") && hint.contains("WEFT_WASMTIME"))
        await host.close()
    }

    private static func isRunning(_ mark: String) -> Bool {
        names(in: "/proc").contains { name in
            guard Int(name) != nil, let file = fopen("/proc/\(name)/cmdline", "r") else { return false }
            defer { fclose(file) }
            var buffer = [UInt8](repeating: 0, count: 8192)
            let count = fread(&buffer, 1, buffer.count, file)
            return String(decoding: buffer.prefix(count), as: UTF8.self).contains(mark)
        }
    }
}

@Suite struct WasmEngineTests {
    @Test func withoutAnEngineTheDriverSaysHowToGetOne() async throws {
        let places = WasmEngine.Places(
            environment: ["PATH": "/nowhere"], executableDirectory: "/nowhere", workingDirectory: "/nowhere",
            libraryDirectories: ["/nowhere"])
        let host = try await WasmHost(engine: WasmEngine.find(in: places))
        guard case .unavailable(let reason, let hint) = await host.driver.probe() else {
            return #expect(Bool(false))
        }
        #expect(reason.contains("wasmtime") && reason.contains("wasmkit"))
        #expect(hint.contains("setup-drivers.sh") && hint.contains("WEFT_WASMTIME"))
        let report = try await host.run(host.order(host.file(TinyModule.hello.bytes, named: "hello.wasm")))
        #expect(report.failure?.kind == .refused)
        await host.close()
    }

    @Test func aNamedLibraryThatIsMissingIsNotReplacedByAnother() {
        var places = WasmEngine.Places.current()
        places.environment["WEFT_WASMTIME"] = "/nowhere/libwasmtime.so"
        places.environment["PATH"] = ""
        guard case .failure(let missing) = WasmEngine.find(in: places) else { return #expect(Bool(false)) }
        #expect(missing.reason.contains("/nowhere/libwasmtime.so"))
    }

    @Test(.enabled(if: WasmHost.wasmkit != nil, "there is no wasmkit in PATH"))
    func wasmkitRunsModulesAndRefusesWhatItCannot() async throws {
        let host = try await WasmHost(engine: .success(#require(WasmHost.wasmkit)))
        let availability = await host.driver.probe()
        guard case .available(let version, _, _, _, _) = availability else {
            return #expect(Bool(false), "\(availability)")
        }
        #expect(version.hasPrefix("WasmKit"))
        let path = try host.file(TinyModule.hello.bytes, named: "hello.wasm")
        #expect(try await host.run(host.order(path)).text == "hello\n")
        for mode in [WasmMode(isDeterministic: true), WasmMode(fuel: 1000)] {
            let report = try await host.run(host.order(path, mode: mode))
            #expect(report.failure?.kind == .refused)
            #expect(report.failure?.message.contains("WasmKit") == true)
        }
        let endless = try host.file(TinyModule.endless.bytes, named: "endless.wasm")
        #expect(try await host.run(host.order(endless, timeout: .seconds(1))).failure?.kind == .timedOut)
        await host.close()
    }
}

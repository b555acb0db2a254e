import Testing
import WeftDrivers
import WeftModel

/// The same module, seed and input give the same bytes, whoever runs it.
@Suite(.enabled(if: WasmHost.hasWasmtime, "wasmtime is not installed: scripts/setup-drivers.sh wasm"))
struct WasmDeterminismTests {
    static let seeds: UInt64 = 1000

    @Test(.timeLimit(.minutes(5))) func twoWorkersAgreeOnAThousandSeeds() async throws {
        let first = try await WasmHost()
        let second = try await WasmHost()
        let bytes = TinyModule.numbers.bytes
        let firstPath = try first.file(bytes, named: "numbers.wasm")
        let secondPath = try second.file(bytes, named: "numbers.wasm")
        let canonical: [UInt8] = [0, 0, 0, 0, 0, 0, 0xf8, 0x7f]
        var answers: Set<[UInt8]> = []
        for seed in 0..<Self.seeds {
            let mode = WasmMode(isDeterministic: true, seed: seed &* 0x9e37_79b9_7f4a_7c15)
            async let one = first.run(first.order(firstPath, mode: mode, reuse: "first"))
            async let other = second.run(second.order(secondPath, mode: mode, reuse: "second"))
            let reports = try await (one, other)
            let answer = reports.0.bytes
            try #require(answer.count == 112, "\(reports.0.end)")
            #expect(answer == reports.1.bytes)
            var expected = ExpectedRandom(state: mode.seed)
            #expect(Array(answer[..<32]) == expected.bytes(32))
            #expect(Array(answer[104...]) == canonical)
            answers.insert(answer)
        }
        #expect(answers.count == Int(Self.seeds))
        await first.close()
        await second.close()
    }

    @Test func theClockMovesOnlyWhenItIsLookedAt() async throws {
        let host = try await WasmHost()
        let path = try host.file(TinyModule.numbers.bytes, named: "numbers.wasm")
        let answer = try await host.run(host.order(path, mode: WasmMode(isDeterministic: true))).bytes
        func number(_ at: Int) -> UInt64 { (0..<8).reduce(0) { $0 | UInt64(answer[at + $1]) << (8 * $1) } }
        try #require(answer.count == 112)
        #expect(number(32) == 1_577_836_800_000_001_000)
        #expect(number(40) == 2000)
        await host.close()
    }

    @Test func withoutTheModeRandomNumbersAreRandom() async throws {
        let host = try await WasmHost()
        let path = try host.file(TinyModule.numbers.bytes, named: "numbers.wasm")
        let one = try await host.run(host.order(path)).bytes
        let other = try await host.run(host.order(path)).bytes
        #expect(one.count == 112 && other.count == 112 && one != other)
        await host.close()
    }

    @Test func fuelRunsOutAtTheSamePlaceEverywhere() async throws {
        let first = try await WasmHost()
        let second = try await WasmHost()
        let paths = try (
            first.file(TinyModule.hello.bytes, named: "hello.wasm"),
            second.file(TinyModule.hello.bytes, named: "hello.wasm")
        )
        var ends: [Bool] = []
        for fuel in 1...12 as ClosedRange<UInt64> {
            let mode = WasmMode(isDeterministic: true, fuel: fuel)
            let one = try await first.run(first.order(paths.0, mode: mode))
            let other = try await second.run(second.order(paths.1, mode: mode))
            #expect(one.end == other.end)
            ends.append(one.end == .exited(0))
        }
        // It fails until there is enough, and from then on never.
        #expect(ends.first == false && ends.last == true && ends == ends.sorted { !$0 && $1 })
        await first.close()
        await second.close()
    }
}

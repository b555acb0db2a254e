import WeftModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Tries an engine with a real module before it is offered: whatever is wrong with a library, its version included, shows.
package struct WasmProbe: Sendable {
    let driver: WasmDriver
    let engine: WasmEngine

    /// A command that writes `ok\n` to standard output with `fd_write`, which has a pipe and a memory go through the engine:
    ///
    ///     (module
    ///       (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
    ///       (memory (export "memory") 1)
    ///       (data (i32.const 0) "\08\00\00\00\03\00\00\00ok\n")
    ///       (func (export "_start") (drop (call 0 (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))))
    package static let module: [UInt8] = [
        0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x0c, 0x02, 0x60, 0x04, 0x7f, 0x7f, 0x7f,
        0x7f, 0x01, 0x7f, 0x60, 0x00, 0x00, 0x02, 0x23, 0x01, 0x16, 0x77, 0x61, 0x73, 0x69, 0x5f, 0x73,
        0x6e, 0x61, 0x70, 0x73, 0x68, 0x6f, 0x74, 0x5f, 0x70, 0x72, 0x65, 0x76, 0x69, 0x65, 0x77, 0x31,
        0x08, 0x66, 0x64, 0x5f, 0x77, 0x72, 0x69, 0x74, 0x65, 0x00, 0x00, 0x03, 0x02, 0x01, 0x01, 0x05,
        0x03, 0x01, 0x00, 0x01, 0x07, 0x13, 0x02, 0x06, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 0x02, 0x00,
        0x06, 0x5f, 0x73, 0x74, 0x61, 0x72, 0x74, 0x00, 0x01, 0x0a, 0x0f, 0x01, 0x0d, 0x00, 0x41, 0x01,
        0x41, 0x00, 0x41, 0x01, 0x41, 0x10, 0x10, 0x00, 0x1a, 0x0b, 0x0b, 0x11, 0x01, 0x00, 0x41, 0x00,
        0x0b, 0x0b, 0x08, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00, 0x6f, 0x6b, 0x0a,
    ]

    private static let runs = 3

    func run(enforced: [Limit], behind isolation: Isolation) async -> DriverAvailability {
        do {
            return try await driver.workshop.withWorkspace(named: "probe") { workspace in
                try await run(enforced: enforced, behind: isolation, in: workspace)
            }
        } catch {
            return .unavailable(reason: "the wasm driver's directory cannot be used: \(error)", hint: "")
        }
    }

    private func run(
        enforced: [Limit], behind isolation: Isolation, in workspace: Workspace
    ) async throws -> DriverAvailability {
        let path = workspace.payloadDirectory + ".wasm"
        try workspace.write(Self.module, to: path, isExecutable: false)
        defer { unlink(path) }
        let clock = ContinuousClock()
        var startups: [Duration] = []
        // The first one compiles.
        for index in 0...Self.runs {
            let order = RunOrder(
                .wasm(modulePath: path, arguments: [], mode: WasmMode()), timeout: .seconds(20), reuse: "weft-probe")
            let begin = clock.now
            let report = await driver.run(order, in: workspace) { _ in true }
            if index > 0 { startups.append(begin.duration(to: clock.now)) }
            guard report.end == .exited(0), report.standardOutput == .memory(Array("ok\n".utf8)) else {
                return .unavailable(reason: "\(what) does not work here: \(why(report))", hint: hint)
            }
        }
        startups.sort()
        return .available(
            version: try await version(path, in: workspace), startup: startups[0], enforced: enforced,
            isolation: isolation)
    }

    private var what: String {
        switch engine {
        case .wasmtime(let library, _): "wasmtime's library \(library)"
        case .wasmkit(let executable): executable
        }
    }

    private var hint: String {
        switch engine {
        case .wasmtime:
            "install wasmtime 50 or later (scripts/setup-drivers.sh wasm does), or let \(WasmEngine.libraryVariable) "
                + "name another libwasmtime.so"
        case .wasmkit: "run scripts/setup-drivers.sh wasm, which installs wasmtime"
        }
    }

    private func why(_ report: RunReport) -> String {
        switch report.end {
        case .failed(let failure): failure.message
        case .cancelled: "it was cancelled"
        case .exited(let status): "a module that writes two letters ended with status \(status)"
        }
    }

    /// wasmtime says which it is when it compiles, WasmKit when asked.
    private func version(_ module: String, in workspace: Workspace) async throws -> String {
        let command: PreparedCommand
        let order = RunOrder(.wasm(modulePath: module, arguments: [], mode: WasmMode()), timeout: .seconds(20))
        switch engine {
        case .wasmtime(let library, let runner):
            let wasmtime = Wasmtime(library: library, runner: runner, hasWall: driver.process.hasWall)
            command = wasmtime.compile(
                try WasmDriver.Module(path: module, arguments: [], mode: WasmMode()), order, in: workspace
            ) { _ in nil }
        case .wasmkit(let executable):
            command = WasmKit(executable: executable, hasWall: driver.process.hasWall).version(module: module)
        }
        let report = await driver.process.run(command, order, in: workspace) { _ in true }
        guard report.end == .exited(0), case .memory(let bytes) = report.standardOutput else { return "" }
        let text = String(decoding: bytes.prefix(64), as: UTF8.self).split(separator: "\n").first ?? ""
        switch engine {
        case .wasmtime: return "wasmtime \(text)"
        case .wasmkit: return "WasmKit \(text) (no fuel, no memory limit of its own, not deterministic)"
        }
    }
}

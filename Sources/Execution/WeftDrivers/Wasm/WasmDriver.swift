import Synchronization
import WeftModel
import WeftSandbox

/// Runs WebAssembly modules as WASI preview 1 commands: by weft-wasm with wasmtime, or by WasmKit, inside the process
/// driver's wall. Modules are compiled there, too, once each.
package final class WasmDriver: Driver {
    package let name = "wasm"
    let process: ProcessDriver
    private let engine: Result<WasmEngine, WasmEngine.Missing>
    private let modules: CompiledModules
    private let digests: ModuleDigests
    /// Where modules are compiled and the probe runs.
    let workshop: WorkspaceRoot
    private let workshopDirectory: String
    private let runs = Atomic<UInt64>(0)

    /// Of a run's memory, what the engine itself needs. The module has the rest.
    package static let engineBytes: Int64 = 16 << 20
    /// Larger modules are refused.
    package static let moduleBytesMax: Int64 = 256 << 20

    /// - Parameters:
    ///   - process: the wall; shut down by whoever made it.
    ///   - engine: by default what ``WasmEngine/find(in:)`` finds.
    ///   - cacheDirectory: is made or emptied; the driver's alone, in a directory that exists. Removed by ``shutDown()``.
    ///   - cacheBytes: what compiled modules may occupy.
    ///   - digest: the SHA-256 of a file, in whatever spelling.
    /// - Throws: when the directory cannot be used.
    package init(
        process: ProcessDriver, engine: Result<WasmEngine, WasmEngine.Missing> = WasmEngine.find(),
        cacheDirectory: String, cacheBytes: Int64 = 512 << 20, digest: @escaping @Sendable (String) throws -> String
    ) throws {
        self.process = process
        self.engine = engine
        digests = ModuleDigests(digest)
        modules = try CompiledModules(directory: cacheDirectory, boundBytes: cacheBytes)
        workshopDirectory = cacheDirectory + ".work"
        workshop = try WorkspaceRoot(path: workshopDirectory)
    }

    /// What compiled modules occupy now.
    package var cachedBytes: Int64 { modules.totalBytes }

    package func shutDown() async {
        // Scratch: what cannot be removed now is emptied at the next start.
        try? modules.removeAll()
        try? FileTree.remove(workshopDirectory)
    }

    package func run(_ order: RunOrder, in workspace: Workspace, log: @escaping LogSink) async -> RunReport {
        do {
            guard case .wasm(let path, let arguments, let mode) = order.payload else {
                throw AttemptFailure(.refused, "the wasm driver runs no \(order.payload.driver) payloads")
            }
            let module = try Module(path: path, arguments: arguments, mode: mode)
            switch engine {
            case .success(.wasmtime(let library, let runner)):
                let wasmtime = Wasmtime(library: library, runner: runner, hasWall: process.hasWall)
                return try await run(module, with: wasmtime, order, in: workspace, log: log)
            case .success(.wasmkit(let executable)):
                let wasmkit = WasmKit(executable: executable, hasWall: process.hasWall)
                return await process.run(try wasmkit.command(module, order), order, in: workspace, log: log)
            case .failure(let missing):
                throw AttemptFailure(.refused, "\(missing.reason): \(missing.hint)")
            }
        } catch let failure as AttemptFailure {
            return RunReport(end: .failed(failure))
        } catch {
            return RunReport(end: .failed(AttemptFailure(.sandboxFailed, "\(error)")))
        }
    }

    /// A payload's module, looked at.
    struct Module: Sendable {
        let path: String
        let arguments: [String]
        let mode: WasmMode
        let state: FileState

        init(path: String, arguments: [String], mode: WasmMode) throws {
            guard let state = FileState(of: path) else {
                throw AttemptFailure(.inputUnavailable, "the module is not there")
            }
            guard state.sizeBytes <= WasmDriver.moduleBytesMax else {
                throw AttemptFailure(
                    .notExecutable,
                    "the module has \(state.sizeBytes) bytes; at most \(WasmDriver.moduleBytesMax) are taken")
            }
            (self.path, self.arguments, self.mode, self.state) = (path, arguments, mode, state)
        }
    }

    // MARK: wasmtime

    private func run(
        _ module: Module, with wasmtime: Wasmtime, _ order: RunOrder, in workspace: Workspace, log: @escaping LogSink
    ) async throws -> RunReport {
        let deadline = RunningTime(order.timeout, pause: order.pause)
        // A second time only when the engine did not take what it had compiled: the processor may have changed.
        var isLast = false
        while true {
            let lease: CompiledModules.Lease
            switch try await compiled(module, with: wasmtime, order, until: deadline) {
            case .success(let found): lease = found
            case .failure(let early): return early.report
            }
            var rest = order
            rest.timeout = deadline.left
            guard rest.timeout > .milliseconds(1) else {
                modules.giveBack(lease)
                return Self.timedOut(order)
            }
            let outcome = Mutex<WasmOutcome?>(nil)
            let command = wasmtime.run(lease.path, module, order) { end in
                let seen = WasmOutcome(end)
                outcome.withLock { $0 = seen }
                return WasmOutcome.isCrash(end) ? Self.crashed : nil
            }
            var report = await process.run(command, rest, in: workspace, log: log)
            let seen = outcome.withLock { $0 }
            if seen == .staleArtefact { modules.drop(lease) } else { modules.giveBack(lease) }
            if seen == .staleArtefact, !isLast {
                isLast = true
                continue
            }
            if let seen { report.end = seen.end(line: WasmOutcome.lastLine(report.standardError)) }
            return report
        }
    }

    static let crashed = RunEnd.failed(
        AttemptFailure(.sandboxFailed, "the WebAssembly engine crashed; that is a defect of it, or of its installation")
    )

    private static func timedOut(_ order: RunOrder) -> RunReport {
        RunReport(
            end: .failed(
                AttemptFailure(
                    .timedOut, "its \(Double(order.timeout.milliseconds) / 1000) s were over before it was compiled")))
    }

    /// An end before there was a compiled module.
    private struct EarlyEnd: Error { var report: RunReport }

    /// The compiled module, from the cache or made now, within the order's limits.
    private func compiled(
        _ module: Module, with wasmtime: Wasmtime, _ order: RunOrder, until deadline: RunningTime
    ) async throws -> Result<CompiledModules.Lease, EarlyEnd> {
        guard let library = FileState(of: wasmtime.library) else {
            throw AttemptFailure(.sandboxFailed, "\(wasmtime.library) is there no more")
        }
        let key = CompiledModules.Key(
            moduleDigest: try order.codeDigest?.description ?? digests.digest(of: module.path, module.state),
            engine: "\(library)",
            configuration: Wasmtime.configuration(module.mode))
        if let lease = modules.take(key) { return .success(lease) }
        switch await turn(key, until: deadline) {
        case .cached(let lease):
            return .success(lease)
        case .cancelled:
            return .failure(
                EarlyEnd(report: Task.isCancelled ? RunReport(end: .cancelled) : Self.timedOut(order)))
        case .compile:
            defer { modules.finish(key) }
            return try await compile(module, with: wasmtime, order, key, until: deadline)
        }
    }

    /// As ``CompiledModules/turn(_:)``, but not for longer than there is time.
    private func turn(
        _ key: CompiledModules.Key, until deadline: RunningTime
    ) async -> CompiledModules.Turn {
        await withTaskGroup(of: CompiledModules.Turn?.self) { group in
            group.addTask { await self.modules.turn(key) }
            group.addTask {
                // Cancelled when the turn has come.
                try? await deadline.wait()
                return nil
            }
            var turn = CompiledModules.Turn.cancelled
            while let next = await group.next() {
                if let next { turn = next }
                group.cancelAll()
            }
            return turn
        }
    }

    private func compile(
        _ module: Module, with wasmtime: Wasmtime, _ order: RunOrder, _ key: CompiledModules.Key,
        until deadline: RunningTime
    ) async throws -> Result<CompiledModules.Lease, EarlyEnd> {
        let number = runs.wrappingAdd(1, ordering: .relaxed).newValue
        return try await workshop.withWorkspace(named: "compile-\(number)") { workspace in
            try await compile(module, with: wasmtime, order, key, until: deadline, in: workspace)
        }
    }

    private func compile(
        _ module: Module, with wasmtime: Wasmtime, _ order: RunOrder, _ key: CompiledModules.Key,
        until deadline: RunningTime, in workspace: Workspace
    ) async throws -> Result<CompiledModules.Lease, EarlyEnd> {
        let outcome = Mutex<WasmOutcome?>(nil)
        let command = wasmtime.compile(module, order, in: workspace) { end in
            let seen = WasmOutcome(end)
            outcome.withLock { $0 = seen }
            return WasmOutcome.isCrash(end) ? Self.crashed : nil
        }
        var compiling = order
        compiling.standardInputPath = nil
        compiling.reuse = nil
        compiling.timeout = max(.milliseconds(1), deadline.left)
        // The job's disk limit is for its outputs; the cache has its own bound.
        compiling.resources.diskBytes = max(order.resources.diskBytes, 1 << 30)
        var report = await process.run(command, compiling, in: workspace) { _ in true }
        if let seen = outcome.withLock({ $0 }) {
            report.end = seen.end(line: WasmOutcome.lastLine(report.standardError))
        }
        guard report.end == .exited(0) else {
            report.end = Self.explain(report.end, order)
            report.standardOutput = .memory([])
            return .failure(EarlyEnd(report: report))
        }
        guard case .file(let file) = try workspace.findOutput(Wasmtime.compiledName) else {
            throw AttemptFailure(.sandboxFailed, "the compiler left no compiled module")
        }
        return .success(try modules.put(key, file))
    }

    /// Says that it was the compiler that met a limit.
    private static func explain(_ end: RunEnd, _ order: RunOrder) -> RunEnd {
        switch end {
        case .failed(let failure) where failure.kind == .outOfMemory:
            .failed(
                AttemptFailure(
                    .outOfMemory,
                    "compiling the module needed more than the job's \(order.resources.memoryBytes) bytes of memory"))
        case .failed(let failure) where failure.kind == .timedOut:
            .failed(AttemptFailure(.timedOut, "compiling the module took longer than the job's time"))
        case .exited(let status):
            .failed(AttemptFailure(.sandboxFailed, "the compiler ended with status \(status)"))
        default: end
        }
    }

    // MARK: the probe

    package func probe() async -> DriverAvailability {
        let wall = await process.probe()
        guard case .available(_, _, var enforced, let isolation, _) = wall else { return wall }
        switch engine {
        case .failure(let missing):
            return .unavailable(reason: missing.reason, hint: missing.hint)
        case .success(let engine):
            // The engine limits the module's own memory also where the machine cannot.
            if case .wasmtime = engine, !enforced.contains(.memory) { enforced.append(.memory) }
            return await WasmProbe(driver: self, engine: engine).run(enforced: enforced.sorted(), behind: isolation)
        }
    }
}

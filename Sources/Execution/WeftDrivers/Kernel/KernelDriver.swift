import Synchronization
import WeftDevices
import WeftModel
import WeftSandbox

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Compiles kernels and runs them by weft-kernel, inside the process driver's wall, with buffers from and to files of the
/// working directory.
///
/// What comes of a compilation is kept for whoever's job it was and for nobody else: kernels may run in the very process
/// that leaves it, so nobody can vouch for it to others.
package final class KernelDriver: Driver {
    package let backend: KernelBackend
    package var name: String { backend.driverName }
    package var payloads: [String] { ["kernel"] }
    let process: ProcessDriver
    let tools: Result<KernelTools, KernelTools.Missing>
    let workshop: WorkspaceRoot
    private let workshopDirectory: String
    private let artefacts: CompiledModules
    private let digest: @Sendable ([UInt8]) -> String
    /// Whether there is OpenCL on the processor, so that a job that asks for no device needs none. Found out by the probe.
    let isProcessorEnough = Mutex(true)
    /// What the probe said last: to try a kernel out, nobody need be asked again.
    let lastProbe = Mutex<DriverAvailability?>(nil)
    let probes = Atomic<UInt64>(0)

    /// Larger sources are refused.
    package static let sourceBytesMax: Int64 = 16 << 20
    /// Of a run's memory, what libraries and compilers need: the buffers have the rest.
    package static let libraryBytes: Int64 = 64 << 20
    /// What a run needs of the machine's own memory besides, where the buffers are the device's.
    private static let contextBytes: Int64 = 2 << 30
    private static let artefactBytesMax: Int64 = 64 << 20
    private static let artefactName = ".weft-kernel-artefact"
    private static let runnerInside = "/weft/weft-kernel"

    /// - Parameters:
    ///   - process: the wall; shut down by whoever made it.
    ///   - tools: by default what ``KernelTools/find(_:environment:)`` finds.
    ///   - cacheDirectory: is made or emptied; the driver's alone, in a directory that exists. Removed by ``shutDown()``.
    ///   - cacheBytes: what compiled artefacts may occupy.
    ///   - digest: the SHA-256 of bytes, in whatever spelling.
    /// - Throws: when the directory cannot be used.
    package init(
        _ backend: KernelBackend, process: ProcessDriver, tools: Result<KernelTools, KernelTools.Missing>? = nil,
        cacheDirectory: String, cacheBytes: Int64 = 256 << 20, digest: @escaping @Sendable ([UInt8]) -> String
    ) throws {
        self.backend = backend
        self.process = process
        self.digest = digest
        self.tools = tools ?? Result { () throws(KernelTools.Missing) in try KernelTools.find(backend) }
        artefacts = try CompiledModules(directory: cacheDirectory, boundBytes: cacheBytes)
        workshopDirectory = cacheDirectory + ".work"
        workshop = try WorkspaceRoot(path: workshopDirectory)
    }

    /// What compiled artefacts occupy now.
    package var cachedBytes: Int64 { artefacts.totalBytes }

    package func shutDown() async {
        // Scratch: what cannot be removed now is emptied at the next start.
        try? artefacts.removeAll()
        try? FileTree.remove(workshopDirectory)
    }

    package func run(_ order: RunOrder, in workspace: Workspace, log: @escaping LogSink) async -> RunReport {
        do {
            guard case .kernel(let path, let program) = order.payload else {
                throw AttemptFailure(.refused, "the \(name) driver runs no \(order.payload.driver) payloads")
            }
            guard program.languages.contains(backend.language) else {
                let languages = program.languages.map(\.rawValue).joined(separator: ", ")
                throw AttemptFailure(.refused, "the \(name) driver runs no kernels in \(languages)")
            }
            try order.refuseMounts("kernels have files in the working directory alone")
            if let problem = program.problem { throw AttemptFailure(.notExecutable, problem) }
            switch tools {
            case .success(let tools):
                let source = try backend.checked(try Self.read(path))
                return try await workspace.withDirectoryBeside("kernel") { beside in
                    try await run(source, program, tools, order, in: workspace, beside, log: log)
                }
            case .failure(let missing): throw AttemptFailure(.refused, "\(missing.reason): \(missing.hint)")
            }
        } catch let failure as AttemptFailure {
            return RunReport(end: .failed(failure))
        } catch {
            return RunReport(end: .failed(AttemptFailure(.sandboxFailed, "\(error)")))
        }
    }

    private static func read(_ path: String) throws -> [UInt8] {
        let file: ProducedFile
        do { file = try ProducedFile(reading: path) } catch {
            throw AttemptFailure(.inputUnavailable, "the source cannot be read: \(error)")
        }
        guard file.sizeBytes <= sourceBytesMax else {
            throw AttemptFailure(.notExecutable, "the source is larger than \(sourceBytesMax >> 20) MiB")
        }
        return try file.read(offset: 0, length: Int(file.sizeBytes))
    }

    private func run(
        _ source: [UInt8], _ program: KernelProgram, _ tools: KernelTools, _ order: RunOrder, in workspace: Workspace,
        _ beside: Workspace, log: @escaping LogSink
    ) async throws -> RunReport {
        var order = order
        // A kernel has one device, and the sandbox need not show it others.
        if backend == .levelZero { order.devices = Array(order.devices.prefix(1)) }
        let grant = order.devices.first
        // On a processor the buffers are the run's own memory; on another device, what the attempt was given of it.
        let isOnProcessor = backend == .emulated || (backend == .opencl && grant == nil)
        let bound = isOnProcessor ? order.resources.memoryBytes : grant?.memoryBytes ?? .max
        let isChosen = choosesDevice
        let text = KernelOrder(
            program: program, memoryBytes: bound, processors: Int((order.resources.cpuMillis + 999) / 1000),
            architecture: grant?.device.architecture, pciAddress: isChosen ? grant?.device.pciAddress : nil,
            deviceIndex: isChosen ? grant?.index(in: backend.rawValue) ?? 0 : 0)
        let orderPath = beside.payloadDirectory + "/order"
        let sourcePath = beside.payloadDirectory + "/source"
        try beside.write(Array(text.text.utf8), to: orderPath, isExecutable: false)
        try beside.write(source, to: sourcePath, isExecutable: false)
        // The sandbox's user has to come through.
        guard chmod(beside.payloadDirectory, 0o755) == 0 else {
            throw SystemError("cannot show the order to the runner")
        }
        let key = order.owner.map { artefactKey($0, source, program, tools, grant) }
        let lease = key.flatMap { artefacts.take($0) }
        defer { if let lease { artefacts.giveBack(lease) } }
        let outcome = Mutex<KernelOutcome?>(nil)
        let keeps = key != nil && lease == nil
        let command = command(tools, order, workspace, beside, lease?.path, keeps: keeps) { end in
            let seen =
                if case .exited(let status) = end { KernelOutcome(rawValue: status) } else { KernelOutcome?.none }
            outcome.withLock { $0 = seen }
            return nil
        }
        var running = order
        running.reuse = nil
        running.standardInputPath = nil
        // Libraries and compilers are not the job's choice.
        running.resources.memoryBytes += isOnProcessor ? Self.libraryBytes : Self.contextBytes
        var report = await process.run(command, running, in: workspace, log: log)
        let seen = await judged(outcome.withLock { $0 }, tools, order)
        explain(&report, seen, order)
        if let key, keeps { try await keep(key, report, in: workspace) }
        return report
    }

    /// Whether the library may show other devices than those that were granted, so that the runner has to be told which one is
    /// meant.
    private var choosesDevice: Bool {
        switch backend {
        case .opencl: true
        // In the sandbox there is but one, and drivers that do not see `/sys` know no addresses.
        case .levelZero: !process.hasWall
        case .cuda, .hip, .emulated: false
        }
    }

    /// Level Zero says of a device that hung on a kernel what it says of one that fell off the bus. Where the next process finds
    /// it well, it was the kernel that was stopped: nobody's kernel shall take devices out of use.
    private func judged(_ seen: KernelOutcome?, _ tools: KernelTools, _ order: RunOrder) async -> KernelOutcome? {
        guard seen == .hung else { return seen }
        guard backend == .levelZero else { return .deviceLost }
        let isThere = await isShown(order.devices.first, tools, nodes: order.devices.nodes() + nodes(order))
        return isThere ? .fault : .deviceLost
    }

    private func artefactKey(
        _ owner: String, _ source: [UInt8], _ program: KernelProgram, _ tools: KernelTools, _ grant: GrantedDevice?
    ) -> CompiledModules.Key {
        let kernels = Set(program.launches.map { "\($0.entry) \($0.block.all)" }).sorted()
        let options = program.defines.map { "\($0.name)=\($0.value)" } + ["\(program.usesFastMath)"]
        let device = grant.map { "\($0.device.model) \($0.device.architecture ?? "") \($0.device.driver ?? "")" } ?? ""
        return CompiledModules.Key(
            moduleDigest: digest(source), engine: "\(backend) \(tools.identity) \(device)",
            configuration: ([owner] + options + kernels).joined(separator: "\n"))
    }

    private func command(
        _ tools: KernelTools, _ order: RunOrder, _ workspace: Workspace, _ beside: Workspace, _ artefact: String?,
        keeps: Bool, ending: @escaping @Sendable (SandboxEnd) -> RunEnd?
    ) -> PreparedCommand {
        let hasWall = process.hasWall
        let orderPath = beside.payloadDirectory + "/order"
        let sourcePath = beside.payloadDirectory + "/source"
        func inside(_ path: String, _ name: String) -> String { hasWall ? "/weft/\(name)" : path }
        var binds = hasWall ? tools.binds + nodes(order) : []
        var files = [(tools.runner, Self.runnerInside), (orderPath, "/weft/order"), (sourcePath, "/weft/source")]
        if let artefact { files.append((artefact, "/weft/artefact")) }
        if hasWall { binds += files.map { SandboxBind(hostPath: $0.0, sandboxPath: $0.1) } }
        // Nothing of the job's own: libraries let variables change what is loaded beside them. They find linkers by `PATH`.
        var environment = [
            "HOME": hasWall ? "/work" : workspace.payloadDirectory, "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin",
            "TMPDIR": "/tmp",
        ]
        environment.merge(order.devices.variables) { $1 }
        // Its numbers count the machine's devices; the sandbox has fewer, and outside of it the runner is told which one is meant.
        if backend == .levelZero { environment["ZE_AFFINITY_MASK"] = nil }
        environment.merge(hasWall ? tools.environment : tools.openEnvironment) { $1 }
        if !hasWall {
            environment["TMPDIR"] = beside.payloadDirectory
            if backend == .opencl { environment["POCL_CACHE_DIR"] = beside.payloadDirectory + "/pocl" }
        }
        if backend == .opencl {
            environment["POCL_MAX_PTHREAD_COUNT"] = "\(max(1, (order.resources.cpuMillis + 999) / 1000))"
        }
        return PreparedCommand(
            native: [
                inside(tools.runner, "weft-kernel"), "run", backend.rawValue, inside(orderPath, "order"),
                inside(sourcePath, "source"), artefact.map { inside($0, "artefact") } ?? "-",
                keeps ? Self.artefactName : "-",
            ], environment: environment, binds: binds, ending: ending)
    }

    /// Of a job that asked for no device, all of its kind; the process driver shows those that were granted.
    private func nodes(_ order: RunOrder) -> [SandboxBind] {
        guard order.devices.isEmpty else { return [] }
        return backend == .opencl && isProcessorEnough.withLock { $0 } ? [] : Self.nodes(backend.nodeKinds)
    }

    /// Every device node of these kinds that this machine has.
    static func nodes(_ kinds: KernelBackend.NodeKinds) -> [SandboxBind] {
        var names: [String] = []
        if kinds.contains(.nvidia) {
            names += FileTree.names(in: "/dev", limit: 10_000).filter { $0.hasPrefix("nvidia") && $0 != "nvidia-caps" }
        }
        if kinds.contains(.kfd) { names.append("kfd") }
        if kinds.contains(.render) {
            let render = FileTree.names(in: "/dev/dri", limit: 1000).filter { $0.hasPrefix("renderD") }
            names += render.map { "dri/\($0)" }
        }
        var binds: [SandboxBind] = []
        for name in names where access("/dev/" + name, F_OK) == 0 {
            binds.append(SandboxBind(hostPath: "/dev/" + name, sandboxPath: "/dev/" + name, access: .device))
        }
        return binds
    }

    private func explain(_ report: inout RunReport, _ seen: KernelOutcome?, _ order: RunOrder) {
        let log = KernelLog(report.standardError, backend)
        if let seen {
            report.end = seen.end(line: log.line, log: log.beginning)
            // Kernels on a processor run in the runner's own process and could say this themselves.
            if seen == .deviceLost, backend != .emulated, let grant = order.devices.first, grant.device.kind != "cpu" {
                report.lostDevices[grant.device.id] = log.line
            } else if seen == .deviceLost {
                report.end = .failed(AttemptFailure(.sandboxFailed, log.line))
            }
        }
        if case .exited(let status) = report.end, status > 128, seen == nil {
            report.standardError.append(
                Array(
                    "weft: signal \(status - 128) ended the kernels: they went outside their buffers, or worse\n".utf8))
        }
    }

    /// What the run left, for the next one of the same owner.
    private func keep(_ key: CompiledModules.Key, _ report: RunReport, in workspace: Workspace) async throws {
        guard case .file(let file) = try workspace.findOutput(Self.artefactName) else { return }
        defer { unlink(workspace.payloadDirectory + "/" + Self.artefactName) }
        guard report.end == .exited(0), file.sizeBytes > 0, file.sizeBytes <= Self.artefactBytesMax else { return }
        switch await artefacts.turn(key) {
        case .cancelled: return
        case .cached(let lease): artefacts.giveBack(lease)
        case .compile:
            defer { artefacts.finish(key) }
            // Without room for it, the next run compiles again.
            if let lease = try? artefacts.put(key, file) { artefacts.giveBack(lease) }
        }
    }
}

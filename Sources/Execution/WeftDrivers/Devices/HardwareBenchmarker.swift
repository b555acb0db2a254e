package import WeftDevices
package import WeftModel
import WeftSandbox

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Measures a machine with weft-hardware's own kernels, behind the wall that payloads run behind.
package struct HardwareBenchmarker: Sendable {
    /// One thing to measure; each takes some seconds.
    package enum Part: Sendable, Hashable {
        case processor
        case disk
        case device(DeviceReport)

        /// For people.
        package var name: String {
            switch self {
            case .processor: "processor and memory"
            case .disk: "disk"
            case .device(let device): "\(device.id) (\(device.model))"
            }
        }
    }

    /// What came of one part.
    package enum Finding: Sendable, Hashable {
        case processor(ProcessorBenchmark)
        case device(DeviceBenchmark)
        /// Why it could not be measured: one sentence.
        case failed(String)
        /// The calling task was cancelled.
        case cancelled
    }

    private let process: ProcessDriver
    private let program: String
    /// Where the runs work; a directory of the worker's own, on the disk that is measured.
    private let workshop: String

    /// The longest that one part may take.
    private static let patience = Duration.seconds(120)
    private static let memoryBytesMax: Int64 = 1 << 30
    private static let diskBytesMax: Int64 = 256 << 20
    /// What libraries of GPUs need of the machine's own memory besides the buffers.
    private static let deviceMemoryBytes: Int64 = 4 << 30
    /// The backends that are measured, the best first.
    private static let backends = ["cuda", "hip", "opencl"]

    /// - Parameters:
    ///   - process: the wall; shut down by whoever made it.
    ///   - program: `weft-hardware`; by default beside this executable, or what `WEFT_HARDWARE` says.
    ///   - directory: the worker's own; it has to exist.
    /// - Throws: a sentence when the program is not there.
    package init(process: ProcessDriver, program: String? = nil, directory: String) throws(Missing) {
        let path = program ?? Self.usualProgram()
        guard let path, let real = realPath(path), access(real, X_OK) == 0 else {
            throw Missing(reason: "\(path ?? "weft-hardware") is missing: install it beside weft")
        }
        self.process = process
        self.program = real
        workshop = directory + "/benchmark"
    }

    package struct Missing: Error, CustomStringConvertible {
        var reason: String
        package var description: String { reason }
    }

    private static func usualProgram() -> String? {
        if let named = ProcessInfo.processInfo.environment["WEFT_HARDWARE"] { return named }
        return directoryOfExecutable().map { $0 + "/weft-hardware" }
    }

    /// What there is to measure of a machine.
    package static func parts(of report: HardwareReport) -> [Part] {
        [.processor, .disk]
            + report.devices.filter { device in
                device.fault == nil && device.backends.contains { backends.contains($0.name) }
            }.map(Part.device)
    }

    /// Measures one part. When the calling task is cancelled, what runs is ended.
    package func measure(_ part: Part, of report: HardwareReport) async -> Finding {
        let usable = report.memory.usableBytes ?? 1 << 30
        let cpus = report.processor.usableMillis ?? 1000
        let memory = min(Self.memoryBytesMax, usable / 2)
        switch part {
        case .processor:
            let limits = Resources(cpuMillis: cpus, memoryBytes: memory, diskBytes: 1 << 20)
            return await figures(["processor", "\(memory / 2)"], limits, []).map { .processor($0.processor) }
        case .disk:
            let free = freeDiskBytes(at: workshop + "/..") ?? 0
            let bytes = min(Self.diskBytesMax, free / 8)
            let limits = Resources(
                cpuMillis: cpus, memoryBytes: min(memory, 256 << 20), diskBytes: max(1 << 20, 2 * bytes))
            return await figures(["disk", ".", "\(bytes)"], limits, []).map { .processor($0.processor) }
        case .device(let device):
            guard let backend = Self.backends.first(where: { name in device.backends.contains { $0.name == name } }),
                let index = device.backends.first(where: { $0.name == backend })?.index
            else { return .failed("no library that is measured reaches it") }
            let limits = Resources(
                cpuMillis: cpus, memoryBytes: min(Self.deviceMemoryBytes, usable / 2), diskBytes: 256 << 20)
            return await figures(["device", backend, "\(index)"], limits, [GrantedDevice(device)])
                .map { .device($0.device(id: device.id, backend: backend)) }
        }
    }

    fileprivate enum Outcome {
        case figures(Figures)
        case none(Finding)

        func map(_ finding: (Figures) -> Finding) -> Finding {
            switch self {
            case .figures(let figures): finding(figures)
            case .none(let finding): finding
            }
        }
    }

    private func figures(_ arguments: [String], _ limits: Resources, _ devices: [GrantedDevice]) async -> Outcome {
        do {
            let root = try WorkspaceRoot(
                path: workshop, payloadUser: process.hasWall && geteuid() == 0 ? process.user : nil)
            let workspace = try root.makeWorkspace(
                for: AttemptID(
                    task: TaskID(job: JobID(0), index: 0), replica: 0, lease: LeaseID(epoch: 0, sequence: 0)))
            let inside = process.hasWall ? "/weft/weft-hardware" : program
            // As those had it who counted the devices.
            var environment = ProcessInfo.processInfo.environment.filter { DeviceProbes.inherited.contains($0.key) }
            let own = [
                "HOME": process.hasWall ? "/work" : workspace.payloadDirectory, "LANG": "C.UTF-8",
                "PATH": "/usr/local/bin:/usr/bin:/bin",
                "TMPDIR": process.hasWall ? "/tmp" : workspace.payloadDirectory,
            ]
            environment.merge(own) { $1 }
            if process.hasWall { environment["POCL_CACHE_DIR"] = nil }
            var binds: [SandboxBind] = []
            if process.hasWall {
                binds.append(SandboxBind(hostPath: program, sandboxPath: inside))
                // Without it PoCL does not find the processors.
                let topology = "/sys/devices/system/cpu"
                if !devices.isEmpty, access(topology, F_OK) == 0 {
                    binds.append(SandboxBind(hostPath: topology, sandboxPath: topology))
                }
            }
            let command = PreparedCommand(native: [inside] + arguments, environment: environment, binds: binds)
            let order = RunOrder(
                .process(command: [inside], architecture: nil), resources: limits, timeout: Self.patience,
                devices: devices)
            let report = await process.run(command, order, in: workspace) { _ in true }
            try await root.remove(workspace)
            return .judged(report)
        } catch {
            return .none(.failed("\(error)"))
        }
    }
}

extension HardwareBenchmarker {
    /// What weft-hardware prints.
    fileprivate struct Figures: Decodable {
        var state: String
        var reason: String?
        var singleMegaflops: Int64?
        var doubleMegaflops: Int64?
        var halfMegaflops: Int64?
        var allMegaflops: Int64?
        var memoryBytesPerSecond: Int64?
        var diskWriteBytesPerSecond: Int64?
        var diskReadBytesPerSecond: Int64?
        var uploadBytesPerSecond: Int64?
        var downloadBytesPerSecond: Int64?
        var launchNanoseconds: Int64?
        var allocatableBytes: Int64?
        var loadMillidegrees: Int64?
        var notes: [String]?

        var processor: ProcessorBenchmark {
            ProcessorBenchmark(
                singleMegaflops: singleMegaflops, allMegaflops: allMegaflops,
                memoryBytesPerSecond: memoryBytesPerSecond,
                diskWriteBytesPerSecond: diskWriteBytesPerSecond, diskReadBytesPerSecond: diskReadBytesPerSecond)
        }

        func device(id: String, backend: String) -> DeviceBenchmark {
            DeviceBenchmark(
                id: id, backend: backend, doubleMegaflops: doubleMegaflops, singleMegaflops: singleMegaflops,
                halfMegaflops: halfMegaflops, memoryBytesPerSecond: memoryBytesPerSecond,
                uploadBytesPerSecond: uploadBytesPerSecond, downloadBytesPerSecond: downloadBytesPerSecond,
                launchNanoseconds: launchNanoseconds, allocatableBytes: allocatableBytes,
                loadMillidegrees: loadMillidegrees, notes: notes ?? [])
        }
    }
}

extension HardwareBenchmarker.Outcome {
    fileprivate static func judged(_ report: RunReport) -> Self {
        switch report.end {
        case .cancelled: return .none(.cancelled)
        case .failed(let failure): return .none(.failed(failure.message))
        case .exited(let status):
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            guard case .memory(let bytes) = report.standardOutput,
                let figures = try? decoder.decode(HardwareBenchmarker.Figures.self, from: Data(bytes))
            else { return .none(.failed("weft-hardware ended with \(status) and said nothing")) }
            guard figures.state == "ready" else { return .none(.failed(figures.reason ?? figures.state)) }
            return .figures(figures)
        }
    }
}

/// A benchmark that grows part by part.
package struct BenchmarkDraft: Sendable {
    private var processor = ProcessorBenchmark()
    private var devices: [DeviceBenchmark] = []
    /// What could not be measured, and why.
    package private(set) var failures: [String] = []

    package init() {}

    package mutating func add(_ finding: HardwareBenchmarker.Finding, of part: HardwareBenchmarker.Part) {
        switch finding {
        case .processor(let figures):
            processor.singleMegaflops = processor.singleMegaflops ?? figures.singleMegaflops
            processor.allMegaflops = processor.allMegaflops ?? figures.allMegaflops
            processor.memoryBytesPerSecond = processor.memoryBytesPerSecond ?? figures.memoryBytesPerSecond
            processor.diskWriteBytesPerSecond = processor.diskWriteBytesPerSecond ?? figures.diskWriteBytesPerSecond
            processor.diskReadBytesPerSecond = processor.diskReadBytesPerSecond ?? figures.diskReadBytesPerSecond
        case .device(let figures): devices.append(figures)
        case .failed(let reason):
            failures.append("\(part.name): \(reason)")
            if case .device(let device) = part {
                devices.append(DeviceBenchmark(id: device.id, backend: "", notes: [reason]))
            }
        case .cancelled: failures.append("\(part.name): it was cancelled")
        }
    }

    /// Unsigned.
    package func benchmark(fingerprint: String, at now: Instant) -> HardwareBenchmark {
        HardwareBenchmark(fingerprint: fingerprint, measuredAt: now, processor: processor, devices: devices)
    }
}

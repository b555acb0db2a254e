import Synchronization
import WeftDevices
import WeftModel
import WeftSandbox

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension KernelDriver {
    /// Asks the library what devices there are, in the sandbox: a library may hang, lie or crash.
    package func probe() async -> DriverAvailability {
        let found = await findOut()
        lastProbe.withLock { $0 = found }
        return found
    }

    private func findOut() async -> DriverAvailability {
        let wall = await process.probe()
        guard case .available(_, let startup, let enforced, let isolation, _) = wall else { return wall }
        switch tools {
        case .failure(let missing): return .unavailable(reason: missing.reason, hint: missing.hint)
        case .success(let tools):
            guard backend != .emulated else {
                return .available(
                    version: "CUDA C on the processor", startup: startup, enforced: enforced, isolation: isolation)
            }
            let ownNodes = Self.nodes(backend.nodeKinds)
            var answer = await ask(tools, nodes: backend == .opencl ? [] : ownNodes)
            if backend == .opencl {
                let isEnough = answer.isReady
                isProcessorEnough.withLock { $0 = isEnough }
                if !isEnough { answer = await ask(tools, nodes: ownNodes) }
            }
            guard let device = answer.devices?.first, answer.isReady else {
                return .unavailable(reason: answer.why(backend), hint: answer.hint(backend))
            }
            return .available(
                version: device.text, startup: startup, enforced: enforced, isolation: isolation)
        }
    }

    /// Compiles and runs a kernel, which takes a second or two.
    package func probeFurther() async -> DriverAvailability? {
        let found: DriverAvailability
        if let last = lastProbe.withLock({ $0 }) { found = last } else { found = await probe() }
        guard case .available(let version, _, let enforced, let isolation, _) = found else { return nil }
        do {
            let startup = try await tryOut()
            return .available(version: version, startup: startup, enforced: enforced, isolation: isolation)
        } catch {
            return .unavailable(reason: "a kernel of three lines does not run here: \(error)", hint: "")
        }
    }

    /// Whether a fresh process finds this device, or any where none was granted; `nodes` are what a sandbox has of it.
    func isShown(_ grant: GrantedDevice?, _ tools: KernelTools, nodes: [SandboxBind]) async -> Bool {
        let answer = await ask(tools, nodes: nodes)
        guard answer.isReady, let devices = answer.devices else { return false }
        guard !process.hasWall, let address = grant?.device.pciAddress else { return true }
        return devices.contains { $0.pci == address }
    }

    // MARK: What the library says

    /// The runner's answer.
    fileprivate struct Answer: Decodable {
        struct Device: Decodable {
            var name: String?
            var version: String?
            var driver: String?
            var pci: String?

            var text: String {
                [name, version, driver.map { "driver \($0)" }].compactMap(\.self).joined(separator: ", ")
            }
        }

        var state: String
        var reason: String?
        var devices: [Device]?

        var isReady: Bool { state == "ready" && devices?.isEmpty == false }

        func why(_ backend: KernelBackend) -> String {
            let words = reason.map { ": \($0)" } ?? ""
            switch state {
            case "no-library": return "the library for \(backend.rawValue) is not installed\(words)"
            case "no-device": return "\(backend.rawValue) has no device here\(words)"
            case "hangs": return "the library for \(backend.rawValue) hangs: it gave no answer in 10 s"
            default: return "the library for \(backend.rawValue) does not work\(words)"
            }
        }

        func hint(_ backend: KernelBackend) -> String {
            guard state == "no-library" || state == "no-device" else { return "" }
            switch backend {
            case .opencl:
                return "install an OpenCL driver; for the processor, PoCL (Debian: pocl-opencl-icd, ocl-icd-libopencl1)"
            case .cuda: return "install NVIDIA's driver"
            case .hip: return "install ROCm"
            case .levelZero:
                return "install the loader of Level Zero (Debian: libze1) and the GPU's driver for it "
                    + "(Intel's: its compute runtime)"
            case .emulated: return ""
            }
        }
    }

    private static let patience = Duration.seconds(10)

    private func ask(_ tools: KernelTools, nodes: [SandboxBind]) async -> Answer {
        do {
            return try await inWorkspace { workspace in
                let inside = process.hasWall ? "/weft/weft-kernel" : tools.runner
                let binds = tools.binds + nodes + [SandboxBind(hostPath: tools.runner, sandboxPath: inside)]
                var environment = process.hasWall ? tools.environment : tools.openEnvironment
                environment["HOME"] = process.hasWall ? "/work" : workspace.payloadDirectory
                let command = PreparedCommand(
                    native: [inside, "probe", backend.rawValue], environment: environment,
                    binds: process.hasWall ? binds : [])
                let order = RunOrder(
                    .process(command: [inside]),
                    resources: Resources(memoryBytes: 2 << 30, diskBytes: 64 << 20), timeout: Self.patience)
                let report = await process.run(command, order, in: workspace) { _ in true }
                guard report.end == .exited(0), case .memory(let bytes) = report.standardOutput,
                    let answer = try? JSONDecoder().decode(Answer.self, from: Data(bytes))
                else { return Self.broken(report) }
                return answer
            }
        } catch {
            return Answer(state: "broken", reason: "\(error)")
        }
    }

    private static func broken(_ report: RunReport) -> Answer {
        switch report.end {
        case .failed(let failure) where failure.kind == .timedOut: return Answer(state: "hangs")
        case .failed(let failure): return Answer(state: "broken", reason: failure.message)
        case .exited(let status) where status > 128:
            return Answer(state: "broken", reason: "signal \(status - 128) ended the question what there is")
        case .exited, .cancelled: return Answer(state: "broken", reason: "it gave no answer")
        }
    }

    // MARK: A kernel

    private struct ProbeFailure: Error, CustomStringConvertible { var description: String }

    private func tryOut() async throws -> Duration {
        try await inWorkspace { workspace in
            let source = workspace.payloadDirectory + ".code"
            try workspace.write(Self.source(backend.language), to: source, isExecutable: false)
            let program = KernelProgram(
                languages: [backend.language],
                buffers: [KernelBuffer(name: "x", type: .int32, shape: [4], outputPath: "x")],
                launches: [
                    KernelLaunch(
                        entry: "weft_probe", grid: KernelSize(2), block: KernelSize(2),
                        arguments: [.buffer("x"), .integer(.int32, 40)])
                ])
            let order = RunOrder(
                .kernel(sourcePath: source, program: program),
                resources: Resources(cpuMillis: 1000, memoryBytes: 512 << 20, diskBytes: 256 << 20),
                timeout: .seconds(60))
            let clock = ContinuousClock()
            let begin = clock.now
            let report = await run(order, in: workspace) { _ in true }
            guard report.end == .exited(0) else { throw ProbeFailure(description: report.failureText) }
            guard case .file(let file) = try workspace.findOutput("x"),
                try file.read(offset: 0, length: 64) == [40, 0, 0, 0, 41, 0, 0, 0, 42, 0, 0, 0, 43, 0, 0, 0]
            else { throw ProbeFailure(description: "its answer is wrong") }
            return begin.duration(to: clock.now)
        }
    }

    private static func source(_ language: KernelLanguage) -> [UInt8] {
        let text: String
        switch language {
        case .opencl:
            text = "__kernel void weft_probe(__global int *x, int y) { x[get_global_id(0)] = y + get_global_id(0); }\n"
        case .cuda, .hip:
            text =
                "__global__ void weft_probe(int *x, int y) {\n"
                + "    int i = blockIdx.x * blockDim.x + threadIdx.x;\n    x[i] = y + i;\n}\n"
        case .spirv: return ProbeModule.bytes
        }
        return Array(text.utf8)
    }

    private func inWorkspace<Value>(_ body: (Workspace) async throws -> Value) async throws -> Value {
        let number = probes.wrappingAdd(1, ordering: .relaxed).newValue
        return try await workshop.withWorkspace(named: "probe-\(number)", body)
    }
}

extension RunReport {
    fileprivate var failureText: String {
        switch end {
        case .failed(let failure): failure.message
        case .cancelled: "it was cancelled"
        case .exited(let status): "it ended with status \(status)"
        }
    }
}

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The programs that ask GPU libraries: each library in a process of its own, for as long as it is given.
package struct DeviceProbes: Sendable {
    /// Who asks one library, and how.
    package struct Probe: Sendable {
        /// `opencl`, `cuda`, `hip`, `level-zero`; `nvml`, `rocm-smi` for what only watches.
        package var backend: String
        /// Nil where the program is not installed: the reason is ``DeviceProbes/missing``.
        package var arguments: [String]?

        package init(backend: String, arguments: [String]?) {
            self.backend = backend
            self.arguments = arguments
        }
    }

    package var probes: [Probe]
    package var environment: [String: String]
    package var limit: Duration

    package init(_ probes: [Probe], environment: [String: String] = [:], limit: Duration = .seconds(10)) {
        self.probes = probes
        self.environment = environment
        self.limit = limit
    }

    /// Libraries through which programs run on devices.
    package static let computing = ["cuda", "hip", "level-zero", "opencl"]
    /// Libraries that tell of temperature and the like.
    package static let watching = ["nvml", "rocm-smi"]
    /// Of the owner's environment, what says where libraries are and which devices are meant for this worker.
    package static let inherited = [
        "PATH", "HOME", "LD_LIBRARY_PATH", "OCL_ICD_VENDORS", "OPENCL_VENDOR_PATH", "POCL_DEVICES", "POCL_CACHE_DIR",
        "CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "ZE_AFFINITY_MASK",
        "GPU_DEVICE_ORDINAL", "WEFT_DEVICE_LIBRARIES",
    ]

    /// Those that are installed beside this executable, or where `WEFT_KERNEL` and `WEFT_HARDWARE` say.
    ///
    /// - Parameter executableDirectory: this process's own if nil.
    package static func installed(
        environment: [String: String], executableDirectory: String? = nil
    ) -> DeviceProbes {
        let folder = executableDirectory ?? ownDirectory() ?? "."
        func program(_ name: String, _ variable: String) -> String? {
            let path = environment[variable] ?? "\(folder)/\(name)"
            return access(path, X_OK) == 0 ? path : nil
        }
        let kernel = program("weft-kernel", "WEFT_KERNEL")
        let hardware = program("weft-hardware", "WEFT_HARDWARE")
        let probes =
            computing.map { name in Probe(backend: name, arguments: kernel.map { [$0, "probe", name] }) }
            + watching.map { name in Probe(backend: name, arguments: hardware.map { [$0, name] }) }
        var kept = environment.filter { inherited.contains($0.key) }
        if let folders = environment["WEFT_DEVICE_LIBRARIES"] {
            kept["LD_LIBRARY_PATH"] = [folders, environment["LD_LIBRARY_PATH"]].compactMap(\.self).joined(
                separator: ":")
        }
        return DeviceProbes(probes, environment: kept)
    }

    private static func ownDirectory() -> String? {
        #if os(Linux)
            let tree = HostTree()
            return tree.linkTarget("/proc/self/exe").map {
                String($0.prefix(upTo: $0.lastIndex(of: "/") ?? $0.endIndex))
            }
        #else
            return nil
        #endif
    }

    /// Asks all of them at once.
    package func ask() async -> [(backend: BackendReport, devices: [DeviceReport])] {
        await withTaskGroup(of: (Int, BackendReport, [DeviceReport]).self) { tasks in
            for (index, probe) in probes.enumerated() {
                tasks.addTask {
                    let (backend, devices) = await ask(probe)
                    return (index, backend, devices)
                }
            }
            var found: [Int: (BackendReport, [DeviceReport])] = [:]
            for await (index, backend, devices) in tasks { found[index] = (backend, devices) }
            return probes.indices.compactMap { found[$0] }.map { (backend: $0.0, devices: $0.1) }
        }
    }

    private func ask(_ probe: Probe) async -> (BackendReport, [DeviceReport]) {
        let name = probe.backend
        guard let arguments = probe.arguments else {
            let program = Self.watching.contains(name) ? "weft-hardware" : "weft-kernel"
            return (
                BackendReport(name: name, state: .notAsked, reason: "\(program) is not installed beside weft"), []
            )
        }
        let answer = await ChildProgram(arguments, environment: environment, limit: limit).run()
        return Self.judge(answer, of: name, limit: limit)
    }

    static func judge(
        _ answer: ChildProgram.Answer, of name: String, limit: Duration
    ) -> (BackendReport, [DeviceReport]) {
        func broken(_ reason: String) -> (BackendReport, [DeviceReport]) {
            (BackendReport(name: name, state: .broken, reason: Text.cut(reason)), [])
        }
        switch answer.end {
        case .notStarted(let why): return broken(why)
        case .tookTooLong:
            return broken("its library hangs: it had not answered after \(limit.components.seconds) s")
        case .signalled(let signal): return broken("its library crashed (signal \(signal))")
        case .exited(let status):
            guard let said = ProbeAnswer.read(answer.output) else {
                let complaint = answer.complaint.isEmpty ? "" : ": \(answer.complaint)"
                return broken("its library ended the program that asked (status \(status))\(complaint)")
            }
            let devices = said.reports(backend: name)
            var report = BackendReport(
                name: name, state: BackendReport.State(rawValue: said.state) ?? .broken,
                version: Text.orNil(said.version ?? said.driver), library: Text.orNil(said.library),
                reason: Text.orNil(said.reason), deviceCount: devices.count)
            if report.state == .ready, devices.isEmpty { report.state = .noDevice }
            if report.state != .ready, report.reason == nil { report.reason = "it does not say why" }
            return (report, report.state == .ready ? devices : [])
        }
    }
}

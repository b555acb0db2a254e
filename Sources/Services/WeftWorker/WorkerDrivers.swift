package import WeftDrivers
import WeftFormats
package import WeftModel
import WeftSandbox

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What the drivers of one worker are made of.
package struct DriverKit: Sendable {
    /// What stands between native programs and the machine.
    package enum Wall: Sendable {
        case made(ProcessDriver.Wall)
        /// Neither sandboxes nor the helper without one work here.
        case missing(reason: String)
    }

    package var wall: Wall
    package var bounds: OutputBounds
    /// Host paths that the owner shows to every payload.
    package var readOnlyPaths: [String]
    /// Directories of the host that the owner lets every native program write to.
    package var sharedPaths: [String]
    /// A file with the credentials of container registries; nil for none.
    package var registryCredentialsPath: String?
    /// A directory of the worker's own for what its drivers keep between runs.
    package var stateDirectory: String
    /// The `weft-sandbox` executable; nil looks where ``SandboxLauncher/locate()`` does.
    package var launcherPath: String?

    /// Starts what the walls need. With isolation ``Isolation/none`` native programs run without a sandbox.
    ///
    /// - Parameter launcherPath: the `weft-sandbox` executable; nil looks where ``SandboxLauncher/locate()`` does.
    package init(
        isolation: Isolation, launcherPath: String? = nil, stateDirectory: String, readOnlyPaths: [String] = [],
        sharedPaths: [String] = [], registryCredentialsPath: String? = nil, bounds: OutputBounds = OutputBounds()
    ) async {
        do {
            wall =
                if isolation == .none {
                    .made(
                        .none(
                            try await OpenProcesses.start(
                                executablePath: launcherPath, stateDirectory: stateDirectory)))
                } else {
                    .made(
                        .sandbox(
                            try await SandboxLauncher.start(
                                executablePath: launcherPath, stateDirectory: stateDirectory)))
                }
        } catch {
            wall = .missing(reason: "\(error)")
        }
        self.bounds = bounds
        self.readOnlyPaths = readOnlyPaths
        self.sharedPaths = sharedPaths
        self.registryCredentialsPath = registryCredentialsPath
        self.stateDirectory = stateDirectory
        self.launcherPath = launcherPath
    }
}

/// Every way to run payloads that this build has. A machine that cannot carry one says why when it is tried.
package enum WorkerDrivers {
    /// The process driver comes first: it owns the launcher that others borrow, and is shut down last.
    package static func all(_ kit: DriverKit) async -> [any Driver] {
        switch kit.wall {
        case .made(let wall):
            let process = ProcessDriver(
                wall: wall, bounds: kit.bounds, readOnlyPaths: kit.readOnlyPaths, sharedPaths: kit.sharedPaths,
                emulators: EmulatorSearch { await Emulators.find(wall: wall, directory: kit.stateDirectory) })
            return [process] + borrowing(process, kit) + (await containers(kit))
        case .missing(let reason):
            let hint =
                "install weft-sandbox beside weft; or, where there are no sandboxes and you trust every payload, "
                + "set isolation to none"
            let walled = ["process", "assembly", "wasm"].map { MissingDriver(name: $0, reason: reason, hint: hint) }
            let machine = MissingDriver(name: "vm", payloads: ["process"], reason: reason, hint: hint)
            let kernels = KernelBackend.allCases.map {
                MissingDriver(name: $0.driverName, payloads: ["kernel"], reason: reason, hint: hint)
            }
            return walled + [machine] + kernels + (await containers(kit))
        }
    }

    /// What runs its payloads, or a machine around them, behind the process driver's wall.
    private static func borrowing(_ process: ProcessDriver, _ kit: DriverKit) -> [any Driver] {
        let assembly = AssemblyDriver(
            process: process, toolchain: AssemblyToolchain.find(), stateDirectory: kit.stateDirectory + "/assembly")
        let wasm: any Driver
        do {
            wasm = try WasmDriver(process: process, cacheDirectory: kit.stateDirectory + "/wasm") {
                try fileDigest($0).description
            }
        } catch {
            wasm = MissingDriver(name: "wasm", reason: "its directory cannot be used: \(error)")
        }
        let assets: Result<VMAssets, VMAssets.Missing>
        do throws(VMAssets.Missing) {
            assets = .success(try VMAssets.find())
        } catch {
            assets = .failure(error)
        }
        let machine = VMDriver(
            process: process, assets: assets, stateDirectory: kit.stateDirectory + "/vm", bounds: kit.bounds)
        return [assembly, wasm, machine] + KernelBackend.allCases.map { kernels($0, process, kit) }
    }

    private static func kernels(_ backend: KernelBackend, _ process: ProcessDriver, _ kit: DriverKit) -> any Driver {
        do {
            return try KernelDriver(
                backend, process: process, cacheDirectory: "\(kit.stateDirectory)/kernels-\(backend.rawValue)"
            ) { Hashing.sha256($0).hex }
        } catch {
            return MissingDriver(
                name: backend.driverName, payloads: ["kernel"], reason: "its directory cannot be used: \(error)")
        }
    }

    /// One for each engine that listens, by the engine's name, and one more for its gVisor; last what needs no engine.
    private static func containers(_ kit: DriverKit) async -> [any Driver] {
        #if os(Linux)
            var drivers: [any Driver] = []
            var counts: [String: Int] = [:]
            for engine in ContainerEngine.find() {
                let kind = await engine.name()
                counts[kind, default: 0] += 1
                let name = counts[kind] == 1 ? kind : "\(kind)\(counts[kind]!)"
                for (wall, name) in [(ContainerDriver.Wall.process, name), (.gvisor, name + "-gvisor")] {
                    drivers.append(
                        ContainerDriver(engine: engine, options: options(kit, name), wall: wall, name: name))
                }
            }
            drivers += await withoutEngine(kit)
            guard drivers.isEmpty else { return drivers }
            return [
                MissingDriver(
                    name: "container", reason: "no container engine listens here, and there is no runc",
                    hint: "install Docker or Podman and start its service (scripts/setup-drivers.sh containers)")
            ]
        #else
            return [MissingDriver(name: "container", reason: "containers are run on Linux only so far")]
        #endif
    }

    #if os(Linux)
        /// Each driver sweeps what bears its owner's mark while the others may be at work, so each has a mark of its own.
        private static func options(_ kit: DriverKit, _ name: String) -> ContainerOptions {
            ContainerOptions(
                owner: String(Hashing.sha256("\(kit.stateDirectory) \(name)".utf8).hex.prefix(32)),
                stateDirectory: kit.stateDirectory, bounds: kit.bounds, credentialsPath: kit.registryCredentialsPath,
                digest: { try fileDigest($0) })
        }

        /// Images from archives can be run all the same, where the runtimes of containers are.
        private static func withoutEngine(_ kit: DriverKit) async -> [any Driver] {
            var drivers: [any Driver] = []
            for runtime in [RuncDriver.Runtime.runc, .runsc] {
                guard RuncDriver.isInstalled(runtime), geteuid() == 0,
                    let processes = try? await OpenProcesses.start(
                        executablePath: kit.launcherPath, stateDirectory: kit.stateDirectory)
                else { continue }
                let name = runtime == .runc ? "runc" : "gvisor"
                drivers.append(
                    RuncDriver(runtime: runtime, processes: processes, options: options(kit, name), name: name))
            }
            return drivers
        }
    #endif

    private static func fileDigest(_ path: String) throws -> Digest {
        let file = try ProducedFile(reading: path)
        var stream = SHA256Stream()
        try file.forEachPiece { stream.update($0) }
        return stream.finalize()
    }
}

/// Stands for a driver that this machine or this build cannot have.
struct MissingDriver: Driver {
    let name: String
    let payloads: [String]
    let reason: String
    let hint: String

    init(name: String, payloads: [String]? = nil, reason: String, hint: String = "") {
        self.name = name
        self.payloads = payloads ?? [name]
        self.reason = reason
        self.hint = hint
    }

    func probe() async -> DriverAvailability { .unavailable(reason: reason, hint: hint) }

    func run(_ order: RunOrder, in workspace: Workspace, log: @escaping LogSink) async -> RunReport {
        RunReport(end: .failed(AttemptFailure(.refused, reason)))
    }
}

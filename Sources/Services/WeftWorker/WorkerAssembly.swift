import FileBlobs
package import Logging
package import WeftDevices
package import WeftDrivers
import WeftFormats
import WeftModel
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

extension Worker {
    /// How many untouched working directories wait for their next attempt.
    private static let keptWorkspaces = 64

    /// A worker on a data directory of its own: its key, blob store, sandbox launcher and drivers.
    ///
    /// What a driver needs and this machine lacks is said in the worker's profile; the worker starts all the same, and
    /// takes the work of the others. Native programs run without a wall only where the owner asked for that.
    ///
    /// - Parameters:
    ///   - launcherPath: the `weft-sandbox` executable; nil looks where ``SandboxLauncher/locate()`` does.
    ///   - readOnlyPaths: host paths that payloads see.
    ///   - sharedPaths: host directories that native programs may write to.
    ///   - registryCredentialsPath: a file in the form of Docker's `config.json`; see `ContainerOptions`.
    ///   - rulesPath: the owner's rules; `worker.yaml` in the directory if nil.
    ///   - sensors: what the rules ask; this machine's own if nil.
    ///   - inspector: finds the devices; this machine's own if nil.
    ///   - drivers: what the worker is to run payloads with.
    ///   - peers: what brings blobs into the cache otherwise than over the link, made once there is a cache.
    /// - Throws: ``WorkerError``, `KeyFileError`, `BlobError` or `SystemError` when the directory cannot be used.
    package static func open(
        _ configuration: WorkerConfiguration, in directory: DataDirectory, launcherPath: String? = nil,
        readOnlyPaths: [String] = [], sharedPaths: [String] = [], registryCredentialsPath: String? = nil,
        outputBounds: OutputBounds = OutputBounds(), rulesPath: String? = nil, sensors: (any Sensors)? = nil,
        logger: Logger,
        executor: (any TaskExecutor)? = nil, inspector: HardwareInspector? = nil,
        drivers: @Sendable (DriverKit) async -> [any Driver] = { await WorkerDrivers.all($0) },
        peers: @Sendable (BlobCache) async -> (any BlobPeers)? = { _ in nil }, tamper: ResultTamper? = nil,
        connect: @escaping Connect
    ) async throws -> Worker {
        let clock = WorkerEnvironment.system().now
        let owner = try OwnerWatch(
            files: OwnerFiles(directory: directory.path, rulesPath: rulesPath),
            sensors: sensors ?? HostSensors(now: clock))
        let identity = try KeyFile.loadOrCreate(at: directory.identityPath)
        let isWalled = configuration.isolation != .none
        let workspaces = try WorkspaceRoot(
            path: directory.workspacesPath, payloadUser: isWalled && geteuid() == 0 ? ProcessDriver.payloadUser : nil,
            keeps: keptWorkspaces)
        let store = try FileBlobStore(directory: directory.blobsPath)
        let cache = try await BlobCache(store: store, boundBytes: configuration.cacheBytes) {
            digest, path, isExecutable in
            try await store.materialize(digest, to: path, executable: isExecutable)
        }
        let kit = await DriverKit(
            isolation: configuration.isolation, launcherPath: launcherPath, stateDirectory: directory.sandboxPath,
            readOnlyPaths: readOnlyPaths, sharedPaths: sharedPaths,
            registryCredentialsPath: registryCredentialsPath, bounds: outputBounds)
        let hardware = HostHardware.detect()
        let inspector =
            inspector
            ?? HardwareInspector(
                probes: DeviceProbes.installed(environment: ProcessInfo.processInfo.environment),
                environment: ProcessInfo.processInfo.environment)
        let all = await drivers(kit)
        return Worker(
            configuration: configuration, identity: identity, drivers: all, workspaces: workspaces,
            cache: cache, hardware: hardware, diskBytes: freeDiskBytes(at: directory.path) ?? 0,
            environment: .system(executor: executor, loadPercent: { hardware.refreshedLoadPercent() ?? 0 }),
            logger: logger, owner: owner, devices: .ofThisMachine(inspector),
            benchmarks: benchmarks(configuration, kit, directory, inspector, logger), peers: await peers(cache),
            tamper: tamper, connect: connect)
    }

    /// Nil where the machine is not to be, or cannot be, measured.
    private static func benchmarks(
        _ configuration: WorkerConfiguration, _ kit: DriverKit, _ directory: DataDirectory,
        _ inspector: HardwareInspector, _ logger: Logger
    ) -> BenchmarkKeeper? {
        guard let idle = configuration.benchmarkAfterIdle, case .made(let wall) = kit.wall else { return nil }
        do throws(HardwareBenchmarker.Missing) {
            let benchmarker = try HardwareBenchmarker(
                process: ProcessDriver(wall: wall), directory: kit.stateDirectory)
            return BenchmarkKeeper(
                report: { await inspector.report() }, measure: { await benchmarker.measure($0, of: $1) },
                file: BenchmarkFile(in: directory.path), idle: idle)
        } catch {
            logger.notice("this machine cannot be measured", metadata: ["reason": "\(error)"])
            return nil
        }
    }
}

import FileBlobs
package import Logging
package import WeftDevices
package import WeftDrivers
import WeftFormats
import WeftModel
import WeftSandbox

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
    ///   - drivers: what the worker is to run payloads with.
    /// - Throws: ``WorkerError``, `KeyFileError`, `BlobError` or `SystemError` when the directory cannot be used.
    package static func open(
        _ configuration: WorkerConfiguration, in directory: DataDirectory, launcherPath: String? = nil,
        readOnlyPaths: [String] = [], sharedPaths: [String] = [], registryCredentialsPath: String? = nil,
        outputBounds: OutputBounds = OutputBounds(), rulesPath: String? = nil, sensors: (any Sensors)? = nil,
        logger: Logger,
        executor: (any TaskExecutor)? = nil,
        drivers: @Sendable (DriverKit) async -> [any Driver] = { await WorkerDrivers.all($0) },
        tamper: ResultTamper? = nil, connect: @escaping Connect
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
        return Worker(
            configuration: configuration, identity: identity, drivers: await drivers(kit), workspaces: workspaces,
            cache: cache, hardware: hardware, diskBytes: freeDiskBytes(at: directory.path) ?? 0,
            environment: .system(executor: executor, loadPercent: { hardware.refreshedLoadPercent() ?? 0 }),
            logger: logger, owner: owner, tamper: tamper,
            connect: connect)
    }
}

import FileBlobs
package import Logging
import WeftDevices
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
    /// With isolation `.process` and no sandbox on this machine the worker still starts, says why in its profile, and
    /// is given no work: payloads run without a wall only where the owner asked for that.
    ///
    /// - Parameters:
    ///   - launcherPath: the `weft-sandbox` executable; nil looks where ``SandboxLauncher/locate()`` does.
    ///   - readOnlyPaths: host paths that payloads see.
    /// - Throws: ``WorkerError``, `KeyFileError`, `BlobError` or `SystemError` when the directory cannot be used.
    package static func open(
        _ configuration: WorkerConfiguration, in directory: DataDirectory, launcherPath: String? = nil,
        readOnlyPaths: [String] = [], outputBounds: OutputBounds = OutputBounds(), logger: Logger,
        executor: (any TaskExecutor)? = nil, tamper: ResultTamper? = nil, connect: @escaping Connect
    ) async throws -> Worker {
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
        let driver: any Driver
        do {
            let wall: ProcessDriver.Wall
            switch configuration.isolation {
            case .none:
                wall = .none(
                    try await OpenProcesses.start(
                        executablePath: launcherPath, stateDirectory: directory.sandboxPath))
            case .process:
                wall = .sandbox(
                    try await SandboxLauncher.start(
                        executablePath: launcherPath, stateDirectory: directory.sandboxPath))
            }
            driver = ProcessDriver(wall: wall, bounds: outputBounds, readOnlyPaths: readOnlyPaths)
        } catch {
            driver = MissingDriver(
                name: "process", reason: "\(error)",
                hint: "install weft-sandbox beside weft; or, where there are no sandboxes and you trust every payload, "
                    + "set isolation to none")
        }
        let hardware = HostHardware.detect()
        return Worker(
            configuration: configuration, identity: identity, drivers: [driver], workspaces: workspaces, cache: cache,
            hardware: hardware, diskBytes: freeDiskBytes(at: directory.path) ?? 0,
            environment: .system(executor: executor, loadPercent: { hardware.refreshedLoadPercent() ?? 0 }),
            logger: logger, tamper: tamper,
            connect: connect)
    }
}

/// Stands for a driver that this machine cannot have.
struct MissingDriver: Driver {
    let name: String
    let reason: String
    let hint: String

    func probe() async -> DriverAvailability { .unavailable(reason: reason, hint: hint) }

    func run(_ order: RunOrder, in workspace: Workspace, log: @escaping LogSink) async -> RunReport {
        RunReport(end: .failed(AttemptFailure(.refused, reason)))
    }
}

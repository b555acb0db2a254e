package import Foundation
import Glibc
package import WeftClient
import WeftFormats

/// Real `weft` processes on this machine, for tests and benchmarks: everything below one directory, every process
/// started here is stopped here.
package final class LocalCluster: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package var description: String

        package init(description: String) { self.description = description }
    }

    /// Where everything is written.
    package let directory: URL
    /// Where the executables are.
    package let products: URL

    package init(products: URL) throws {
        self.products = products
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("weft-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    /// The build directory that the running executable or test bundle lies in.
    package static func products(beside argument: String = CommandLine.arguments[0]) throws -> URL {
        var folder = URL(fileURLWithPath: argument).resolvingSymlinksInPath().deletingLastPathComponent()
        for _ in 0..<4 {
            if FileManager.default.isExecutableFile(atPath: folder.appendingPathComponent("weft").path) {
                return folder
            }
            folder.deleteLastPathComponent()
        }
        throw Failure(description: "no weft executable beside \(argument); build the package first")
    }

    package func remove() { try? FileManager.default.removeItem(at: directory) }

    /// The coordinator's data directory.
    package var home: URL { directory.appendingPathComponent("coordinator") }
    package var portFile: URL { directory.appendingPathComponent("port") }

    /// Starts `weft NAME ARGUMENTS` with a clean environment; output goes to `LOG.log`.
    package func start(
        _ executable: String = "weft", _ arguments: [String], log: String, environment: [String: String] = [:]
    ) throws -> RunningProcess {
        let url = directory.appendingPathComponent("\(log).log")
        if !FileManager.default.fileExists(atPath: url.path) {
            try Data().write(to: url)
        }
        let output = try FileHandle(forWritingTo: url)
        try output.seekToEnd()
        let process = Process()
        process.executableURL = products.appendingPathComponent(executable)
        process.arguments = arguments
        process.environment = baseEnvironment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
        return RunningProcess(process: process, log: url)
    }

    private var baseEnvironment: [String: String] {
        [
            "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": directory.path, "TMPDIR": directory.path,
            "XDG_DATA_HOME": directory.appendingPathComponent("data").path,
            "XDG_CONFIG_HOME": directory.appendingPathComponent("config").path, "WEFT_DATA_DIR": home.path,
        ]
    }

    /// With the coordinator's address, where there is one.
    package var clientEnvironment: [String: String] {
        baseEnvironment.merging(port.map { ["WEFT_URL": "http://127.0.0.1:\($0)"] } ?? [:]) { $1 }
    }

    /// Starts the coordinator and waits until it serves. `port` 0 takes a free one.
    package func startCoordinator(port: Int = 0, arguments: [String] = []) async throws -> RunningProcess {
        try? FileManager.default.removeItem(at: portFile)
        let process = try start(
            arguments: ["coordinator", "--bind", "127.0.0.1:\(port)", "--port-file", portFile.path] + arguments,
            log: "coordinator")
        try await waitForPort(of: process)
        return process
    }

    /// Starts `weft up` and waits until it serves.
    package func startUp(arguments: [String] = []) async throws -> RunningProcess {
        try? FileManager.default.removeItem(at: portFile)
        let process = try start(
            arguments: ["up", "--bind", "127.0.0.1:0", "--port-file", portFile.path] + arguments, log: "up")
        try await waitForPort(of: process)
        return process
    }

    private func start(arguments: [String], log: String) throws -> RunningProcess {
        try start("weft", arguments, log: log)
    }

    private func waitForPort(of process: RunningProcess) async throws {
        try await eventually("the coordinator to serve", within: .seconds(20)) {
            guard process.isRunning else {
                throw Failure(description: "it ended at once:\n\(process.logText)")
            }
            return self.port != nil
        }
    }

    /// The port that the coordinator serves on, once it does.
    package var port: Int? {
        (try? String(contentsOf: portFile, encoding: .utf8)).flatMap {
            Int($0.trimmingCharacters(in: .whitespacesAndNewlines))
        }
    }

    package func startWorker(
        _ name: String, arguments: [String] = [], environment: [String: String] = [:]
    ) throws -> RunningProcess {
        try start(
            "weft",
            [
                "worker", "--coordinator", "http://127.0.0.1:\(port ?? 0)", "--token-file",
                home.appendingPathComponent("join.token").path, "--data-dir",
                directory.appendingPathComponent(name).path, "--name", name,
            ] + arguments, log: name, environment: environment)
    }

    package func startSaboteur(_ name: String, arguments: [String] = []) throws -> RunningProcess {
        try start(
            "weft-saboteur",
            [
                "--coordinator", "http://127.0.0.1:\(port ?? 0)", "--token-file",
                home.appendingPathComponent("join.token").path, "--data-dir",
                directory.appendingPathComponent(name).path, "--name", name,
            ] + arguments, log: name)
    }

    /// A client with the admin token. Shut it down.
    package func client() throws -> WeftClient {
        try WeftClient(baseURL: "http://127.0.0.1:\(port ?? 0)", token: adminToken())
    }

    package func adminToken() throws -> String {
        try String(contentsOf: home.appendingPathComponent("admin.token"), encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Runs `weft ARGUMENTS` to its end.
    package func weft(_ arguments: [String], input: String? = nil) async throws -> (
        status: Int32, output: String, errors: String
    ) {
        let process = Process()
        process.executableURL = products.appendingPathComponent("weft")
        process.arguments = arguments
        process.environment = clientEnvironment
        process.currentDirectoryURL = directory
        let id = UUID().uuidString
        let files = ["in", "out", "err"].map { directory.appendingPathComponent("\(id).\($0)") }
        for file in files { try Data().write(to: file) }
        if let input { try input.write(to: files[0], atomically: false, encoding: .utf8) }
        process.standardInput = try FileHandle(forReadingFrom: files[0])
        process.standardOutput = try FileHandle(forWritingTo: files[1])
        process.standardError = try FileHandle(forWritingTo: files[2])
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in continuation.resume() }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        defer { for file in files { try? FileManager.default.removeItem(at: file) } }
        return (
            process.terminationStatus, String(decoding: try Data(contentsOf: files[1]), as: UTF8.self),
            String(decoding: try Data(contentsOf: files[2]), as: UTF8.self)
        )
    }
}

/// A process that a test started. Stopped at the latest when its owner lets it go.
package final class RunningProcess: Sendable {
    private let process: Process
    private let log: URL

    init(process: Process, log: URL) {
        self.process = process
        self.log = log
    }

    deinit { if process.isRunning { Glibc.kill(process.processIdentifier, SIGKILL) } }

    package var isRunning: Bool { process.isRunning }
    package var identifier: Int32 { process.processIdentifier }
    package var logText: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

    /// `kill -9`, and waits until it is gone.
    package func kill() { stop(SIGKILL) }

    /// SIGTERM, and waits until it is gone; returns its exit status.
    @discardableResult
    package func stop(_ signal: Int32 = SIGTERM) -> Int32 {
        if process.isRunning { Glibc.kill(process.processIdentifier, signal) }
        process.waitUntilExit()
        return process.terminationStatus
    }
}

/// Asks again every 20 ms until `condition` holds; throws when it does not within `limit`.
nonisolated(nonsending) package func eventually(
    _ what: String, within limit: Duration = .seconds(30), _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(20))
    }
    throw LocalCluster.Failure(description: "waited \(limit) for \(what)")
}

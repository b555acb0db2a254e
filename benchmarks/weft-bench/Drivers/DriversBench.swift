import ArgumentParser
import Foundation
import Glibc
import TestEngines
import WeftDrivers
import WeftModel
import WeftSandbox

/// What drivers cost beside what they stand on: start-up and tear-down, with a payload that does nothing.
struct DriversBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drivers",
        abstract: "Start-up and tear-down of each driver beside what it stands on.",
        discussion: "All contenders take turns in every round; ratios are taken within a round.")

    @Option(help: "Rounds of what is quick. Containers take a fifth of them, virtual machines a twentieth.")
    var rounds = 100

    @Option(help: "Only these: process, wasm, docker, podman, vm. Comma-separated.")
    var only: String?

    @Option(help: "Write a page of documentation, too.")
    var markdown: String?

    @OptionGroup var options: BenchOptions

    func run() async throws {
        let wanted = only.map { $0.split(separator: ",").map(String.init) }
        let place = try await BenchPlace()
        var results: [Contest.Result] = []
        var absent: [String] = []
        for family in DriverFamily.all where wanted?.contains(family.name) ?? true {
            do {
                let contest = try await family.prepare(place)
                let count = max(1, rounds / family.divisor)
                note("\(family.name): \(count) rounds")
                results.append(try await contest.run(rounds: count))
            } catch let missing as DriverFamily.Missing {
                absent.append("\(family.name): \(missing.reason)")
            }
        }
        await place.close()
        if options.json {
            print(DriversReport.json(results))
        } else {
            print(DriversReport.text(results, absent: absent))
        }
        if let markdown {
            try DriversReport.page(results, absent: absent).write(toFile: markdown, atomically: true, encoding: .utf8)
        }
    }

    private func note(_ text: String) {
        guard !options.json else { return }
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }
}

/// A folder, a launcher and workspaces, for all drivers of one measurement.
struct BenchPlace: Sendable {
    let folder: String
    let products: String
    let launcher: SandboxLauncher
    let root: WorkspaceRoot
    let process: ProcessDriver

    init() async throws {
        var template = Array("/var/tmp/weft-bench-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw BenchFailure("no folder can be made in /var/tmp") }
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        chmod(folder, 0o755)
        products =
            URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
            .path
        launcher = try await SandboxLauncher.start(stateDirectory: folder + "/state")
        root = try WorkspaceRoot(
            path: folder + "/work", payloadUser: geteuid() == 0 ? ProcessDriver.payloadUser : nil, keeps: 64)
        process = ProcessDriver(wall: .sandbox(launcher))
    }

    func close() async {
        await launcher.shutdown()
        TestEngine.stopAll()
        _ = shellSucceeds("rm -rf --one-file-system '\(folder)'")
    }

    private static let number = NSLock()
    nonisolated(unsafe) private static var last: UInt64 = 0

    /// One attempt as a worker makes it: a workspace, the run, the workspace gone.
    func attempt(
        _ driver: any Driver, _ payload: RunPayload, status: Int32, memoryBytes: Int64 = 64 << 20, reuse: String? = nil
    ) async throws {
        let number = Self.number.withLock {
            Self.last += 1
            return Self.last
        }
        let workspace = try root.makeWorkspace(
            for: AttemptID(
                task: TaskID(job: JobID(1), index: UInt32(number)), replica: 0,
                lease: LeaseID(epoch: 1, sequence: number)))
        let order = RunOrder(
            payload, resources: Resources(cpuMillis: 1000, memoryBytes: memoryBytes, diskBytes: 16 << 20),
            timeout: .seconds(60), reuse: reuse)
        let report = await driver.run(order, in: workspace) { _ in true }
        try await root.remove(workspace)
        guard report.end == .exited(status) else { throw BenchFailure("\(driver.name) ended as \(report.end)") }
    }
}

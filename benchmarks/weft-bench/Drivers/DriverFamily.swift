import Foundation
import Glibc
import TestEngines
import WeftDrivers
import WeftModel
import WeftSandbox

/// A driver and its yardsticks.
struct DriverFamily: Sendable {
    struct Missing: Error { var reason: String }

    var name: String
    /// How much dearer its rounds are.
    var divisor: Int
    var prepare: @Sendable (BenchPlace) async throws -> Contest

    static let all = [
        DriverFamily(name: "process", divisor: 1, prepare: process),
        DriverFamily(name: "wasm", divisor: 1, prepare: wasm),
        DriverFamily(name: "docker", divisor: 5) { try await container(.docker, $0) },
        DriverFamily(name: "podman", divisor: 5) { try await container(.podman, $0) },
        DriverFamily(name: "vm", divisor: 20, prepare: machine),
    ]

    /// bubblewrap with the namespaces and the view that the sandbox gives, the payload as nobody.
    private static func bubblewrap(work: String) -> [String] {
        (geteuid() == 0 ? ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--"] : [])
            + [
                "bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--ro-bind", "/usr", "/usr",
                "--symlink", "usr/bin", "/bin", "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64",
                "--proc", "/proc", "--dev", "/dev", "--size", "16777216", "--tmpfs", "/tmp", "--bind", work, "/work",
                "--chdir", "/work", "--cap-drop", "ALL", "--clearenv", "--setenv", "PATH", "/usr/bin:/bin", "--",
            ]
    }

    private static func needs(_ programs: String...) throws {
        for program in programs where !shellSucceeds("command -v \(program) >/dev/null 2>&1") {
            throw Missing(reason: "\(program) is not installed")
        }
    }

    // MARK: processes

    /// The same static program by the driver and by bubblewrap.
    private static func process(_ place: BenchPlace) async throws -> Contest {
        try needs("bwrap", "setpriv")
        guard let architecture = ProgramArchitecture.native else { throw Missing(reason: "not on this processor") }
        let folder = place.folder + "/bwrap"
        guard mkdir(folder, 0o755) == 0 else { throw BenchFailure("cannot make \(folder)") }
        try write(TinyProgram.bytes(architecture), to: folder + "/tiny")
        // Below /usr for neither: both see it at a path of their own.
        let driver = ProcessDriver(wall: .sandbox(place.launcher), readOnlyPaths: [folder])
        let bare = bubblewrap(work: folder) + ["/work/tiny"]
        let command = RunPayload.process(command: [folder + "/tiny"])
        return Contest(
            family: "process",
            contenders: [
                .init(name: "process driver", yardsticks: ["bwrap"]) {
                    try await place.attempt(driver, command, status: TinyProgram.status)
                    return nil
                },
                .init(name: "process driver, next task of a job", yardsticks: ["bwrap"]) {
                    try await place.attempt(driver, command, status: TinyProgram.status, reuse: "job")
                    return nil
                },
                .init(name: "bwrap") {
                    try Contest.spawn(bare, status: TinyProgram.status)
                    return nil
                },
            ])
    }

    // MARK: modules

    private static func wasm(_ place: BenchPlace) async throws -> Contest {
        try needs("cc", "bwrap")
        guard case .success(.wasmtime(let library, _)) = WasmEngine.find() else {
            throw Missing(reason: "wasmtime is not installed")
        }
        let folder = place.folder + "/wasm-api"
        guard mkdir(folder, 0o755) == 0 else { throw BenchFailure("cannot make \(folder)") }
        let module = folder + "/module.wasm"
        try write(WasmProbe.module, to: module)
        let program = try buildAPIProgram(library: library, in: folder)
        try Contest.spawn([program, "compile", module, folder + "/compiled"])
        let loop = try APILoop(program: program, compiled: folder + "/compiled")
        let driver = try WasmDriver(process: place.process, cacheDirectory: place.folder + "/wasm") { path in
            String(shellOutput("sha256sum '\(path)'").prefix(64))
        }
        let payload = RunPayload.wasm(modulePath: module, arguments: [], mode: WasmMode())
        let fresh = [program, "once", folder + "/compiled"]
        let walled = bubblewrap(work: folder) + ["/work/wasm-api", "once", "/work/compiled"]
        return Contest(
            family: "wasm",
            contenders: [
                .init(
                    name: "wasm driver",
                    yardsticks: ["API, new process in bwrap", "API, new process", "API, in process"]
                ) {
                    try await place.attempt(driver, payload, status: 0)
                    return nil
                },
                .init(
                    name: "wasm driver, next task of a job",
                    yardsticks: ["API, new process in bwrap", "API, new process", "API, in process"]
                ) {
                    try await place.attempt(driver, payload, status: 0, reuse: "job")
                    return nil
                },
                .init(name: "API, new process in bwrap") {
                    try Contest.spawn(walled)
                    return nil
                },
                .init(name: "API, new process") {
                    try Contest.spawn(fresh)
                    return nil
                },
                .init(name: "API, in process") { try loop.measure() },
            ],
            finish: {
                loop.close()
                await driver.shutDown()
            })
    }

    /// `raw/wasm_api.c`, which is in the sources that this program was built from.
    private static func buildAPIProgram(library: String, in folder: String) throws -> String {
        let source = "benchmarks/raw/wasm_api.c"
        guard let root = RawSource.root(of: source) else {
            throw Missing(reason: "\(source) is not above \(CommandLine.arguments[0])")
        }
        let program = folder + "/wasm-api"
        // A copy beside it, so that it finds the library wherever the folder is shown.
        try shell(
            "cp '\(library)' '\(folder)/libwasmtime.so' && "
                + "cc -O2 -I '\(root)/Sources/Execution/WasmRunner' -o '\(program)' '\(root)/\(source)' "
                + "-L'\(folder)' -l:libwasmtime.so -Wl,-rpath,'$ORIGIN'")
        return program
    }

    // MARK: containers

    private static func container(_ engine: TestEngine, _ place: BenchPlace) async throws -> Contest {
        guard TestEngine.present.contains(engine) else { throw Missing(reason: "it cannot be started here") }
        let daemon = try engine.start(in: place.folder)
        guard let command = daemon.command else { throw Missing(reason: "it has no command") }
        let archive = try TestImage.make(in: place.folder + "/image-\(engine.rawValue)")
        let digest = try digest(of: archive)
        var options = ContainerOptions(owner: "bench", stateDirectory: place.folder + "/state", processCount: 64)
        options.digest = { _ in digest }
        let driver = ContainerDriver(engine: ContainerEngine(socketPath: daemon.socketPath), options: options)
        let payload = RunPayload.container(image: .archive(path: archive), command: ["true"])
        try await place.attempt(driver, payload, status: 0)
        let image = shellOutput("\(command) images -q localhost/weft-bench").split(separator: "\n").first ?? ""
        let words = command.split(separator: " ").map(String.init)
        // What the driver asks for, too. The environment of the engine's command comes first.
        let variables = words.filter { $0.contains("=") }
        let work = place.folder + "/container-work"
        try shell("mkdir -p '\(work)'")
        let run =
            words.filter { !$0.contains("=") } + [
                "run", "--rm", "--network", "none", "--read-only", "--cap-drop", "ALL", "--security-opt",
                "no-new-privileges", "--user", "65534:65534", "--memory", "64m", "--cpus", "1", "--pids-limit", "64",
                "--ulimit", "nproc=4096:4096", "--ulimit", "nofile=1024:1024", "--tmpfs", "/tmp", "--volume",
                "\(work):/work", "--workdir", "/work", String(image), "true",
            ]
        let environment =
            ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=\(place.folder)"] + variables
        let own = "\(engine.rawValue) run --rm"
        return Contest(
            family: engine.rawValue,
            contenders: [
                .init(name: "container driver (\(engine.rawValue))", yardsticks: [own]) {
                    try await place.attempt(driver, payload, status: 0)
                    return nil
                },
                .init(name: own) {
                    try Contest.spawn(run, environment: environment)
                    return nil
                },
            ],
            finish: { await driver.shutDown() })
    }

    private static func digest(of path: String) throws -> Digest {
        guard let digest = Digest(text: shellOutput("sha256sum '\(path)'").prefix(64)) else {
            throw BenchFailure("sha256sum does not read \(path)")
        }
        return digest
    }

    // MARK: machines

    /// Has no yardstick: qemu's own start is nearly all of it.
    private static func machine(_ place: BenchPlace) async throws -> Contest {
        let assets: VMAssets
        do throws(VMAssets.Missing) { assets = try VMAssets.find() } catch { throw Missing(reason: error.reason) }
        let driver = VMDriver(
            process: place.process, assets: .success(assets), stateDirectory: place.folder + "/vm")
        guard case .available = await driver.probe() else { throw Missing(reason: "machines do not start here") }
        return Contest(
            family: "vm",
            contenders: [
                .init(name: "vm driver") {
                    try await place.attempt(driver, .process(command: ["true"]), status: 0)
                    return nil
                }
            ],
            finish: { await driver.shutDown() })
    }

    private static func write(_ bytes: [UInt8], to path: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        chmod(path, 0o755)
    }
}

/// A process that has the module loaded and runs it again whenever it is told to.
private final class APILoop: Sendable {
    private let process: Process
    private let input = Pipe()
    private let output = Pipe()

    init(program: String, compiled: String) throws {
        process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["loop", compiled]
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        process.standardError = output
        try process.run()
    }

    /// What one run took, of several.
    func measure() throws -> Duration {
        try input.fileHandleForWriting.write(contentsOf: Data("\n".utf8))
        let text = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let nanoseconds = Int64(text.split(separator: "\n").first ?? "") else {
            throw BenchFailure("wasm_api said \(text)")
        }
        return .nanoseconds(nanoseconds)
    }

    func close() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}

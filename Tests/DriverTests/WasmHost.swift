import Synchronization
import WeftDrivers
import WeftModel
import WeftSandbox

#if canImport(Glibc)
    import Glibc
#endif

/// A wasm driver with its wall and its disk.
final class WasmHost: Sendable {
    enum Wall: String, CaseIterable, Sendable {
        case sandbox, none
    }

    static let engine = WasmEngine.find()
    static var hasWasmtime: Bool { if case .success(.wasmtime) = engine { true } else { false } }
    static var wasmkit: WasmEngine? {
        let places = WasmEngine.Places.current()
        let none = WasmEngine.Places(
            environment: places.environment.filter { $0.key == "PATH" }, executableDirectory: "/nowhere",
            workingDirectory: "/nowhere", libraryDirectories: [])
        return try? WasmEngine.find(in: none).get()
    }

    let directory: String
    let root: WorkspaceRoot
    let process: ProcessDriver
    let driver: WasmDriver
    private let number = Mutex<UInt64>(0)

    init(
        _ wall: Wall = .sandbox, engine: Result<WasmEngine, WasmEngine.Missing> = WasmHost.engine,
        cacheBytes: Int64 = 64 << 20, bounds: OutputBounds = OutputBounds()
    ) async throws {
        var template = Array("/tmp/weft-wasm-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError("mkdtemp") }
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        chmod(directory, 0o755)
        root = try WorkspaceRoot(path: directory + "/work")
        switch wall {
        case .sandbox:
            process = ProcessDriver(
                wall: .sandbox(try await SandboxLauncher.start(stateDirectory: directory + "/sandbox")), bounds: bounds)
        case .none:
            process = ProcessDriver(
                wall: .none(try await OpenProcesses.start(stateDirectory: directory + "/sandbox")), bounds: bounds)
        }
        driver = try WasmDriver(
            process: process, engine: engine, cacheDirectory: directory + "/cache", cacheBytes: cacheBytes
        ) { try WasmHost.fingerprint($0) }
    }

    /// FNV-1a: no test here makes two files collide on purpose.
    private static func fingerprint(_ path: String) throws -> String {
        var value: UInt64 = 0xcbf2_9ce4_8422_2325
        let file = try ProducedFile(reading: path)
        var offset: Int64 = 0
        while offset < file.sizeBytes {
            let part = try file.read(offset: offset, length: 1 << 20)
            for byte in part { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
            offset += Int64(part.count)
        }
        return "\(value)-\(file.sizeBytes)"
    }

    /// A module's file, written at most once per name.
    func file(_ bytes: [UInt8], named name: String) throws -> String {
        let path = "\(directory)/\(name)"
        guard let file = fopen(path, "wx") else { throw SystemError("cannot create \(path)") }
        let written = fwrite(bytes, 1, bytes.count, file)
        guard fclose(file) == 0, written == bytes.count else { throw SystemError("cannot write \(path)") }
        return path
    }

    func workspace() throws -> Workspace {
        let next = number.withLock { number -> UInt64 in
            number += 1
            return number
        }
        return try root.makeWorkspace(
            for: AttemptID(
                task: TaskID(job: JobID(1), index: UInt32(next)), replica: 0,
                lease: LeaseID(epoch: 1, sequence: next)))
    }

    func order(
        _ path: String, _ arguments: [String] = [], mode: WasmMode = WasmMode(), environment: [String: String] = [:],
        standardInputPath: String? = nil, memoryBytes: Int64 = 128 << 20, timeout: Duration = .seconds(60),
        reuse: String? = nil
    ) -> RunOrder {
        RunOrder(
            .wasm(modulePath: path, arguments: arguments, mode: mode), environment: environment,
            standardInputPath: standardInputPath,
            resources: Resources(cpuMillis: 1000, memoryBytes: memoryBytes, diskBytes: 64 << 20), timeout: timeout,
            reuse: reuse)
    }

    /// Runs in a fresh working directory that is removed afterwards.
    func run(_ order: RunOrder) async throws -> RunReport {
        let workspace = try workspace()
        let report = await driver.run(order, in: workspace) { _ in true }
        try await root.remove(workspace)
        return report
    }

    func close() async {
        await driver.shutDown()
        await process.shutDown()
        removeTree(directory)
    }
}

/// What the tests themselves have put there.
private func removeTree(_ path: String) {
    if let stream = opendir(path) {
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { removeTree(path + "/" + name) }
        }
        closedir(stream)
    }
    remove(path)
}

/// What is in a directory, in order.
func names(in path: String) -> [String] {
    guard let stream = opendir(path) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
}

extension RunReport {
    var text: String {
        guard case .memory(let bytes) = standardOutput else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }
    var bytes: [UInt8] { if case .memory(let bytes) = standardOutput { bytes } else { [] } }
    var failure: AttemptFailure? { if case .failed(let failure) = end { failure } else { nil } }
    var errorText: String { String(decoding: standardError.bytes(), as: UTF8.self) }
}

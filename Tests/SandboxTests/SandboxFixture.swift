#if os(Linux)
    import Glibc
    import Synchronization
    import Testing
    import WeftSandbox

    /// One after the other: they share a launcher, and look at what it leaves behind.
    @Suite(.serialized) struct SandboxSuite {}

    /// A launcher, a folder that lasts as long as the test process, and the compiled attack program.
    final class SandboxFixture: Sendable {
        /// One for all tests: compiling the program and starting a launcher are done once.
        static let shared = Task { try await SandboxFixture() }

        let launcher: SandboxLauncher
        let folder: String
        let programFolder: String
        private let sequence = Mutex(0)

        private init() async throws {
            let parent = getenv("WEFT_TEST_PARENT").map { String(cString: $0) } ?? "/tmp"
            var template = Array("\(parent)/weft-sandbox-tests-XXXXXX".utf8CString)
            try #require(mkdtemp(&template) != nil)
            folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            chmod(folder, 0o755)  // so that only the sandbox, not its mode, keeps payloads out
            programFolder = "\(folder)/program"
            mkdir(programFolder, 0o755)
            try writeFile("\(programFolder)/attack.c", AttackProgram.source)
            let status = system("cc -O1 -w -o \(programFolder)/attack \(programFolder)/attack.c")
            try #require(status == 0, "the attack program must compile")
            launcher = try await SandboxLauncher.start(stateDirectory: "\(folder)/state")
            atexit { removeTestFolder() }
            ownFolder.withLock { $0 = folder }
        }

        func makeDirectory() -> String {
            let number = sequence.withLock {
                $0 += 1
                return $0
            }
            let path = "\(folder)/d\(number)"
            mkdir(path, 0o755)
            return path
        }

        /// What a run did, and what it said.
        struct Outcome: Sendable {
            var report: SandboxReport
            var output: String
            var errors: String
            var directory: String
            var end: SandboxEnd { report.end }
        }

        /// Set when the tests run again with all that can sharing cells.
        static let sharedKey = getenv("WEFT_TEST_REUSE").map { String(cString: $0) }

        static let limits = SandboxLimits(
            memoryBytes: 256 << 20, processCount: 64, fileSizeBytes: 64 << 20, diskBytes: 128 << 20,
            temporaryBytes: 1 << 20, openFiles: 256, wallTime: .seconds(20))

        func run(
            _ arguments: [String], limits: SandboxLimits = SandboxFixture.limits, network: SandboxNetwork = .none,
            environment: [String: String] = SandboxSpec.defaultEnvironment, input: String = "",
            directory: String? = nil, on other: SandboxLauncher? = nil, key: String? = SandboxFixture.sharedKey,
            pause: RunPause? = nil
        ) async throws -> Outcome {
            let directory = directory ?? makeDirectory()
            try writeFile("\(directory).in", input)
            let files = [
                open("\(directory).in", O_RDONLY | O_CLOEXEC),
                open("\(directory).out", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o644),
                open("\(directory).err", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o644),
            ]
            defer { for file in files { close(file) } }
            let spec = SandboxSpec(
                arguments: arguments, environment: environment, workingDirectory: directory, standardInput: files[0],
                standardOutput: files[1], standardError: files[2], limits: limits, network: network,
                binds: [SandboxBind(hostPath: programFolder, sandboxPath: "/program")],
                reuse: key.map { SandboxReuse(key: $0, workRoot: folder) }, pause: pause)
            let report = try await (other ?? launcher).run(spec)
            return Outcome(
                report: report, output: readFile("\(directory).out"), errors: readFile("\(directory).err"),
                directory: directory)
        }

        func shell(_ script: String, limits: SandboxLimits = SandboxFixture.limits) async throws -> Outcome {
            try await run(["/bin/sh", "-c", script], limits: limits)
        }

        /// Runs one attack, then sees that the launcher is none the worse for it.
        func attack(
            _ arguments: String..., limits: SandboxLimits = SandboxFixture.limits, network: SandboxNetwork = .none,
            directory: String? = nil
        ) async throws -> Outcome {
            if Self.sharedKey != nil {
                // So that the attack is not the first in its cell.
                #expect(try await run(["/bin/true"], limits: limits, network: network).end == .exited(code: 0))
            }
            let outcome = try await run(
                ["/program/attack"] + arguments, limits: limits, network: network, directory: directory)
            let after = try await run(["/bin/true"])
            #expect(after.end == .exited(code: 0), "the launcher must work after the attack")
            return outcome
        }

        /// The attack must have been stopped, and have ended by itself.
        func expectHeld(_ outcome: Outcome, _ location: SourceLocation = #_sourceLocation) {
            #expect(outcome.end == .exited(code: 0), "\(outcome.output)\(outcome.errors)", sourceLocation: location)
        }
    }

    private let ownFolder = Mutex("")

    private func removeTestFolder() {
        let folder = ownFolder.withLock { $0 }
        if folder.hasPrefix("/tmp/weft-sandbox-tests-") { _ = system("rm -rf '\(folder)'") }
    }

    let isRoot = geteuid() == 0

    func writeFile(_ path: String, _ content: String) throws {
        let fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        try #require(fd >= 0, "\(path)")
        defer { close(fd) }
        try #require(write(fd, content, content.utf8.count) == content.utf8.count)
    }

    func readFile(_ path: String) -> String {
        let fd = open(path, O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { return "" }
        defer { close(fd) }
        var bytes: [UInt8] = []
        while true {
            let chunk = [UInt8](unsafeUninitializedCapacity: 65536) { $1 = max(0, read(fd, $0.baseAddress, $0.count)) }
            if chunk.isEmpty || bytes.count > 1 << 24 { break }
            bytes += chunk
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    func names(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// Processes of the whole machine whose command line contains the marker.
    func processes(marked marker: String) -> [Int32] {
        names(in: "/proc").compactMap { Int32($0) }.filter { readFile("/proc/\($0)/cmdline").contains(marker) }
    }

    /// Living processes, zombies included, whose parent is this one.
    func children(of parent: Int32) -> [Int32] {
        names(in: "/proc").compactMap { Int32($0) }.filter { id in
            let text = readFile("/proc/\(id)/stat")
            guard let end = text.lastIndex(of: ")") else { return false }
            let fields = text[end...].split(separator: " ")
            return fields.count > 2 && Int32(fields[2]) == parent
        }
    }

    /// Control groups that a worker with this process id has made and not removed.
    func controlGroups(ofWorker worker: Int32) -> [String] {
        let layout = ControlGroupLayout(
            selfCgroup: readFile("/proc/self/cgroup"), mountInfo: readFile("/proc/self/mountinfo"))
        return Set(layout.v1.values).union(layout.v2.map { [$0] } ?? []).flatMap { parent in
            names(in: parent).filter { $0.hasPrefix("weft-") && $0.contains("-\(worker)-") }.map { "\(parent)/\($0)" }
        }
    }

    /// Looks again until it is so, at most for the given time.
    func eventually(within limit: Duration = .seconds(5), _ condition: () throws -> Bool) async throws -> Bool {
        let clock = ContinuousClock()
        let end = clock.now + limit
        while clock.now < end {
            if try condition() { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return try condition()
    }
#endif

import WeftModel
package import WeftSandbox

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Runs programs and scripts; programs that are built for another processor through an emulator, behind the same wall.
package struct ProcessDriver: Driver {
    /// What stands between a payload and the machine.
    package enum Wall: Sendable {
        /// Namespaces, control groups, a system call filter.
        case sandbox(SandboxLauncher)
        /// Nothing but a session of its own and a clock: payloads run as the worker. The owner has to ask for it.
        case none(OpenProcesses)
    }

    package let name = "process"
    /// Processes and threads of one payload.
    package static let usualProcessCount: Int64 = 1024
    /// Whom walled payloads run as where the worker is root: nobody.
    package static let payloadUser: UInt32 = 65534
    /// What runs programs of other processors.
    package var emulators: Emulators { search?.found ?? given }
    private let given: Emulators
    private let search: EmulatorSearch?
    let wall: Wall
    private let bounds: OutputBounds
    private let readOnlyPaths: [String]
    /// Directories of the host that payloads may write to, too.
    private let sharedPaths: [String]
    let user: UInt32
    private let processCount: Int64

    /// `readOnlyPaths` are host paths that the owner shows to every payload; `user` is whom payloads run as where the
    /// worker is root; `processCount` bounds the processes and threads of one payload; `emulators` are those that
    /// ``Emulators/find(wall:in:directory:user:)`` found for the same wall.
    package init(
        wall: Wall, bounds: OutputBounds = OutputBounds(), readOnlyPaths: [String] = [],
        user: UInt32 = ProcessDriver.payloadUser,
        processCount: Int64 = ProcessDriver.usualProcessCount, emulators: Emulators = .none
    ) {
        given = emulators
        search = nil
        self.wall = wall
        self.bounds = bounds
        self.readOnlyPaths = readOnlyPaths
        sharedPaths = []
        self.user = user
        self.processCount = processCount
    }

    /// As the other, with emulators that are still to be looked for: ``probeFurther()`` does that.
    /// `sharedPaths` are directories that the owner lets every payload write to.
    package init(
        wall: Wall, bounds: OutputBounds, readOnlyPaths: [String], sharedPaths: [String] = [],
        emulators search: EmulatorSearch
    ) {
        given = .none
        self.search = search
        self.wall = wall
        self.bounds = bounds
        self.readOnlyPaths = readOnlyPaths
        self.sharedPaths = sharedPaths
        user = ProcessDriver.payloadUser
        processCount = ProcessDriver.usualProcessCount
    }

    /// Returns when it is known what emulators there are.
    func findEmulators() async { await search?.find() }

    package func probeFurther() async -> DriverAvailability? {
        guard let search else { return nil }
        await search.find()
        return search.found == .none ? nil : await probe()
    }

    /// What programs can be built for here, as jobs spell it: this machine's own processor first, then what is emulated.
    package var architectures: [String] { emulators.architectures.map(\.rawValue) }

    package func shutDown() async {
        switch wall {
        case .sandbox(let launcher): await launcher.shutdown()
        case .none(let processes): await processes.shutDown()
        }
    }

    package func probe() async -> DriverAvailability {
        switch wall {
        case .none:
            return .available(
                version: "", startup: .zero, enforced: [.time], isolation: .none, architectures: architectures)
        case .sandbox(let launcher):
            let capabilities = await launcher.probe()
            guard capabilities.mode != .unavailable else {
                return .unavailable(
                    reason: capabilities.unavailable?.detail ?? "sandboxes do not work here",
                    hint: capabilities.unavailable?.hint ?? "")
            }
            let enforced = Limit.allCases.filter { capabilities.enforces($0.inSandbox) }
            return .available(
                version: "", startup: .microseconds(capabilities.startupMicroseconds ?? 0), enforced: enforced,
                isolation: .process, architectures: architectures)
        }
    }

    package func run(_ order: RunOrder, in workspace: Workspace, log: @escaping LogSink) async -> RunReport {
        await reporting {
            try await start(prepare(order, in: workspace), order, in: workspace, log: log)
        }
    }

    /// Runs a command that is ready as it stands, whatever the order's payload is.
    func run(
        _ command: PreparedCommand, _ order: RunOrder, in workspace: Workspace, log: @escaping LogSink
    ) async -> RunReport {
        await reporting { try await start(command, order, in: workspace, log: log) }
    }

    private func reporting(_ body: () async throws -> RunReport) async -> RunReport {
        do {
            return try await body()
        } catch let failure as AttemptFailure {
            return RunReport(end: .failed(failure))
        } catch {
            return RunReport(end: .failed(AttemptFailure(.sandboxFailed, "\(error)")))
        }
    }

    private func prepare(_ order: RunOrder, in workspace: Workspace) throws -> PreparedCommand {
        guard case .process(let command, let name) = order.payload else {
            throw AttemptFailure(.refused, "the process driver runs no \(order.payload.driver) payloads")
        }
        let architecture = try name.map { name throws in
            guard let architecture = ProgramArchitecture(named: name) else {
                let known = ProgramArchitecture.allCases.map(\.rawValue).joined(separator: ", ")
                throw AttemptFailure(.refused, "there is no architecture \(name.debugDescription); known are \(known)")
            }
            return architecture
        }
        return try PreparedCommand(
            command, for: architecture, in: workspace, emulators: emulators, isOpen: !hasWall)
    }

    package var mounts: Bool { hasWall }

    /// Without one, a command finds the host's paths and no others.
    var hasWall: Bool { if case .sandbox = wall { true } else { false } }

    private func start(
        _ command: PreparedCommand, _ order: RunOrder, in workspace: Workspace, log: @escaping LogSink
    ) async throws -> RunReport {
        if !hasWall { try order.refuseMounts("there is no wall around the payload") }
        let input = try openInput(order.standardInputPath)
        defer { close(input) }
        let (output, error) = try makePipes()
        defer {
            close(output.writing)
            close(error.writing)
        }
        let stop = RunStop()
        let pump = try OutputPump(
            standardOutput: output.reading, standardError: error.reading, spoolPath: workspace.standardOutputPath,
            bounds: bounds, reactor: reactor, log: log, trouble: stop.stop)
        let spec = spec(
            command, order, in: workspace, standardInput: input, standardOutput: output.writing,
            standardError: error.writing)
        let ended: Result<SandboxReport, any Error>
        do {
            switch wall {
            case .sandbox(let launcher): ended = .success(try await launcher.run(spec, stop: stop))
            case .none(let processes): ended = .success(try await processes.run(spec, stop: stop))
            }
        } catch {
            ended = .failure(error)
        }
        let captured = pump.finish()
        let end: RunEnd
        var usage: Usage?
        switch ended {
        case .success(let report):
            usage = Usage(report.usage)
            usage?.outputBytes = captured.totalBytes
            end =
                captured.failure.map { .failed($0) } ?? command.ending(report.end)
                ?? RunEnd(report.end, spec: spec)
        case .failure(let error):
            end = .failed(Self.failure(error))
        }
        return RunReport(
            end: end, standardOutput: captured.standardOutput, standardError: captured.standardError, usage: usage)
    }

    private func openInput(_ path: String?) throws -> Int32 {
        #if canImport(Glibc)
            let descriptor = Glibc.open(path ?? "/dev/null", O_RDONLY | O_CLOEXEC)
        #elseif canImport(Musl)
            let descriptor = Musl.open(path ?? "/dev/null", O_RDONLY | O_CLOEXEC)
        #elseif canImport(Darwin)
            let descriptor = Darwin.open(path ?? "/dev/null", O_RDONLY | O_CLOEXEC)
        #endif
        guard descriptor >= 0 else { throw SystemError("cannot open standard input") }
        return descriptor
    }

    private func makePipes() throws -> (output: Pipe, error: Pipe) {
        switch wall {
        case .sandbox: try Pipe.makeTwo()
        case .none(let processes): try processes.makePipes()
        }
    }

    private var reactor: Reactor {
        switch wall {
        case .sandbox(let launcher): launcher.reactor
        case .none(let processes): processes.reactor
        }
    }

    private func spec(
        _ command: PreparedCommand, _ order: RunOrder, in workspace: Workspace, standardInput: Int32,
        standardOutput: Int32, standardError: Int32
    ) -> SandboxSpec {
        let environment = command.environment ?? environment(of: order, in: workspace)
        let disk = max(1 << 20, order.resources.diskBytes)
        let memory = max(4 << 20, order.resources.memoryBytes)
        return SandboxSpec(
            arguments: command.arguments, environment: environment, workingDirectory: workspace.payloadDirectory,
            standardInput: standardInput, standardOutput: standardOutput, standardError: standardError,
            limits: SandboxLimits(
                memoryBytes: memory, cpuMillis: max(10, order.resources.cpuMillis), processCount: processCount,
                // One file past the disk limit: enough for the limit to be seen, not enough to fill a disk quickly.
                fileSizeBytes: disk.addingReportingOverflow(1 << 20).partialValue, diskBytes: disk,
                temporaryBytes: min(64 << 20, memory / 2), wallTime: order.timeout),
            readOnlyPaths: readOnlyPaths, binds: command.binds + binds(of: order, in: workspace), user: user,
            // What is bound differs from run to run, and with it the cell.
            reuse: order.mounts.isEmpty
                ? order.reuse.map { SandboxReuse(key: $0, workRoot: workspace.rootDirectory) } : nil,
            pause: order.pause)
    }

    private func binds(of order: RunOrder, in workspace: Workspace) -> [SandboxBind] {
        sharedPaths.map { SandboxBind(hostPath: $0, sandboxPath: $0, access: .readWrite) }
            + order.mounts.map {
                SandboxBind(
                    hostPath: workspace.payloadDirectory + "/" + $0.path, sandboxPath: $0.target, access: .readWrite)
            } + order.devices.nodes()
    }

    private func environment(of order: RunOrder, in workspace: Workspace) -> [String: String] {
        var environment = SandboxSpec.defaultEnvironment
        if !hasWall {
            environment["HOME"] = workspace.payloadDirectory
            environment["TMPDIR"] = workspace.payloadDirectory
        }
        environment.merge(order.environment) { $1 }
        return environment
    }

    private static func failure(_ error: any Error) -> AttemptFailure {
        if case .invalidSpec(let field, let message) = error as? SandboxError {
            return AttemptFailure(field == "arguments" ? .notExecutable : .sandboxFailed, "\(field) \(message)")
        }
        return AttemptFailure(.sandboxFailed, "\(error)")
    }
}

extension RunEnd {
    init(_ end: SandboxEnd, spec: SandboxSpec) {
        switch end {
        case .exited(let code): self = .exited(code & 0xff)
        case .signalled(let signal): self = .exited(128 + signal)
        case .timedOut:
            let seconds = Double(spec.limits.wallTime?.milliseconds ?? 0) / 1000
            self = .failed(AttemptFailure(.timedOut, "it ran longer than its \(seconds) s"))
        case .outOfMemory:
            self = .failed(
                AttemptFailure(.outOfMemory, "it needed more than its \(spec.limits.memoryBytes ?? 0) bytes of memory"))
        case .outOfDisk:
            self = .failed(
                AttemptFailure(.outOfDisk, "its working directory grew past \(spec.limits.diskBytes ?? 0) bytes"))
        case .cancelled: self = .cancelled
        case .failed("exec", let code, let message):
            let program = spec.arguments.first ?? ""
            let why = message.isEmpty ? String(cString: strerror(code)) : message
            self = .failed(AttemptFailure(.notExecutable, "\(program) cannot be executed here: \(why)"))
        case .failed(let step, _, let message):
            self = .failed(AttemptFailure(.sandboxFailed, "the sandbox failed at \(step): \(message)"))
        }
    }
}

extension Usage {
    init(_ usage: SandboxUsage) {
        self.init(
            wallMicroseconds: usage.wall.microseconds,
            cpuMicroseconds: usage.cpuUser.microseconds + usage.cpuSystem.microseconds,
            peakMemoryBytes: usage.peakMemoryBytes, diskBytes: usage.diskBytes)
    }
}

extension Limit {
    /// The sandbox's word for it.
    fileprivate var inSandbox: SandboxLimit {
        switch self {
        case .cpu: .cpu
        case .memory: .memory
        case .processes: .processes
        case .disk: .disk
        case .time: .wallTime
        case .network: .network
        }
    }
}

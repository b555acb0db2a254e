package import WeftDrivers
package import WeftModel
package import WeftSandbox

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
    /// A directory of the worker's own for what its drivers keep between runs.
    package var stateDirectory: String

    /// What builds sandboxes; nil where payloads run without, or where it does not work.
    package var launcher: SandboxLauncher? {
        guard case .made(.sandbox(let launcher)) = wall else { return nil }
        return launcher
    }

    /// Native programs behind the wall: what other drivers run their helpers with, too. Nil where there is no wall.
    package var process: ProcessDriver? {
        guard case .made(let wall) = wall else { return nil }
        return ProcessDriver(wall: wall, bounds: bounds, readOnlyPaths: readOnlyPaths)
    }

    /// Starts what the walls need. With isolation ``Isolation/none`` native programs run without a sandbox.
    ///
    /// - Parameter launcherPath: the `weft-sandbox` executable; nil looks where ``SandboxLauncher/locate()`` does.
    package init(
        isolation: Isolation, launcherPath: String? = nil, stateDirectory: String, readOnlyPaths: [String] = [],
        bounds: OutputBounds = OutputBounds()
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
        self.stateDirectory = stateDirectory
    }
}

/// Every way to run payloads that this build has. A machine that cannot carry one says why when it is tried.
package enum WorkerDrivers {
    /// The process driver comes first: it owns the launcher that others borrow, and is shut down last.
    package static func all(_ kit: DriverKit) -> [any Driver] {
        [
            process(kit),
            // Kinds of payload, and walls, that this build has no code for.
            MissingDriver(name: "assembly", reason: notBuilt),
            MissingDriver(name: "wasm", reason: notBuilt),
            MissingDriver(name: "container", reason: notBuilt),
            MissingDriver(name: "vm", payloads: ["process"], reason: notBuilt),
        ]
    }

    private static let notBuilt = "this version of Weft has none"

    private static func process(_ kit: DriverKit) -> any Driver {
        if let process = kit.process { return process }
        guard case .missing(let reason) = kit.wall else { preconditionFailure("what has a wall has a driver") }
        return MissingDriver(
            name: "process", reason: reason,
            hint: "install weft-sandbox beside weft; or, where there are no sandboxes and you trust every payload, "
                + "set isolation to none")
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

import Glibc
import WeftDevices
import WeftFormats
import WeftModel
import WeftWorker

/// An owner's commands to the worker of this machine, by the files in its directory.
struct WorkerOwner {
    let context: Context
    let files: OwnerFiles

    /// How long a running worker may take to answer.
    private static let patience = Duration.seconds(2)

    init(_ context: Context) throws {
        self.context = context
        let home = try context.dataHome()
        files = OwnerFiles(directory: home.worker, rulesPath: context.settings.path(.workerRules))
    }

    /// What a command brought about.
    struct Outcome: Encodable {
        var paused: Bool
        /// Why, as the worker says.
        var reason: String?
        var until: Timestamp?
        /// Attempts that stand still.
        var frozen: Int?
        /// Whether a worker has confirmed it; false where none runs.
        var isConfirmed: Bool
    }

    func pause(_ pause: ManualPause) async throws {
        try context.dataHome().prepare()
        try Files.makeDirectory(String(files.pausePath.dropLast("/pause.json".count)), mode: 0o700)
        try files.write(pause)
        let status = try await answer { $0.pauseName == pause.id }
        let outcome = Outcome(
            paused: true, reason: status?.paused, until: pause.until.map(Timestamp.init), frozen: status?.frozen,
            isConfirmed: status != nil)
        let end = pause.until.map { " until \(Timestamp($0))" } ?? " until `weft worker resume`"
        try context.show(outcome) {
            guard let status else { return "No worker runs here; the next one starts paused\(end)\n" }
            let count = status.frozen
            return "Paused\(end); \(count) attempt\(count == 1 ? " stands" : "s stand") still\n"
        }
    }

    func resume() async throws {
        let wasPaused = try files.loadPause() != nil
        try files.removePause()
        let status = try await answer { $0.pauseName == nil }
        let outcome = Outcome(
            paused: status?.paused != nil, reason: status?.paused, frozen: status?.frozen, isConfirmed: status != nil)
        try context.show(outcome) {
            let said = wasPaused ? "The pause is over" : "There was no pause"
            guard let status else { return "\(said); no worker runs here\n" }
            return status.paused.map { "\(said), but the worker does not work: \($0)\n" }
                ?? "\(said); the worker works\n"
        }
    }

    /// What the running worker says once it has heard; nil where none runs.
    private func answer(_ hasHeard: (OwnerStatus) -> Bool) async throws -> OwnerStatus? {
        let clock = ContinuousClock()
        let giveUp = clock.now + Self.patience
        while let status = try running() {
            if hasHeard(status) { return status }
            guard clock.now < giveUp else {
                throw CLIError(
                    .failure, "the worker (process \(status.process)) has not answered within \(Self.patience)",
                    hint: "the command holds all the same, once the worker comes to it")
            }
            try await Task.sleep(for: .milliseconds(25))
        }
        return nil
    }

    private func running() throws -> OwnerStatus? {
        guard let status = try files.loadStatus(), kill(status.process, 0) == 0 || errno == EPERM else { return nil }
        return status
    }

    func showRules() throws {
        var view: RulesView
        do { view = RulesView(try files.loadRules()) } catch let error as InvalidDocument {
            view = RulesView(OwnerRules())
            view.problems = error.problems
        }
        view.file = files.rulesPath
        view.hasFile = access(files.rulesPath, F_OK) == 0
        view.worker = try running()
        let now = context.now
        view.sensors = RulesView.Sensors(HostSensors(now: now).readAll())
        if let pause = try files.loadPause(), pause.holds(at: now()) {
            view.pause = RulesView.Pause(until: pause.until.map(Timestamp.init))
        }
        let shown = view
        try context.show(shown) { shown.details().render(style: context.console.style) }
        if !view.problems.isEmpty { throw ExitWith(.invalid) }
    }
}

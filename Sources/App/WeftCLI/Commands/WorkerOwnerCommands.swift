import ArgumentParser
import WeftFormats
import WeftModel
import WeftWorker

/// Where the owner's files of this machine's worker are.
struct OwnerOptions: ParsableArguments {
    @Option(help: .init("File with the owner's rules.", valueName: "file"))
    var rules: String?

    var overrides: [Setting: String] {
        var values: [Setting: String] = [:]
        values[.workerRules] = rules
        return values
    }
}

struct WorkerPauseCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Have this machine's worker stand still, now.",
        discussion: """
            What runs is frozen within a second, and handed back to others if the pause is long. The pause outlives the \
            worker: one that is started meanwhile starts paused. Works with `weft up` as well.

            Examples:
              weft worker pause
              weft worker pause 2h
              weft worker pause until 18:00
            """)

    @Argument(help: .init("For how long (2h, 90m), or until when (until 18:00).", valueName: "time"))
    var time: [String] = []

    @OptionGroup var common: CommonOptions
    @OptionGroup var format: OutputOptions

    var overrides: [Setting: String] { format.overrides }

    func run(in context: Context) async throws {
        let now = context.now()
        let until = try PauseTime.end(of: time, now: now)
        let pause = ManualPause(id: String(UInt64.random(in: .min ... .max), radix: 36), until: until)
        try await WorkerOwner(context).pause(pause)
    }
}

struct WorkerResumeCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "End a pause: this machine's worker works again, if its rules let it.",
        discussion: """
            Examples:
              weft worker resume
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var format: OutputOptions

    var overrides: [Setting: String] { format.overrides }

    func run(in context: Context) async throws { try await WorkerOwner(context).resume() }
}

struct WorkerRulesCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "Show the owner's rules, what the sensors say, and whether the worker works.",
        discussion: """
            Examples:
              weft worker rules
              weft worker rules --check worker.yaml
            """)

    @Option(help: .init("Only check a rules file, and say everything that is wrong with it.", valueName: "file"))
    var check: String?

    @OptionGroup var owner: OwnerOptions
    @OptionGroup var common: CommonOptions
    @OptionGroup var format: OutputOptions

    var overrides: [Setting: String] { format.overrides.merging(owner.overrides) { $1 } }

    func run(in context: Context) async throws {
        if let check {
            let view = RulesView(try OwnerRules.parse(Files.read(check, limit: 1 << 20)))
            return try context.show(view) {
                "\(check) is valid\n" + view.details().render(style: context.console.style)
            }
        }
        try WorkerOwner(context).showRules()
    }
}

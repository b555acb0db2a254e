import ArgumentParser

/// Measures a running Weft from outside, as its users do: real processes, real links, a real disk.
@main
struct WeftBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "weft-bench", abstract: "Measure Weft on this machine.",
        discussion: "Each measurement prints one line of JSON with --json, for `make bench`, and sentences without.",
        subcommands: [
            LatencyBench.self, ProcessBench.self, NoopBench.self, SubmitBench.self, GrowthBench.self, CrashBench.self,
            StartupBench.self, SoakBench.self, DriversBench.self, SubscribersBench.self, KernelsBench.self,
        ])
}

/// What every measurement takes.
struct BenchOptions: ParsableArguments {
    @Flag(help: "Print one line of JSON.")
    var json = false
}

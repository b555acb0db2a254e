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

    @Option(help: "How many seconds the machine is given to come to rest after the start, before workers are measured.")
    var settleSeconds: Int64 = 30

    func validate() throws {
        guard (0...3600).contains(settleSeconds) else { throw ValidationError("--settle-seconds takes 0 to 3600") }
    }

    /// Waits for the end of what starting brings with it.
    func settle() async throws { try await QuietMachine.wait(atMost: .seconds(settleSeconds)) }
}

import ArgumentParser
import Simulation
import WeftEngine

@main
struct WeftSim: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "weft-sim",
        abstract: "Runs the engine through seeded worlds of crashes, partitions, liars and colluders.",
        discussion: "Exits with 1 at the first seed whose world goes wrong, and says how to run it again.")

    @Option(help: "How many seeds to run.") var seeds: UInt64 = 2000
    @Option(help: "The first seed.") var start: UInt64 = 1
    @Option(help: "Run this seed only.") var seed: UInt64?
    @Option(help: "Plant a defect; the run is then expected to fail.") var defect: PlantedDefect?
    @Option(help: "How many seeds run at a time.") var jobs = 2
    @Flag(help: "Print a line for each seed.") var verbose = false
    @Flag(help: "With --seed: print everything that happened.") var trace = false

    func validate() throws {
        guard seeds > 0, jobs > 0 else { throw ValidationError("--seeds and --jobs must be at least 1") }
        guard !trace || seed != nil else { throw ValidationError("--trace needs --seed") }
    }

    func run() async throws {
        if let seed {
            try runOne(seed)
        } else {
            try await runMany()
        }
    }

    private func runOne(_ seed: UInt64) throws {
        let report = Simulator.run(seed: seed, defect: defect, traceLimit: trace ? 10_000_000 : 60)
        if trace || report.failure != nil { for line in report.trace { print(line) } }
        print(line(for: report))
        if report.failure != nil { throw ExitCode(1) }
    }

    private func runMany() async throws {
        let clock = ContinuousClock()
        let begin = clock.now
        let range = start..<start + seeds
        let strands = UInt64(jobs)
        let summaries = await withTaskGroup(of: Summary.self) { group in
            for strand in 0..<strands {
                group.addTask { runStrand(range, from: start + strand, by: strands) }
            }
            return await group.reduce(into: Summary()) { $0.add($1) }
        }
        let elapsed = clock.now - begin
        print(summaries.description(elapsed: elapsed))
        if let seed = summaries.failedSeed { try explainFailure(seed) }
    }

    private func runStrand(_ range: Range<UInt64>, from first: UInt64, by stride: UInt64) -> Summary {
        var summary = Summary()
        var seed = first
        while range.contains(seed), summary.failedSeed == nil {
            let report = Simulator.run(seed: seed, defect: defect)
            if verbose { print(line(for: report)) }
            summary.add(report)
            seed += stride
        }
        return summary
    }

    private func explainFailure(_ seed: UInt64) throws {
        let report = Simulator.run(seed: seed, defect: defect, traceLimit: 60)
        print("\nseed \(seed), the last of what happened:")
        for line in report.trace { print("  " + line) }
        let planted = defect.map { " --defect \($0.rawValue)" } ?? ""
        print("\n\(line(for: report))\nagain, with everything: weft-sim --seed \(seed) --trace\(planted)")
        throw ExitCode(1)
    }

    private func line(for report: SimulationReport) -> String {
        let result = report.failure.map { "FAILED: \($0)" } ?? "ok"
        return """
            seed \(report.seed): \(report.events) events, \(report.steps) steps, \(report.restarts) restarts, \
            \(report.tasksEnded) tasks, \(report.virtualMicroseconds / 1_000_000) s virtual, \
            log \(String(report.logHash, radix: 16)): \(result)
            """
    }
}

extension PlantedDefect: ExpressibleByArgument {}

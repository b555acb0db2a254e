import ArgumentParser
import TrustSimulation

@main
struct WeftSimTrust: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "weft-sim-trust",
        abstract: "Compares ways to verify answers in pools with liars: wrong answers accepted, and what it costs.",
        discussion: "Exits with 1 when Weft's accepts more than its bound where most nodes are honest.")

    @Option(help: "Seeds for each cell of the table.") var seeds: UInt64 = 20
    @Option(help: "The first seed.") var start: UInt64 = 1
    @Option(help: "Tasks of each run.") var tasks = 100_000
    @Option(help: "Nodes of the pool.") var nodes = 500
    @Option(help: "Only pools with this in their names.") var pool: String?
    @Option(help: "How many runs at a time.") var jobs = 2
    @Flag(help: "A small sample: 3 seeds, 10,000 tasks, 100 nodes.") var quick = false
    @Option(help: "table or json.") var output = OutputFormat.table

    enum OutputFormat: String, ExpressibleByArgument, CaseIterable { case table, json }

    func validate() throws {
        guard seeds > 0, jobs > 0, tasks >= 1000, nodes >= 20 else {
            throw ValidationError("--seeds and --jobs are at least 1, --tasks 1000, --nodes 20")
        }
    }

    mutating func run() async throws {
        if quick { (seeds, tasks, nodes) = (3, 10_000, 100) }
        let pools = Pool.all.filter { pool == nil || $0.name.contains(pool!) }
        let cells = pools.flatMap { pool in SchemeKind.all.map { Cell(pool: pool, scheme: $0) } }
        let results = await measure(cells)
        switch output {
        case .table: print(Table(results, nodes: nodes, tasks: tasks, seeds: Int(seeds)).description)
        case .json: print(json(results))
        }
        let broken = results.filter { $0.isBroken }
        for cell in broken { print("BROKEN: \(cell.cell.pool.name), \(cell.cell.scheme.name)") }
        if !broken.isEmpty { throw ExitCode(1) }
    }

    /// All cells and seeds, so many at a time; the results do not depend on how many.
    private func measure(_ cells: [Cell]) async -> [CellResult] {
        let (tasks, nodes, range) = (tasks, nodes, start..<start + seeds)
        let work = cells.indices.flatMap { cell in range.map { (cell: cell, seed: $0) } }
        let strands = jobs
        return await withTaskGroup(of: [(Int, PoolTally)].self) { group in
            for strand in 0..<strands {
                group.addTask {
                    stride(from: strand, to: work.count, by: strands).map { index in
                        let (cell, seed) = work[index]
                        let run = cells[cell]
                        return (
                            index,
                            TrustSimulator.run(run.pool, run.scheme, nodes: nodes, tasks: tasks, seed: seed)
                        )
                    }
                }
            }
            let tallies = await group.reduce(into: []) { $0 += $1 }.sorted { $0.0 < $1.0 }.map(\.1)
            return cells.indices.map { cell in
                CellResult(
                    cell: cells[cell], tallies: Array(tallies[cell * range.count..<(cell + 1) * range.count]))
            }
        }
    }

    private func json(_ results: [CellResult]) -> String {
        "[\n" + results.map { "  " + $0.json }.joined(separator: ",\n") + "\n]"
    }
}

import ArgumentParser
import Foundation
import LocalCluster
import WeftClient
import WeftDrivers
import WeftFormats
import WeftModel

/// What a kernel costs by Weft, beside a program that calls OpenCL itself: compiled before, over the same files.
struct KernelsBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kernels", abstract: "A kernel by OpenCL: a direct program, the driver, and a whole job.",
        discussion:
            "All three take turns in every round; differences are taken within a round. Every round has another "
            + "factor, so that no answer comes from the cache of answers, and every answer is checked.")

    @Option(help: "How many rounds.")
    var rounds = 50

    @Option(help: "How many numbers the vectors have.")
    var count = 1 << 20

    @Option(help: "Write a page of documentation, too.")
    var markdown: String?

    @OptionGroup var options: BenchOptions

    func validate() throws {
        guard (5...10_000).contains(rounds) else { throw ValidationError("--rounds takes 5 to 10000") }
        guard (256...1 << 24).contains(count), count % 256 == 0 else {
            throw ValidationError("--count takes a multiple of 256 up to 16777216")
        }
    }

    func run() async throws {
        let place = try await BenchPlace()
        do {
            let measured = try await measure(place)
            await place.close()
            if options.json { measured.figures.print(json: true) } else { print(measured.text) }
            if let markdown { try measured.page.write(toFile: markdown, atomically: true, encoding: .utf8) }
        } catch {
            await place.close()
            throw error
        }
    }

    private func measure(_ place: BenchPlace) async throws -> KernelsReport {
        let work = try SaxpyWork(count: count, place: place)
        let driver = try KernelDriver(
            .opencl, process: place.process, cacheDirectory: place.folder + "/kernels"
        ) { Hashing.sha256($0).hex }
        let cluster = try LocalCluster(products: try LocalCluster.products())
        defer { cluster.remove() }
        let up = try await cluster.startUp(arguments: [])
        defer { up.stop() }
        let client = try cluster.client()
        let device = try await device(client)
        let inputs = try await work.upload(client)

        let contest = Contest(
            family: "kernel",
            contenders: [
                .init(name: KernelsReport.job, yardsticks: [KernelsReport.direct]) { [turns = Turns()] in
                    try await work.run(turns.next(), as: inputs, by: client)
                },
                .init(name: KernelsReport.driver, yardsticks: [KernelsReport.direct]) { [turns = Turns()] in
                    try await work.run(turns.next(), by: driver)
                },
                .init(name: KernelsReport.direct) { [turns = Turns()] in
                    try await work.runDirectly(turns.next())
                },
            ])
        let result: Contest.Result
        do { result = try await contest.run(rounds: rounds) } catch {
            await driver.shutDown()
            try await client.shutdown()
            throw error
        }
        await driver.shutDown()
        try await client.shutdown()
        return KernelsReport(result: result, count: count, device: device)
    }

    /// What the worker says that it has; the worker looks for it after it has come up.
    private func device(_ client: WeftClient) async throws -> String {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            let drivers = try await client.nodes().flatMap(\.profile.drivers)
            if let found = drivers.first(where: { $0.name == "opencl" }) {
                return found.version.isEmpty ? "OpenCL" : found.version
            }
            try await Task.sleep(for: .milliseconds(200))
        }
        throw BenchFailure("the worker has no OpenCL within a minute: scripts/setup-kernels.sh opencl installs it")
    }
}

/// Counts the rounds of one contender.
private actor Turns {
    private var last = 0

    func next() -> Int {
        last += 1
        return last
    }
}

import ArgumentParser
import FoundationEssentials
import Glibc
import WeftDevices
import WeftDrivers
import WeftFormats
import WeftModel
import WeftWorker

struct HardwareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hardware", abstract: "Find out what this machine has, and measure how fast it is.",
        subcommands: [HardwareShowCommand.self, HardwareBenchCommand.self], defaultSubcommand: HardwareShowCommand.self)
}

/// How a report is written.
struct HardwareOutputOptions: ParsableArguments {
    @OptionGroup var format: OutputOptions

    @Flag(help: "The same as --output json.")
    var json = false

    var overrides: [Setting: String] { json ? [.output: "json"] : format.overrides }
}

struct HardwareShowCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show processors, memory, disks, networks, GPUs and software of this machine.",
        discussion: """
            Needs no root. What cannot be found out is left out, and it is said why: a library that is missing, sees no \
            device, crashes or hangs. The form of the JSON is schemas/hardware.json.

            Examples:
              weft hardware
              weft hardware --json
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var format: HardwareOutputOptions

    var overrides: [Setting: String] { format.overrides }

    func run(in context: Context) async throws {
        var report = await HardwareInspector.ofThisMachine().report().fingerprinted
        let kept = BenchmarkFile(in: try context.dataHome().worker).load()
        if let kept, kept.fingerprint == report.fingerprint { report.benchmark = kept }
        try context.show(report) { HardwareText.report(report, context) }
    }
}

struct HardwareBenchCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure processor, memory, disk and devices of this machine, now.",
        discussion: """
            Runs kernels of Weft's own in a sandbox, each several times; the median counts. What comes of it is signed with \
            the key of this machine's worker and kept beside it: a running worker tells its coordinator within seconds. \
            Workers do the same by themselves once they have had nothing to do for a while (worker.benchmark_after).

            Examples:
              weft hardware bench
              weft hardware bench --json
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var format: HardwareOutputOptions

    var overrides: [Setting: String] { format.overrides }

    func run(in context: Context) async throws {
        let home = try context.dataHome()
        try home.prepare()
        try Files.makeDirectory(home.worker, mode: 0o700)
        let identity = try KeyFile.loadOrCreate(at: home.worker + "/identity.key")
        // On the disk that workers use.
        var template = Array((home.path + "/hardware-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else {
            throw CLIError(.failure, SystemError("cannot make a directory in \(home.path)").description)
        }
        let directory = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let isolation = context.settings.text(.workerIsolation).flatMap { Isolation(rawValue: $0) } ?? .process
        let kit = await DriverKit(isolation: min(isolation, .process), stateDirectory: directory)
        guard case .made(let wall) = kit.wall else {
            guard case .missing(let reason) = kit.wall else { preconditionFailure("a wall is made or missing") }
            throw CLIError(.failure, "nothing can be measured: \(reason)", hint: "see `weft doctor`")
        }
        let process = ProcessDriver(wall: wall)
        let report = await HardwareInspector.ofThisMachine().report().fingerprinted
        let measured: HardwareBenchmark
        do {
            let benchmarker = try HardwareBenchmarker(process: process, directory: directory)
            measured = try await measure(report, benchmarker, context).signed(by: identity)
            try BenchmarkFile(in: home.worker).save(measured)
        } catch let missing as HardwareBenchmarker.Missing {
            await process.shutDown()
            throw CLIError(.failure, missing.description)
        } catch {
            await process.shutDown()
            throw error
        }
        await process.shutDown()
        try context.show(measured) { HardwareText.benchmark(measured, report.devices, style: context.console.style) }
    }

    private func measure(
        _ report: HardwareReport, _ benchmarker: HardwareBenchmarker, _ context: Context
    ) async throws -> HardwareBenchmark {
        var draft = BenchmarkDraft()
        for part in HardwareBenchmarker.parts(of: report) {
            try context.console.note("measuring \(Printable.line(part.name)) …")
            let finding = await benchmarker.measure(part, of: report)
            try Task.checkCancellation()
            draft.add(finding, of: part)
        }
        for failure in draft.failures { try context.console.note("not measured: \(Printable.line(failure))") }
        return draft.benchmark(fingerprint: report.fingerprint, at: context.now())
    }
}

extension HardwareInspector {
    /// With the programs that are installed beside this one.
    static func ofThisMachine() -> HardwareInspector {
        let environment = ProcessInfo.processInfo.environment
        return HardwareInspector(probes: DeviceProbes.installed(environment: environment), environment: environment)
    }
}

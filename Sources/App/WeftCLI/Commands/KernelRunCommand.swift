import ArgumentParser
import Glibc
import WeftFormats
import WeftKernels
import WeftModel

struct KernelRunCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run an operation of the library on nodes, and compare with its reference.",
        discussion: """
            Inputs are random numbers by --seed, or files. Every answer is compared with what plain Swift computes here, which \
            takes a while for large sizes; --no-check leaves that out. Ends with 1 when an answer that counts is beyond the \
            tolerance.

            Examples:
              weft kernel run saxpy
              weft kernel run matmul --set m=1024 --set n=1024 --set k=1024 --device gpu
              weft kernel run fft --size small --replicas 2 --language opencl --language cuda --emulated
              weft kernel run softmax --set rows=2 --set columns=8 --input x=x.npy --results out
            """)

    @OptionGroup(title: "What runs") var choice: KernelChoice

    @Option(
        parsing: .singleValue,
        help: .init("opencl, cuda or hip; several: any of them. By default opencl and cuda.", valueName: "language"),
        completion: .list(KernelSources.languages.map(\.rawValue)))
    var language: [String] = []

    @Flag(help: "CUDA C may run on a processor, emulated.")
    var emulated = false

    @Option(help: .init("Where random inputs start.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(
        parsing: .singleValue,
        help: .init("Fill a buffer from a file in NumPy's format.", valueName: "buffer=file"))
    var input: [String] = []

    @Option(help: .init("Put the outputs into this folder.", valueName: "dir"))
    var results: String?

    @Flag(inversion: .prefixedNo, help: "Compare with the reference.")
    var check = true

    @Option(help: .init("A device of this kind for each execution, for example gpu.", valueName: "kind"))
    var device: String?

    @Option(help: .init("Independent executions on different nodes (1 to 64).", valueName: "n"))
    var replicas: Int = 1

    @Option(help: .init("How many of them must agree; more than half by default.", valueName: "k"))
    var quorum: Int?

    @Option(help: .init("Memory, for example 2GiB.", valueName: "size"))
    var memory: String = "1GiB"

    @Option(help: .init("Wall time of one attempt, for example 10m.", valueName: "time"))
    var timeout: String = "10m"

    @Option(
        parsing: .singleValue,
        help: .init("Only on nodes with this driver: opencl, cuda, hip, cuda-emulated.", valueName: "name"))
    var requireDriver: [String] = []

    @Option(parsing: .singleValue, help: .init("Only on nodes with this label.", valueName: "name=value"))
    var requireLabel: [String] = []

    @Flag(help: "Run everything, also what has a verified answer already.")
    var noCache = false

    @OptionGroup(title: "Library") var library: KernelLibraryOptions
    @OptionGroup(title: "Coordinator") var client: ClientOptions
    @OptionGroup(title: "General") var common: CommonOptions
    @OptionGroup(title: "Output") var format: OutputOptions

    var overrides: [Setting: String] { client.overrides.merging(format.overrides) { $1 } }

    func run(in context: Context) async throws {
        let library = try KernelLibraryPlace.open(library.library, environment: context.settings.environment)
        let kernel = try choice.instance(of: library)
        let job = KernelJob(
            kernel, try library.sources(of: kernel.description), languages: try languages(), allowsEmulation: emulated)
        let policy = try policy(job)
        let files = try files(kernel)
        try await context.withAPI { api in
            let run = KernelRun(
                api: api, console: context.console, job: job, policy: policy, seed: seed, files: files, checks: check)
            let id = try await run.submit().id
            let results = results
            let view = try await Interrupts.cancelling(
                SignalStream([SIGINT, SIGTERM]), context.console, cancel: { _ = try await api.cancel(id) }
            ) { try await run.result(of: id, save: results) }
            try context.show(view) { KernelText.run(view, kernel, context) }
            guard view.state == .succeeded else {
                throw CLIError(.jobFailed, view.reason ?? "job \(view.job) \(view.state.rawValue)")
            }
            guard view.isRight else { throw CLIError(.failure, "an answer is beyond the tolerance") }
        }
    }

    private func languages() throws -> [KernelLanguage] {
        guard !language.isEmpty else { return [.opencl, .cuda] }
        var result: [KernelLanguage] = []
        for text in language {
            guard let language = KernelLanguage(rawValue: text), KernelSources.languages.contains(language) else {
                throw CLIError(.usage, "--language: expected opencl, cuda or hip, not `\(text)`")
            }
            if !result.contains(language) { result.append(language) }
        }
        return result
    }

    private func policy(_ job: KernelJob) throws -> JobSpec {
        var spec = try job.spec(inputs: [])
        guard (1...64).contains(replicas), (1...replicas).contains(quorum ?? 1) else {
            throw CLIError(.usage, "--replicas is 1 to 64, and --quorum at most as many")
        }
        spec.verification = Verification(replicas: replicas, quorum: quorum, comparesStandardOutput: false)
        guard let bytes = Quantities.bytes(memory), bytes > 0 else {
            throw CLIError(.usage, "--memory: expected a size such as 2GiB, not `\(memory)`")
        }
        spec.resources.memoryBytes = bytes
        guard let seconds = Quantities.seconds(timeout), JobLimits.timeoutSeconds.contains(seconds) else {
            throw CLIError(.usage, "--timeout: expected a time such as 90s or 10m, not `\(timeout)`")
        }
        spec.timeoutSeconds = Int(seconds)
        if let device { spec.resources.devices = [DeviceRequest(kind: device, count: 1)] }
        spec.requirements.drivers = requireDriver
        for text in requireLabel {
            guard let pair = Pair.parse(text) else {
                throw CLIError(.usage, "--require-label: expected name=value, not `\(text)`")
            }
            spec.requirements.labels[pair.name] = pair.value
        }
        spec.usesCache = !noCache
        return spec
    }

    /// Largest file that is read for a buffer.
    private static let fileLimit = 1 << 30

    private func files(_ kernel: KernelInstance) throws -> [String: [UInt8]] {
        var result: [String: [UInt8]] = [:]
        for text in input {
            guard let pair = Pair.parse(text) else {
                throw CLIError(.usage, "--input: expected buffer=file, not `\(text)`")
            }
            guard let buffer = kernel.description.buffers.first(where: { $0.name == pair.name && $0.role.isRead })
            else {
                let known = kernel.description.buffers.filter(\.role.isRead).map(\.name).joined(separator: ", ")
                throw CLIError(.usage, "--input: the kernel reads no \(pair.name)", hint: "it reads \(known)")
            }
            let bytes = try Files.read(pair.value, limit: Self.fileLimit)
            let shape = kernel.shape(of: buffer.name)
            do {
                let array = try NumPyFile.decode(bytes, buffer.type, shape, name: pair.value)
                result[buffer.name] = KernelJob.file(of: array)
            } catch {
                throw CLIError(.invalid, error.description)
            }
        }
        return result
    }
}

import ArgumentParser
import Glibc
import WeftDevices
import WeftFormats
import WeftModel

struct RunCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a command somewhere, and bring back what it says and makes.",
        usage: """
            weft run [options] -- <command> ...
            weft run [options] <program> [-- <argument> ...]
            weft run [options] --image <image> [-- <command> ...]
            weft run [options] --wasm <file> [-- <argument> ...]
            weft run [options] --asm <file> [-- <argument> ...]
            weft run [options] --kernel <file> --entry <name> --grid <n> [--arg <argument> ...]
            """,
        discussion: """
            Standard output and error appear here as they are written, declared outputs are put beside you, and weft \
            ends with the command's own status. With --replicas, standard output appears once the answers agree. \
            A program that is named by a path, as in ./simulate, goes along if it is a file here, and runs only where its \
            processor is, or is emulated. \
            Ctrl-C cancels the job; a second one leaves it alone. Weft's own failures end with 125, time limits with \
            124, programs that are not found with 127.

            Examples:
              weft run -- echo hello
              weft run --replicas 3 -- ./simulate --seed 7
              weft run -i data.csv -o report.html -- python3 report.py data.csv
              weft run -i model.bin=/data/v3.bin --memory 4GiB --timeout 2h -- ./train
              weft run --array 100 --output part -- sh -c 'echo $WEFT_TASK_INDEX > part'
              weft run --detach -- make all
              tar c . | weft run --stdin - -- tar t
              weft run --image alpine:3.20 -- cat /etc/os-release
              weft run --wasm module.wasm --deterministic -- --steps 1000
              weft run --arch riscv64 ./prog -- --verbose
              weft run --asm prog.s --arch arm64
              weft run --kernel saxpy.cl --entry saxpy --grid 16 --block 64 --arg float32=2 --arg in=x.npy --arg inout=y.npy:out.npy
              weft run --isolation vm -- ./untrusted
              weft run --sign -- ./simulate
              weft run --p2p --replicas 3 -- ./simulate
            """)

    @OptionGroup(title: "What runs") var payload: PayloadOptions
    @OptionGroup(title: "The job") var options: RunOptions

    @Flag(help: "Say the job's number and do not wait for it.")
    var detach = false

    @Flag(name: .customLong("no-stream"), help: "Print output at the end instead of as it comes.")
    var noStream = false

    @Option(help: .init("Where the outputs of an array go: DIR/INDEX/path. Default: weft-JOB.", valueName: "dir"))
    var results: String?

    @Argument(help: "A program of this machine to send along and run.", completion: .file())
    var program: String?

    @Argument(parsing: .postTerminator, help: "The command, or the program's arguments, after --.")
    var command: [String] = []

    @Flag(
        name: .customLong("p2p"),
        help: "Need no coordinator: find nodes among peers, and coordinate the job in this process.")
    var isPeer = false

    @Option(help: .init("How many nodes are used at most, with --p2p.", valueName: "n"))
    var nodes = 64

    @OptionGroup(title: "Signatures") var signatures: SignatureOptions
    @OptionGroup(title: "Coordinator") var client: ClientOptions
    @OptionGroup(title: "Peers") var peers: PeerOptions
    @OptionGroup(title: "General") var common: CommonOptions

    var overrides: [Setting: String] {
        client.overrides.merging(signatures.overrides) { $1 }.merging(peers.overrides) { $1 }
    }

    /// The payload's statuses are the payload's; all of ours are one.
    static func status(for status: ExitStatus) -> ExitStatus {
        switch status {
        case .interrupted, .outputClosed, .success: status
        default: .runFailed
        }
    }

    func validate() throws {
        if isPeer, detach { throw ValidationError("--detach leaves nobody to coordinate the job of --p2p") }
        if isPeer, client.url != nil { throw ValidationError("--p2p and --url exclude each other") }
        guard (1...1024).contains(nodes) else { throw ValidationError("--nodes: 1 to 1024") }
        if let program, !payload.isNative {
            throw ValidationError("\(program) must go after --, as in: weft run --image alpine -- \(program)")
        }
        guard !command.isEmpty || program != nil || !payload.isNative else {
            throw ValidationError("There is no command to run; put it after --, as in: weft run -- echo hello")
        }
    }

    func run(in context: Context) async throws {
        // Everything that can be wrong here is found before anything is sent.
        var options = options
        let arguments = try KernelArguments(payload.kernels.arguments)
        options.input += arguments.inputs.map { "\($0.path)=\($0.local)" }
        options.output += arguments.outputs.map { "\($0.path)=\($0.local)" }
        var files = try JobInputs.gather(options.input)
        var command = command
        var architecture: String?
        if payload.isNative {
            var own = ProgramFile.named(by: command, besides: files)
            if let program {
                let file = try ProgramFile.sent(program)
                command.insert("./\(file.path)", at: 0)
                own = files.contains { $0.path == file.path } ? nil : file
            }
            if let own {
                files.append(own)
                architecture = ProgramArchitecture(programHeader: try Files.readStart(own.local, count: 20))?.rawValue
            }
        }
        if let file = payload.codeFile {
            guard case .file? = Files.kind(file) else { throw CLIError(.usage, "there is no file \(file)") }
        }
        let comparatorFile = try options.comparator.flatMap { try ComparatorArgument($0).programFile }
        if let file = comparatorFile {
            guard case .file? = Files.kind(file) else {
                throw CLIError(.usage, "--comparator: the program is neither a digest nor a file: \(file)")
            }
        }
        let builder = JobBuilder(
            options: options,
            payload: PayloadBuilder(
                options: payload, architecture: options.arch, machine: HostHardware.detect().architecture,
                command: command, kernelArguments: arguments),
            inputs: [], programArchitecture: architecture, environment: context.settings.environment)
        _ = try builder.build()
        guard isPeer else {
            return try await submit(files, comparatorFile: comparatorFile, with: builder, in: context)
        }
        try await PeerRun(context: context, nodeLimit: nodes).run { [files, builder] inner in
            try await submit(files, comparatorFile: comparatorFile, with: builder, in: inner)
        }
    }

    private func submit(
        _ files: [JobInputs.File], comparatorFile: String?, with builder: JobBuilder, in context: Context
    ) async throws {
        let outputs = builder.options.output
        try await context.withAPI { api in
            var builder = builder
            builder.inputs = try await upload(files, api)
            builder.payload.standardInput = try await uploadStandardInput(api)
            if let file = comparatorFile { builder.comparatorProgram = try await api.putBlob(file: file).digest }
            if let file = payload.codeFile { builder.payload.code = .blob(try await api.putBlob(file: file).digest) }
            let spec = try signed(try builder.build(), context)
            let (job, created) = try await api.submit(spec)
            if !created { try context.console.note("weft: job \(job.id) was submitted with this key before") }
            guard !detach else { return try context.console.write("\(job.id)\n") }
            let outcome: RunOutcome
            do {
                outcome = try await Interrupts.cancelling(
                    SignalStream([SIGINT, SIGTERM]), context.console, cancel: { _ = try await api.cancel(job.id) }
                ) { [self] in
                    if spec.array == nil {
                        try await followTask(TaskID(job: job.id, index: 0), of: spec, outputs, api, context)
                    } else {
                        try await followArray(job.id, of: spec, api, context)
                    }
                }
            } catch is OutputClosed {
                // As a local program in a pipe would end, so does the job.
                _ = try await api.cancel(job.id)
                throw OutputClosed()
            }
            if let message = outcome.message { try context.console.note("weft: \(message)") }
            if outcome.code != 0 { throw ExitWith(code: outcome.code) }
        }
    }

    private func signed(_ spec: JobSpec, _ context: Context) throws -> JobSpec {
        var spec = spec
        try signatures.apply(to: &spec, in: context)
        return spec
    }

    private func followTask(
        _ task: TaskID, of spec: JobSpec, _ outputs: [String], _ api: any CoordinatorAPI, _ context: Context
    ) async throws -> RunOutcome {
        let streaming = LogStreaming(api: api, console: context.console, task: task)
        let watch = JobWatch(api: api, console: context.console, id: task.job, showsProgress: false)
        // Before a verdict nobody knows whose output to believe, so only a single replica's is shown live.
        let isLive = !noStream && spec.verification.leastOwners == 1
        async let printed = isLive ? streaming.untilEnd() : LogPrinter()
        let job = try await watch.untilEnd()
        let printer = try await printed
        let ended = try await api.task(task)
        if let completion = ended.completion {
            try await streaming.complete(printer, from: completion)
            let places = Dictionary(
                outputs.map { OutputArgument($0) }.map { (RelativePath.checked($0.path) ?? $0.path, $0.local) },
                uniquingKeysWith: { $1 })
            _ = try await ResultFiles(api: api).saveOutputs(of: completion) { places[$0] ?? $0 }
        }
        return .single(job: job, task: ended)
    }

    private func followArray(
        _ id: JobID, of spec: JobSpec, _ api: any CoordinatorAPI, _ context: Context
    ) async throws -> RunOutcome {
        let console = context.console
        let watch = JobWatch(
            api: api, console: console, id: id, showsProgress: console.terminal.errorIsTerminal && !console.isQuiet)
        let job = try await watch.untilEnd()
        let files = ResultFiles(api: api)
        if !spec.outputs.isEmpty || results != nil {
            let directory = results ?? "weft-\(id)"
            var count = 0
            try await files.forEachTask(of: id) { task in
                guard let completion = task.completion else { return }
                count += try await files.saveOutputs(of: completion) { "\(directory)/\(task.index)/\($0)" }.count
            }
            try console.note("weft: \(Humanize.count(Int64(count))) files are in \(directory)")
        }
        if !noStream {
            try await files.forEachTask(of: id, states: [.succeeded]) { task in
                guard let blob = task.completion?.standardOutput else { return }
                try await BlobPrinting.print(blob.digest, from: 0, api) { try console.write(bytes: $0) }
            }
        }
        return .whole(job)
    }

    /// Small files travel inside the job, others once as blobs.
    private func upload(_ files: [JobInputs.File], _ api: any CoordinatorAPI) async throws -> [Input] {
        var inlineLeft = Self.inlineTotalBytes
        let planned = try files.map { file -> (file: JobInputs.File, bytes: [UInt8]?) in
            guard file.sizeBytes <= Self.inlineBytes, file.sizeBytes <= inlineLeft else { return (file, nil) }
            let bytes = try Files.read(file.local, limit: Self.inlineBytes)
            inlineLeft -= Int64(bytes.count)
            return (file, bytes)
        }
        var inputs: [Input] = []
        try await InOrder.forEach(planned) { file, bytes in
            if let bytes { InputSource.inline(bytes) } else { .blob(try await api.putBlob(file: file.local).digest) }
        } take: { planned, source in
            inputs.append(Input(path: planned.file.path, source: source, isExecutable: planned.file.isExecutable))
        }
        return inputs
    }

    private func uploadStandardInput(_ api: any CoordinatorAPI) async throws -> InputSource? {
        guard let path = options.stdin else { return nil }
        if path != "-", case .file(_, let sizeBytes)? = Files.kind(path), sizeBytes > Self.inlineBytes {
            return .blob(try await api.putBlob(file: path).digest)
        }
        let bytes = try Files.read(path, limit: Self.standardInputBytes)
        return bytes.count <= Self.inlineBytes ? .inline(bytes) : .blob(try await api.putBlob(bytes).digest)
    }

    private static let inlineBytes = 4096
    private static let inlineTotalBytes: Int64 = 64 << 10
    /// What is read from a pipe is held in memory; larger inputs are files.
    private static let standardInputBytes = 256 << 20
}

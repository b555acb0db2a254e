import WeftModel

/// Makes a payload of what `weft run` was told. Pure: files have been read and uploaded before.
struct PayloadBuilder {
    var options: PayloadOptions
    /// What the program is for, as the user says.
    var architecture: String?
    /// This machine's.
    var machine: String
    var command: [String]
    /// The bytes of ``PayloadOptions/codeFile``.
    var code: InputSource?
    var standardInput: InputSource?
    /// What a kernel is called with.
    var kernelArguments: KernelArguments?

    /// Throws ``CLIError`` (usage) that names the flag.
    func build() throws -> Payload {
        if let image = options.image {
            if let problem = ImageReference.problem(with: image) {
                throw CLIError(.usage, "--image \(image): \(problem)")
            }
            return .container(
                ContainerPayload(
                    image: .reference(image), command: command, standardInput: standardInput, pull: try pull()))
        }
        guard options.codeFile != nil else {
            return .process(ProcessPayload(command: command, standardInput: standardInput))
        }
        let code = code ?? .inline([])
        if options.wasm != nil {
            return .wasm(
                WasmPayload(
                    module: code, arguments: command, standardInput: standardInput,
                    isDeterministic: options.deterministic,
                    seed: UInt64(try within(JobLimits.seed, options.seed, "--seed") ?? 0),
                    fuel: try within(JobLimits.fuel, options.fuel, "--fuel").map { UInt64($0) }))
        }
        if options.asm != nil {
            return .assembly(
                AssemblyPayload(
                    source: code, architecture: try assembled(), arguments: command, standardInput: standardInput))
        }
        if let kernel = options.kernels.kernel { return .kernel(try self.kernel(code, kernel)) }
        return .container(
            ContainerPayload(image: .archive(code), command: command, standardInput: standardInput))
    }

    /// For people: the name of the file, or of what runs.
    func defaultName(of payload: Payload) -> String {
        let file = options.codeFile?.split(separator: "/").last.map(String.init)
        return String((file ?? payload.defaultName).prefix(JobLimits.name.upperBound))
    }

    private func pull() throws -> ContainerPayload.Pull {
        guard let text = options.pull else { return .missing }
        guard let pull = ContainerPayload.Pull(rawValue: text) else {
            let known = ContainerPayload.Pull.allCases.map(\.rawValue).joined(separator: ", ")
            throw CLIError(.usage, "--pull: expected one of \(known), not `\(text)`")
        }
        return pull
    }

    private func assembled() throws -> AssemblyPayload.Architecture {
        let name = Requirements.architecture(named: architecture ?? machine)
        guard let known = AssemblyPayload.Architecture(rawValue: name) else {
            let all = AssemblyPayload.Architecture.allCases.map(\.rawValue).joined(separator: ", ")
            throw CLIError(
                .usage, "--asm: nothing assembles for \(name)", hint: "say what it is written for with --arch: \(all)")
        }
        return known
    }

    private func kernel(_ source: InputSource, _ file: String) throws -> KernelPayload {
        guard command.isEmpty, standardInput == nil else {
            throw CLIError(.usage, "a kernel has no command and no standard input: its arguments are --arg")
        }
        let kernels = options.kernels
        let language = try language(kernels.language, file)
        let defines = try kernels.defines.map { text in
            let pair = Pair.parse(text)
            guard let name = pair?.name ?? (text.isEmpty ? nil : text) else {
                throw CLIError(.usage, "--define \(text): expected NAME=VALUE")
            }
            return KernelDefine(name: name, value: pair?.value ?? "1")
        }
        let launch = KernelLaunch(
            entry: kernels.entry ?? "", grid: try size(kernels.grid ?? "", "--grid"),
            block: try size(kernels.block ?? "1", "--block"), sharedBytes: kernels.sharedBytes ?? 0,
            arguments: kernelArguments?.arguments ?? [])
        let program = KernelProgram(
            languages: [language], allowsEmulation: kernels.emulated, defines: defines.sorted { $0.name < $1.name },
            usesFastMath: kernels.fastMath, buffers: kernelArguments?.buffers ?? [], launches: [launch])
        if let problem = program.problem { throw CLIError(.usage, "--kernel \(file): \(problem)") }
        return KernelPayload(source: source, program: program)
    }

    private func language(_ text: String?, _ file: String) throws -> KernelLanguage {
        let ends: [(String, KernelLanguage)] = [
            (".cl", .opencl), (".cu", .cuda), (".hip", .hip), (".spv", .spirv),
        ]
        if text == nil, let found = ends.first(where: { file.hasSuffix($0.0) }) { return found.1 }
        guard let text, let language = KernelLanguage(rawValue: text) else {
            throw CLIError(
                .usage, "--kernel \(file): what is it written in?", hint: "say --language opencl, cuda, hip or spirv")
        }
        return language
    }

    private func size(_ text: String, _ flag: String) throws -> KernelSize {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { Int64($0) }
        guard (1...3).contains(parts.count), parts.allSatisfy({ ($0 ?? 0) > 0 }) else {
            throw CLIError(.usage, "\(flag) \(text): expected one to three numbers, as in 64 or 8,8")
        }
        let sizes = parts.compactMap(\.self) + [1, 1]
        return KernelSize(sizes[0], sizes[1], sizes[2])
    }

    private func within(_ range: ClosedRange<Int64>, _ value: UInt64?, _ flag: String) throws -> Int64? {
        guard let value else { return nil }
        guard let number = Int64(exactly: value), range.contains(number) else {
            throw CLIError(.usage, "\(flag): expected \(range.lowerBound) to \(range.upperBound), not `\(value)`")
        }
        return number
    }
}

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

    private func within(_ range: ClosedRange<Int64>, _ value: UInt64?, _ flag: String) throws -> Int64? {
        guard let value else { return nil }
        guard let number = Int64(exactly: value), range.contains(number) else {
            throw CLIError(.usage, "\(flag): expected \(range.lowerBound) to \(range.upperBound), not `\(value)`")
        }
        return number
    }
}

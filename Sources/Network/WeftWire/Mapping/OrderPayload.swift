package import WeftModel

/// What runs, as orders say it. `Source` says where bytes come from.
package enum OrderPayload<Source: Hashable & Sendable>: Hashable, Sendable {
    package enum Image: Hashable, Sendable {
        case reference(String, pull: ContainerPayload.Pull)
        case archive(Source)
    }

    // `standardInput` nil: empty.
    case process(command: [String], standardInput: Source?)
    case assembly(
        source: Source, architecture: AssemblyPayload.Architecture, arguments: [String], standardInput: Source?)
    case wasm(
        module: Source, arguments: [String], standardInput: Source?, isDeterministic: Bool, seed: UInt64, fuel: UInt64?)
    /// `command` empty: the image's own.
    case container(image: Image, command: [String], standardInput: Source?)
    case kernel(source: Source, program: KernelProgram)

    /// The kind of payload, as node profiles spell it.
    package var driver: String {
        switch self {
        case .process: "process"
        case .assembly: "assembly"
        case .wasm: "wasm"
        case .container: "container"
        case .kernel: "kernel"
        }
    }

    /// The bytes that it runs, where they are not among the inputs.
    package var code: Source? {
        switch self {
        case .process, .container(.reference, _, _): nil
        case .assembly(let source, _, _, _), .wasm(let source, _, _, _, _, _), .container(.archive(let source), _, _),
            .kernel(let source, _):
            source
        }
    }

    package var standardInput: Source? {
        switch self {
        case .process(_, let source), .assembly(_, _, _, let source), .wasm(_, _, let source, _, _, _),
            .container(_, _, let source):
            source
        case .kernel: nil
        }
    }

    /// The same with other sources: asks first for ``code``, then for ``standardInput``.
    package func map<Other>(_ resolve: (Source) -> Other) -> OrderPayload<Other> {
        switch self {
        case .process(let command, let standardInput):
            return .process(command: command, standardInput: standardInput.map(resolve))
        case .assembly(let source, let architecture, let arguments, let standardInput):
            return .assembly(
                source: resolve(source), architecture: architecture, arguments: arguments,
                standardInput: standardInput.map(resolve))
        case .wasm(let module, let arguments, let standardInput, let isDeterministic, let seed, let fuel):
            return .wasm(
                module: resolve(module), arguments: arguments, standardInput: standardInput.map(resolve),
                isDeterministic: isDeterministic, seed: seed, fuel: fuel)
        case .container(.reference(let text, let pull), let command, let standardInput):
            return .container(
                image: .reference(text, pull: pull), command: command, standardInput: standardInput.map(resolve))
        case .container(.archive(let source), let command, let standardInput):
            return .container(
                image: .archive(resolve(source)), command: command, standardInput: standardInput.map(resolve))
        case .kernel(let source, let program):
            return .kernel(source: resolve(source), program: program)
        }
    }
}

extension OrderPayload<InputSource> {
    /// What a job's spec says.
    init(_ payload: Payload) {
        switch payload {
        case .process(let process):
            self = .process(command: process.command, standardInput: process.standardInput)
        case .assembly(let assembly):
            self = .assembly(
                source: assembly.source, architecture: assembly.architecture, arguments: assembly.arguments,
                standardInput: assembly.standardInput)
        case .wasm(let wasm):
            self = .wasm(
                module: wasm.module, arguments: wasm.arguments, standardInput: wasm.standardInput,
                isDeterministic: wasm.isDeterministic, seed: wasm.seed, fuel: wasm.fuel)
        case .container(let container):
            let image: Image =
                switch container.image {
                case .reference(let text): .reference(text, pull: container.pull)
                case .archive(let source): .archive(source)
                }
            self = .container(image: image, command: container.command, standardInput: container.standardInput)
        case .kernel(let kernel): self = .kernel(source: kernel.source, program: kernel.program)
        }
    }
}

import WeftFormats
import WeftModel

extension JobOrder {
    /// Leaves the signatures that hold for this code. The coordinator has checked them, too; but what an owner asks for
    /// is checked where it runs.
    package mutating func keepVerifiedSignatures() {
        guard !signatures.isEmpty else { return }
        let statement = try? CodeStatement(code)
        signatures.removeAll { signature in statement.map { !signature.covers($0) } ?? true }
    }

    private var code: SignedCode {
        let program: SignedCode.Program =
            switch payload {
            case .process(let command, _): .command(command)
            case .assembly(let source, let architecture, _, _):
                .source(source.signed, architecture: architecture.rawValue)
            case .wasm(let module, _, _, _, _, _): .module(module.signed)
            case .container(.reference(let text, _), let command, _): .image(.reference(text), command: command)
            case .container(.archive(let source), let command, _): .image(.archive(source.signed), command: command)
            case .kernel(let source, let program): .kernels(source.signed, program)
            }
        return SignedCode(
            program: program, environment: environment,
            inputs: inputs.map {
                SignedCode.File(path: $0.path, content: $0.source.signed, isExecutable: $0.isExecutable)
            },
            standardInput: payload.standardInput?.signed, mounts: mounts)
    }
}

extension JobOrder.Source {
    fileprivate var signed: SignedCode.Content {
        switch self {
        case .inline(let bytes): SignedCode.Content(inline: bytes)
        case .blob(let digest): .blob(digest)
        case .each: .each
        }
    }
}

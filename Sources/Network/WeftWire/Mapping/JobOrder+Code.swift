import WeftFormats
package import WeftModel

extension JobOrder {
    /// Who really vouches for this code: the signers whose signatures hold. The coordinator has checked that, too; but
    /// what an owner asks for is checked where it runs.
    package var verifiedSigners: Set<NodeID> {
        guard !signatures.isEmpty, let statement = try? CodeStatement(code) else { return [] }
        return Set(signatures.filter { $0.covers(statement) }.map(\.signer))
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
            }
        return SignedCode(
            program: program, environment: environment,
            inputs: inputs.map {
                SignedCode.File(path: $0.path, content: $0.source.signed, isExecutable: $0.isExecutable)
            },
            standardInput: payload.standardInput?.signed)
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

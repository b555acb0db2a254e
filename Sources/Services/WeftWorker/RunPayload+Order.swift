import WeftDrivers
import WeftModel
import WeftWire

extension RunPayload {
    /// What an order says, for a driver. `codePath` is where the bytes lie that run, if they are not among the inputs.
    init(_ order: AssignmentOrder, codePath: String) {
        switch order.payload {
        case .process(let command, _): self = .process(command: command, architecture: order.architecture)
        case .assembly(_, let architecture, let arguments, _):
            self = .assembly(sourcePath: codePath, architecture: architecture.rawValue, arguments: arguments)
        case .wasm(_, let arguments, _, let isDeterministic, let seed, let fuel):
            self = .wasm(
                modulePath: codePath, arguments: arguments,
                mode: WasmMode(isDeterministic: isDeterministic, seed: seed, fuel: fuel))
        case .container(.reference(let text, let pull), let command, _):
            self = .container(image: .reference(text, pull: pull), command: command)
        case .container(.archive, let command, _):
            self = .container(image: .archive(path: codePath), command: command)
        case .kernel(_, let program): self = .kernel(sourcePath: codePath, program: program)
        }
    }
}

extension AssignmentOrder.Source {
    /// What the bytes are known by; nil for those that came with the order.
    var digest: Digest? { if case .blob(let digest) = self { digest } else { nil } }
}

import WeftModel

extension OrderPayload<JobOrder.Source> {
    /// Throws ``LinkError/malformed(_:)``; `field` names the message's field in it. A kind that this build does not
    /// know is malformed, too: nobody should have sent it to a worker without the driver.
    init(wire: Weft_Wire_V1_JobOrder.OneOf_Payload?, field: String) throws(LinkError) {
        switch wire {
        case .process(let process):
            guard process.command.first?.isEmpty == false else {
                throw malformed("\(field).process.command", "must name a program")
            }
            self = .process(
                command: try checkedArguments(process.command, "\(field).process.command"),
                standardInput: process.hasStandardInput
                    ? try Source(wire: process.standardInput, field: "\(field).process.standard_input") : nil)
        case .assembly(let assembly):
            guard let architecture = AssemblyPayload.Architecture(rawValue: assembly.architecture) else {
                throw malformed(
                    "\(field).assembly.architecture", "`\(assembly.architecture.prefix(40))` is not known here")
            }
            self = .assembly(
                source: try Source(wire: assembly.source, field: "\(field).assembly.source"),
                architecture: architecture,
                arguments: try checkedArguments(assembly.arguments, "\(field).assembly.arguments"),
                standardInput: assembly.hasStandardInput
                    ? try Source(wire: assembly.standardInput, field: "\(field).assembly.standard_input") : nil)
        case .wasm(let wasm):
            guard !wasm.hasFuel || wasm.fuel > 0 else { throw malformed("\(field).wasm.fuel", "must not be 0") }
            self = .wasm(
                module: try Source(wire: wasm.module, field: "\(field).wasm.module"),
                arguments: try checkedArguments(wasm.arguments, "\(field).wasm.arguments"),
                standardInput: wasm.hasStandardInput
                    ? try Source(wire: wasm.standardInput, field: "\(field).wasm.standard_input") : nil,
                isDeterministic: wasm.deterministic, seed: wasm.seed, fuel: wasm.hasFuel ? wasm.fuel : nil)
        case .container(let container):
            guard container.command.first?.isEmpty != true else {
                throw malformed("\(field).container.command", "must name a program, or be left out")
            }
            self = .container(
                image: try Image(wire: container, field: "\(field).container"),
                command: try checkedArguments(container.command, "\(field).container.command"),
                standardInput: container.hasStandardInput
                    ? try Source(wire: container.standardInput, field: "\(field).container.standard_input") : nil)
        case .kernel(let kernel):
            self = .kernel(
                source: try Source(wire: kernel.source, field: "\(field).kernel.source"),
                program: try KernelProgram(wire: kernel, field: "\(field).kernel"))
        case nil: throw malformed("\(field).payload", "missing, or of a kind that this build does not know")
        }
    }

    var wire: Weft_Wire_V1_JobOrder.OneOf_Payload {
        switch self {
        case .process(let command, let standardInput):
            var process = Weft_Wire_V1_ProcessPayload()
            process.command = command
            if let standardInput { process.standardInput = standardInput.wire }
            return .process(process)
        case .assembly(let source, let architecture, let arguments, let standardInput):
            var assembly = Weft_Wire_V1_AssemblyPayload()
            assembly.source = source.wire
            assembly.architecture = architecture.rawValue
            assembly.arguments = arguments
            if let standardInput { assembly.standardInput = standardInput.wire }
            return .assembly(assembly)
        case .wasm(let module, let arguments, let standardInput, let isDeterministic, let seed, let fuel):
            var wasm = Weft_Wire_V1_WasmPayload()
            wasm.module = module.wire
            wasm.arguments = arguments
            if let standardInput { wasm.standardInput = standardInput.wire }
            wasm.deterministic = isDeterministic
            wasm.seed = seed
            if let fuel { wasm.fuel = fuel }
            return .wasm(wasm)
        case .container(let image, let command, let standardInput):
            var container = Weft_Wire_V1_ContainerPayload()
            switch image {
            case .reference(let text, let pull):
                container.reference = text
                container.pull = pull.rawValue
            case .archive(let source): container.archive = source.wire
            }
            container.command = command
            if let standardInput { container.standardInput = standardInput.wire }
            return .container(container)
        case .kernel(let source, let program):
            var kernel = program.wire
            kernel.source = source.wire
            return .kernel(kernel)
        }
    }
}

extension OrderPayload<JobOrder.Source>.Image {
    fileprivate init(wire: Weft_Wire_V1_ContainerPayload, field: String) throws(LinkError) {
        switch wire.image {
        case .reference(let text):
            // It becomes an argument or a part of an address: what is no reference is not passed on.
            if let problem = ImageReference.problem(with: text) { throw malformed("\(field).reference", problem) }
            guard let pull = ContainerPayload.Pull(rawValue: wire.pull.isEmpty ? "missing" : wire.pull) else {
                throw malformed("\(field).pull", "`\(wire.pull.prefix(40))` is not known here")
            }
            self = .reference(text, pull: pull)
        case .archive(let source):
            self = .archive(try JobOrder.Source(wire: source, field: "\(field).archive"))
        case nil: throw malformed("\(field).image", "missing")
        }
    }
}

private func checkedArguments(_ arguments: [String], _ field: String) throws(LinkError) -> [String] {
    try checkedCount(arguments.count, field, limit: WireBounds.items)
    for (position, argument) in arguments.enumerated() {
        _ = try checkedText(argument, "\(field)[\(position)]", limitBytes: LinkBounds.frameBytes)
    }
    return arguments
}

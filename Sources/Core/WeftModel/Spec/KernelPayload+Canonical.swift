extension KernelPayload {
    /// The long form: buffers by name, and launches.
    func write(to fields: inout Fields) {
        let languages = program.languages.map { Document.string($0.rawValue) }
        fields["language"] = languages.count == 1 ? languages[0] : .array(languages)
        fields["source"] = .object(source.members)
        fields["emulated"] = program.allowsEmulation ? true : .none
        var options = Fields()
        if !program.defines.isEmpty {
            options["defines"] = .object(program.defines.map { Document.Member($0.name, .string($0.value)) })
        }
        options["fast_math"] = program.usesFastMath ? true : .none
        fields["options"] = options.optional
        fields["buffers"] = program.buffers.isEmpty ? .none : .array(program.buffers.map(\.document))
        fields["launches"] = .array(program.launches.map(\.document))
    }
}

extension KernelBuffer {
    fileprivate var document: Document {
        var fields = Fields()
        fields["name"] = .string(name)
        fields["dtype"] = .string(type.rawValue)
        fields["shape"] = .array(shape.map(Document.integer))
        fields["in"] = inputPath.map(Document.string)
        fields["out"] = outputPath.map(Document.string)
        return fields.document
    }
}

extension KernelLaunch {
    fileprivate var document: Document {
        var fields = Fields()
        fields["entry"] = .string(entry)
        fields["grid"] = .array(grid.all.map(Document.integer))
        fields["block"] = block == KernelSize(1) ? .none : .array(block.all.map(Document.integer))
        fields["shared_bytes"] = sharedBytes == 0 ? .none : .integer(sharedBytes)
        fields["arguments"] = arguments.isEmpty ? .none : .array(arguments.map(\.document))
        return fields.document
    }
}

extension KernelArgument {
    fileprivate var document: Document {
        switch self {
        case .buffer(let name): .string(name)
        case .integer(let type, let value): ["dtype": .string(type.rawValue), "value": .integer(value)]
        // A text: what is hashed and signed has no fractional numbers, which readers spell in different ways.
        case .real(let type, let value): ["dtype": .string(type.rawValue), "value": .string("\(value)")]
        case .local(let bytes): ["local_bytes": .integer(bytes)]
        }
    }
}

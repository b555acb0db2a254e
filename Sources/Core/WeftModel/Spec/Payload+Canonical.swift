extension Payload {
    /// In its canonical form: what equals its default left out.
    var document: Document {
        var fields = Fields()
        switch self {
        case .process(let process): fields["command"] = .array(process.command.map(Document.string))
        case .assembly(let assembly):
            fields["source"] = .object(assembly.source.members)
            fields["arch"] = .string(assembly.architecture.rawValue)
            fields["args"] = Self.optional(assembly.arguments)
        case .wasm(let wasm):
            fields["module"] = .object(wasm.module.members)
            fields["args"] = Self.optional(wasm.arguments)
            fields["deterministic"] = wasm.isDeterministic ? true : .none
            fields["seed"] = wasm.seed == 0 ? .none : .integer(Int64(clamping: wasm.seed))
            fields["fuel"] = wasm.fuel.map { .integer(Int64(clamping: $0)) }
        case .container(let container):
            switch container.image {
            case .reference(let text): fields["image"] = .string(text)
            case .archive(let source): fields["image"] = ["archive": .object(source.members)]
            }
            fields["command"] = Self.optional(container.command)
            fields["pull"] = container.pull == .missing ? .none : .string(container.pull.rawValue)
        case .kernel(let kernel): kernel.write(to: &fields)
        }
        fields["stdin"] = standardInput.map { .object($0.members) }
        return .object([Document.Member(driver, fields.document)])
    }

    /// nil when empty.
    private static func optional(_ texts: [String]) -> Document? {
        texts.isEmpty ? .none : .array(texts.map(Document.string))
    }
}

/// A mapping in the making: what is set to nil is left out. (Where a `Document?` is meant, write `.none`: the literal
/// `nil` may become `Document.null`.)
struct Fields {
    private var members: [Document.Member] = []

    subscript(key: String) -> Document? {
        get { members.first { $0.key == key }?.value }
        set {
            members.removeAll { $0.key == key }
            if let newValue { members.append(Document.Member(key, newValue)) }
        }
    }

    var document: Document { .object(members) }
    /// nil when empty.
    var optional: Document? { members.isEmpty ? .none : document }
}

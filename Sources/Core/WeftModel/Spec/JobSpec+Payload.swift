/// What runs, in the job file.
extension SpecReader {
    mutating func payload(_ fields: [String: Document]) -> Payload? {
        guard let document = fields["payload"] else {
            guard fields["command"] != nil else {
                report("command", "expected a command (or a payload): it says what runs")
                return nil
            }
            return process(fields, at: "")
        }
        for key in ["command", "stdin"] where fields[key] != nil {
            report(key, "is short for payload.process.\(key); give one of the two")
        }
        guard let members = mapping(document, at: "payload") else { return nil }
        let known = members.filter { member in JobFields.payload.contains { $0.key == member.key } }
        for member in members where !known.contains(member) {
            report(Self.join("payload", member.key), Self.unknownPayload(member.key))
        }
        guard let kind = known.first else {
            if members.isEmpty {
                let kinds = JobFields.payload.map(\.key).joined(separator: ", ")
                report("payload", "expected one kind of payload: \(kinds)")
            }
            return nil
        }
        guard members.count == 1 else {
            report("payload", "expected one kind of payload, not \(members.count)")
            return nil
        }
        let path = "payload.\(kind.key)"
        guard kind.value != .null else {
            report(path, "expected a mapping with \(Self.needed[kind.key] ?? "what runs")")
            return nil
        }
        switch kind.key {
        case "assembly":
            return self.members(kind.value, at: path, fields: JobFields.assembly).flatMap { assembly($0, at: path) }
        case "wasm": return self.members(kind.value, at: path, fields: JobFields.wasm).flatMap { wasm($0, at: path) }
        case "container":
            return self.members(kind.value, at: path, fields: JobFields.container).flatMap { container($0, at: path) }
        case "kernel":
            return self.members(kind.value, at: path, fields: JobFields.kernel).flatMap { kernel($0, at: path) }
        default:
            return self.members(kind.value, at: path, fields: JobFields.process).flatMap { process($0, at: path) }
        }
    }

    private static let needed = [
        "process": "a command", "assembly": "a source and its arch", "wasm": "a module", "container": "an image",
        "kernel": "a language, a source and what is launched",
    ]

    private static func unknownPayload(_ kind: String) -> String {
        if KernelLanguage(rawValue: kind) != nil { return "a kernel's payload is kernel: {language: \(kind), …}" }
        let later = ["workload"]
        let available = JobFields.payload.map(\.key)
        if later.contains(kind) {
            return "payloads of this kind are not available in this version; "
                + "available: \(available.joined(separator: ", "))"
        }
        if kind == "vm" { return "a virtual machine is a wall, not a payload: give requirements.isolation: vm" }
        return Suggestions.forUnknown(kind, known: available)
    }

    private mutating func process(_ fields: [String: Document], at path: String) -> Payload? {
        let standardInput = standardInput(fields, at: path)
        let field = Self.join(path, "command")
        guard fields["command"] != nil else {
            report(field, "expected a list: the program and its arguments")
            return nil
        }
        guard let command = command(fields["command"], at: field) else { return nil }
        return .process(ProcessPayload(command: command, standardInput: standardInput))
    }

    private mutating func assembly(_ fields: [String: Document], at path: String) -> Payload? {
        let source = code(fields["source"], at: "\(path).source", isText: true)
        let arguments = arguments(fields, at: path)
        let standardInput = standardInput(fields, at: path)
        if fields["arch"] == nil { report("\(path).arch", "expected what it is written for: \(Self.assembled)") }
        let name = text(fields["arch"], at: "\(path).arch")
        let architecture = name.flatMap { AssemblyPayload.Architecture(rawValue: Requirements.architecture(named: $0)) }
        if let name, architecture == nil {
            report("\(path).arch", "expected \(Self.assembled), not \"\(name.prefix(40))\"")
        }
        guard let source, let architecture else { return nil }
        return .assembly(
            AssemblyPayload(
                source: source, architecture: architecture, arguments: arguments, standardInput: standardInput))
    }

    private static let assembled = AssemblyPayload.Architecture.allCases.map(\.rawValue).joined(separator: ", ")

    private mutating func wasm(_ fields: [String: Document], at path: String) -> Payload? {
        let module = code(fields["module"], at: "\(path).module", isText: false)
        let arguments = arguments(fields, at: path)
        let standardInput = standardInput(fields, at: path)
        let isDeterministic = bool(fields["deterministic"], at: "\(path).deterministic") ?? false
        let seed = integer(fields["seed"], at: "\(path).seed", in: JobLimits.seed)
        if seed != nil, !isDeterministic { report("\(path).seed", "goes with deterministic: true only") }
        let fuel = integer(fields["fuel"], at: "\(path).fuel", in: JobLimits.fuel)
        guard let module else { return nil }
        return .wasm(
            WasmPayload(
                module: module, arguments: arguments, standardInput: standardInput, isDeterministic: isDeterministic,
                seed: UInt64(seed ?? 0), fuel: fuel.map { UInt64($0) }))
    }

    private mutating func container(_ fields: [String: Document], at path: String) -> Payload? {
        let image = image(fields["image"], at: "\(path).image")
        let command = fields["command"] == nil ? [] : command(fields["command"], at: "\(path).command")
        let standardInput = standardInput(fields, at: path)
        let pull = choice(fields["pull"], at: "\(path).pull", ContainerPayload.Pull.self)
        if pull != nil, case .archive? = image { report("\(path).pull", "goes with an image of a registry only") }
        guard let image, let command else { return nil }
        return .container(
            ContainerPayload(image: image, command: command, standardInput: standardInput, pull: pull ?? .missing))
    }

    private mutating func image(_ document: Document?, at path: String) -> ContainerPayload.Image? {
        switch document {
        case .none, .null:
            report(path, "expected an image like alpine:3.20, or {archive: …}")
            return nil
        case .object:
            guard let fields = members(document, at: path, fields: JobFields.imageArchive) else { return nil }
            return code(fields["archive"], at: "\(path).archive", isText: false)
                .map(ContainerPayload.Image.archive)
        case .some:
            guard let text = text(document, at: path) else { return nil }
            if let problem = ImageReference.problem(with: text) {
                report(path, problem)
                return nil
            }
            return .reference(text)
        }
    }

    /// The bytes that run: a source; with `isText` also a text that is the content itself.
    mutating func code(_ document: Document?, at path: String, isText: Bool) -> InputSource? {
        switch document {
        case .none, .null:
            report(path, "expected a source: blob, text, base64, url or each")
            return nil
        case .object: return content(document ?? .null, at: path)
        case .string where isText: return content(document ?? .null, at: path)
        case .some(let other):
            report(path, "expected a mapping with a source (blob, text, base64, url or each), not \(other.kind)")
            return nil
        }
    }

    private mutating func standardInput(_ fields: [String: Document], at path: String) -> InputSource? {
        fields["stdin"].flatMap { content($0, at: Self.join(path, "stdin")) }
    }

    // MARK: Arguments

    private mutating func command(_ document: Document?, at path: String) -> [String]? {
        if case .string(let line)? = document {
            guard !line.isEmpty, checkArgument(line, at: path) else {
                if line.isEmpty {
                    report(path, "expected a line for /bin/sh, or a list: the program and its arguments")
                }
                return nil
            }
            return ["/bin/sh", "-c", line]
        }
        let arguments = arguments(document, at: path, count: JobLimits.arguments, of: "arguments, the program first")
        if arguments?.first?.isEmpty == true { report("\(path)[0]", "expected the name or path of a program") }
        return arguments
    }

    /// What follows a program that is given otherwise.
    private mutating func arguments(_ fields: [String: Document], at path: String) -> [String] {
        let count = 0...JobLimits.arguments.upperBound
        return arguments(fields["args"], at: "\(path).args", count: count, of: "arguments") ?? []
    }

    private mutating func arguments(
        _ document: Document?, at path: String, count: ClosedRange<Int>, of noun: String
    ) -> [String]? {
        guard let list = list(document, at: path, count: count, of: noun) else { return nil }
        var arguments: [String] = []
        for (element, field) in list {
            if element == .null { report(field, "expected a text, not null") }
            guard let argument = text(element, at: field), checkArgument(argument, at: field) else { continue }
            arguments.append(argument)
        }
        guard arguments.count == list.count else { return nil }
        if arguments.reduce(0, { $0 + $1.utf8.count }) > JobLimits.commandBytes {
            report(path, "expected at most \(JobLimits.commandBytes) bytes in all; put large data into an input")
        }
        return arguments
    }

    /// An argument or the value of a variable.
    mutating func checkArgument(_ text: String, at path: String) -> Bool {
        if text.utf8.contains(0) {
            report(path, "expected a text without zero bytes")
            return false
        }
        if text.utf8.count > JobLimits.argumentBytes {
            report(path, "expected at most \(JobLimits.argumentBytes) bytes; put large data into an input")
            return false
        }
        return true
    }
}

package import WeftModel

extension TaskDocument {
    /// The largest content of one input, in bytes of UTF-8; TES asks for 128 KiB at least.
    package static let contentBytes = 1 << 20
    package static let executorsMax = 64
    package static let volumesMax = 32
    /// Of name, description and tags, in bytes.
    package static let textBytes = 64 << 10

    /// Reads a task. What only servers set (`id`, `state`, `logs`, `creation_time`) is passed over, other members that TES
    /// does not have are problems.
    ///
    /// - Throws: ``InvalidDocument`` with every problem.
    package init(document: Document) throws(InvalidDocument) {
        var reader = TaskReader()
        let task = reader.task(document)
        guard let task, reader.problems.isEmpty else { throw InvalidDocument(reader.problems) }
        self = task
    }
}

/// Takes a task apart and gathers all that is wrong with it. A null counts as not there.
struct TaskReader {
    private(set) var problems: [Problem] = []

    mutating func report(_ field: String, _ message: String) {
        guard problems.count < JobLimits.problems else { return }
        problems.append(Problem(field: field, message: message))
    }

    mutating func task(_ document: Document) -> TaskDocument? {
        let own = ["name", "description", "inputs", "outputs", "resources", "executors", "volumes", "tags"]
        let servers = ["id", "state", "logs", "creation_time"]
        guard let fields = members(document, at: "", known: own + servers) else { return nil }
        let executors = list(fields["executors"], at: "executors", most: TaskDocument.executorsMax)
            .compactMap { executor($0.value, at: $0.field) }
        if fields["executors"] == nil || fields["executors"] == .array([]) {
            report("executors", "expected at least one executor")
        }
        var task = TaskDocument(executors: executors)
        task.name = text(fields["name"], at: "name")
        task.description = text(fields["description"], at: "description")
        task.inputs = list(fields["inputs"], at: "inputs", most: JobLimits.files)
            .compactMap { input($0.value, at: $0.field) }
        task.outputs = list(fields["outputs"], at: "outputs", most: JobLimits.files)
            .compactMap { output($0.value, at: $0.field) }
        task.resources = resources(fields["resources"], at: "resources")
        task.volumes = list(fields["volumes"], at: "volumes", most: TaskDocument.volumesMax)
            .compactMap { text($0.value, at: $0.field) }
        task.tags = texts(fields["tags"], at: "tags")
        return task
    }

    private mutating func input(_ document: Document, at path: String) -> TaskDocument.Input? {
        let known = ["name", "description", "url", "path", "type", "content", "streamable"]
        guard let fields = members(document, at: path, known: known) else { return nil }
        guard let place = required(fields["path"], at: "\(path).path") else { return nil }
        var input = TaskDocument.Input(path: place)
        input.name = text(fields["name"], at: "\(path).name")
        input.description = text(fields["description"], at: "\(path).description")
        input.url = text(fields["url"], at: "\(path).url")
        input.type = type(fields["type"], at: "\(path).type")
        input.content = text(fields["content"], at: "\(path).content", most: TaskDocument.contentBytes)
        input.isStreamable = flag(fields["streamable"], at: "\(path).streamable")
        if (input.content ?? "").isEmpty, (input.url ?? "").isEmpty, input.content == nil {
            report("\(path).url", "expected an address, as there is no content")
        }
        if input.content != nil, input.type == .directory {
            report("\(path).type", "expected FILE: content is that of a file")
        }
        return input
    }

    private mutating func output(_ document: Document, at path: String) -> TaskDocument.Output? {
        let known = ["name", "description", "url", "path", "path_prefix", "type"]
        guard let fields = members(document, at: path, known: known) else { return nil }
        let place = required(fields["path"], at: "\(path).path")
        let url = required(fields["url"], at: "\(path).url")
        guard let place, let url else { return nil }
        var output = TaskDocument.Output(url: url, path: place)
        output.name = text(fields["name"], at: "\(path).name")
        output.description = text(fields["description"], at: "\(path).description")
        output.pathPrefix = text(fields["path_prefix"], at: "\(path).path_prefix")
        output.type = type(fields["type"], at: "\(path).type")
        return output
    }

    private mutating func executor(_ document: Document, at path: String) -> TaskDocument.Executor? {
        let known = ["image", "command", "workdir", "stdin", "stdout", "stderr", "env", "ignore_error"]
        guard let fields = members(document, at: path, known: known) else { return nil }
        let command = list(fields["command"], at: "\(path).command", most: JobLimits.arguments.upperBound)
            .compactMap { text($0.value, at: $0.field, most: JobLimits.argumentBytes) }
        if command.first?.isEmpty ?? true { report("\(path).command", "expected a program and its arguments") }
        guard let image = required(fields["image"], at: "\(path).image") else { return nil }
        var executor = TaskDocument.Executor(image: image, command: command)
        executor.workDirectory = text(fields["workdir"], at: "\(path).workdir")
        executor.standardInput = text(fields["stdin"], at: "\(path).stdin")
        executor.standardOutput = text(fields["stdout"], at: "\(path).stdout")
        executor.standardError = text(fields["stderr"], at: "\(path).stderr")
        executor.environment = texts(fields["env"], at: "\(path).env")
        executor.ignoresError = flag(fields["ignore_error"], at: "\(path).ignore_error")
        for name in executor.environment.keys where !Self.isVariable(name) {
            report("\(path).env", "\(name.prefix(80)) is no name of a variable")
        }
        return executor
    }

    private mutating func resources(_ document: Document?, at path: String) -> TaskDocument.Resources? {
        let known = [
            "cpu_cores", "preemptible", "ram_gb", "disk_gb", "zones", "backend_parameters", "backend_parameters_strict",
        ]
        guard let document, document != .null, let fields = members(document, at: path, known: known) else {
            return nil
        }
        var resources = TaskDocument.Resources()
        if let cores = number(fields["cpu_cores"], at: "\(path).cpu_cores") {
            if let whole = Int64(exactly: cores), whole >= 1 {
                resources.cpuCores = whole
            } else {
                report("\(path).cpu_cores", "expected a whole number of at least 1")
            }
        }
        resources.isPreemptible = flag(fields["preemptible"], at: "\(path).preemptible")
        resources.memoryGB = positive(fields["ram_gb"], at: "\(path).ram_gb")
        resources.diskGB = positive(fields["disk_gb"], at: "\(path).disk_gb")
        if fields["zones"] != nil {
            resources.zones = list(fields["zones"], at: "\(path).zones", most: 64)
                .compactMap { text($0.value, at: $0.field) }
        }
        let parameters = texts(fields["backend_parameters"], at: "\(path).backend_parameters")
        for (name, value) in parameters
        where resources.backendParameters.updateValue(value, forKey: name.lowercased()) != nil {
            report("\(path).backend_parameters", "\(name.prefix(80)) comes twice; upper and lower case are alike")
        }
        resources.isStrict = flag(fields["backend_parameters_strict"], at: "\(path).backend_parameters_strict")
        return resources
    }

    // MARK: Values

    private mutating func members(_ document: Document, at path: String, known: [String]) -> [String: Document]? {
        guard case .object(let members) = document else {
            report(path, "expected a mapping, not \(document.kind)")
            return nil
        }
        var fields: [String: Document] = [:]
        for member in members {
            if !known.contains(member.key) {
                let shown = String(member.key.prefix(80))
                report(
                    path.isEmpty ? shown : "\(path).\(shown)",
                    "is not known; this takes \(known.joined(separator: ", "))")
            } else if member.value != .null {
                fields[member.key] = member.value
            }
        }
        return fields
    }

    private mutating func list(_ document: Document?, at path: String, most: Int) -> [(value: Document, field: String)]
    {
        guard let document else { return [] }
        guard case .array(let elements) = document else {
            report(path, "expected a list, not \(document.kind)")
            return []
        }
        guard elements.count <= most else {
            report(path, "expected at most \(most) entries, not \(elements.count)")
            return []
        }
        return elements.enumerated().map { ($1, "\(path)[\($0)]") }
    }

    private mutating func text(_ document: Document?, at path: String, most: Int = TaskDocument.textBytes) -> String? {
        guard let document else { return nil }
        guard case .string(let text) = document else {
            report(path, "expected a text, not \(document.kind)")
            return nil
        }
        guard text.utf8.count <= most else {
            report(path, "expected at most \(most) bytes, not \(text.utf8.count)")
            return nil
        }
        guard !text.utf8.contains(0) else {
            report(path, "expected a text without NUL")
            return nil
        }
        return text
    }

    private mutating func required(_ document: Document?, at path: String) -> String? {
        guard let document else {
            report(path, "is missing")
            return nil
        }
        guard let text = text(document, at: path) else { return nil }
        guard !text.isEmpty else {
            report(path, "expected a text that is not empty")
            return nil
        }
        return text
    }

    private mutating func texts(_ document: Document?, at path: String) -> [String: String] {
        guard let document else { return [:] }
        guard case .object(let members) = document else {
            report(path, "expected a mapping, not \(document.kind)")
            return [:]
        }
        guard members.count <= JobLimits.environmentEntries else {
            report(path, "expected at most \(JobLimits.environmentEntries) entries, not \(members.count)")
            return [:]
        }
        var result: [String: String] = [:]
        for member in members {
            result[member.key] = text(
                member.value, at: "\(path).\(member.key.prefix(80))", most: JobLimits.argumentBytes)
        }
        return result
    }

    private mutating func flag(_ document: Document?, at path: String) -> Bool? {
        guard let document else { return nil }
        guard case .bool(let flag) = document else {
            report(path, "expected true or false, not \(document.kind)")
            return nil
        }
        return flag
    }

    private mutating func number(_ document: Document?, at path: String) -> Double? {
        switch document {
        case .none: return nil
        case .integer(let whole): return Double(whole)
        case .number(let number): return number
        case .some(let other):
            report(path, "expected a number, not \(other.kind)")
            return nil
        }
    }

    /// Gigabytes: more than none, and few enough to count their bytes.
    private mutating func positive(_ document: Document?, at path: String) -> Double? {
        guard let number = number(document, at: path) else { return nil }
        guard number > 0, number < 1_000_000_000 else {
            report(path, "expected a number above 0")
            return nil
        }
        return number
    }

    private mutating func type(_ document: Document?, at path: String) -> TaskDocument.FileType {
        guard let text = text(document, at: path) else { return .file }
        guard let type = TaskDocument.FileType(rawValue: text) else {
            report(path, "expected FILE or DIRECTORY, not \(text.prefix(40))")
            return .file
        }
        return type
    }

    static func isVariable(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return text.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }
}

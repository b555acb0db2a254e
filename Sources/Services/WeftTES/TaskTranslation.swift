import WeftFormats
package import WeftModel

/// A task as a job, and how jobs of tasks are found again.
package enum TaskTranslation {
    /// Every job of a task has this label.
    package static let marker = (name: "ga4gh/tes", value: "1.1")
    /// A task without a name has one of Weft's as a job, which does not count when tasks are listed by name.
    static let namelessLabel = "ga4gh/nameless"
    static let defaultMemoryBytes: Int64 = 1 << 30
    static let defaultDiskBytes: Int64 = 10 << 30
    /// TES has no bound on time; `weft.timeout` sets one.
    static let defaultTimeoutSeconds: Int64 = 7 * 86_400
    private static let gigabyte = 1_000_000_000.0

    /// The job. `inputs` are those of the task, resolved; `script` and `document` the blobs that hold them.
    ///
    /// Throws ``InvalidDocument`` that names fields of the task where it can.
    package static func spec(
        _ task: TaskDocument, plan: TaskPlan, inputs: [Input], script: Digest, document: Digest
    ) throws(InvalidDocument) -> JobSpec {
        var fields: [String: Document] = [:]
        let command: Document = ["/bin/sh", .string(TaskPlan.scriptPath)]
        if plan.isNative {
            fields["payload"] = ["process": ["command": command]]
        } else {
            fields["payload"] = ["container": ["image": .string(task.executors[0].image), "command": command]]
        }
        fields["name"] = .string(jobName(of: task))
        fields["resources"] = resources(task.resources)
        fields["timeout"] = .integer(defaultTimeoutSeconds)
        fields["labels"] = .texts(try labels(of: task))
        var groups: [String: [Document.Member]] = [:]
        for (name, value) in (task.resources?.backendParameters ?? [:]).sorted(by: { $0.key < $1.key }) {
            guard let parameter = BackendParameter(rawValue: name) else { continue }
            let field = parameter.field
            if let group = field.group {
                groups[group, default: []].append(Document.Member(field.name, parameter.value(value)))
            } else {
                fields[field.name] = parameter.value(value)
            }
        }
        for (group, members) in groups { fields[group] = .object(members) }
        var spec: JobSpec
        do {
            spec = try JobSpec(
                document: .object(fields.sorted { $0.key < $1.key }.map { Document.Member($0.key, $0.value) }))
        } catch {
            throw InvalidDocument(error.problems.map { Problem(field: sent($0.field), message: $0.message) })
        }
        guard spec.requirements.isolation != .none else {
            throw InvalidDocument([
                Problem(field: "resources.backend_parameters.weft.isolation", message: "expected a wall, not none")
            ])
        }
        spec.mounts = plan.mounts
        spec.inputs =
            inputs + [
                Input(path: TaskPlan.scriptPath, source: .blob(script)),
                Input(path: TaskPlan.documentPath, source: .blob(document)),
            ]
        spec.outputs =
            [Output(path: TaskPlan.reportPath, isOptional: true, comparator: .exit)]
            + uniqued(plan.outputs.map(\.workPath)).map { Output(path: $0) }
        // Read once more: whatever the pieces are, what is submitted is a valid job.
        do {
            return try JobSpec(document: spec.document)
        } catch {
            throw InvalidDocument(error.problems.map { Problem(field: sent($0.field), message: $0.message) })
        }
    }

    static func jobName(of task: TaskDocument) -> String {
        guard let name = task.name else { return "TES task" }
        let plain = String(
            String.UnicodeScalarView(
                name.unicodeScalars.map { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) ? " " : $0 }
                    .prefix(JobLimits.name.upperBound)))
        return plain.isEmpty ? "TES task" : plain
    }

    private static func resources(_ resources: TaskDocument.Resources?) -> Document {
        let memory = resources?.memoryGB.map { Int64($0 * gigabyte) } ?? defaultMemoryBytes
        let disk = resources?.diskGB.map { Int64($0 * gigabyte) } ?? defaultDiskBytes
        return [
            "cpus": .integer(resources?.cpuCores ?? 1),
            "memory": .integer(max(memory, JobLimits.memoryBytes.lowerBound)),
            "disk": .integer(max(disk, JobLimits.diskBytes.lowerBound)),
        ]
    }

    private static func uniqued(_ paths: [String]) -> [String] {
        var seen: Set<String> = []
        return paths.filter { seen.insert($0).inserted }
    }

    /// A field of the job as the client knows it.
    private static func sent(_ field: String) -> String {
        let renamed = [
            "resources.cpus": "resources.cpu_cores", "resources.memory": "resources.ram_gb",
            "resources.disk": "resources.disk_gb", "payload.container.image": "executors[0].image",
        ]
        if let name = renamed[field] { return name }
        for parameter in BackendParameter.allCases {
            let (group, name) = parameter.field
            if field == (group.map { "\($0).\(name)" } ?? name) {
                return "resources.backend_parameters.\(parameter.rawValue)"
            }
        }
        return field
    }

    // MARK: Labels

    private static func labels(of task: TaskDocument) throws(InvalidDocument) -> [String: String] {
        guard task.tags.count <= JobLimits.labels - 2 else {
            throw InvalidDocument([
                Problem(field: "tags", message: "expected at most \(JobLimits.labels - 2), not \(task.tags.count)")
            ])
        }
        var labels = [marker.name: marker.value]
        if task.name == nil { labels[namelessLabel] = "true" }
        for (key, value) in task.tags { labels[labelName(ofTag: key)] = labelValue(ofTag: value) }
        return labels
    }

    /// Labels have an alphabet and a length; of a tag that does not fit, the digest stands for it.
    package static func labelName(ofTag key: String) -> String {
        let name = "tag/\(key)"
        let isPlain = key.utf8.allSatisfy {
            TaskReader.isVariable("_" + String(decoding: [$0], as: UTF8.self)) || $0 == UInt8(ascii: "-")
                || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "/")
        }
        guard isPlain, name.utf8.count <= JobLimits.labelName.upperBound else {
            return "tag-sha256/\(Hashing.sha256(Array(key.utf8)).hex.prefix(40))"
        }
        return name
    }

    package static func labelValue(ofTag value: String) -> String {
        let isPlain = !value.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }
        guard isPlain, value.unicodeScalars.count <= JobLimits.labelValue.upperBound else {
            return Hashing.sha256(Array(value.utf8)).description
        }
        return value
    }
}

extension TaskPlan.OutputForm {
    var workPath: String {
        switch self {
        case .file(let path), .archive(let path, _): path
        }
    }
}

package import WeftModel

/// A task as clients of the GA4GH Task Execution Service (TES) 1.1 describe it.
package struct TaskDocument: Hashable, Sendable {
    package enum FileType: String, Hashable, Sendable, CaseIterable {
        case file = "FILE"
        case directory = "DIRECTORY"
    }

    package struct Input: Hashable, Sendable {
        package var name: String?
        package var description: String?
        /// Not needed where there is ``content``.
        package var url: String?
        /// Absolute.
        package var path: String
        package var type: FileType = .file
        package var content: String?
        package var isStreamable: Bool?
    }

    package struct Output: Hashable, Sendable {
        package var name: String?
        package var description: String?
        package var url: String
        /// Absolute; may have the shell's wildcards.
        package var path: String
        /// What is taken off the front of what wildcards match.
        package var pathPrefix: String?
        package var type: FileType = .file
    }

    package struct Resources: Hashable, Sendable {
        package var cpuCores: Int64?
        package var isPreemptible: Bool?
        package var memoryGB: Double?
        package var diskGB: Double?
        package var zones: [String]?
        /// Names in lower case: they are alike however they are spelt.
        package var backendParameters: [String: String] = [:]
        package var isStrict: Bool?
    }

    package struct Executor: Hashable, Sendable {
        package var image: String
        package var command: [String]
        package var workDirectory: String?
        package var standardInput: String?
        package var standardOutput: String?
        package var standardError: String?
        package var environment: [String: String] = [:]
        package var ignoresError: Bool?
    }

    package var name: String?
    package var description: String?
    package var inputs: [Input] = []
    package var outputs: [Output] = []
    package var resources: Resources?
    package var executors: [Executor]
    package var volumes: [String] = []
    package var tags: [String: String] = [:]

    /// What of a task is shown.
    package enum View: String, Hashable, Sendable, CaseIterable {
        /// Its id and state, and nothing else.
        case minimal = "MINIMAL"
        /// All but contents, standard output and error, and the system's logs.
        case basic = "BASIC"
        case full = "FULL"
    }
}

extension TaskDocument {
    /// The task as TES spells it; contents of inputs only for ``View/full``.
    package func members(for view: View) -> [Document.Member] {
        var object = ObjectBuilder()
        object["name"] = name.map(Document.string)
        object["description"] = description.map(Document.string)
        object["inputs"] = inputs.isEmpty ? nil : .array(inputs.map { $0.document(for: view) })
        object["outputs"] = outputs.isEmpty ? nil : .array(outputs.map(\.document))
        object["resources"] = resources.map(\.document)
        object["executors"] = .array(executors.map(\.document))
        object["volumes"] = volumes.isEmpty ? nil : .array(volumes.map(Document.string))
        object["tags"] = tags.isEmpty ? nil : .texts(tags)
        return object.members
    }
}

extension TaskDocument.Input {
    fileprivate func document(for view: TaskDocument.View) -> Document {
        var object = ObjectBuilder()
        object["name"] = name.map(Document.string)
        object["description"] = description.map(Document.string)
        object["url"] = url.map(Document.string)
        object["path"] = .string(path)
        object["type"] = .string(type.rawValue)
        object["content"] = view == .full ? content.map(Document.string) : nil
        object["streamable"] = isStreamable.map(Document.bool)
        return .object(object.members)
    }
}

extension TaskDocument.Output {
    fileprivate var document: Document {
        var object = ObjectBuilder()
        object["name"] = name.map(Document.string)
        object["description"] = description.map(Document.string)
        object["url"] = .string(url)
        object["path"] = .string(path)
        object["path_prefix"] = pathPrefix.map(Document.string)
        object["type"] = .string(type.rawValue)
        return .object(object.members)
    }
}

extension TaskDocument.Resources {
    fileprivate var document: Document {
        var object = ObjectBuilder()
        object["cpu_cores"] = cpuCores.map(Document.integer)
        object["preemptible"] = isPreemptible.map(Document.bool)
        object["ram_gb"] = memoryGB.map(Document.number)
        object["disk_gb"] = diskGB.map(Document.number)
        object["zones"] = zones.map { .array($0.map(Document.string)) }
        object["backend_parameters"] = backendParameters.isEmpty ? nil : .texts(backendParameters)
        object["backend_parameters_strict"] = isStrict.map(Document.bool)
        return .object(object.members)
    }
}

extension TaskDocument.Executor {
    fileprivate var document: Document {
        var object = ObjectBuilder()
        object["image"] = .string(image)
        object["command"] = .array(command.map(Document.string))
        object["workdir"] = workDirectory.map(Document.string)
        object["stdin"] = standardInput.map(Document.string)
        object["stdout"] = standardOutput.map(Document.string)
        object["stderr"] = standardError.map(Document.string)
        object["env"] = environment.isEmpty ? nil : .texts(environment)
        object["ignore_error"] = ignoresError.map(Document.bool)
        return .object(object.members)
    }
}

/// The members of an object; those that are nil are left out.
struct ObjectBuilder {
    private(set) var members: [Document.Member] = []

    subscript(key: String) -> Document? {
        get { members.first { $0.key == key }?.value }
        set { if let newValue { members.append(Document.Member(key, newValue)) } }
    }
}

extension Document {
    /// Texts by name, in the order of their names.
    static func texts(_ values: [String: String]) -> Document {
        .object(values.sorted { $0.key < $1.key }.map { Document.Member($0.key, .string($0.value)) })
    }
}

import WeftModel

/// A job in the short form that other systems have: one command in one image.
///
/// `{"name", "docker_image", "command", "required_cpu", "required_memory"}` is read as the job of docs/jobs.md that says
/// the same.
enum ImageJob {
    static let schema = Schema.object(
        "One command in one image.",
        [
            .maybe("name", inner("properties/name"), "For people; by default the name of the image."),
            .always("docker_image", Schema.text(JobLimits.imageBytes), "A registry's reference such as `alpine:3.20`."),
            .maybe(
                "command", Schema.anyOf([inner("$defs/command"), ["type": "null"]]),
                "Program and arguments, or one line for /bin/sh; the image's own by default."),
            .maybe("required_cpu", inner("$defs/resources/properties/cpus"), "Processors; 1 by default."),
            .maybe(
                "required_memory",
                Schema.anyOf([
                    Schema.integer(1...JobLimits.memoryBytes.lowerBound - 1),
                    inner("$defs/resources/properties/memory"),
                ]),
                "MiB below 1048576, bytes from there on, or a text such as `512MiB`; 256 MiB by default."),
        ], isClosed: true)

    /// The job that `document` is short for; nil when it is not of this form.
    /// Throws ``InvalidDocument`` that names the fields as they were sent.
    static func spec(_ document: Document) throws -> JobSpec? {
        guard document["docker_image"] != nil else { return nil }
        try document.refuseMembers(
            but: names, "is not known beside docker_image, which takes \(names.joined(separator: ", "))")
        do {
            return try JobSpec(document: expanded(document))
        } catch {
            throw InvalidDocument(error.problems.map { Problem(field: sent($0.field), message: $0.message) })
        }
    }

    private static func expanded(_ document: Document) -> Document {
        func member(_ key: String, _ value: Document?) -> [Document.Member] {
            value.map { [Document.Member(key, $0)] } ?? []
        }
        let container = member("image", document["docker_image"]) + member("command", document["command"])
        let resources =
            member("cpus", document["required_cpu"]) + member("memory", document["required_memory"].map(memory))
        return .object(
            member("name", document["name"])
                + member("payload", ["container": .object(container)]) + member("resources", .object(resources)))
    }

    /// Those who count memory in MiB never mean so few bytes that no job could have them.
    private static func memory(_ value: Document) -> Document {
        var number = value.integer
        if case .number(let amount) = value { number = Int64(exactly: amount) }
        guard let number, (1..<JobLimits.memoryBytes.lowerBound).contains(number) else { return value }
        return .integer(number << 20)
    }

    /// The field as the client knows it.
    private static func sent(_ field: String) -> String {
        for (long, short) in renamed where field.hasPrefix(long) { return short + field.dropFirst(long.count) }
        return field
    }

    private static let names = ["name", "docker_image", "command", "required_cpu", "required_memory"]
    private static let renamed = [
        ("payload.container.image", "docker_image"), ("payload.container.command", "command"),
        ("resources.cpus", "required_cpu"), ("resources.memory", "required_memory"),
    ]

    private static func inner(_ path: String) -> Document { Schema.named("JobDocument/\(path)") }
}

/// One key of a mapping in a job file: what ``JobSpec/init(document:)`` knows and ``JobSchema`` describes.
struct FieldRule: Sendable {
    var key: String
    /// For people: one sentence, with the default.
    var summary: String
    /// JSON Schema of the value.
    var schema: Document

    init(_ key: String, _ summary: String, _ schema: Document) {
        self.key = key
        self.summary = summary
        self.schema = schema
    }
}

/// Every mapping of the job file.
enum JobFields {
    static let job: [FieldRule] = [
        FieldRule("name", "For people; by default the name of the program.", .text(JobLimits.name)),
        FieldRule("command", "Short for payload.process.command.", .reference("command")),
        FieldRule("stdin", "Short for payload.process.stdin.", .reference("content")),
        FieldRule("payload", "What runs: one mapping, by the name of its driver.", .reference("payload")),
        FieldRule("array", "Runs the payload once for each index.", .reference("array")),
        FieldRule("environment", "Variables for the payload.", .reference("environment")),
        FieldRule("inputs", "Files put into the working directory.", .list(.reference("input"), 0...JobLimits.files)),
        FieldRule("outputs", "Files to keep.", .list(.reference("output"), 0...JobLimits.files)),
        FieldRule(
            "mounts", "Directories of the working directory that are at absolute paths, too.",
            .list(.reference("mount"), 0...JobLimits.mounts)),
        FieldRule("resources", "What one attempt may use.", .reference("resources")),
        FieldRule("requirements", "What a node must be or have.", .reference("requirements")),
        FieldRule("verification", "How answers are checked.", .reference("verification")),
        FieldRule(
            "retries", "More attempts of a task whose own limits ended one; 2 by default.",
            .integer(JobLimits.retries)),
        FieldRule(
            "timeout", "Wall time of one attempt: seconds or 1h30m; 1h by default.",
            .amount(JobLimits.timeoutSeconds, Quantities.durationPattern)),
        FieldRule("priority", "Higher runs first; 0 by default.", .integer(JobLimits.priority)),
        FieldRule("labels", "For finding the job again.", .reference("labels")),
        FieldRule(
            "idempotency_key", "A second submission with the same key answers with the first job.",
            .text(JobLimits.idempotencyKey)),
        FieldRule(
            "signatures", "Who vouches for the job's code.", .list(.reference("signature"), 0...JobLimits.signatures)),
        FieldRule(
            "cache", "Whether verified answers of identical tasks may be used; true by default.", ["type": "boolean"]),
    ]

    static let payload: [FieldRule] = [
        FieldRule("process", "A native program or script.", .reference("process")),
        FieldRule("assembly", "Source for an assembler, assembled where it runs.", .reference("assembly")),
        FieldRule("wasm", "A WebAssembly module for WASI preview 1.", .reference("wasm")),
        FieldRule("container", "A command in a container.", .reference("container")),
        FieldRule("kernel", "Kernels for a GPU, and what they compute with.", .reference("kernel")),
    ]

    static let process: [FieldRule] = [
        FieldRule("command", "Program and arguments, or one line for /bin/sh.", .reference("command")),
        FieldRule("stdin", "Given on standard input.", .reference("content")),
    ]

    static let assembly: [FieldRule] =
        [
            FieldRule("source", "The program, in GNU syntax: a text or a source.", .reference("content")),
            FieldRule("arch", "What it is written for.", .choice(AssemblyPayload.Architecture.self)),
        ] + arguments

    static let wasm: [FieldRule] =
        [FieldRule("module", "The module's bytes.", .reference("source"))] + arguments + [
            FieldRule(
                "deterministic", "Whether every machine must give the same answer; false by default.",
                ["type": "boolean"]),
            FieldRule(
                "seed", "Where its random numbers start, with deterministic; 0 by default.", .integer(JobLimits.seed)),
            FieldRule(
                "fuel", "Units of work after which it is stopped; unlimited by default.", .integer(JobLimits.fuel)),
        ]

    private static let arguments: [FieldRule] = [
        FieldRule(
            "args", "Its arguments, without the program's name.",
            .list(.text(0...JobLimits.argumentBytes), 0...JobLimits.arguments.upperBound)),
        FieldRule("stdin", "Given on standard input.", .reference("content")),
    ]

    static let container: [FieldRule] = [
        FieldRule(
            "image", "A registry's reference such as alpine:3.20, or an archive.",
            .anyOf([.text(JobLimits.imageBytes), .reference("image")])),
        FieldRule(
            "command", "Program and arguments, or one line for /bin/sh; the image's own by default.",
            .reference("command")),
        FieldRule("stdin", "Given on standard input.", .reference("content")),
        FieldRule(
            "pull", "When the image is fetched; missing by default.", .choice(ContainerPayload.Pull.self)),
    ]

    static let imageArchive: [FieldRule] = [
        FieldRule("archive", "A tar of an OCI image layout, or of docker save.", .reference("source"))
    ]

    static let mount: [FieldRule] = [
        FieldRule("path", "A directory of the working directory; made if it is not there.", .reference("path")),
        FieldRule("at", "The absolute path of it.", .text(2...JobLimits.pathBytes)),
    ]

    static let arrayFromTo: [FieldRule] = [
        FieldRule("from", "The first index.", .integer(0...Int64(UInt32.max))),
        FieldRule("to", "The last index.", .integer(0...Int64(UInt32.max))),
    ]

    static let arrayFirstCount: [FieldRule] = [
        FieldRule("first", "The first index; 0 by default.", .integer(0...Int64(UInt32.max))),
        FieldRule("count", "How many indexes.", .integer(JobLimits.tasks)),
    ]

    static let source: [FieldRule] = [
        FieldRule("blob", "The digest of a blob that was uploaded.", .reference("digest")),
        FieldRule("text", "The content itself, as text.", .text(0...JobLimits.inlineBytes)),
        FieldRule("base64", "The content itself, in base64.", .text(0...(JobLimits.inlineBytes + 2) / 3 * 4)),
        FieldRule("url", "Fetched by the coordinator at submission.", .text(1...JobLimits.urlBytes)),
        FieldRule("sha256", "The digest that the url's content must have.", .reference("digest")),
        FieldRule(
            "each", "One blob for each task, in index order.", .list(.reference("digest"), JobLimits.eachEntries)),
    ]

    static let input: [FieldRule] =
        [FieldRule("path", "Where it is put, below the working directory.", .reference("path"))] + source + [
            FieldRule("executable", "Whether it can be run; false by default.", ["type": "boolean"])
        ]

    static let output: [FieldRule] = [
        FieldRule("path", "Where the payload leaves it, below the working directory.", .reference("path")),
        FieldRule("optional", "Whether it may be missing; false by default.", ["type": "boolean"]),
        FieldRule(
            "comparator", "When two of it are alike; as verification has it by default.", .reference("comparator")),
    ]

    static let resources: [FieldRule] = [
        FieldRule(
            "cpus", "Processors: 2, 0.5 or 1500m; 1 by default.",
            .anyOf([
                ["type": "number", "minimum": 0.01, "maximum": .integer(JobLimits.cpuMillis.upperBound / 1000)],
                ["type": "string", "pattern": .string(Quantities.cpuPattern)],
            ])),
        FieldRule(
            "memory", "Bytes or 256MiB; 256MiB by default.", .amount(JobLimits.memoryBytes, Quantities.sizePattern)),
        FieldRule(
            "disk", "What the working directory may hold; 1GiB by default.",
            .amount(JobLimits.diskBytes, Quantities.sizePattern)),
        FieldRule("devices", "For example one GPU.", .list(.reference("device"), 0...JobLimits.deviceKinds)),
    ]

    static let device: [FieldRule] = [
        FieldRule("kind", "For example gpu.", .word),
        FieldRule("count", "How many; 1 by default.", .integer(JobLimits.devices)),
        FieldRule("vendor", "Who made it, for example nvidia, amd, intel or apple; anybody by default.", .word),
        FieldRule(
            "memory", "What its memory must have at least: bytes or 16GiB.",
            .amount(JobLimits.deviceMemoryBytes, Quantities.sizePattern)),
        FieldRule(
            "capability", "What it must be able to do at least, as its vendor counts, with vendor: 8.0.",
            .anyOf([
                ["type": "number", "minimum": 0, "exclusiveMaximum": 1000],
                ["type": "string", "pattern": .string(DeviceCapability.pattern)],
            ])),
        FieldRule(
            "share", "How much of its memory is taken: bytes or 4GiB; the whole device by default.",
            .amount(JobLimits.deviceMemoryBytes, Quantities.sizePattern)),
    ]

    static let requirements: [FieldRule] = [
        FieldRule("os", "For example linux.", .word),
        FieldRule("arch", "What the payload is built for, for example x86_64 or arm64.", .word),
        FieldRule("labels", "Every one must be set so on the node.", .reference("labels")),
        FieldRule(
            "drivers", "Drivers that the node must have, by name or kind of payload; one that is named runs it.",
            .list(.word, 0...JobLimits.drivers)),
        FieldRule("isolation", "The weakest wall accepted; process by default.", .choice(Isolation.self)),
        FieldRule(
            "enforced", "Limits that the node must be able to enforce.",
            .list(.choice(Limit.self), 0...Limit.allCases.count)),
    ]

    static let signature: [FieldRule] = [
        FieldRule("signer", "The peer id of the signer's key.", .peerID),
        FieldRule("signature", "Ed25519 over the code statement, in base64.", .signature),
    ]

    static let verification: [FieldRule] = [
        FieldRule(
            "max_error", "Which share of the accepted answers may be wrong, instead of replicas and quorum: 0.001.",
            .amount(JobLimits.maxError, Quantities.sharePattern)),
        FieldRule(
            "spot_check", "Which share of the tasks is checked by a second machine, instead of replicas: 0.05.",
            .amount(JobLimits.spotCheck, Quantities.sharePattern)),
        FieldRule("replicas", "Independent executions; 1 by default.", .integer(JobLimits.replicas)),
        FieldRule("quorum", "How many must agree; a majority by default.", .integer(JobLimits.replicas)),
        FieldRule(
            "max_replicas", "How many there may be after disagreement; 2 × replicas + 1 by default.",
            .integer(JobLimits.replicas)),
        FieldRule("comparator", "When answers are alike; sha256 by default.", .reference("comparator")),
        FieldRule("stdout", "Whether standard output is part of the answer; true by default.", ["type": "boolean"]),
        FieldRule(
            "same_hardware", "Whether a task's replicas run on equal machines; false by default.", ["type": "boolean"]),
        FieldRule(
            "canaries", "Tasks whose answers are known; with max_error only.",
            .list(["$ref": "#/$defs/canary"], JobLimits.canaries)),
    ]
}

extension Document: ExpressibleByFloatLiteral {
    package init(floatLiteral value: Double) { self = .number(value) }

    static func reference(_ name: String) -> Document { ["$ref": .string("#/$defs/\(name)")] }
    static func anyOf(_ choices: [Document]) -> Document { ["anyOf": .array(choices)] }
    static func integer(_ range: ClosedRange<Int64>) -> Document {
        ["type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound)]
    }
    static func text(_ count: ClosedRange<Int>) -> Document {
        [
            "type": "string", "minLength": .integer(Int64(count.lowerBound)),
            "maxLength": .integer(Int64(count.upperBound)),
        ]
    }
    static func list(_ items: Document, _ count: ClosedRange<Int>) -> Document {
        [
            "type": "array", "items": items, "minItems": .integer(Int64(count.lowerBound)),
            "maxItems": .integer(Int64(count.upperBound)),
        ]
    }
    fileprivate static func amount(_ range: ClosedRange<Int64>, _ pattern: String) -> Document {
        .anyOf([.integer(range), ["type": "string", "pattern": .string(pattern)]])
    }
    fileprivate static func amount(_ range: ClosedRange<ErrorRate>, _ pattern: String) -> Document {
        let bounds: Document = [
            "type": "number", "minimum": .number(range.lowerBound.share), "maximum": .number(range.upperBound.share),
        ]
        return .anyOf([bounds, ["type": "string", "pattern": .string(pattern)]])
    }
    static func choice<Choice: RawRepresentable<String> & CaseIterable>(_ type: Choice.Type) -> Document {
        ["enum": .array(Choice.allCases.map { .string($0.rawValue) })]
    }
    fileprivate static var peerID: Document {
        [
            "type": "string", "pattern": .string(Words.peerIDPattern),
            "minLength": .integer(Int64(JobLimits.signer.lowerBound)),
            "maxLength": .integer(Int64(JobLimits.signer.upperBound)),
        ]
    }
    fileprivate static var signature: Document {
        let count = Int64((CodeSignature.byteCount + 2) / 3 * 4)
        return ["type": "string", "minLength": .integer(count), "maxLength": .integer(count)]
    }
    fileprivate static var word: Document {
        [
            "type": "string", "pattern": .string(Words.wordPattern),
            "maxLength": .integer(Int64(JobLimits.word.upperBound)),
        ]
    }
}

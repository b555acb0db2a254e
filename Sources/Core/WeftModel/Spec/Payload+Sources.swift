/// What every kind of payload has in common: bytes that come from elsewhere, and texts.
extension Payload {
    /// The bytes that it runs, where they are not among the inputs: source, module or image. Setting it does nothing
    /// where there are none.
    package var code: InputSource? {
        get {
            switch self {
            case .process: nil
            case .assembly(let assembly): assembly.source
            case .wasm(let wasm): wasm.module
            case .kernel(let kernel): kernel.source
            case .container(let container):
                if case .archive(let source) = container.image { source } else { nil }
            }
        }
        set {
            guard let newValue, code != nil else { return }
            switch self {
            case .process: break
            case .assembly(var assembly):
                assembly.source = newValue
                self = .assembly(assembly)
            case .wasm(var wasm):
                wasm.module = newValue
                self = .wasm(wasm)
            case .kernel(var kernel):
                kernel.source = newValue
                self = .kernel(kernel)
            case .container(var container):
                container.image = .archive(newValue)
                self = .container(container)
            }
        }
    }

    /// The job file's field that ``code`` comes from.
    package var codeField: String {
        switch self {
        case .process: "payload.process"
        case .assembly: "payload.assembly.source"
        case .wasm: "payload.wasm.module"
        case .container: "payload.container.image.archive"
        case .kernel: "payload.kernel.source"
        }
    }

    /// Bytes given on standard input; none if nil.
    package var standardInput: InputSource? {
        get {
            switch self {
            case .process(let process): process.standardInput
            case .assembly(let assembly): assembly.standardInput
            case .wasm(let wasm): wasm.standardInput
            case .container(let container): container.standardInput
            case .kernel: nil
            }
        }
        set {
            switch self {
            case .process(var process):
                process.standardInput = newValue
                self = .process(process)
            case .assembly(var assembly):
                assembly.standardInput = newValue
                self = .assembly(assembly)
            case .wasm(var wasm):
                wasm.standardInput = newValue
                self = .wasm(wasm)
            case .container(var container):
                container.standardInput = newValue
                self = .container(container)
            case .kernel: break
            }
        }
    }

    /// The job file's field that ``standardInput`` comes from.
    package var standardInputField: String { "payload.\(driver).stdin" }

    /// Program and arguments, or the arguments alone where the program is ``code``.
    package var arguments: [String] {
        switch self {
        case .process(let process): process.command
        case .assembly(let assembly): assembly.arguments
        case .wasm(let wasm): wasm.arguments
        case .container(let container): container.command
        case .kernel: []
        }
    }

    /// The program's file name, so far as it is a name.
    package var defaultName: String {
        switch self {
        case .process(let process): Self.name(process.command.first?.split(separator: "/").last)
        case .container(let container):
            switch container.image {
            case .reference(let text):
                // The last part of its path, without tag and digest.
                Self.name(text.split(separator: "@").first?.split(separator: "/").last?.split(separator: ":").first)
            case .archive: driver
            }
        case .kernel(let kernel): Self.name(kernel.program.launches.first.map { Substring($0.entry) })
        case .assembly, .wasm: driver
        }
    }

    private static func name(_ text: Substring?) -> String {
        let scalars = (text ?? "").unicodeScalars.filter { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
        let name = String(String.UnicodeScalarView(scalars.prefix(JobLimits.name.upperBound)))
        return name.isEmpty ? "job" : name
    }
}

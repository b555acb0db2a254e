import ArgumentParser
import WeftFormats
import WeftKernels
import WeftModel

struct KernelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kernel", abstract: "Use the library of kernels: operations in OpenCL C and CUDA C.",
        subcommands: [KernelListCommand.self, KernelShowCommand.self, KernelRunCommand.self])
}

struct KernelLibraryOptions: ParsableArguments {
    @Option(help: .init("The folder of the library.", valueName: "dir"))
    var library: String?
}

/// Which operation, and how large.
struct KernelChoice: ParsableArguments {
    @Argument(help: "The operation, for example matmul.")
    var name: String

    @Option(help: .init("small, default or large.", valueName: "size"))
    var size: String = KernelDescription.defaultSize

    @Option(parsing: .singleValue, help: .init("Set a parameter, for example n=4096.", valueName: "name=value"))
    var set: [String] = []

    /// Throws ``CLIError``.
    func instance(of library: KernelLibrary) throws -> KernelInstance {
        var settings: [String: String] = [:]
        for text in set {
            guard let pair = Pair.parse(text) else {
                throw CLIError(.usage, "--set: expected name=value, not `\(text)`")
            }
            settings[pair.name] = pair.value
        }
        do {
            return try KernelInstance(library.kernel(named: name), size: size, settings: settings)
        } catch {
            throw CLIError(error.isUsage ? .usage : .failure, error.description)
        }
    }
}

extension KernelLibraryError {
    fileprivate var isUsage: Bool {
        switch self {
        case .unknownKernel, .unknownParameter, .parameter: true
        case .noLibrary, .document, .array, .noSource: false
        }
    }
}

struct KernelListCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the operations of the library.",
        discussion: """
            Examples:
              weft kernel list
              weft kernel list --output json
            """)

    @OptionGroup var library: KernelLibraryOptions
    @OptionGroup var common: CommonOptions
    @OptionGroup var format: OutputOptions

    var overrides: [Setting: String] { format.overrides }

    private struct Row: Encodable {
        var name: String
        var summary: String
        var parameters: [String]
    }

    func run(in context: Context) async throws {
        let library = try KernelLibraryPlace.open(library.library, environment: context.settings.environment)
        let rows = library.kernels.map {
            Row(name: $0.name, summary: $0.summary, parameters: $0.parameters.map(\.name))
        }
        try context.show(rows) {
            var table = Table([.init("name"), .init("computes", mayShrink: true), .init("parameters", mayShrink: true)])
            for row in rows {
                table.add(["\(row.name)", "\(row.summary)", "\(row.parameters.joined(separator: ", "))"])
            }
            return context.render(table)
        }
    }
}

struct KernelShowCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show an operation: parameters, buffers, launches and tolerance, or its source.",
        discussion: """
            Examples:
              weft kernel show matmul
              weft kernel show fft --set n=16 --output json
              weft kernel show softmax --source cuda > softmax.cu
            """)

    @OptionGroup var choice: KernelChoice

    @Option(help: .init("Print its source in opencl, cuda or hip instead.", valueName: "language"))
    var source: String?

    @OptionGroup var library: KernelLibraryOptions
    @OptionGroup var common: CommonOptions
    @OptionGroup var format: OutputOptions

    var overrides: [Setting: String] { format.overrides }

    func run(in context: Context) async throws {
        let library = try KernelLibraryPlace.open(library.library, environment: context.settings.environment)
        let kernel = try choice.instance(of: library)
        if let source {
            guard let language = KernelLanguage(rawValue: source), KernelSources.languages.contains(language) else {
                throw CLIError(.usage, "--source: expected opencl, cuda or hip, not `\(source)`")
            }
            do {
                let text = try library.sources(of: kernel.description).text(for: language, kernel: choice.name)
                return try context.console.write(text)
            } catch let error as KernelLibraryError {
                throw CLIError(.notFound, error.description)
            }
        }
        let view = KernelView(kernel)
        try context.show(view) { KernelText.details(view, kernel, context) }
    }
}

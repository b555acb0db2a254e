import WeftFormats
import WeftKernels
import WeftModel

/// An operation of the library with its parameters' values, as `weft kernel show` writes it.
struct KernelView: Encodable, Sendable {
    struct Parameter: Encodable, Sendable {
        var name: String
        var meaning: String
        var value: Double
        var minimum: Double
        var maximum: Double
    }

    struct Buffer: Encodable, Sendable {
        var name: String
        var dtype: String
        var shape: [Int]
        var role: String
        var meaning: String?
    }

    struct Launch: Encodable, Sendable {
        var entry: String
        var grid: [Int64]
        var block: [Int64]
        var arguments: [String]
    }

    var name: String
    var summary: String
    var parameters: [Parameter]
    var buffers: [Buffer]
    var launches: [Launch]
    var relativeTolerance: Double
    var absoluteTolerance: Double
    var operations: Double
    var movedBytes: Double

    init(_ kernel: KernelInstance) {
        name = kernel.description.name
        summary = kernel.description.summary
        parameters = kernel.description.parameters.map {
            Parameter(
                name: $0.name, meaning: $0.meaning, value: kernel[$0.name], minimum: $0.minimum, maximum: $0.maximum)
        }
        buffers = zip(kernel.description.buffers, kernel.shapes).map { buffer, shape in
            Buffer(
                name: buffer.name, dtype: buffer.type.rawValue, shape: shape, role: buffer.role.rawValue,
                meaning: buffer.meaning)
        }
        launches = kernel.launches.map {
            Launch(
                entry: $0.entry, grid: $0.grid.all, block: $0.block.all,
                arguments: $0.arguments.map(KernelText.argument))
        }
        relativeTolerance = kernel.relativeTolerance
        absoluteTolerance = kernel.absoluteTolerance
        operations = kernel.operations
        movedBytes = kernel.movedBytes
    }
}

enum KernelText {
    static func argument(_ argument: KernelArgument) -> String {
        switch argument {
        case .buffer(let name): name
        case .integer(_, let value): "\(value)"
        case .real(_, let value): "\(value)"
        case .local(let bytes): "\(bytes) local bytes"
        }
    }

    static func details(_ view: KernelView, _ kernel: KernelInstance, _ context: Context) -> String {
        var details = Details()
        details.add("name", view.name)
        details.add("computes", view.summary)
        details.add(
            "tolerance",
            view.relativeTolerance == 0 && view.absoluteTolerance == 0
                ? "none: all devices agree exactly"
                : "\(view.relativeTolerance) of the greater, or \(view.absoluteTolerance)")
        details.add(
            "work", "\(Humanize.count(Int64(view.operations))) operations, \(Humanize.bytes(Int64(view.movedBytes)))")
        var parameters = Table([
            .init("parameter"), .init("value", .right), .init("from", .right), .init("to", .right),
            .init("meaning", mayShrink: true),
        ])
        for (parameter, shown) in zip(kernel.description.parameters, view.parameters) {
            parameters.add([
                "\(parameter.name)", "\(parameter.text(shown.value))", "\(parameter.text(parameter.minimum))",
                "\(parameter.text(parameter.maximum))", "\(parameter.meaning)",
            ])
        }
        var buffers = Table([
            .init("buffer"), .init("type"), .init("shape"), .init("role"), .init("meaning", mayShrink: true),
        ])
        for buffer in view.buffers {
            buffers.add([
                "\(buffer.name)", "\(buffer.dtype)", "\(sizes(buffer.shape))", "\(buffer.role)",
                "\(buffer.meaning ?? "")",
            ])
        }
        var launches = Table([
            .init("launch", .right), .init("entry"), .init("grid"), .init("block"), .init("arguments", mayShrink: true),
        ])
        for (index, launch) in view.launches.enumerated() {
            launches.add([
                "\(index)", "\(launch.entry)", "\(sizes(launch.grid))", "\(sizes(launch.block))",
                "\(launch.arguments.joined(separator: ", "))",
            ])
        }
        return details.render(style: context.console.style)
            + [parameters, buffers, launches].map { "\n" + context.render($0) }.joined()
    }

    private static func sizes(_ sizes: [some BinaryInteger]) -> String {
        sizes.map { "\($0)" }.joined(separator: " x ")
    }

    static func run(_ view: KernelRunView, _ kernel: KernelInstance, _ context: Context) -> String {
        var table = Table([
            .init("node"), .init("state"), .init("agreed"), .init("ms", .right), .init("output"),
            .init("greatest error", .right), .init("beyond tolerance", .right), .init("failure", mayShrink: true),
        ])
        for attempt in view.attempts {
            let time = attempt.milliseconds.map { "\(($0 * 10).rounded() / 10)" } ?? ""
            let agreed = attempt.agreed.map { $0 ? "yes" : "no" } ?? ""
            let head: [Table.Cell] = ["\(attempt.node)", .state(attempt.state.rawValue), "\(agreed)", "\(time)"]
            let failure: Table.Cell = "\(attempt.failure ?? "")"
            if attempt.outputs.isEmpty { table.add(head + ["", "", "", failure]) }
            for output in attempt.outputs {
                let error = output.greatestError.map { "\($0)" } ?? "not a number"
                table.add(head + ["\(output.name)", "\(error)", "\(output.wrong) of \(output.count)", failure])
            }
        }
        var text = context.render(table)
        text += "job \(view.job): \(view.state.rawValue)"
        if let verdict = view.verdict { text += ", \(verdict.rawValue)" }
        return text + "\n"
    }
}

package import WeftModel

/// An operation with values for its parameters: everything about it has a size.
package struct KernelInstance: Sendable {
    package let description: KernelDescription
    /// Of all parameters.
    package let values: [String: Double]
    /// In the order of the description's buffers.
    package let shapes: [[Int]]
    package let launches: [KernelLaunch]
    /// Of the greater magnitude; 0 where results are exact.
    package let relativeTolerance: Double
    package let absoluteTolerance: Double
    /// What a run takes, for its rate: operations, and bytes to and from memory.
    package let operations: Double
    package let movedBytes: Double

    /// `size` is one of the description's sizes, `settings` what is different from it, as texts.
    ///
    /// Throws ``KernelLibraryError`` for unknown names, values out of range, and documents whose formulas do not come out.
    package init(
        _ description: KernelDescription, size: String = KernelDescription.defaultSize, settings: [String: String] = [:]
    ) throws(KernelLibraryError) {
        self.description = description
        values = try Self.values(description, size, settings)
        do {
            var shapes: [[Int]] = []
            for buffer in description.buffers {
                var shape: [Int] = []
                for dimension in buffer.shape {
                    shape.append(Int(try dimension.whole(values, in: 1...Int64(1) << 31)))
                }
                shapes.append(shape)
            }
            self.shapes = shapes
            launches = try Self.launches(description.steps, values)
            switch description.tolerance {
            case .exact: (relativeTolerance, absoluteTolerance) = (0, 0)
            case .numeric(let relative, let absolute):
                (relativeTolerance, absoluteTolerance) = (try relative.value(values), try absolute.value(values))
            }
            operations = try description.operations.value(values)
            movedBytes = try description.movedBytes.value(values)
        } catch {
            throw .document(kernel: description.name, place: "with these parameters", problem: error.text)
        }
        guard JobLimits.kernelLaunches.contains(launches.count) else {
            throw .document(
                kernel: description.name, place: "launches",
                problem: "\(launches.count), and a job has up to \(JobLimits.kernelLaunches.upperBound)")
        }
    }

    /// The value of a parameter that the description has.
    package subscript(_ name: String) -> Double {
        guard let value = values[name] else { preconditionFailure("the kernel has no parameter \(name)") }
        return value
    }

    /// The same, of a whole number.
    package func whole(_ name: String) -> Int { Int(self[name]) }

    package func shape(of buffer: String) -> [Int] {
        guard let index = description.buffers.firstIndex(where: { $0.name == buffer }) else {
            preconditionFailure("the kernel has no buffer \(buffer)")
        }
        return shapes[index]
    }

    private static func values(
        _ description: KernelDescription, _ size: String, _ settings: [String: String]
    ) throws(KernelLibraryError) -> [String: Double] {
        var values = Dictionary(uniqueKeysWithValues: description.parameters.map { ($0.name, $0.value) })
        if size != KernelDescription.defaultSize {
            guard let known = description.sizes[size] else {
                let names = [KernelDescription.defaultSize] + description.sizes.keys.sorted()
                throw .parameter("size", value: size, expected: "one of \(names.joined(separator: ", "))")
            }
            values.merge(known) { $1 }
        }
        for (name, text) in settings.sorted(by: { $0.key < $1.key }) {
            guard let parameter = description.parameters.first(where: { $0.name == name }) else {
                throw .unknownParameter(name, known: description.parameters.map(\.name))
            }
            let kind = parameter.isReal ? "a number" : "a whole number"
            let expected = "\(kind) from \(parameter.text(parameter.minimum)) to \(parameter.text(parameter.maximum))"
            guard let value = Double(text), value.isFinite, parameter.minimum <= value, value <= parameter.maximum,
                parameter.isReal || value == value.rounded()
            else { throw .parameter(name, value: text, expected: expected) }
            values[name] = value
        }
        // What reaches the kernels is of single precision.
        for parameter in description.parameters where parameter.isReal {
            values[parameter.name] = values[parameter.name].map { Double(Float($0)) }
        }
        return values
    }

    private static func launches(
        _ steps: [KernelDescription.Step], _ values: [String: Double]
    ) throws(Expression.Problem) -> [KernelLaunch] {
        var result: [KernelLaunch] = []
        for step in steps {
            switch step {
            case .launch(let launch): result.append(try Self.launch(launch, values))
            case .loop(let variable, let from, let to, let inner):
                let bounds = Int64(0)...Int64(JobLimits.kernelLaunches.upperBound)
                var values = values
                for value in try from.whole(values, in: bounds)..<(try to.whole(values, in: bounds)) {
                    values[variable] = Double(value)
                    result += try launches(inner, values)
                }
            }
        }
        return result
    }

    private static func launch(
        _ launch: KernelDescription.Launch, _ values: [String: Double]
    ) throws(Expression.Problem) -> KernelLaunch {
        var grid: [Int64] = []
        for size in launch.grid { grid.append(try size.whole(values, in: JobLimits.kernelGrid)) }
        var arguments: [KernelArgument] = []
        for argument in launch.arguments {
            switch argument {
            case .buffer(let name): arguments.append(.buffer(name))
            case .choice(let names, let index):
                arguments.append(.buffer(names[Int(try index.whole(values, in: 0...Int64(names.count - 1)))]))
            case .scalar(let type, let value):
                if let range = type.integers {
                    arguments.append(.integer(type, try value.whole(values, in: range)))
                } else {
                    arguments.append(.real(type, try value.value(values)))
                }
            }
        }
        return KernelLaunch(
            entry: launch.entry, grid: KernelSize(padded: grid), block: KernelSize(padded: launch.block),
            arguments: arguments)
    }
}

extension KernelDescription.Parameter {
    /// A value as people write it.
    package func text(_ value: Double) -> String {
        isReal || value != value.rounded() || value.magnitude >= 0x1p62 ? "\(value)" : "\(Int64(value))"
    }
}

extension KernelSize {
    /// One to three dimensions; those that are missing are 1.
    fileprivate init(padded sizes: [Int64]) {
        self.init(sizes[0], sizes.count > 1 ? sizes[1] : 1, sizes.count > 2 ? sizes[2] : 1)
    }
}

package import WeftModel

extension KernelDescription {
    /// Reads a `kernel.json`. `folder` is the kernel's, and its name.
    ///
    /// Throws ``KernelLibraryError/document(kernel:place:problem:)`` for the first thing that is wrong.
    package init(_ document: Document, folder: String) throws(KernelLibraryError) {
        let reader = DescriptionReader(kernel: folder)
        try reader.checkKeys(
            document, "the document",
            [
                "name", "summary", "source", "parameters", "buffers", "launches", "tolerance", "sizes", "work",
            ])
        name = try reader.text(document["name"], "name")
        guard name == folder else { throw reader.problem("name", "it is not the folder's, \(folder)") }
        summary = try reader.text(document["summary"], "summary")
        source =
            if let path = document["source"] {
                try reader.source(try reader.text(path, "source"), folder: folder)
            } else {
                "\(folder)/\(folder)"
            }
        parameters = try reader.parameters(document["parameters"])
        buffers = try reader.buffers(document["buffers"])
        steps = try reader.steps(
            document["launches"], "launches", buffers: Set(buffers.map(\.name)),
            variables: Set(parameters.map(\.name)))
        tolerance = try reader.tolerance(document["tolerance"])
        sizes = try reader.sizes(document["sizes"], parameters)
        guard let work = document["work"] else { throw reader.problem("work", "expected operations and bytes") }
        try reader.checkKeys(work, "work", ["operations", "bytes"])
        operations = try reader.expression(work["operations"], "work.operations")
        movedBytes = try reader.expression(work["bytes"], "work.bytes")
        let known = Set(parameters.map(\.name))
        var used: [(Expression, String)] = [(operations, "work.operations"), (movedBytes, "work.bytes")]
        for buffer in buffers { used += buffer.shape.map { ($0, "buffers.\(buffer.name).shape") } }
        if case .numeric(let relative, let absolute) = tolerance {
            used += [(relative, "tolerance.relative"), (absolute, "tolerance.absolute")]
        }
        for (expression, place) in used { try reader.checkNames(expression, place, known) }
    }
}

/// Reads parts of the document; each place is said as in `launches[0].grid`.
private struct DescriptionReader {
    let kernel: String

    func problem(_ place: String, _ text: String) -> KernelLibraryError {
        .document(kernel: kernel, place: place, problem: text)
    }

    func checkKeys(_ document: Document, _ place: String, _ known: [String]) throws(KernelLibraryError) {
        guard case .object(let members) = document else { throw problem(place, "expected a mapping") }
        for member in members where !known.contains(member.key) {
            throw problem(place, "there is no \(member.key); there are \(known.joined(separator: ", "))")
        }
    }

    func text(_ document: Document?, _ place: String) throws(KernelLibraryError) -> String {
        guard let text = document?.string, (1...200).contains(text.utf8.count) else {
            throw problem(place, "expected a text of 1 to 200 characters")
        }
        return text
    }

    func list(
        _ document: Document?, _ place: String, _ count: ClosedRange<Int>
    ) throws(KernelLibraryError) -> [Document] {
        guard let elements = document?.elements, count.contains(elements.count) else {
            throw problem(place, "expected a list of \(count.lowerBound) to \(count.upperBound)")
        }
        return elements
    }

    func number(_ document: Document?, _ place: String) throws(KernelLibraryError) -> Double {
        switch document {
        case .integer(let whole)?: return Double(whole)
        case .number(let number)?: return number
        default: throw problem(place, "expected a number")
        }
    }

    func expression(_ document: Document?, _ place: String) throws(KernelLibraryError) -> Expression {
        do {
            return try Expression(try text(document, place))
        } catch let error as Expression.Problem {
            throw problem(place, error.text)
        } catch let error as KernelLibraryError {
            throw error
        } catch {
            throw problem(place, "\(error)")
        }
    }

    func checkNames(_ expression: Expression, _ place: String, _ known: Set<String>) throws(KernelLibraryError) {
        if let unknown = expression.names.subtracting(known).min() {
            throw problem(place, "there is no parameter \(unknown)")
        }
    }

    func type(_ document: Document?, _ place: String) throws(KernelLibraryError) -> KernelType {
        let name = try text(document, place)
        guard let type = KernelType(rawValue: name) else { throw problem(place, "there is no type \(name)") }
        return type
    }

    /// A path beside the kernel's folder or in it: never out of the library.
    func source(_ path: String, folder: String) throws(KernelLibraryError) -> String {
        var parts = [folder]
        var staysInside = true
        for part in path.split(separator: "/", omittingEmptySubsequences: false).map(String.init) {
            if part == ".." { staysInside = parts.popLast() != nil && staysInside } else { parts.append(part) }
        }
        let isPlain = staysInside && parts.count == 2 && parts.allSatisfy { !$0.isEmpty && !$0.hasPrefix(".") }
        guard isPlain else { throw problem("source", "expected a source in a folder of the library") }
        return parts.joined(separator: "/")
    }

    func parameters(_ document: Document?) throws(KernelLibraryError) -> [KernelDescription.Parameter] {
        var result: [KernelDescription.Parameter] = []
        for (index, element) in try list(document, "parameters", 1...32).enumerated() {
            let place = "parameters[\(index)]"
            try checkKeys(element, place, ["name", "meaning", "dtype", "default", "minimum", "maximum"])
            let name = try text(element["name"], "\(place).name")
            guard !result.contains(where: { $0.name == name }) else { throw problem(place, "\(name) comes twice") }
            let isReal = try element["dtype"].map { document throws(KernelLibraryError) in
                try type(document, "\(place).dtype") == .float32
            }
            let parameter = KernelDescription.Parameter(
                name: name, meaning: try text(element["meaning"], "\(place).meaning"), isReal: isReal ?? false,
                value: try number(element["default"], "\(place).default"),
                minimum: try number(element["minimum"], "\(place).minimum"),
                maximum: try number(element["maximum"], "\(place).maximum"))
            guard parameter.minimum <= parameter.value, parameter.value <= parameter.maximum else {
                throw problem("\(place).default", "it is not between minimum and maximum")
            }
            result.append(parameter)
        }
        return result
    }

    func buffers(_ document: Document?) throws(KernelLibraryError) -> [KernelDescription.Buffer] {
        var result: [KernelDescription.Buffer] = []
        for (index, element) in try list(document, "buffers", 1...JobLimits.kernelBuffers).enumerated() {
            let place = "buffers[\(index)]"
            try checkKeys(element, place, ["name", "meaning", "dtype", "shape", "role", "fill"])
            let name = try text(element["name"], "\(place).name")
            guard !result.contains(where: { $0.name == name }) else { throw problem(place, "\(name) comes twice") }
            var shape: [Expression] = []
            for dimension in try list(element["shape"], "\(place).shape", 1...JobLimits.kernelDimensions) {
                shape.append(try expression(dimension, "\(place).shape"))
            }
            guard let role = KernelDescription.Role(rawValue: try text(element["role"], "\(place).role")) else {
                throw problem("\(place).role", "expected in, out, inout or scratch")
            }
            let meaning = try element["meaning"].map { document throws(KernelLibraryError) in
                try text(document, "\(place).meaning")
            }
            result.append(
                KernelDescription.Buffer(
                    name: name, meaning: meaning, type: try type(element["dtype"], "\(place).dtype"), shape: shape,
                    role: role, fill: try fill(element["fill"], "\(place).fill")))
        }
        return result
    }

    private func fill(_ document: Document?, _ place: String) throws(KernelLibraryError) -> KernelDescription.Fill? {
        guard let document else { return nil }
        try checkKeys(document, place, ["uniform", "bits", "counting", "values"])
        if document["uniform"] != nil {
            let ends = try list(document["uniform"], "\(place).uniform", 2...2)
            return .uniform(try number(ends[0], place), try number(ends[1], place))
        }
        if let bits = document["bits"]?.integer, (1...32).contains(bits) { return .bits(Int(bits)) }
        if let first = document["counting"]?.integer { return .counting(from: first) }
        var values: [Double] = []
        for value in try list(document["values"], place, 1...64) { values.append(try number(value, place)) }
        return .values(values)
    }

    func steps(
        _ document: Document?, _ place: String, buffers: Set<String>, variables: Set<String>
    ) throws(KernelLibraryError) -> [KernelDescription.Step] {
        var result: [KernelDescription.Step] = []
        for (index, element) in try list(document, place, 1...64).enumerated() {
            let place = "\(place)[\(index)]"
            guard element["for"] != nil else {
                result.append(.launch(try launch(element, place, buffers: buffers, variables: variables)))
                continue
            }
            try checkKeys(element, place, ["for", "from", "to", "launches"])
            let variable = try text(element["for"], "\(place).for")
            guard !variables.contains(variable) else { throw problem(place, "\(variable) has a value already") }
            let from = try expression(element["from"], "\(place).from")
            let to = try expression(element["to"], "\(place).to")
            for bound in [from, to] { try checkNames(bound, place, variables) }
            result.append(
                .loop(
                    variable: variable, from: from, to: to,
                    try steps(
                        element["launches"], "\(place).launches", buffers: buffers,
                        variables: variables.union([variable]))))
        }
        return result
    }

    private func launch(
        _ document: Document, _ place: String, buffers: Set<String>, variables: Set<String>
    ) throws(KernelLibraryError) -> KernelDescription.Launch {
        try checkKeys(document, place, ["entry", "grid", "block", "arguments"])
        var grid: [Expression] = []
        for size in try list(document["grid"], "\(place).grid", 1...3) {
            let size = try expression(size, "\(place).grid")
            try checkNames(size, "\(place).grid", variables)
            grid.append(size)
        }
        var block: [Int64] = []
        for size in try list(document["block"], "\(place).block", 1...3) {
            guard let size = size.integer, JobLimits.kernelBlock.contains(size) else {
                throw problem("\(place).block", "expected numbers from 1 to \(JobLimits.kernelBlock.upperBound)")
            }
            block.append(size)
        }
        var arguments: [KernelDescription.Argument] = []
        for element in try list(document["arguments"], "\(place).arguments", 0...JobLimits.kernelArguments) {
            arguments.append(try argument(element, "\(place).arguments", buffers: buffers, variables: variables))
        }
        return KernelDescription.Launch(
            entry: try text(document["entry"], "\(place).entry"), grid: grid, block: block, arguments: arguments)
    }

    private func argument(
        _ document: Document, _ place: String, buffers: Set<String>, variables: Set<String>
    ) throws(KernelLibraryError) -> KernelDescription.Argument {
        func known(_ name: String) throws(KernelLibraryError) -> String {
            guard buffers.contains(name) else { throw problem(place, "there is no buffer \(name)") }
            return name
        }
        if let name = document.string { return .buffer(try known(name)) }
        guard case .object(let members) = document else {
            throw problem(place, "expected a buffer or {type: expression}")
        }
        if document["choose"] != nil {
            try checkKeys(document, place, ["choose", "by"])
            var names: [String] = []
            for name in try list(document["choose"], place, 1...8) { names.append(try known(try text(name, place))) }
            let index = try expression(document["by"], place)
            try checkNames(index, place, variables)
            return .choice(names, by: index)
        }
        guard members.count == 1, let type = KernelType(rawValue: members[0].key) else {
            throw problem(place, "expected {type: expression}")
        }
        let value = try expression(members[0].value, place)
        try checkNames(value, place, variables)
        return .scalar(type, value)
    }

    func tolerance(_ document: Document?) throws(KernelLibraryError) -> KernelDescription.Tolerance {
        if document?.string == "exact" { return .exact }
        guard let document else { throw problem("tolerance", "expected exact, or relative and absolute") }
        try checkKeys(document, "tolerance", ["relative", "absolute"])
        return .numeric(
            relative: try expression(document["relative"], "tolerance.relative"),
            absolute: try expression(document["absolute"], "tolerance.absolute"))
    }

    func sizes(
        _ document: Document?, _ parameters: [KernelDescription.Parameter]
    ) throws(KernelLibraryError) -> [String: [String: Double]] {
        guard case .object(let members)? = document else { throw problem("sizes", "expected small and large") }
        var result: [String: [String: Double]] = [:]
        for member in members {
            guard case .object(let values) = member.value else { throw problem("sizes", "expected a mapping") }
            for value in values {
                let place = "sizes.\(member.key).\(value.key)"
                guard let parameter = parameters.first(where: { $0.name == value.key }) else {
                    throw problem(place, "there is no such parameter")
                }
                let number = try number(value.value, place)
                guard (parameter.minimum...parameter.maximum).contains(number) else {
                    throw problem(place, "it is not between minimum and maximum")
                }
                result[member.key, default: [:]][value.key] = number
            }
        }
        return result
    }
}

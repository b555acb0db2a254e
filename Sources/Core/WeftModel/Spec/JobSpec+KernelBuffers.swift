/// The buffers of a kernel's payload in the job file.
extension SpecReader {
    mutating func kernelBuffers(_ document: Document?, at path: String) -> [KernelBuffer] {
        var result: [KernelBuffer] = []
        for (element, field) in list(document, at: path, count: 0...JobLimits.kernelBuffers, of: "buffers") ?? [] {
            if element == .null {
                report(field, "expected a mapping like {name: x, dtype: float32, shape: 4}, not null")
            }
            guard let fields = members(element, at: field, fields: JobFields.kernelBuffer) else { continue }
            guard fields["name"] != nil else {
                report("\(field).name", "expected what launches call it")
                continue
            }
            if let buffer = kernelBuffer(fields, named: nil, at: field) { result.append(buffer) }
        }
        return result
    }

    mutating func kernelBuffer(
        _ fields: [String: Document], named other: String?, at field: String
    ) -> KernelBuffer? {
        let name = fields["name"] == nil ? other : kernelName(fields["name"], at: "\(field).name")
        let type = kernelType(fields["dtype"], at: "\(field).dtype")
        let shape = shape(fields["shape"], at: "\(field).shape")
        let input = kernelPath(fields["in"], at: "\(field).in")
        let output = kernelPath(fields["out"], at: "\(field).out")
        guard let name, let type, let shape else { return nil }
        let buffer = KernelBuffer(name: name, type: type, shape: shape, inputPath: input, outputPath: output)
        if !JobLimits.kernelBufferBytes.contains(buffer.sizeBytes) {
            report("\(field).shape", "expected at most \(JobLimits.kernelBufferBytes.upperBound) bytes in all")
        }
        return buffer
    }

    private mutating func kernelName(_ document: Document?, at path: String) -> String? {
        guard let name = text(document, at: path) else { return nil }
        guard Words.isVariable(name), JobLimits.word.contains(name.utf8.count) else {
            report(path, "expected a name of letters, digits and _, not starting with a digit")
            return nil
        }
        return name
    }

    mutating func kernelType(_ document: Document?, at path: String) -> KernelType? {
        guard document != nil else {
            report(path, "expected the kind of its numbers, for example float32")
            return nil
        }
        return choice(document, at: path, KernelType.self)
    }

    private mutating func shape(_ document: Document?, at path: String) -> [Int64]? {
        switch document {
        case .none, .null:
            report(path, "expected how many there are, for example 4096 or [64, 64]")
            return nil
        case .array:
            guard
                let list = list(
                    document, at: path, count: 0...JobLimits.kernelDimensions, of: "dimensions")
            else { return nil }
            let dimensions = list.compactMap { integer($0.value, at: $0.path, in: JobLimits.kernelBufferBytes) }
            if list.contains(where: { $0.value == .null }) { report(path, "expected numbers, not null") }
            return dimensions.count == list.count ? dimensions : nil
        default: return integer(document, at: path, in: JobLimits.kernelBufferBytes).map { [$0] }
        }
    }

    private mutating func kernelPath(_ document: Document?, at path: String) -> String? {
        guard let text = text(document, at: path) else { return nil }
        guard let problem = FilePaths.problem(with: text) else { return text }
        report(path, problem)
        return nil
    }

    mutating func checkKernelBuffers(_ buffers: [KernelBuffer], at path: String) {
        if buffers.count > JobLimits.kernelBuffers {
            report("\(path).buffers", "expected at most \(JobLimits.kernelBuffers) buffers, not \(buffers.count)")
        }
        var names: Set<String> = []
        var outputs: Set<String> = []
        for buffer in buffers {
            if !names.insert(buffer.name).inserted { report("\(path).buffers", "\"\(buffer.name)\" comes twice") }
            if let output = buffer.outputPath, !outputs.insert(output).inserted {
                report("\(path).buffers", "two buffers cannot both be written to \"\(output)\"")
            }
        }
    }
}

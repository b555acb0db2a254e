/// A kernel's payload in the job file: docs/kernels.md describes it.
extension SpecReader {
    mutating func kernel(_ fields: [String: Document], at path: String) -> Payload? {
        let source = code(fields["source"], at: "\(path).source", isText: true)
        let languages = languages(fields["language"], at: "\(path).language")
        let allowsEmulation = bool(fields["emulated"], at: "\(path).emulated") ?? false
        if allowsEmulation, !languages.isEmpty, !languages.contains(.cuda) {
            report("\(path).emulated", "goes with CUDA C only")
        }
        let options = members(fields["options"], at: "\(path).options", fields: JobFields.kernelOptions) ?? [:]
        let defines = defines(options["defines"], at: "\(path).options.defines")
        let usesFastMath = bool(options["fast_math"], at: "\(path).options.fast_math") ?? false
        var buffers = kernelBuffers(fields["buffers"], at: "\(path).buffers")
        let launches = kernelLaunches(fields, at: path, &buffers)
        checkKernelBuffers(buffers, at: path)
        guard let source, !languages.isEmpty, !launches.isEmpty else { return nil }
        let program = KernelProgram(
            languages: languages, allowsEmulation: allowsEmulation, defines: defines, usesFastMath: usesFastMath,
            buffers: buffers, launches: launches)
        checkLocal(program, at: path)
        return .kernel(KernelPayload(source: source, program: program))
    }

    private mutating func languages(_ document: Document?, at path: String) -> [KernelLanguage] {
        let known = KernelLanguage.allCases.map(\.rawValue).joined(separator: ", ")
        guard let document else {
            report(path, "expected what the source is written in: \(known), or a list of those")
            return []
        }
        guard case .array = document else {
            return choice(document, at: path, KernelLanguage.self).map { [$0] } ?? []
        }
        var result: [KernelLanguage] = []
        let count = 1...KernelLanguage.allCases.count
        for (element, field) in list(document, at: path, count: count, of: "languages") ?? [] {
            if element == .null { report(field, "expected a language, not null") }
            guard let language = choice(element, at: field, KernelLanguage.self) else { continue }
            if result.contains(language) { report(field, "\"\(language.rawValue)\" comes twice") }
            result.append(language)
        }
        return result
    }

    private mutating func defines(_ document: Document?, at path: String) -> [KernelDefine] {
        guard let members = mapping(document, at: path) else { return [] }
        guard members.count <= JobLimits.kernelDefines else {
            report(path, "expected at most \(JobLimits.kernelDefines) macros, not \(members.count)")
            return []
        }
        var result: [String: String] = [:]
        for member in members {
            let field = Self.join(path, member.key)
            guard Words.isVariable(member.key), JobLimits.word.contains(member.key.utf8.count) else {
                report(field, "expected a name of letters, digits and _, not starting with a digit")
                continue
            }
            let value: String
            switch member.value {
            case .integer(let whole): value = "\(whole)"
            case .string(let text): value = text
            default:
                report(field, "expected an integer or a text, not \(member.value.kind)")
                continue
            }
            guard KernelDefine.isPlain(value) else {
                report(
                    field,
                    "expected at most \(JobLimits.kernelDefineBytes) letters, digits and signs of ASCII without quotes, "
                        + "backslashes and blanks")
                continue
            }
            if result.updateValue(value, forKey: member.key) != nil { report(field, "comes twice") }
        }
        return result.sorted { $0.key < $1.key }.map { KernelDefine(name: $0.key, value: $0.value) }
    }

    // MARK: Buffers

    private mutating func kernelBuffers(_ document: Document?, at path: String) -> [KernelBuffer] {
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

    private mutating func kernelBuffer(
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

    private mutating func kernelType(_ document: Document?, at path: String) -> KernelType? {
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

    private mutating func checkKernelBuffers(_ buffers: [KernelBuffer], at path: String) {
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

    // MARK: Launches

    /// Those of `launches`, or the one that the payload itself describes.
    private mutating func kernelLaunches(
        _ fields: [String: Document], at path: String, _ buffers: inout [KernelBuffer]
    ) -> [KernelLaunch] {
        let own = JobFields.kernelLaunch.map(\.key).filter { fields[$0] != nil }
        guard fields["launches"] != nil else {
            var names = buffers.map(\.name)
            return kernelLaunch(fields, at: path, &buffers, &names, isAlone: true).map { [$0] } ?? []
        }
        for key in own { report("\(path).\(key)", "belongs into one of launches") }
        var names = buffers.map(\.name)
        var result: [KernelLaunch] = []
        let list =
            list(fields["launches"], at: "\(path).launches", count: JobLimits.kernelLaunches, of: "launches") ?? []
        for (element, field) in list {
            if element == .null { report(field, "expected a mapping with entry and grid, not null") }
            guard let members = members(element, at: field, fields: JobFields.kernelLaunch) else { continue }
            if let launch = kernelLaunch(members, at: field, &buffers, &names, isAlone: false) { result.append(launch) }
        }
        return result
    }

    private mutating func kernelLaunch(
        _ fields: [String: Document], at path: String, _ buffers: inout [KernelBuffer], _ names: inout [String],
        isAlone: Bool
    ) -> KernelLaunch? {
        let entry = kernelEntry(fields["entry"], at: "\(path).entry")
        if fields["grid"] == nil {
            report("\(path).grid", "expected how many blocks there are, for example 16 or [8, 8]")
        }
        let grid = kernelSize(fields["grid"], at: "\(path).grid", in: JobLimits.kernelGrid)
        let block = kernelSize(fields["block"] ?? 1, at: "\(path).block", in: JobLimits.kernelBlock)
        if let block, block.x * block.y * block.z > JobLimits.kernelBlock.upperBound {
            report("\(path).block", "expected at most \(JobLimits.kernelBlock.upperBound) threads in all")
        }
        let shared = integer(fields["shared_bytes"], at: "\(path).shared_bytes", in: JobLimits.kernelSharedBytes) ?? 0
        var arguments: [KernelArgument] = []
        let list = list(
            fields["arguments"], at: "\(path).arguments", count: 0...JobLimits.kernelArguments, of: "arguments")
        for (element, field) in list ?? [] {
            if let argument = kernelArgument(element, at: field, &buffers, &names, isAlone: isAlone) {
                arguments.append(argument)
            }
        }
        guard let entry, let grid, let block else { return nil }
        return KernelLaunch(entry: entry, grid: grid, block: block, sharedBytes: shared, arguments: arguments)
    }

    private mutating func kernelEntry(_ document: Document?, at path: String) -> String? {
        guard document != nil else {
            report(path, "expected the name of a kernel in the source")
            return nil
        }
        guard let name = line(document, at: path, count: JobLimits.kernelEntry) else { return nil }
        guard KernelLaunch.isEntry(name) else {
            report(path, "expected a kernel's name, for example saxpy")
            return nil
        }
        return name
    }

    private mutating func kernelSize(
        _ document: Document?, at path: String, in range: ClosedRange<Int64>
    ) -> KernelSize? {
        guard case .array? = document else { return integer(document, at: path, in: range).map { KernelSize($0) } }
        guard let list = list(document, at: path, count: 1...3, of: "dimensions") else { return nil }
        if list.contains(where: { $0.value == .null }) { report(path, "expected numbers, not null") }
        let sizes = list.compactMap { integer($0.value, at: $0.path, in: range) }
        guard sizes.count == list.count else { return nil }
        return KernelSize(sizes[0], sizes.count > 1 ? sizes[1] : 1, sizes.count > 2 ? sizes[2] : 1)
    }

    // MARK: Arguments

    private mutating func kernelArgument(
        _ element: Document, at field: String, _ buffers: inout [KernelBuffer], _ names: inout [String], isAlone: Bool
    ) -> KernelArgument? {
        switch element {
        case .string(let name):
            guard names.contains(name) else {
                report(field, "there is no buffer \"\(name.prefix(40))\"")
                return nil
            }
            return .buffer(name)
        case .object(let members) where members.contains { $0.key == "local_bytes" }:
            guard let fields = self.members(element, at: field, fields: JobFields.kernelLocal) else { return nil }
            return integer(
                fields["local_bytes"], at: "\(field).local_bytes", in: 1...JobLimits.kernelSharedBytes.upperBound
            )
            .map { .local(bytes: $0) }
        case .object(let members) where members.contains { $0.key == "value" }:
            guard let fields = self.members(element, at: field, fields: JobFields.kernelScalar) else { return nil }
            return kernelScalar(fields, at: field)
        case .object where isAlone:
            guard let fields = self.members(element, at: field, fields: JobFields.kernelBuffer) else { return nil }
            var number = names.count
            while names.contains("buffer\(number)") { number += 1 }
            guard let buffer = kernelBuffer(fields, named: "buffer\(number)", at: field) else { return nil }
            names.append(buffer.name)
            buffers.append(buffer)
            return .buffer(buffer.name)
        default:
            report(field, "expected the name of a buffer, or {dtype: …, value: …}, not \(element.kind)")
            return nil
        }
    }

    private mutating func kernelScalar(_ fields: [String: Document], at field: String) -> KernelArgument? {
        guard let type = kernelType(fields["dtype"], at: "\(field).dtype") else { return nil }
        if let range = type.integers {
            return integer(fields["value"] ?? .null, at: "\(field).value", in: range).map { .integer(type, $0) }
        }
        guard type.sizeBytes >= 4 else {
            report("\(field).dtype", "expected float32 or float64 for a scalar; a kernel can convert it")
            return nil
        }
        guard case .string(let text)? = fields["value"] else {
            return number(fields["value"], at: "\(field).value").map { .real(type, $0) }
        }
        let sign = text.hasPrefix("-") ? -1.0 : 1.0
        guard let size = Quantities.number(sign < 0 ? String(text.dropFirst()) : text) else {
            report("\(field).value", "expected a number, for example -0.5")
            return nil
        }
        return .real(type, sign * size)
    }

    private mutating func checkLocal(_ program: KernelProgram, at path: String) {
        for (index, launch) in program.launches.enumerated() where program.languages != [.opencl] {
            for case .local in launch.arguments {
                report(
                    "\(path).launches[\(index)].arguments",
                    "local_bytes goes with OpenCL alone; others have shared_bytes")
                return
            }
        }
    }

    // MARK: In view of the whole job

    /// Where buffers come from and go to: inputs that must be there, and outputs that are kept because of it.
    mutating func checkKernelFiles(
        _ payload: Payload?, inputs: [Input], outputs: inout [(output: Output, field: String)]
    ) {
        guard case .kernel(let kernel)? = payload else { return }
        let known = Set(inputs.map(\.path))
        for buffer in kernel.program.buffers {
            if let path = buffer.inputPath, !known.contains(path) {
                report("payload.kernel.buffers", "\"\(buffer.name)\" is filled by \"\(path)\", which no input is")
            }
            guard let path = buffer.outputPath else { continue }
            if known.contains(path) {
                report("payload.kernel.buffers", "\"\(buffer.name)\" is written to \"\(path)\", which is an input")
            }
            if !outputs.contains(where: { $0.output.path == path }) {
                outputs.append((Output(path: path), "payload.kernel.buffers"))
            }
        }
    }
}

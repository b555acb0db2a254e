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
        for misfit in program.spirvMisfits { report("\(path).\(misfit.field)", misfit.problem) }
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

    private mutating func checkLocal(_ program: KernelProgram, at path: String) {
        let takesLocal = program.languages.allSatisfy { $0 == .opencl || $0 == .spirv }
        for (index, launch) in program.launches.enumerated() where !takesLocal {
            for case .local in launch.arguments {
                report(
                    "\(path).launches[\(index)].arguments",
                    "local_bytes goes with OpenCL or SPIR-V alone; others have shared_bytes")
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

/// What holds of every program that a job's validation has let through, for whoever got one from somebody else.
extension KernelProgram {
    /// What is wrong with it, or nil.
    package var problem: String? {
        if languages.isEmpty || Set(languages).count != languages.count { return "its languages are none, or repeat" }
        if let misfit = spirvMisfits.first { return misfit.problem }
        if defines.count > JobLimits.kernelDefines { return "it has too many macros" }
        if !defines.allSatisfy({ Words.isVariable($0.name) && KernelDefine.isPlain($0.value) }) {
            return "a macro is none"
        }
        if buffers.count > JobLimits.kernelBuffers { return "it has too many buffers" }
        if Set(buffers.map(\.name)).count != buffers.count { return "two of its buffers have one name" }
        for buffer in buffers {
            if !Words.isVariable(buffer.name) || buffer.shape.count > JobLimits.kernelDimensions
                || !buffer.shape.allSatisfy(JobLimits.kernelBufferBytes.contains)
                || !JobLimits.kernelBufferBytes.contains(buffer.sizeBytes)
            {
                return "a buffer has no possible name or shape"
            }
            for path in [buffer.inputPath, buffer.outputPath].compactMap(\.self) {
                if FilePaths.problem(with: path) != nil { return "a buffer's file has no possible name" }
            }
        }
        if !JobLimits.kernelLaunches.contains(launches.count) { return "it has no launches, or too many" }
        let names = Set(buffers.map(\.name))
        return launches.lazy.compactMap { $0.problem(names) }.first
    }
}

extension KernelDefine {
    /// Whether a value goes through every compiler's reading of its options unchanged.
    static func isPlain(_ value: String) -> Bool {
        let special = "\"'\\".utf8
        return value.utf8.count <= JobLimits.kernelDefineBytes
            && value.utf8.allSatisfy { (0x21...0x7E).contains($0) && !special.contains($0) }
    }
}

extension KernelLaunch {
    /// Whether a text can be a kernel's name, that of a template with its arguments included.
    static func isEntry(_ name: String) -> Bool {
        let signs = "_<>:,. -".utf8
        guard JobLimits.kernelEntry.contains(name.utf8.count), let first = name.utf8.first else { return false }
        return Words.isNameByte(first) && !Words.isDigit(first) && first != UInt8(ascii: "-")
            && name.utf8.allSatisfy { Words.isNameByte($0) || signs.contains($0) }
    }

    fileprivate func problem(_ names: Set<String>) -> String? {
        if !Self.isEntry(entry) { return "a kernel has no possible name" }
        let threads = block.all.reduce(Int64(1)) { $0.multipliedReportingOverflow(by: $1).partialValue }
        if !grid.all.allSatisfy(JobLimits.kernelGrid.contains) || !block.all.allSatisfy(JobLimits.kernelBlock.contains)
            || threads > JobLimits.kernelBlock.upperBound || !JobLimits.kernelSharedBytes.contains(sharedBytes)
        {
            return "a launch has no possible size"
        }
        if arguments.count > JobLimits.kernelArguments { return "a launch has too many arguments" }
        for argument in arguments {
            let isFine =
                switch argument {
                case .buffer(let name): names.contains(name)
                case .integer(let type, let value): type.integers?.contains(value) ?? false
                case .real(let type, _): type == .float32 || type == .float64
                case .local(let bytes): bytes > 0 && JobLimits.kernelSharedBytes.contains(bytes)
                }
            if !isFine { return "an argument of a launch is not possible" }
        }
        return nil
    }
}

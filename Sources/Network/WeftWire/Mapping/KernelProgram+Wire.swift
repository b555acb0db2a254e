import WeftModel

extension KernelProgram {
    /// Throws ``LinkError/malformed(_:)``; `field` names the message's field in it.
    init(wire: Weft_Wire_V1_KernelPayload, field: String) throws(LinkError) {
        _ = try checkedCount(wire.launches.count, "\(field).launches", limit: WireBounds.items)
        var languages: [KernelLanguage] = []
        for name in wire.languages.prefix(KernelLanguage.allCases.count + 1) {
            guard let language = KernelLanguage(rawValue: name) else {
                throw malformed("\(field).languages", "`\(name.prefix(40))` is not known here")
            }
            languages.append(language)
        }
        var buffers: [KernelBuffer] = []
        for buffer in wire.buffers { buffers.append(try KernelBuffer(wire: buffer, field: "\(field).buffers")) }
        var launches: [KernelLaunch] = []
        for launch in wire.launches { launches.append(try KernelLaunch(wire: launch, field: "\(field).launches")) }
        self.init(
            languages: languages, allowsEmulation: wire.emulated,
            defines: wire.defines.map { KernelDefine(name: $0.name, value: $0.value) }, usesFastMath: wire.fastMath,
            buffers: buffers, launches: launches)
        if let problem { throw malformed(field, problem) }
    }

    /// Everything but the source.
    var wire: Weft_Wire_V1_KernelPayload {
        var wire = Weft_Wire_V1_KernelPayload()
        wire.languages = languages.map(\.rawValue)
        wire.emulated = allowsEmulation
        wire.defines = defines.map { define in
            var wire = Weft_Wire_V1_KernelDefine()
            wire.name = define.name
            wire.value = define.value
            return wire
        }
        wire.fastMath = usesFastMath
        wire.buffers = buffers.map(\.wire)
        wire.launches = launches.map(\.wire)
        return wire
    }
}

extension KernelBuffer {
    fileprivate init(wire: Weft_Wire_V1_KernelBuffer, field: String) throws(LinkError) {
        guard let type = KernelType(rawValue: wire.dtype) else {
            throw malformed("\(field).dtype", "`\(wire.dtype.prefix(40))` is not known here")
        }
        self.init(
            name: wire.name, type: type, shape: wire.shape, inputPath: wire.input.isEmpty ? nil : wire.input,
            outputPath: wire.output.isEmpty ? nil : wire.output)
    }

    fileprivate var wire: Weft_Wire_V1_KernelBuffer {
        var wire = Weft_Wire_V1_KernelBuffer()
        wire.name = name
        wire.dtype = type.rawValue
        wire.shape = shape
        wire.input = inputPath ?? ""
        wire.output = outputPath ?? ""
        return wire
    }
}

extension KernelLaunch {
    fileprivate init(wire: Weft_Wire_V1_KernelLaunch, field: String) throws(LinkError) {
        guard wire.grid.count == 3, wire.block.count == 3 else {
            throw malformed("\(field).grid", "and block must have three dimensions")
        }
        var arguments: [KernelArgument] = []
        for argument in wire.arguments { arguments.append(try KernelArgument(wire: argument, field: field)) }
        self.init(
            entry: wire.entry, grid: KernelSize(wire.grid[0], wire.grid[1], wire.grid[2]),
            block: KernelSize(wire.block[0], wire.block[1], wire.block[2]), sharedBytes: wire.sharedBytes,
            arguments: arguments)
    }

    fileprivate var wire: Weft_Wire_V1_KernelLaunch {
        var wire = Weft_Wire_V1_KernelLaunch()
        wire.entry = entry
        wire.grid = grid.all
        wire.block = block.all
        wire.sharedBytes = sharedBytes
        wire.arguments = arguments.map(\.wire)
        return wire
    }
}

extension KernelArgument {
    fileprivate init(wire: Weft_Wire_V1_KernelArgument, field: String) throws(LinkError) {
        func type() throws(LinkError) -> KernelType {
            guard let type = KernelType(rawValue: wire.dtype) else {
                throw malformed("\(field).arguments", "`\(wire.dtype.prefix(40))` is not known here")
            }
            return type
        }
        switch wire.value {
        case .buffer(let name): self = .buffer(name)
        case .integer(let value): self = .integer(try type(), value)
        case .real(let value): self = .real(try type(), value)
        case .localBytes(let bytes): self = .local(bytes: bytes)
        case nil: throw malformed("\(field).arguments", "an argument has no value")
        }
    }

    fileprivate var wire: Weft_Wire_V1_KernelArgument {
        var wire = Weft_Wire_V1_KernelArgument()
        switch self {
        case .buffer(let name): wire.buffer = name
        case .integer(let type, let value):
            wire.dtype = type.rawValue
            wire.integer = value
        case .real(let type, let value):
            wire.dtype = type.rawValue
            wire.real = value
        case .local(let bytes): wire.localBytes = bytes
        }
        return wire
    }
}

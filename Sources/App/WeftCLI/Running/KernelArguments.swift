import WeftFormats
import WeftModel

/// A kernel's arguments as `weft run` takes them, and the files behind them.
struct KernelArguments {
    private(set) var buffers: [KernelBuffer] = []
    private(set) var arguments: [KernelArgument] = []
    /// Local files by the paths that the job has for them.
    private(set) var inputs: [(path: String, local: String)] = []
    private(set) var outputs: [(path: String, local: String)] = []

    /// Throws ``CLIError`` (usage) that names the argument.
    init(_ texts: [String]) throws {
        for text in texts { try add(text) }
    }

    private mutating func add(_ text: String) throws {
        guard let pair = Pair.parse(text) else { throw Self.wrong(text) }
        switch pair.name {
        case "in", "inout":
            var parts = pair.value.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            let local = parts.removeFirst()
            let output = pair.name == "inout" ? (parts.isEmpty ? nil : parts.removeFirst()) : nil
            if pair.name == "inout", output?.isEmpty != false {
                throw CLIError(.usage, "--arg \(text): say where the result goes: inout=FILE:OUT")
            }
            guard parts.count <= 1 else { throw Self.wrong(text) }
            let array = try parts.first.map { try Self.array($0, text) } ?? Self.header(local, text)
            try addBuffer(array, input: local, output: output)
        case "out":
            guard let colon = pair.value.lastIndex(of: ":"), colon != pair.value.startIndex else {
                throw Self.wrong(text)
            }
            let array = try Self.array(String(pair.value[colon...].dropFirst()), text)
            try addBuffer(array, input: nil, output: String(pair.value[..<colon]))
        case "scratch": try addBuffer(try Self.array(pair.value, text), input: nil, output: nil)
        case "local":
            guard let bytes = Quantities.bytes(pair.value), bytes > 0 else { throw Self.wrong(text) }
            arguments.append(.local(bytes: bytes))
        default:
            guard let type = KernelType(rawValue: pair.name) else { throw Self.wrong(text) }
            if type.integers != nil {
                guard let value = Int64(pair.value) else { throw Self.wrong(text) }
                arguments.append(.integer(type, value))
            } else {
                guard let value = Double(pair.value), value.isFinite else { throw Self.wrong(text) }
                arguments.append(.real(type, value))
            }
        }
    }

    private mutating func addBuffer(_ array: NumPyArrayHeader, input: String?, output: String?) throws {
        let number = buffers.count
        let inputPath = input.map { Self.path($0, "in\(number)") }
        let outputPath = output.map { Self.path($0, "out\(number)") }
        if let input, let inputPath { inputs.append((inputPath, input)) }
        if let output, let outputPath { outputs.append((outputPath, output)) }
        let buffer = KernelBuffer(
            name: "buffer\(number)", type: array.type, shape: array.shape, inputPath: inputPath, outputPath: outputPath)
        buffers.append(buffer)
        arguments.append(.buffer(buffer.name))
    }

    /// In the job: a folder for each, so that no two are the same.
    private static func path(_ local: String, _ folder: String) -> String {
        "\(folder)/\(local.split(separator: "/").last.map(String.init) ?? "file")"
    }

    /// `float32[32,32]`, `int32[]`, `float32[1024]`.
    private static func array(_ text: String, _ argument: String) throws -> NumPyArrayHeader {
        guard let open = text.firstIndex(of: "["), text.hasSuffix("]"),
            let type = KernelType(rawValue: String(text[..<open]))
        else { throw wrong(argument) }
        let inside = text[open...].dropFirst().dropLast()
        let numbers = inside.split(separator: ",", omittingEmptySubsequences: false)
        let shape = inside.isEmpty ? [] : numbers.compactMap { Int64($0) }
        guard inside.isEmpty || (shape.count == numbers.count && shape.allSatisfy { $0 > 0 }) else {
            throw wrong(argument)
        }
        return NumPyArrayHeader(type: type, shape: shape)
    }

    private static func header(_ local: String, _ argument: String) throws -> NumPyArrayHeader {
        guard local.hasSuffix(".npy") else {
            throw CLIError(
                .usage, "--arg \(argument): say of which numbers the file consists",
                hint: "for example --arg in=\(local):float32[1024], or let the file be NumPy's, \(local).npy")
        }
        guard case .file? = Files.kind(local) else { throw CLIError(.usage, "there is no file \(local)") }
        guard let header = NumPyArrayHeader(try Files.readStart(local, count: 4096)) else {
            throw CLIError(
                .usage, "\(local) is not a file of numpy.save that a kernel can have: plain numbers in C order")
        }
        return header
    }

    private static func wrong(_ text: String) -> CLIError {
        CLIError(
            .usage, "--arg \(text): not an argument of a kernel",
            hint:
                "in=FILE, inout=FILE:OUT, out=FILE:float32[1024], scratch=float32[1024], float32=0.5, int32=7, local=BYTES"
        )
    }
}

/// What the beginning of a file in NumPy's format says (numpy.lib.format).
struct NumPyArrayHeader: Hashable {
    var type: KernelType
    var shape: [Int64]

    init(type: KernelType, shape: [Int64]) {
        self.type = type
        self.shape = shape
    }

    private static let types: [String: KernelType] = [
        "<f2": .float16, "<f4": .float32, "<f8": .float64, "|i1": .int8, "<i2": .int16, "<i4": .int32, "<i8": .int64,
        "|u1": .uint8, "<u2": .uint16, "<u4": .uint32, "<u8": .uint64, "|V2": .bfloat16, "<V2": .bfloat16,
    ]

    /// Nil for what is not in that format, or not of plain numbers in C's order.
    init?(_ start: [UInt8]) {
        guard start.count > 12, start.starts(with: [0x93] + Array("NUMPY".utf8)), (1...3).contains(start[6]) else {
            return nil
        }
        let begin = start[6] == 1 ? 10 : 12
        let text = String(decoding: start[begin...].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        guard let name = Self.between("'descr': '", "'", text), let type = Self.types[name],
            Self.between("'fortran_order': ", ",", text) == "False", let list = Self.between("'shape': (", ")", text)
        else { return nil }
        let numbers = list.split(whereSeparator: { $0 == "," || $0 == " " }).map { Int64($0) }
        guard numbers.allSatisfy({ $0 != nil && $0! > 0 }) else { return nil }
        self.init(type: type, shape: numbers.compactMap(\.self))
    }

    private static func between(_ begin: String, _ end: String, _ text: String) -> String? {
        guard let start = text.firstRange(of: begin), let stop = text[start.upperBound...].firstRange(of: end) else {
            return nil
        }
        return String(text[start.upperBound..<stop.lowerBound])
    }
}

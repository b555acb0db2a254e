import WeftModel

/// Named tensors: eight bytes of length (little-endian), a JSON header of that length, then the elements:
/// https://huggingface.co/docs/safetensors/index#format
struct SafetensorsFile {
    /// In the order of their names' bytes.
    var tensors: [(name: ArraySlice<UInt8>, array: NumberArray)] = []
    /// Keys and values of `__metadata__`, in the order of the keys' bytes.
    var metadata: [(key: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] = []

    init(_ bytes: [UInt8]) throws(FormatProblem) {
        guard bytes.count >= 8 else { throw FormatProblem(.safetensors, "the file ends in its first bytes") }
        let length = bytes[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard let length = Int(exactly: length), length <= bytes.count - 8 else {
            throw FormatProblem(.safetensors, "the file ends in its header", at: 0)
        }
        let data = 8 + length..<bytes.count
        let header: JSONTape
        do throws(FormatProblem) {
            header = try JSONTape(Array(bytes[8..<8 + length]))
            guard header.tokens[0].kind == .object else {
                throw FormatProblem(.safetensors, "expected an object as header", at: 8)
            }
            for member in try header.members(0) {
                if member.key.elementsEqual("__metadata__".utf8) {
                    metadata = try Self.metadata(member.value, of: header)
                } else {
                    tensors.append((member.key, try Self.array(member, of: header, data: data)))
                }
            }
        } catch {
            // The JSON reader counts from the header's start.
            let shift = error.format == .json ? 8 : 0
            throw FormatProblem(.safetensors, error.message, at: error.offset.map { $0 + shift })
        }
        guard tensors.count <= ComparatorLimits.tensors else {
            throw FormatProblem(.safetensors, "more than \(ComparatorLimits.tensors) tensors")
        }
        try checkCoverage(data)
    }

    /// Every byte of the data belongs to one tensor: nothing can hide between them.
    private func checkCoverage(_ data: Range<Int>) throws(FormatProblem) {
        var offset = data.lowerBound
        let ranges = tensors.map(\.array.data)
        for range in ranges.sorted(by: { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }) {
            guard range.lowerBound == offset else {
                throw FormatProblem(.safetensors, "tensors overlap or leave a gap", at: offset)
            }
            offset = range.upperBound
        }
        guard offset == data.upperBound else {
            throw FormatProblem(.safetensors, "bytes that belong to no tensor", at: offset)
        }
    }

    private static func metadata(
        _ index: Int, of header: JSONTape
    ) throws(FormatProblem) -> [(key: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] {
        guard header.tokens[index].kind == .object else { throw problem("expected an object", header, index) }
        var result: [(key: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] = []
        for member in try header.members(index) {
            guard header.tokens[member.value].kind == .string else {
                throw problem("expected a text", header, member.value)
            }
            result.append((member.key, header.string(member.value)))
        }
        return result
    }

    private static func array(
        _ tensor: JSONTape.Member, of header: JSONTape, data: Range<Int>
    ) throws(FormatProblem) -> NumberArray {
        guard header.tokens[tensor.value].kind == .object else {
            throw problem("expected an object", header, tensor.value)
        }
        let fields = try header.members(tensor.value)
        // In the order of their bytes.
        guard fields.map({ String(decoding: $0.key, as: UTF8.self) }) == ["data_offsets", "dtype", "shape"] else {
            throw problem("expected the keys dtype, shape and data_offsets", header, tensor.value)
        }
        let name = header.tokens[fields[1].value].kind == .string ? header.string(fields[1].value) : []
        guard let type = ElementType(safetensors: String(decoding: name, as: UTF8.self)) else {
            throw problem("elements of type \(shown(name)) are not known", header, fields[1].value)
        }
        let shape = try integers(fields[2].value, of: header)
        let offsets = try integers(fields[0].value, of: header)
        guard shape.count <= ComparatorLimits.dimensions else {
            throw problem("more than \(ComparatorLimits.dimensions) dimensions", header, fields[2].value)
        }
        guard offsets.count == 2, offsets[0] <= offsets[1], offsets[1] <= data.count else {
            throw problem("expected two offsets within the data", header, fields[0].value)
        }
        guard NumberArray.byteCount(shape, of: type) == offsets[1] - offsets[0] else {
            throw problem("the offsets do not match type and shape", header, fields[0].value)
        }
        return NumberArray(
            type: type, shape: shape, data: data.lowerBound + offsets[0]..<data.lowerBound + offsets[1])
    }

    /// A list of integers that are not negative.
    private static func integers(_ index: Int, of header: JSONTape) throws(FormatProblem) -> [Int] {
        guard header.tokens[index].kind == .list else { throw problem("expected a list", header, index) }
        var result: [Int] = []
        for child in header.children(index) {
            guard header.tokens[child].kind == .number,
                let value = Int(String(decoding: header.text(child), as: UTF8.self)), value >= 0
            else { throw problem("expected an integer that is not negative", header, child) }
            result.append(value)
        }
        return result
    }

    private static func problem(_ message: String, _ header: JSONTape, _ index: Int) -> FormatProblem {
        FormatProblem(.safetensors, message, at: 8 + Int(header.tokens[index].start))
    }
}

package import WeftModel

/// NumPy's file of one array (numpy.lib.format, version 1.0), for the types of the library.
package enum NumPyFile {
    private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
    private static let alignment = 64

    private static func name(of type: KernelType) -> String {
        switch type {
        case .float16: "<f2"
        case .float32: "<f4"
        case .float64: "<f8"
        case .int8: "|i1"
        case .int16: "<i2"
        case .int32: "<i4"
        case .int64: "<i8"
        case .uint8: "|u1"
        // NumPy has no bfloat16; its bits travel as whole numbers.
        case .uint16, .bfloat16: "<u2"
        case .uint32: "<u4"
        case .uint64: "<u8"
        }
    }

    private static func header(_ type: KernelType, _ shape: [Int]) -> String {
        let sizes = shape.map { "\($0)" }.joined(separator: ", ") + (shape.count == 1 ? "," : "")
        return "{'descr': '\(name(of: type))', 'fortran_order': False, 'shape': (\(sizes)), }"
    }

    package static func encode(_ array: KernelArray) -> [UInt8] {
        var text = header(array.type, array.shape)
        let beside = magic.count + 4
        while (beside + text.utf8.count + 1) % alignment != 0 { text += " " }
        text += "\n"
        let length = text.utf8.count
        return magic + [1, 0, UInt8(length & 255), UInt8(length >> 8)] + Array(text.utf8) + array.bytes
    }

    /// Reads an array whose type and shape are known. Throws what is different.
    package static func decode(
        _ bytes: [UInt8], _ type: KernelType, _ shape: [Int], name: String
    ) throws(KernelLibraryError) -> KernelArray {
        guard bytes.count > 10, Array(bytes[0..<6]) == magic, bytes[6] == 1 else {
            throw .array(name: name, problem: "it is not in NumPy's format, version 1")
        }
        let end = 10 + Int(bytes[8]) + Int(bytes[9]) << 8
        guard end <= bytes.count else { throw .array(name: name, problem: "it ends within its header") }
        let text = String(decoding: bytes[10..<end], as: UTF8.self)
        guard text.filter({ $0 != " " && $0 != "\n" }) == header(type, shape).filter({ $0 != " " }) else {
            throw .array(
                name: name, problem: "its header is \(text.prefix(120)), expected \(header(type, shape))")
        }
        do {
            return try KernelArray(type, shape, bytes: Array(bytes[end...]))
        } catch {
            throw .array(name: name, problem: error.description)
        }
    }
}

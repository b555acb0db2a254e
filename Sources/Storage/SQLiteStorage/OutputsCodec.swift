import WeftModel

/// The declared outputs of one answer as compact bytes: a version (1), then for each output the length of its path and
/// the path in UTF-8, a byte that says whether there is a blob, and if so its 32 bytes of digest and its size. Lengths
/// and sizes are unsigned LEB128. (JSON took ten times as long to write, and this is on the path of every answer.)
enum OutputsCodec {
    private static let version: UInt8 = 1

    /// nil for none.
    static func encode(_ outputs: [OutputFile]) -> [UInt8]? {
        if outputs.isEmpty { return nil }
        var bytes: [UInt8] = [version]
        bytes.reserveCapacity(outputs.count * 64)
        for output in outputs {
            let path = output.path.utf8
            append(UInt64(path.count), to: &bytes)
            bytes.append(contentsOf: path)
            if let blob = output.blob {
                bytes.append(1)
                bytes.append(contentsOf: blob.digest.bytes)
                append(UInt64(bitPattern: blob.sizeBytes), to: &bytes)
            } else {
                bytes.append(0)
            }
        }
        return bytes
    }

    /// nil for bytes that ``encode(_:)`` did not write.
    static func decode(_ bytes: [UInt8]) -> [OutputFile]? {
        var rest = bytes[...]
        guard rest.popFirst() == version else { return nil }
        var outputs: [OutputFile] = []
        while !rest.isEmpty {
            guard let length = takeNumber(&rest), length <= UInt64(rest.count),
                let path = String(validating: rest.prefix(Int(length)), as: UTF8.self)
            else { return nil }
            rest = rest.dropFirst(Int(length))
            switch rest.popFirst() {
            case 0:
                outputs.append(OutputFile(path: path, blob: nil))
            case 1:
                guard let digest = Digest(bytes: rest.prefix(32)) else { return nil }
                rest = rest.dropFirst(32)
                guard let size = takeNumber(&rest) else { return nil }
                let blob = BlobReference(digest: digest, sizeBytes: Int64(bitPattern: size))
                outputs.append(OutputFile(path: path, blob: blob))
            default:
                return nil
            }
        }
        return outputs
    }

    private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private static func takeNumber(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
        var number: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = bytes.popFirst() else { return nil }
            if shift == 63, byte > 1 { return nil }
            number |= UInt64(byte & 0x7f) << shift
            if byte & 0x80 == 0 { return number }
        }
        return nil
    }
}

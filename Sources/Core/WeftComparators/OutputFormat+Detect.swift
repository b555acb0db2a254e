package import WeftModel

extension OutputFormat {
    /// The format that bytes start as: by their magic number; JSON by its first bracket; CSV is any other text without zero
    /// bytes in its first 4 KiB. nil for the rest.
    package static func detect(_ bytes: [UInt8]) -> OutputFormat? {
        if bytes.starts(with: PNGChunks.signature) { return .png }
        if bytes.starts(with: NpyFile.magic) { return .npy }
        if PNMReader.isStart(bytes) { return .pnm }
        // A small length in eight bytes, then the header's bracket.
        if bytes.count > 8, bytes[8] == UInt8(ascii: "{"), bytes[5..<8].allSatisfy({ $0 == 0 }) { return .safetensors }
        let start = bytes.prefix(4096)
        guard !start.contains(0) else { return nil }
        let text = start.starts(with: [0xEF, 0xBB, 0xBF]) ? start.dropFirst(3) : start
        let first = text.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
        return first == UInt8(ascii: "{") || first == UInt8(ascii: "[") ? .json : .csv
    }
}

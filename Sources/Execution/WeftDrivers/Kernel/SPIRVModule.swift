import WeftModel

/// What can be told of a module of SPIR-V without its compiler (SPIR-V Specification, section 2.3).
enum SPIRVModule {
    /// The first of its words, in the byte order that all of them have.
    static let magic: UInt32 = 0x0723_0203
    /// The words before its instructions.
    private static let headerWords = 5
    private static let wordBytes = 4

    /// Why these bytes are none, or nil.
    static func problem(with bytes: [UInt8]) -> String? {
        guard bytes.starts(with: littleEndianMagic) || bytes.starts(with: littleEndianMagic.reversed()) else {
            return "the source is no SPIR-V module: it does not begin with the word 0x07230203; what it is written in "
                + "has to be compiled to SPIR-V first"
        }
        guard bytes.count % wordBytes == 0 else {
            return "the source is no SPIR-V module: its length, \(bytes.count) bytes, is no multiple of 4"
        }
        guard bytes.count >= headerWords * wordBytes else {
            return "the source is no SPIR-V module: it ends within its header, after \(bytes.count) bytes"
        }
        return nil
    }

    /// The same module with its words in the order that every device's compiler reads. Texts within it are words, too: their first
    /// letter is a word's lowest byte.
    static func littleEndian(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.starts(with: littleEndianMagic.reversed()) else { return bytes }
        return stride(from: 0, to: bytes.count, by: wordBytes).flatMap { start in
            bytes[start..<min(start + wordBytes, bytes.count)].reversed()
        }
    }

    static func bytes(of words: [UInt32]) -> [UInt8] {
        words.flatMap { word in (0..<wordBytes).map { UInt8(truncatingIfNeeded: word >> (8 * UInt32($0))) } }
    }

    private static let littleEndianMagic = bytes(of: [magic])
}

extension KernelBackend {
    /// The source as the runner takes it. Throws for one that is not in the backend's language at all.
    func checked(_ source: [UInt8]) throws(AttemptFailure) -> [UInt8] {
        guard language == .spirv else { return source }
        if let problem = SPIRVModule.problem(with: source) { throw AttemptFailure(.notExecutable, problem) }
        return SPIRVModule.littleEndian(source)
    }
}

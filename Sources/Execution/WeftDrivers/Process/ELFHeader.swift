package import WeftModel

/// What a program's ELF header says of it. Read from files that somebody hostile has made: every size is bounded, no
/// offset is trusted, and what does not add up is not an ELF program.
package struct ELFHeader: Sendable, Hashable {
    /// Nil for a processor that is not known here.
    package var architecture: ProgramArchitecture?
    /// The dynamic loader that it asks for; nil for a statically linked program.
    package var loader: String?

    /// Bytes at an offset, fewer at the end of the file.
    package typealias Reading = (_ offset: Int64, _ length: Int) throws -> [UInt8]

    static let magic = ProgramArchitecture.headerMagic

    /// Segments that are looked at; linkers make about a dozen.
    private static let segmentsMax = 256
    private static let loaderBytesMax = 4096

    private static let executableType: UInt16 = 2
    private static let sharedType: UInt16 = 3
    private static let loadSegment: UInt32 = 1
    private static let interpreterSegment: UInt32 = 3

    /// Nil when this is no program: not ELF, cut off, nothing to load, or fields that contradict each other.
    /// Throws what `reading` throws.
    package init?(sizeBytes: Int64, reading: Reading) throws {
        let bytes = Fields(try reading(0, 64))
        guard bytes.bytes.starts(with: Self.magic), let identification = Identification(bytes) else { return nil }
        let is64Bit = identification.is64Bit
        guard identification.isLittleEndian else {
            // Of another byte order: a program, perhaps, but for no processor that is known here.
            architecture = nil
            return
        }
        guard let type = bytes.half(16), type == Self.executableType || type == Self.sharedType,
            let machine = bytes.half(18),
            let tableOffset = is64Bit ? bytes.long(32) : bytes.word(28).map(UInt64.init),
            let entryBytes = bytes.half(is64Bit ? 54 : 42), let count = bytes.half(is64Bit ? 56 : 44),
            Int(entryBytes) == (is64Bit ? 56 : 32), count > 0, Int(count) <= Self.segmentsMax,
            Self.isWithin(tableOffset, UInt64(entryBytes) * UInt64(count), sizeBytes)
        else { return nil }
        architecture = ProgramArchitecture(is64Bit: is64Bit, machine: machine)
        let table = Fields(try reading(Int64(tableOffset), Int(entryBytes) * Int(count)))
        var canLoad = false
        for index in 0..<Int(count) {
            let base = index * Int(entryBytes)
            guard let kind = table.word(base),
                let offset = is64Bit ? table.long(base + 8) : table.word(base + 4).map(UInt64.init),
                let size = is64Bit ? table.long(base + 32) : table.word(base + 16).map(UInt64.init)
            else { return nil }
            guard kind == Self.loadSegment || kind == Self.interpreterSegment else { continue }
            guard Self.isWithin(offset, size, sizeBytes) else { return nil }
            if kind == Self.loadSegment {
                canLoad = true
            } else {
                guard size > 1, size <= UInt64(Self.loaderBytesMax) else { return nil }
                let name = try reading(Int64(offset), Int(size)).prefix { $0 != 0 }
                loader = String(decoding: name, as: UTF8.self)
            }
        }
        guard canLoad else { return nil }
    }

    private static func isWithin(_ offset: UInt64, _ length: UInt64, _ size: Int64) -> Bool {
        let (end, overflow) = offset.addingReportingOverflow(length)
        return !overflow && end <= UInt64(max(0, size))
    }

    private struct Identification {
        var is64Bit: Bool
        var isLittleEndian: Bool

        init?(_ fields: Fields) {
            guard fields.bytes.count >= 52, fields.bytes[4] == 1 || fields.bytes[4] == 2,
                fields.bytes[5] == 1 || fields.bytes[5] == 2
            else { return nil }
            is64Bit = fields.bytes[4] == 2
            isLittleEndian = fields.bytes[5] == 1
        }
    }

    /// Little endian numbers; nil past the end.
    private struct Fields {
        let bytes: [UInt8]
        init(_ bytes: [UInt8]) { self.bytes = bytes }

        private func number(_ offset: Int, _ count: Int) -> UInt64? {
            guard offset >= 0, offset + count <= bytes.count else { return nil }
            return bytes[offset..<offset + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }

        func half(_ offset: Int) -> UInt16? { number(offset, 2).map { UInt16($0) } }
        func word(_ offset: Int) -> UInt32? { number(offset, 4).map { UInt32($0) } }
        func long(_ offset: Int) -> UInt64? { number(offset, 8) }
    }
}

package import WeftModel

/// The elements of a buffer on this machine, the fastest dimension last.
package struct KernelArray: Hashable, Sendable {
    package enum Elements: Hashable, Sendable {
        case real([Float])
        /// Half precision or bfloat16, as bits.
        case short([UInt16])
        case word([UInt32])
        case byte([UInt8])
    }

    package var type: KernelType
    package var shape: [Int]
    package var elements: Elements

    package init(_ type: KernelType, _ shape: [Int], _ elements: Elements) {
        self.type = type
        self.shape = shape
        self.elements = elements
    }

    /// As many as the shape says, all zero. Throws for types that the library does not use.
    package static func zeros(_ type: KernelType, _ shape: [Int]) throws(KernelLibraryError) -> KernelArray {
        try KernelArray(type, shape, bytes: [UInt8](repeating: 0, count: shape.reduce(Int(type.sizeBytes), *)))
    }

    /// From little-endian bytes. Throws for a wrong number of them, and for types that the library does not use.
    package init(_ type: KernelType, _ shape: [Int], bytes: [UInt8]) throws(KernelLibraryError) {
        let count = shape.reduce(1, *)
        guard bytes.count == count * Int(type.sizeBytes) else {
            throw .array(
                name: type.rawValue,
                problem: "expected \(count * Int(type.sizeBytes)) bytes, not \(bytes.count)")
        }
        self.init(type, shape, .byte(bytes))
        switch type {
        case .float32: elements = .real(Self.load(bytes, UInt32.self).map { Float(bitPattern: $0) })
        case .float16, .bfloat16: elements = .short(Self.load(bytes, UInt16.self))
        case .uint32: elements = .word(Self.load(bytes, UInt32.self))
        case .uint8: break
        default: throw .array(name: type.rawValue, problem: "the library has no arrays of this type")
        }
    }

    private static func load<Word: FixedWidthInteger>(_ bytes: [UInt8], _: Word.Type) -> [Word] {
        let size = MemoryLayout<Word>.size
        return bytes.withUnsafeBytes { raw in
            (0..<raw.count / size).map {
                Word(littleEndian: raw.loadUnaligned(fromByteOffset: $0 * size, as: Word.self))
            }
        }
    }

    /// Little-endian.
    package var bytes: [UInt8] {
        switch elements {
        case .real(let values): Self.store(values.map(\.bitPattern))
        case .short(let values): Self.store(values)
        case .word(let values): Self.store(values)
        case .byte(let values): values
        }
    }

    private static func store<Word: FixedWidthInteger>(_ values: [Word]) -> [UInt8] {
        values.map(\.littleEndian).withUnsafeBytes { Array($0) }
    }

    package var count: Int { shape.reduce(1, *) }

    /// All elements as numbers, widened.
    package var numbers: [Double] {
        switch elements {
        case .real(let values): values.map(Double.init)
        case .short: wide.map(Double.init)
        case .word(let values): values.map(Double.init)
        case .byte(let values): values.map(Double.init)
        }
    }

    /// Of arrays of single precision or 16 bits: the values as floats. Others are the library's mistake.
    package var wide: [Float] {
        switch elements {
        case .real(let values): return values
        case .short(let values):
            return type == .bfloat16
                ? values.map { Float(bitPattern: UInt32($0) << 16) } : values.map(ShortFloats.widened)
        case .word, .byte: preconditionFailure("an array of whole numbers is no array of real ones")
        }
    }

    /// Of arrays of 32-bit numbers. Others are the library's mistake.
    package var words: [UInt32] {
        guard case .word(let values) = elements else { preconditionFailure("an array of uint32 is needed") }
        return values
    }

    /// Of arrays of bytes. Others are the library's mistake.
    package var byteValues: [UInt8] {
        guard case .byte(let values) = elements else { preconditionFailure("an array of uint8 is needed") }
        return values
    }
}

/// Numbers of 16 bits.
package enum ShortFloats {
    /// IEEE 754-2019, section 3.6, binary16.
    package static func widened(_ bits: UInt16) -> Float {
        let sign = UInt32(bits & 0x8000) << 16
        let exponent = UInt32(bits >> 10 & 31)
        let fraction = UInt32(bits & 0x3FF)
        switch exponent {
        case 31: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
        case 0: return (sign == 0 ? 1 : -1) * Float(fraction) * 0x1p-24
        default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
        }
    }

    /// To nearest, ties to even; finite values within the range of half precision.
    package static func half(_ value: Float) -> UInt16 {
        let sign: UInt16 = value.sign == .minus ? 0x8000 : 0
        let size = value.magnitude
        if size < 0x1p-14 { return sign | UInt16((size * 0x1p24).rounded(.toNearestOrEven)) }
        let exponent = UInt16(Int(size.exponent) + 14)
        // A fraction that is rounded up to the next power of two carries into the exponent by itself.
        return sign | (exponent << 10 + UInt16((size.significand * 1024).rounded(.toNearestOrEven)))
    }

    /// To nearest, ties to even; finite values.
    package static func brain(_ value: Float) -> UInt16 {
        let bits = value.bitPattern
        return UInt16((bits + 0x7FFF + (bits >> 16 & 1)) >> 16)
    }
}

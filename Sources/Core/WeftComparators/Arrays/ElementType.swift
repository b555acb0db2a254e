/// What one element of an array is.
enum ElementType: Hashable {
    case float16, bfloat16, float32, float64
    case complex64, complex128
    case int8, int16, int32, int64
    case uint8, uint16, uint32, uint64
    case bool

    var byteCount: Int {
        switch self {
        case .int8, .uint8, .bool: 1
        case .float16, .bfloat16, .int16, .uint16: 2
        case .float32, .int32, .uint32: 4
        case .float64, .int64, .uint64, .complex64: 8
        case .complex128: 16
        }
    }

    /// A complex number is two; everything else is one.
    var parts: Int { self == .complex64 || self == .complex128 ? 2 : 1 }

    /// NumPy's letter and number of bytes, without the byte order.
    init?(numPy name: some StringProtocol) {
        switch name {
        case "f2": self = .float16
        case "f4": self = .float32
        case "f8": self = .float64
        case "c8": self = .complex64
        case "c16": self = .complex128
        case "i1": self = .int8
        case "i2": self = .int16
        case "i4": self = .int32
        case "i8": self = .int64
        case "u1": self = .uint8
        case "u2": self = .uint16
        case "u4": self = .uint32
        case "u8": self = .uint64
        case "b1": self = .bool
        default: return nil
        }
    }

    /// The name in a safetensors header.
    init?(safetensors name: some StringProtocol) {
        switch name {
        case "F16": self = .float16
        case "BF16": self = .bfloat16
        case "F32": self = .float32
        case "F64": self = .float64
        case "C64": self = .complex64
        case "I8": self = .int8
        case "I16": self = .int16
        case "I32": self = .int32
        case "I64": self = .int64
        case "U8": self = .uint8
        case "U16": self = .uint16
        case "U32": self = .uint32
        case "U64": self = .uint64
        case "BOOL": self = .bool
        default: return nil
        }
    }
}

/// Half precision (IEEE 754 binary16). Swift's own type for it is missing on some platforms.
func halfPrecision(_ bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    let exponent = UInt32(bits >> 10 & 0x1F)
    let fraction = UInt32(bits & 0x3FF)
    switch exponent {
    case 0:
        let magnitude = Float(fraction) * 0x1p-24
        return sign == 0 ? magnitude : -magnitude
    case 31: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
    default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
}

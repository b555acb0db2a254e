import WeftModel

/// Reads and compares the elements of an array where they lie in memory.
///
/// Blocks are unpacked to doubles that stay in the processor's first cache; one loop then compares them, whatever their
/// type. Integers of 64 bits do not fit into doubles and have a loop of their own.
struct ElementReader {
    private typealias Block = UnsafeMutableBufferPointer<Double>
    private static let block = 1024

    private let type: ElementType
    private let isBigEndian: Bool
    private let bytes: UnsafeRawBufferPointer

    /// `bytes`: the elements alone, exactly.
    init(_ array: NumberArray, _ bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count == array.elementCount * array.type.byteCount, "the bytes are the array's elements")
        type = array.type
        isBigEndian = array.isBigEndian
        self.bytes = bytes
    }

    private var elementCount: Int { bytes.count / type.byteCount }

    /// Calls `differ` with the position of each pair that is further apart than allowed.
    ///
    /// - Returns: the largest difference, nil where no numbers were compared.
    func compare(_ other: ElementReader, _ tolerance: Tolerance, differ: (Int) -> Void) -> Double? {
        precondition(type == other.type && elementCount == other.elementCount, "arrays of one type and shape")
        guard elementCount > 0 else { return nil }
        switch type {
        case .bool:
            for position in 0..<elementCount where bytes[position] != other.bytes[position] { differ(position) }
            return nil
        case .int64, .uint64: return compareWide(other, tolerance, differ)
        case .complex64, .complex128: return compareComplex(other, tolerance, differ)
        default: return compareReal(other, tolerance, differ)
        }
    }

    /// The element for a person.
    func show(_ position: Int) -> String {
        switch type {
        case .bool: return bytes[position] == 0 ? "false" : bytes[position] == 1 ? "true" : "byte \(bytes[position])"
        case .int64, .uint64: return "\(wide(position))"
        default:
            let parts = type.parts
            return withUnsafeTemporaryAllocation(of: Double.self, capacity: parts) { buffer in
                unpack(position * parts, buffer)
                return parts == 1 ? "\(buffer[0])" : "(\(buffer[0]), \(buffer[1])i)"
            }
        }
    }

    private func compareReal(_ other: ElementReader, _ tolerance: Tolerance, _ differ: (Int) -> Void) -> Double {
        let (absolute, relative) = (tolerance.absolute, tolerance.relative)
        var largest = 0.0
        forEachBlock(other) { start, left, right in
            for index in 0..<left.count {
                let (one, other) = (left[index], right[index])
                let distance = abs(one - other)
                let size = abs(one) > abs(other) ? abs(one) : abs(other)
                let relativeAllowed = relative * size
                let allowed = absolute > relativeAllowed ? absolute : relativeAllowed
                // False wherever something is not finite: that is judged below.
                if distance <= allowed, distance < .infinity {
                    largest = distance > largest ? distance : largest
                    continue
                }
                let gap = tolerance.gap(one, other)
                largest = max(largest, gap.distance)
                if !gap.isAllowed { differ(start + index) }
            }
        }
        return largest
    }

    private func compareComplex(_ other: ElementReader, _ tolerance: Tolerance, _ differ: (Int) -> Void) -> Double {
        var largest = 0.0
        forEachBlock(other) { start, left, right in
            for index in stride(from: 0, to: left.count, by: 2) {
                let gap = tolerance.gap((left[index], left[index + 1]), (right[index], right[index + 1]))
                largest = max(largest, gap.distance)
                if !gap.isAllowed { differ((start + index) / 2) }
            }
        }
        return largest
    }

    private func compareWide(_ other: ElementReader, _ tolerance: Tolerance, _ differ: (Int) -> Void) -> Double {
        var largest = 0.0
        for position in 0..<elementCount {
            let gap = tolerance.gap(wide(position), other.wide(position))
            largest = max(largest, gap.distance)
            if !gap.isAllowed { differ(position) }
        }
        return largest
    }

    /// Of one part; a complex number has two.
    private var partBytes: Int { type.byteCount / type.parts }

    /// Calls `body` with runs of unpacked parts, and the position of the first one of each.
    private func forEachBlock(
        _ other: ElementReader, _ body: (Int, Block, Block) -> Void
    ) {
        let count = bytes.count / partBytes
        withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * Self.block) { buffer in
            for start in stride(from: 0, to: count, by: Self.block) {
                let length = min(Self.block, count - start)
                let left = Block(rebasing: buffer[..<length])
                let right = Block(rebasing: buffer[Self.block..<Self.block + length])
                unpack(start, left)
                other.unpack(start, right)
                body(start, left, right)
            }
        }
    }

    /// Fills `target` with the parts from `start` on.
    private func unpack(_ start: Int, _ target: Block) {
        let source = UnsafeRawBufferPointer(rebasing: bytes[(start * partBytes)...])
        precondition(target.count * partBytes <= source.count, "the block lies inside the array")
        switch type {
        case .float64, .complex128: fill(target, source, UInt64.self) { Double(bitPattern: $0) }
        case .float32, .complex64: fill(target, source, UInt32.self) { Double(Float(bitPattern: $0)) }
        case .float16: fill(target, source, UInt16.self) { Double(halfPrecision($0)) }
        case .bfloat16: fill(target, source, UInt16.self) { Double(Float(bitPattern: UInt32($0) << 16)) }
        case .int8: fill(target, source, UInt8.self) { Double(Int8(bitPattern: $0)) }
        case .int16: fill(target, source, UInt16.self) { Double(Int16(bitPattern: $0)) }
        case .int32: fill(target, source, UInt32.self) { Double(Int32(bitPattern: $0)) }
        case .uint8, .bool: fill(target, source, UInt8.self) { Double($0) }
        case .uint16: fill(target, source, UInt16.self) { Double($0) }
        case .uint32: fill(target, source, UInt32.self) { Double($0) }
        case .int64, .uint64: preconditionFailure("integers of 64 bits are not unpacked to doubles")
        }
    }

    @inline(__always)
    private func fill<Bits: FixedWidthInteger>(
        _ target: Block, _ source: UnsafeRawBufferPointer, _: Bits.Type,
        _ value: (Bits) -> Double
    ) {
        let width = MemoryLayout<Bits>.size
        if isBigEndian {
            for index in 0..<target.count {
                target[index] = value(
                    Bits(bigEndian: source.loadUnaligned(fromByteOffset: index * width, as: Bits.self)))
            }
        } else {
            for index in 0..<target.count {
                target[index] = value(
                    Bits(littleEndian: source.loadUnaligned(fromByteOffset: index * width, as: Bits.self)))
            }
        }
    }

    /// An integer of 64 bits.
    private func wide(_ position: Int) -> Int128 {
        let stored = bytes.loadUnaligned(fromByteOffset: position * 8, as: UInt64.self)
        let bits = isBigEndian ? UInt64(bigEndian: stored) : UInt64(littleEndian: stored)
        return type == .int64 ? Int128(Int64(bitPattern: bits)) : Int128(bits)
    }
}

import WeftModel

/// An array of numbers inside an output's bytes.
struct NumberArray {
    var type: ElementType
    var isBigEndian = false
    /// The first index changes fastest, as in Fortran; otherwise the last.
    var isFirstIndexFastest = false
    var shape: [Int]
    /// Where its elements are; exactly as many bytes as the shape says.
    var data: Range<Int>

    /// The number of elements of this shape, or nil where that many cannot be.
    static func elementCount(_ shape: [Int]) -> Int? {
        if shape.contains(0) { return 0 }
        var count = 1
        for extent in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            guard extent > 0, !overflow else { return nil }
            count = product
        }
        return count
    }

    /// The bytes that the elements of this shape take, or nil where that many cannot be.
    static func byteCount(_ shape: [Int], of type: ElementType) -> Int? {
        guard let count = elementCount(shape) else { return nil }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: type.byteCount)
        return overflow ? nil : bytes
    }

    var elementCount: Int { data.count / type.byteCount }

    var shapeText: String { "[" + shape.map(String.init).joined(separator: ", ") + "]" }

    /// The indices of the element at this position in memory.
    func indices(of position: Int) -> [Int] {
        var rest = position
        var result: [Int] = []
        for extent in isFirstIndexFastest ? shape : shape.reversed() {
            result.append(rest % max(extent, 1))
            rest /= max(extent, 1)
        }
        return isFirstIndexFastest ? result : result.reversed()
    }

    /// The bytes of its elements with the last index fastest.
    func lastIndexFastest(_ bytes: [UInt8]) -> [UInt8] {
        // The strides of a shape without elements need not fit into an integer.
        guard !data.isEmpty else { return [] }
        let width = type.byteCount
        var strides: [Int] = []
        var stride = width
        for extent in shape {
            strides.append(stride)
            stride *= extent
        }
        var result: [UInt8] = []
        result.reserveCapacity(data.count)
        var indices = [Int](repeating: 0, count: shape.count)
        var offset = data.lowerBound
        for _ in 0..<elementCount {
            result += bytes[offset..<offset + width]
            var axis = shape.count - 1
            while axis >= 0 {
                indices[axis] += 1
                offset += strides[axis]
                guard indices[axis] == shape[axis] else { break }
                offset -= strides[axis] * shape[axis]
                indices[axis] = 0
                axis -= 1
            }
        }
        return result
    }
}

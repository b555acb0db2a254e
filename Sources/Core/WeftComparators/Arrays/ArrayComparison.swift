import WeftModel

/// Compares arrays of numbers element by element.
struct ArrayComparison {
    let tolerance: Tolerance
    private(set) var findings = Findings()

    init(tolerance: Tolerance) { self.tolerance = tolerance }

    static func compareNpy(
        _ left: [UInt8], _ right: [UInt8], _ tolerance: Tolerance
    ) throws(ComparisonError) -> Comparison {
        var comparison = ArrayComparison(tolerance: tolerance)
        let (one, other) = (try reading(.left, NpyFile.read(left)), try reading(.right, NpyFile.read(right)))
        comparison.compare(one, in: left, other, in: right, name: "")
        return comparison.findings.comparison(of: .largestDifference)
    }

    static func compareSafetensors(
        _ left: [UInt8], _ right: [UInt8], _ tolerance: Tolerance
    ) throws(ComparisonError) -> Comparison {
        var comparison = ArrayComparison(tolerance: tolerance)
        let (one, other) = (try reading(.left, SafetensorsFile(left)), try reading(.right, SafetensorsFile(right)))
        comparison.compareKeys(
            one.metadata.map { ($0.key, $0.value) }, other.metadata.map { ($0.key, $0.value) }, of: "metadata "
        ) { comparison, value, otherValue, place in
            guard value != otherValue else { return }
            comparison.differ(place, shown(value), shown(otherValue), "metadata must be equal")
        }
        comparison.compareKeys(
            one.tensors.map { ($0.name, $0.array) }, other.tensors.map { ($0.name, $0.array) }, of: ""
        ) { comparison, array, otherArray, place in
            comparison.compare(array, in: left, otherArray, in: right, name: place)
        }
        return comparison.findings.comparison(of: .largestDifference)
    }

    private mutating func differ(_ place: String, _ left: String, _ right: String, _ rule: String) {
        findings.differ(Comparison.Difference(place: place, left: left, right: right, rule: rule))
    }

    /// Both lists are in the order of their keys.
    private mutating func compareKeys<Value>(
        _ left: [(ArraySlice<UInt8>, Value)], _ right: [(ArraySlice<UInt8>, Value)], of kind: String,
        _ compare: (inout ArrayComparison, Value, Value, String) -> Void
    ) {
        var (index, otherIndex) = (0, 0)
        func name(_ key: ArraySlice<UInt8>) -> String { kind + shown(key) }
        while index < left.count || otherIndex < right.count {
            let key = index < left.count ? left[index].0 : nil
            let otherKey = otherIndex < right.count ? right[otherIndex].0 : nil
            if let key, let otherKey, key == otherKey {
                compare(&self, left[index].1, right[otherIndex].1, name(key))
                index += 1
                otherIndex += 1
            } else if let key, otherKey.map({ key.lexicographicallyPrecedes($0) }) ?? true {
                differ(name(key), "is there", "is not there", "both must have it")
                index += 1
            } else if let otherKey {
                differ(name(otherKey), "is not there", "is there", "both must have it")
                otherIndex += 1
            }
        }
    }

    private mutating func compare(
        _ left: NumberArray, in leftBytes: [UInt8], _ right: NumberArray, in rightBytes: [UInt8], name: String
    ) {
        guard left.type == right.type else {
            return differ(name, "elements are \(left.type)", "elements are \(right.type)", "types must be equal")
        }
        guard left.shape == right.shape else {
            return differ(name, "shape \(left.shapeText)", "shape \(right.shapeText)", "shapes must be equal")
        }
        guard left.isFirstIndexFastest != right.isFirstIndexFastest else {
            return compareElements(left, leftBytes, right, rightBytes, name)
        }
        var (left, leftBytes, right, rightBytes) = (left, leftBytes, right, rightBytes)
        if left.isFirstIndexFastest { left.reorder(&leftBytes) } else { right.reorder(&rightBytes) }
        compareElements(left, leftBytes, right, rightBytes, name)
    }

    private mutating func compareElements(
        _ left: NumberArray, _ leftBytes: [UInt8], _ right: NumberArray, _ rightBytes: [UInt8], _ name: String
    ) {
        let tolerance = tolerance
        leftBytes.withUnsafeBytes { leftBytes in
            rightBytes.withUnsafeBytes { rightBytes in
                let one = ElementReader(left, UnsafeRawBufferPointer(rebasing: leftBytes[left.data]))
                let other = ElementReader(right, UnsafeRawBufferPointer(rebasing: rightBytes[right.data]))
                let largest = one.compare(other, tolerance) { position in
                    guard findings.first == nil else { return findings.differAgain() }
                    let index = left.indices(of: position).map(String.init).joined(separator: ", ")
                    let difference = Comparison.Difference(
                        place: name + "[\(index)]", left: one.show(position), right: other.show(position),
                        rule: left.type == .bool ? "booleans must be equal" : tolerance.words)
                    findings.differ(difference)
                }
                if let largest { findings.measure(largest) }
            }
        }
    }
}

extension NumberArray {
    /// Puts its elements alone into `bytes`, the last index fastest.
    fileprivate mutating func reorder(_ bytes: inout [UInt8]) {
        bytes = lastIndexFastest(bytes)
        isFirstIndexFastest = false
        data = bytes.indices
    }
}

/// Products of matrices of single precision, half precision or bfloat16.
enum MatrixReference {
    @Sendable static func compute(_ kernel: KernelInstance, _ inputs: [String: KernelArray]) -> [String: KernelArray] {
        let (rows, columns, depth) = (kernel.whole("m"), kernel.whole("n"), kernel.whole("k"))
        let a = inputs.real("a")
        let b = inputs.real("b").map(Double.init)
        var result: [Float] = []
        result.reserveCapacity(rows * columns)
        for row in 0..<rows {
            var sums = [Double](repeating: 0, count: columns)
            for place in 0..<depth {
                let factor = Double(a[row * depth + place])
                let start = place * columns
                for column in 0..<columns { sums[column] += factor * b[start + column] }
            }
            result += sums.map { Float($0) }
        }
        return Dictionary(uniqueKeysWithValues: [kernel.output("c", result)])
    }
}

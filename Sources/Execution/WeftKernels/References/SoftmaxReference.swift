import Glibc

/// Exponentials of each row, divided by their sum, in double precision.
enum SoftmaxReference {
    @Sendable static func compute(_ kernel: KernelInstance, _ inputs: [String: KernelArray]) -> [String: KernelArray] {
        let columns = kernel.whole("columns")
        let x = inputs.real("x")
        var result: [Float] = []
        result.reserveCapacity(x.count)
        for row in 0..<kernel.whole("rows") {
            result += shares(x[row * columns..<(row + 1) * columns].map(Double.init)).map { Float($0) }
        }
        return Dictionary(uniqueKeysWithValues: [kernel.output("y", result)])
    }

    /// Of one row, which has an element at least.
    static func shares(_ row: [Double]) -> [Double] {
        let greatest = row.reduce(-Double.infinity, max)
        let powers = row.map { exp($0 - greatest) }
        let total = powers.reduce(0, +)
        return powers.map { $0 / total }
    }
}

/// Pairs in the order of their keys; those with equal keys as they came.
enum SortReference {
    @Sendable static func compute(_ kernel: KernelInstance, _ inputs: [String: KernelArray]) -> [String: KernelArray] {
        let keys = inputs.words("keys")
        let values = inputs.words("values")
        let order = keys.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }
        return Dictionary(uniqueKeysWithValues: [
            kernel.output("sorted_keys", order.map { keys[$0] }),
            kernel.output("sorted_values", order.map { values[$0] }),
        ])
    }
}

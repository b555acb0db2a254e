/// y := a x + y, element by element operations, sums and prefix sums.
enum VectorReferences {
    @Sendable static func saxpy(_ kernel: KernelInstance, _ inputs: [String: KernelArray]) -> [String: KernelArray] {
        let values = zip(inputs.real("x"), inputs.real("y")).map { Float(kernel["a"] * Double($0) + Double($1)) }
        return Dictionary(uniqueKeysWithValues: [kernel.output("y", values)])
    }

    @Sendable static func elementwise(
        _ kernel: KernelInstance, _ inputs: [String: KernelArray]
    ) -> [String: KernelArray] {
        let operation = kernel.whole("operation")
        let values = zip(inputs.real("a"), inputs.real("b")).map { a, b in
            switch operation {
            case 0: a + b
            case 1: a - b
            case 2: a * b
            case 3: a / b
            case 4: min(a, b)
            default: max(a, b)
            }
        }
        return Dictionary(uniqueKeysWithValues: [kernel.output("c", values)])
    }

    @Sendable static func reduction(
        _ kernel: KernelInstance, _ inputs: [String: KernelArray]
    ) -> [String: KernelArray] {
        let sum = inputs.real("x").reduce(0.0) { $0 + Double($1) }
        return Dictionary(uniqueKeysWithValues: [kernel.output("total", [Float(sum)])])
    }

    @Sendable static func scan(_ kernel: KernelInstance, _ inputs: [String: KernelArray]) -> [String: KernelArray] {
        var sum: UInt32 = 0
        let sums = inputs.words("x").map { value in
            sum &+= value
            return sum
        }
        return Dictionary(uniqueKeysWithValues: [kernel.output("y", sums)])
    }
}

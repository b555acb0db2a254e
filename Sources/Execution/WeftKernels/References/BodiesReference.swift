/// Bodies that attract each other, in double precision.
enum BodiesReference {
    @Sendable static func compute(_ kernel: KernelInstance, _ inputs: [String: KernelArray]) -> [String: KernelArray] {
        let (count, step, softening) = (kernel.whole("n"), kernel["step"], kernel["softening"])
        var bodies = Self.quadruples(inputs.real("positions"))
        var velocities = Self.quadruples(inputs.real("velocities"))
        for _ in 0..<kernel.whole("steps") {
            var pulls = [SIMD4<Double>](repeating: .zero, count: count)
            for body in 0..<count {
                for other in bodies {
                    var way = other - bodies[body]
                    way.w = 0
                    let square = (way * way).sum() + softening
                    pulls[body] += way * (other.w / (square * square.squareRoot()))
                }
            }
            for body in 0..<count {
                velocities[body] += step * pulls[body]
                var way = velocities[body]
                way.w = 0
                bodies[body] += step * way
            }
        }
        return Dictionary(uniqueKeysWithValues: [
            kernel.output("velocities", Self.numbers(velocities)), kernel.output("moved", Self.numbers(bodies)),
        ])
    }

    private static func quadruples(_ numbers: [Float]) -> [SIMD4<Double>] {
        var result: [SIMD4<Double>] = []
        result.reserveCapacity(numbers.count / 4)
        for place in stride(from: 0, to: numbers.count - 3, by: 4) {
            var quadruple = SIMD4<Double>.zero
            for index in 0..<4 { quadruple[index] = Double(numbers[place + index]) }
            result.append(quadruple)
        }
        return result
    }

    private static func numbers(_ quadruples: [SIMD4<Double>]) -> [Float] {
        var result: [Float] = []
        result.reserveCapacity(4 * quadruples.count)
        for quadruple in quadruples {
            for index in 0..<4 { result.append(Float(quadruple[index])) }
        }
        return result
    }
}

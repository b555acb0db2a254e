/// Counts steps in single precision, one operation after the other: exactly as the kernels do.
enum MandelbrotReference {
    @Sendable static func compute(_ kernel: KernelInstance, _ inputs: [String: KernelArray]) -> [String: KernelArray] {
        let (left, top, pixel) = (Float(kernel["left"]), Float(kernel["top"]), Float(kernel["pixel"]))
        let limit = UInt32(kernel["limit"])
        var steps: [UInt32] = []
        for row in 0..<kernel.whole("height") {
            for column in 0..<kernel.whole("width") {
                let (real, imaginary) = (left + pixel * Float(column), top - pixel * Float(row))
                var (x, y, count): (Float, Float, UInt32) = (0, 0, 0)
                while count < limit {
                    let (x2, y2) = (x * x, y * y)
                    if x2 + y2 > 4 { break }
                    y = 2 * x * y + imaginary
                    x = x2 - y2 + real
                    count += 1
                }
                steps.append(count)
            }
        }
        return Dictionary(uniqueKeysWithValues: [kernel.output("steps", steps)])
    }
}

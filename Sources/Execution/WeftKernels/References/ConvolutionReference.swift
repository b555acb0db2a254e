/// Filters of 3 × 3 over planes, with zeros beyond the edges.
enum ConvolutionReference {
    @Sendable static func compute(_ kernel: KernelInstance, _ inputs: [String: KernelArray]) -> [String: KernelArray] {
        let (channels, filters) = (kernel.whole("channels"), kernel.whole("filters"))
        let (height, width) = (kernel.whole("height"), kernel.whole("width"))
        let (x, w) = (inputs.real("x"), inputs.real("w"))
        var result: [Float] = []
        result.reserveCapacity(filters * height * width)
        for filter in 0..<filters {
            var sums = [Double](repeating: 0, count: height * width)
            for channel in 0..<channels {
                for place in 0..<9 {
                    let weight = Double(w[(filter * channels + channel) * 9 + place])
                    let (down, right) = (place / 3 - 1, place % 3 - 1)
                    for row in max(0, -down)..<max(0, -down, min(height, height - down)) {
                        let from = (channel * height + row + down) * width + right
                        for column in max(0, -right)..<max(0, -right, min(width, width - right)) {
                            sums[row * width + column] += weight * Double(x[from + column])
                        }
                    }
                }
            }
            result += sums.map { Float($0) }
        }
        return Dictionary(uniqueKeysWithValues: [kernel.output("y", result)])
    }
}

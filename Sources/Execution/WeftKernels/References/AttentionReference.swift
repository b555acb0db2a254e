/// Attention row by row, with all scores of a row at once, in double precision.
enum AttentionReference {
    private static let width = 64

    @Sendable static func compute(_ kernel: KernelInstance, _ inputs: [String: KernelArray]) -> [String: KernelArray] {
        let (length, isCausal) = (kernel.whole("length"), kernel.whole("causal") != 0)
        let (q, k, v) = (inputs.real("q"), inputs.real("k"), inputs.real("v"))
        var result: [Float] = []
        result.reserveCapacity(q.count)
        for head in 0..<kernel.whole("heads") {
            let start = head * length * width
            for row in 0..<length {
                let own = start + row * width
                let scores = (0..<(isCausal ? row + 1 : length)).map { other in
                    let place = start + other * width
                    var score = 0.0
                    for index in 0..<width { score += Double(q[own + index]) * Double(k[place + index]) }
                    return score / 8
                }
                var sums = [Double](repeating: 0, count: width)
                for (other, share) in SoftmaxReference.shares(scores).enumerated() {
                    let place = start + other * width
                    for index in 0..<width { sums[index] += share * Double(v[place + index]) }
                }
                result += sums.map { Float($0) }
            }
        }
        return Dictionary(uniqueKeysWithValues: [kernel.output("o", result)])
    }
}

import Glibc

/// The Fourier transform by halves (Cooley and Tukey, 1965), in double precision.
enum FourierReference {
    @Sendable static func compute(_ kernel: KernelInstance, _ inputs: [String: KernelArray]) -> [String: KernelArray] {
        let count = kernel.whole("n")
        let x = inputs.real("x")
        let bits = count.trailingZeroBitCount
        var real = [Double](repeating: 0, count: count)
        var imaginary = real
        for place in 0..<count {
            let turned = Int(UInt64(place).bitReversed >> UInt64(64 - bits))
            real[turned] = Double(x[2 * place])
            imaginary[turned] = Double(x[2 * place + 1])
        }
        var half = 1
        while half < count {
            for offset in 0..<half {
                let angle = -Double.pi * Double(offset) / Double(half)
                let (cosine, sine) = (cos(angle), sin(angle))
                for even in stride(from: offset, to: count, by: 2 * half) {
                    let odd = even + half
                    let a = real[odd] * cosine - imaginary[odd] * sine
                    let b = real[odd] * sine + imaginary[odd] * cosine
                    (real[odd], imaginary[odd]) = (real[even] - a, imaginary[even] - b)
                    (real[even], imaginary[even]) = (real[even] + a, imaginary[even] + b)
                }
            }
            half *= 2
        }
        var result: [Float] = []
        result.reserveCapacity(2 * count)
        for place in 0..<count { result += [Float(real[place]), Float(imaginary[place])] }
        return Dictionary(uniqueKeysWithValues: [kernel.output("y", result)])
    }
}

extension UInt64 {
    fileprivate var bitReversed: UInt64 {
        var (rest, result) = (self, UInt64(0))
        for _ in 0..<64 {
            result = result << 1 | rest & 1
            rest >>= 1
        }
        return result
    }
}

/// Decibels without the platform's mathematics library, whose last digit differs between platforms: two coordinators must
/// come to one verdict.
enum Decibels {
    /// Peak signal-to-noise ratio: 10 log₁₀(peak² / mean squared error); infinite for equal pictures. Within 1e-12 of the
    /// exact value, relatively.
    static func psnr(squaredError: UInt64, samples: Int, peak: Int) -> Double {
        guard squaredError > 0 else { return .infinity }
        let meanSquaredError = Double(squaredError) / Double(samples)
        return 10 * logarithm10(Double(peak) * Double(peak) / meanSquaredError)
    }

    /// For positive, normal numbers. With x = 2ᵉ × m and √½ < m ≤ √2: ln m = 2 artanh((m − 1) / (m + 1)), whose series
    /// gains more than a digit and a half with each term there.
    static func logarithm10(_ x: Double) -> Double {
        var exponent = Double(x.exponent)
        var significand = x.significand
        if significand > 2.0.squareRoot() {
            significand /= 2
            exponent += 1
        }
        let ratio = (significand - 1) / (significand + 1)
        let square = ratio * ratio
        var term = ratio
        var sum = 0.0
        for divisor in stride(from: 1.0, through: 25, by: 2) {
            sum += term / divisor
            term *= square
        }
        let ln2 = 0.693_147_180_559_945_309_42
        let ln10 = 2.302_585_092_994_045_684_02
        return (2 * sum + exponent * ln2) / ln10
    }
}

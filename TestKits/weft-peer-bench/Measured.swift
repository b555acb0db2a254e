/// What one measurement found, as a line of JSON.
struct Measured: Encodable {
    let name: String
    let value: Double
    let unit: String
}

/// The middle one of some numbers.
func median(_ values: [Double]) -> Double {
    precondition(!values.isEmpty, "a median is of something")
    return values.sorted()[values.count / 2]
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

/// A number as a text has it.
struct TextNumber: Hashable {
    var value: Double
    /// The same without rounding, where the text is an integer of at most 37 digits.
    var integer: Int128?

    private static let exactDigits = 37

    /// Decimal digits with an optional sign, fraction and exponent; `nan`, `inf` and `infinity` in any case. nil for
    /// everything else, and for what does not fit into a double: that is compared as text.
    init?(_ bytes: ArraySlice<UInt8>) {
        guard let first = bytes.first, bytes.count <= ComparatorLimits.numberBytes else { return nil }
        // Most texts are no numbers; they leave here.
        guard first < 0x3A || first | 0x20 == UInt8(ascii: "n") || first | 0x20 == UInt8(ascii: "i") else {
            return nil
        }
        let isNegative = first == UInt8(ascii: "-")
        let unsigned = isNegative || first == UInt8(ascii: "+") ? bytes.dropFirst() : bytes
        if let word = Self.word(unsigned) {
            self.init(value: isNegative ? -word : word, integer: nil)
            return
        }
        guard let shape = Shape(unsigned), let value = Self.double(bytes), value.isFinite else { return nil }
        self.init(value: value, integer: shape.isInteger ? Self.integer(unsigned, isNegative: isNegative) : nil)
    }

    private init(value: Double, integer: Int128?) {
        self.value = value
        self.integer = integer
    }

    private static func word(_ bytes: ArraySlice<UInt8>) -> Double? {
        guard bytes.count == 3 || bytes.count == 8 else { return nil }
        let lower = bytes.map { $0 | 0x20 }
        if lower.elementsEqual("nan".utf8) { return .nan }
        return lower.elementsEqual("inf".utf8) || lower.elementsEqual("infinity".utf8) ? .infinity : nil
    }

    private static func double(_ bytes: ArraySlice<UInt8>) -> Double? {
        Double(String(decoding: bytes, as: UTF8.self))
    }

    private static func integer(_ digits: ArraySlice<UInt8>, isNegative: Bool) -> Int128? {
        guard digits.count <= exactDigits else { return nil }
        let magnitude = digits.reduce(Int128(0)) { $0 * 10 + Int128($1 - 0x30) }
        return isNegative ? -magnitude : magnitude
    }

    /// `digits[.digits][e[sign]digits]`, with a digit on at least one side of the point.
    private struct Shape {
        var isInteger: Bool

        init?(_ bytes: ArraySlice<UInt8>) {
            var rest = bytes
            func takeDigits() -> Int {
                let digits = rest.prefix { ASCII.isDigit($0) }.count
                rest.removeFirst(digits)
                return digits
            }
            func take(_ wanted: UInt8...) -> Bool {
                guard let byte = rest.first, wanted.contains(byte) else { return false }
                rest.removeFirst()
                return true
            }
            var digits = takeDigits()
            let hasPoint = take(UInt8(ascii: "."))
            if hasPoint { digits += takeDigits() }
            guard digits > 0 else { return nil }
            let hasExponent = take(UInt8(ascii: "e"), UInt8(ascii: "E"))
            if hasExponent {
                _ = take(UInt8(ascii: "-"), UInt8(ascii: "+"))
                guard takeDigits() > 0 else { return nil }
            }
            guard rest.isEmpty else { return nil }
            isInteger = !hasPoint && !hasExponent
        }
    }
}

/// The base of 58 digits that Bitcoin made (`base58btc`): no 0, O, I and l, and a leading zero byte is the digit 1.
///
/// The work grows with the square of the length, so both ways are bounded.
public enum Base58 {
    /// Bytes that are encoded, and characters that are decoded, at most.
    public static let greatestLength = 512

    private static let digits = Array("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".utf8)
    private static let values: [UInt8] = {
        var table = [UInt8](repeating: 0xFF, count: 256)
        for (value, digit) in digits.enumerated() { table[Int(digit)] = UInt8(value) }
        return table
    }()

    /// - Precondition: No more than `greatestLength` bytes.
    public static func encode(_ bytes: [UInt8]) -> String {
        precondition(bytes.count <= greatestLength, "too many bytes for base58")
        let zeros = bytes.prefix { $0 == 0 }.count
        var number: [UInt8] = []  // Digits, the least significant first.
        for byte in bytes.dropFirst(zeros) {
            var carry = Int(byte)
            for index in number.indices {
                carry += Int(number[index]) << 8
                number[index] = UInt8(carry % 58)
                carry /= 58
            }
            while carry > 0 {
                number.append(UInt8(carry % 58))
                carry /= 58
            }
        }
        let text = [UInt8](repeating: digits[0], count: zeros) + number.reversed().map { digits[Int($0)] }
        return String(decoding: text, as: UTF8.self)
    }

    public static func decode(_ text: some StringProtocol) throws(MultiformatError) -> [UInt8] {
        let characters = Array(text.utf8)
        guard characters.count <= greatestLength else { throw .tooLong(limit: greatestLength) }
        let zeros = characters.prefix { $0 == digits[0] }.count
        var number: [UInt8] = []  // Bytes, the least significant first.
        for character in characters.dropFirst(zeros) {
            let value = values[Int(character)]
            guard value != 0xFF else { throw .badText("not a base58 digit") }
            var carry = Int(value)
            for index in number.indices {
                carry += Int(number[index]) * 58
                number[index] = UInt8(carry & 0xFF)
                carry >>= 8
            }
            while carry > 0 {
                number.append(UInt8(carry & 0xFF))
                carry >>= 8
            }
        }
        return [UInt8](repeating: 0, count: zeros) + number.reversed()
    }
}

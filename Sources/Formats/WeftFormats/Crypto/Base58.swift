/// Base58 with Bitcoin's alphabet (base58btc), as libp2p writes peer ids.
package enum Base58 {
    private static let alphabet = Array("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".utf8)
    /// The work grows with the square of the length; peer ids have 52 characters.
    package static let maxCharacters = 128

    package static func encode(_ bytes: [UInt8]) -> String {
        var digits: [UInt8] = []
        for byte in bytes {
            var carry = Int(byte)
            for index in digits.indices {
                carry += Int(digits[index]) << 8
                digits[index] = UInt8(carry % 58)
                carry /= 58
            }
            while carry > 0 {
                digits.append(UInt8(carry % 58))
                carry /= 58
            }
        }
        let zeros = repeatElement(alphabet[0], count: bytes.prefix { $0 == 0 }.count)
        return String(decoding: zeros + digits.reversed().map { alphabet[Int($0)] }, as: UTF8.self)
    }

    /// nil for other characters and for texts longer than ``maxCharacters``.
    package static func decode(_ text: String) -> [UInt8]? {
        guard text.utf8.count <= maxCharacters else { return nil }
        var bytes: [UInt8] = []
        for character in text.utf8 {
            guard var carry = alphabet.firstIndex(of: character) else { return nil }
            for index in bytes.indices {
                carry += Int(bytes[index]) * 58
                bytes[index] = UInt8(carry & 255)
                carry >>= 8
            }
            while carry > 0 {
                bytes.append(UInt8(carry & 255))
                carry >>= 8
            }
        }
        let zeros = repeatElement(UInt8(0), count: text.utf8.prefix { $0 == alphabet[0] }.count)
        return zeros + bytes.reversed()
    }
}

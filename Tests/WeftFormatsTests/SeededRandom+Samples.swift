import SeededNumbers
import WeftModel

extension SeededRandom {
    mutating func bytes(count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }

    /// A copy with a few bytes replaced, put in, taken out or repeated.
    mutating func mutation(of bytes: [UInt8], alphabet: [UInt8]) -> [UInt8] {
        var result = bytes
        for _ in 0...below(4) {
            let place = below(result.count + 1)
            switch below(5) {
            case 0 where place < result.count: result[place] = alphabet[below(alphabet.count)]
            case 1: result.insert(alphabet[below(alphabet.count)], at: place)
            case 2 where place < result.count: result.remove(at: place)
            case 3:
                let end = min(result.count, place + below(20))
                result.insert(contentsOf: result[place..<end], at: place)
            default: result.removeSubrange(place..<min(result.count, place + below(20)))
            }
        }
        return result
    }

    mutating func document(depth: Int) -> Document {
        switch below(depth > 0 ? 8 : 6) {
        case 0: return .null
        case 1: return .bool(below(2) == 0)
        case 2: return .integer(Int64(bitPattern: next()))
        case 3:
            let number = Double(bitPattern: next())
            return number.isFinite ? .number(number) : .number(0.5)
        case 4, 5: return .string(text())
        case 6: return .array((0..<below(5)).map { _ in document(depth: depth - 1) })
        default:
            return .object((0..<below(5)).map { .init("\($0)\(text())", document(depth: depth - 1)) })
        }
    }

    private mutating func text() -> String {
        let scalars = (0..<below(8)).compactMap { _ in
            Unicode.Scalar(UInt32(below(4) == 0 ? below(0x11_0000) : below(0x80)))
        }
        return String(String.UnicodeScalarView(scalars))
    }
}

import SeededNumbers

extension SeededRandom {
    mutating func one<Element>(of elements: [Element]) -> Element { elements[below(elements.count)] }

    /// Every kind of double: any bits, small whole numbers, near neighbours, the special ones.
    mutating func double() -> Double {
        switch below(6) {
        case 0: Double(bitPattern: next())
        case 1: Double(below(21) - 10)
        case 2: one(of: [0, -0.0, .nan, .infinity, -.infinity, .greatestFiniteMagnitude, .leastNonzeroMagnitude])
        default: Double(below(2_000_001) - 1_000_000) / 1000
        }
    }

    /// A number near `value`.
    mutating func neighbour(of value: Double) -> Double {
        switch below(4) {
        case 0: value
        case 1: value.nextUp
        case 2: value * (1 + Double(below(2001) - 1000) * 1e-9)
        default: value + Double(below(2001) - 1000) * 1e-6
        }
    }

    /// A copy with a few bytes replaced, put in, taken out or repeated; half of the copies keep their length.
    mutating func mutation(of bytes: [UInt8]) -> [UInt8] {
        var result = bytes
        let keepsLength = below(2) == 0
        for _ in 0...below(4) {
            let place = below(result.count + (keepsLength ? 0 : 1))
            switch below(keepsLength ? 2 : 6) {
            case 0 where place < result.count: result[place] = UInt8(truncatingIfNeeded: next())
            case 1 where place < result.count: result[place] ^= 1 << below(8)
            case 2: result.insert(one(of: Array("0123456789eE+-.\"\\{}[](),:' \nLx".utf8) + [0, 255]), at: place)
            case 3 where place < result.count: result.remove(at: place)
            case 4:
                let end = min(result.count, place + below(20))
                result.insert(contentsOf: result[place..<end], at: place)
            default: result.removeSubrange(place..<min(result.count, place + below(20)))
            }
        }
        return result
    }
}

import WeftFormats
import WeftModel

/// Looks for numbers by the SHA-256 that the rest of Weft uses.
enum SHA256SearchReference {
    @Sendable static func compute(_ kernel: KernelInstance, _ inputs: [String: KernelArray]) -> [String: KernelArray] {
        let prefix = inputs.words("prefix").flatMap(Self.bigEndian)
        let (first, zeros) = (UInt32(kernel["first"]), kernel.whole("zeros"))
        let before = inputs.words("found")
        var (count, smallest) = (before[0], before[1])
        for place in 0..<UInt32(kernel["n"]) {
            let number = first &+ place
            guard Self.zeros(of: prefix + Self.bigEndian(number)) >= zeros else { continue }
            count += 1
            smallest = min(smallest, number)
        }
        return Dictionary(uniqueKeysWithValues: [kernel.output("found", [count, smallest])])
    }

    private static func bigEndian(_ word: UInt32) -> [UInt8] {
        [UInt8(word >> 24), UInt8(word >> 16 & 255), UInt8(word >> 8 & 255), UInt8(word & 255)]
    }

    private static func zeros(of message: [UInt8]) -> Int {
        let digest = Hashing.sha256(message).bytes
        let word = digest.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return word.leadingZeroBitCount
    }
}

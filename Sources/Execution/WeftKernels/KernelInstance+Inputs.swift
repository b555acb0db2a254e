import WeftModel

extension KernelInstance {
    /// What is in the buffers that kernels read, by their names: the same for the same seed.
    ///
    /// Throws for a document that fills a buffer with what it cannot hold.
    package func inputs(seed: UInt64) throws(KernelLibraryError) -> [String: KernelArray] {
        var result: [String: KernelArray] = [:]
        for (buffer, shape) in zip(description.buffers, shapes) where buffer.role.isRead {
            result[buffer.name] = try filled(buffer, shape, seed)
        }
        return result
    }

    private func filled(
        _ buffer: KernelDescription.Buffer, _ shape: [Int], _ seed: UInt64
    ) throws(KernelLibraryError) -> KernelArray {
        guard let fill = buffer.fill else { return try .zeros(buffer.type, shape) }
        var random = RandomNumbers(seed: seed, buffer: buffer.name)
        let count = shape.reduce(1, *)
        func impossible() -> KernelLibraryError {
            .document(
                kernel: description.name, place: "buffers.\(buffer.name).fill", problem: "it does not fit its type")
        }
        switch (fill, buffer.type) {
        case (.uniform(let low, let high), .float32):
            return KernelArray(
                buffer.type, shape, .real((0..<count).map { _ in Float(low + (high - low) * random.fraction()) }))
        case (.uniform(let low, let high), .float16), (.uniform(let low, let high), .bfloat16):
            let shorten = buffer.type == .float16 ? ShortFloats.half : ShortFloats.brain
            return KernelArray(
                buffer.type, shape,
                .short((0..<count).map { _ in shorten(Float(low + (high - low) * random.fraction())) }))
        case (.bits(let bits), .uint32):
            return KernelArray(
                buffer.type, shape, .word((0..<count).map { _ in UInt32(random.next() >> (64 - UInt64(bits))) }))
        case (.bits(let bits), .uint8) where bits <= 8:
            return KernelArray(
                buffer.type, shape, .byte((0..<count).map { _ in UInt8(random.next() >> (64 - UInt64(bits))) }))
        case (.counting(let first), .uint32):
            return KernelArray(
                buffer.type, shape, .word((0..<count).map { UInt32(truncatingIfNeeded: first + Int64($0)) }))
        case (.values(let values), .uint32) where values.count == count:
            let words = values.compactMap { UInt32(exactly: $0) }
            guard words.count == count else { throw impossible() }
            return KernelArray(buffer.type, shape, .word(words))
        case (.values(let values), .float32) where values.count == count:
            return KernelArray(buffer.type, shape, .real(values.map { Float($0) }))
        default: throw impossible()
        }
    }
}

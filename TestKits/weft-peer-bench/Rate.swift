/// How quickly bytes went to somebody and back.
struct Rate: Sendable {
    var bytes: Int
    var seconds: Double
    /// Processor time of all who took part and are compared.
    var processorSeconds: Double

    /// Bytes, one way, in a second.
    var perSecond: Double { Double(bytes) / seconds }
    /// Seconds of processor time for one byte, there and back.
    var processorSecondsPerByte: Double { processorSeconds / Double(bytes) }

    /// Measures work that sends so many bytes to and fro; by this process, unless `used` tells the processor time of others.
    static func measure(
        bytes: Int, used: () -> Double = { ProcessNumbers.processorSeconds() }, _ work: () async throws -> Void
    ) async rethrows -> Rate {
        let before = used()
        let start = ContinuousClock.now
        try await work()
        return Rate(
            bytes: bytes, seconds: (ContinuousClock.now - start).seconds,
            processorSeconds: used() - before)
    }
}

/// The middle one of some numbers.
func median(_ values: [Double]) -> Double {
    precondition(!values.isEmpty, "a median is of something")
    return values.sorted()[values.count / 2]
}

extension [Rate] {
    var perSecond: Double { median(map(\.perSecond)) }
    var processorSecondsPerByte: Double { median(map(\.processorSecondsPerByte)) }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

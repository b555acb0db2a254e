/// What was measured, and what follows from it.
struct Figures {
    var plain: [Rate]
    var stream: [Rate]
    var cipher: [Rate]
    /// Empty where there was no daemon of go to measure beside.
    var bridged: [Rate]
    var bridgedGo: [Rate]
    /// Seconds.
    var handshakes: [Double]
    var handshakesWithGo: [Double]
    /// Both ends of an idle connection together.
    var bytesPerConnection: Double
    /// Of all processor time that there was, what other programs took meanwhile; 0 to 1.
    var shareOfOthers = 0.0

    /// Processor time for a byte of an echo, besides that which encryption takes: it is encrypted and decrypted both on its way
    /// there and on its way back.
    var processorSecondsWithoutEncryption: Double {
        stream.processorSecondsPerByte - 2 * cipher.processorSecondsPerByte
    }

    /// What a core does of a stream, encryption taken off, to what it does of plain TCP; one for each round.
    var streamToPlainPerCore: [Double] {
        zip(plain, zip(stream, cipher)).map { plain, others in
            plain.processorSecondsPerByte
                / (others.0.processorSecondsPerByte - 2 * others.1.processorSecondsPerByte)
        }
    }

    /// The same to go's, of bytes a second; empty where there was no go.
    var weftToGo: [Double] { zip(bridged, bridgedGo).map { $0.perSecond / $1.perSecond } }

    /// The same of processor time.
    var weftToGoPerCore: [Double] {
        zip(bridged, bridgedGo).map { $1.processorSecondsPerByte / $0.processorSecondsPerByte }
    }
}

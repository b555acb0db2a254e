#if os(Linux)
    /// Takes apart the stream in which an engine sends a container's standard output and standard error
    /// (Docker Engine API, "Attach to a container": eight bytes of which the first says which stream it is and the last
    /// four how long, in network order; then that many bytes).
    package struct OutputFrames: Sendable {
        package enum Stream: UInt8, Sendable {
            case output = 1
            case error = 2
        }

        private var header: [UInt8] = []
        private var current = Stream.output
        private var left = 0
        /// Whether the stream may end here.
        package var isAtBoundary: Bool { left == 0 && header.isEmpty }

        /// What a frame may hold: engines send what they read in one go, far less than this.
        static let frameBytesMax = 64 << 20

        package init() {}

        /// Gives each piece to `take` as it comes.
        ///
        /// - Throws: ``EngineError/malformed(_:)``, and what `take` throws.
        package mutating func append(
            _ bytes: UnsafeRawBufferPointer,
            take: (Stream, UnsafeRawBufferPointer) throws(EngineError) -> Void
        ) throws(EngineError) {
            var rest = bytes
            while rest.count > 0 {
                if left == 0 {
                    let count = min(8 - header.count, rest.count)
                    header.append(contentsOf: rest[..<count])
                    rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                    guard header.count == 8 else { return }
                    try begin()
                    continue
                }
                let count = min(left, rest.count)
                try take(current, UnsafeRawBufferPointer(rebasing: rest[..<count]))
                left -= count
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }

        private mutating func begin() throws(EngineError) {
            guard let stream = Stream(rawValue: header[0]), header[1...3].allSatisfy({ $0 == 0 }) else {
                throw .malformed("a piece of output begins with the bytes \(header)")
            }
            current = stream
            left = header[4...].reduce(0) { $0 << 8 | Int($1) }
            guard left <= Self.frameBytesMax else { throw .malformed("a piece of output of \(left) bytes") }
            header = []
        }
    }
#endif

/// What a machine said. The machine is the payload's: nothing of it is to be believed but that it said so.
package enum GuestFrame: Sendable, Hashable {
    case started
    case notExecuted(errno: Int32)
    case output([UInt8])
    case error([UInt8])
    case usage(outOfMemoryKills: UInt64, peakMemoryBytes: UInt64, cpuMicroseconds: UInt64)
    case file(path: String, isExecutable: Bool)
    case data([UInt8])
    case ended(status: Int32, isSignal: Bool)
    case trouble(String)
}

/// Cuts a machine's serial port into frames: a letter, a length of four bytes (little endian), and so many bytes.
package struct GuestFrames: Sendable {
    /// As GuestInit/guest.h has it.
    package static let frameBytesMax = 32 << 10
    private static let headerBytes = 5

    package struct Malformed: Error, Sendable, Hashable {
        package var reason: String
    }

    private var pending: [UInt8] = []

    package init() {}

    /// Takes what has been read; returns the frames that are complete. Never holds more than one frame.
    package mutating func take(_ bytes: some Collection<UInt8>) throws(Malformed) -> [GuestFrame] {
        pending += bytes
        var frames: [GuestFrame] = []
        var start = 0
        while pending.count - start >= Self.headerBytes {
            let length = Int(Self.number(pending[(start + 1)..<(start + Self.headerBytes)]))
            guard length <= Self.frameBytesMax else { throw Malformed(reason: "a frame of \(length) bytes") }
            let end = start + Self.headerBytes + length
            guard end <= pending.count else { break }
            frames.append(try Self.frame(pending[start], pending[(start + Self.headerBytes)..<end]))
            start = end
        }
        pending.removeFirst(start)
        return frames
    }

    private static func frame(_ kind: UInt8, _ bytes: ArraySlice<UInt8>) throws(Malformed) -> GuestFrame {
        func require(_ count: Int) throws(Malformed) {
            if bytes.count != count {
                throw Malformed(reason: "a frame \(UnicodeScalar(kind)) of \(bytes.count) bytes")
            }
        }
        let start = bytes.startIndex
        switch UnicodeScalar(kind) {
        case "S":
            try require(0)
            return .started
        case "X":
            try require(4)
            return .notExecuted(errno: Int32(truncatingIfNeeded: number(bytes)))
        case "O": return .output(Array(bytes))
        case "R": return .error(Array(bytes))
        case "U":
            try require(24)
            return .usage(
                outOfMemoryKills: number(bytes[start..<(start + 8)]),
                peakMemoryBytes: number(bytes[(start + 8)..<(start + 16)]),
                cpuMicroseconds: number(bytes[(start + 16)...]))
        case "F":
            guard let first = bytes.first, bytes.count <= 4096 else { throw Malformed(reason: "a file without a name") }
            return .file(path: String(decoding: bytes.dropFirst(), as: UTF8.self), isExecutable: first != 0)
        case "D": return .data(Array(bytes))
        case "E":
            try require(5)
            return .ended(
                status: Int32(truncatingIfNeeded: number(bytes.dropFirst())), isSignal: bytes[start] != 0)
        case "T": return .trouble(String(decoding: bytes.prefix(512), as: UTF8.self))
        default: throw Malformed(reason: "a frame of kind \(kind)")
        }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

import NIOCore

/// Why a Yamux session failed. All of these end the connection.
public enum YamuxError: Error, Sendable, Hashable {
    /// The header is not one of version 0, or says what headers cannot say.
    case malformed(String)
    /// The peer sent more than its window allows.
    case windowExceeded(stream: UInt32)
    /// The peer granted more than a window can hold.
    case windowOverflow(stream: UInt32)
    /// The peer opened a stream whose id is not its own or is in use.
    case badStreamID(UInt32)
    /// The peer filled more memory than this host gives to one connection, in bytes.
    case tooMuchUnread(limit: Int)
}

/// The twelve bytes before each frame (libp2p specification "yamux", framing).
struct YamuxHeader: Sendable, Hashable {
    enum Kind: UInt8, Sendable { case data, windowUpdate, ping, goAway }

    struct Flags: OptionSet, Sendable, Hashable {
        let rawValue: UInt16
        static let synchronize = Flags(rawValue: 1)
        static let acknowledge = Flags(rawValue: 2)
        static let finish = Flags(rawValue: 4)
        static let reset = Flags(rawValue: 8)
    }

    static let length = 12

    var kind: Kind
    var flags: Flags
    /// Zero is the session itself.
    var stream: UInt32
    /// Bytes that follow, bytes that are granted, the ping's number, or why the session ends.
    var value: UInt32

    init(_ kind: Kind, _ flags: Flags, stream: UInt32, value: UInt32) {
        self.kind = kind
        self.flags = flags
        self.stream = stream
        self.value = value
    }

    /// Reads one; nil when it has not come whole.
    init?(from buffer: inout ByteBuffer) throws(YamuxError) {
        guard buffer.readableBytes >= Self.length,
            let (version, type, flags, stream, value) = buffer.readMultipleIntegers(
                as: (UInt8, UInt8, UInt16, UInt32, UInt32).self)
        else { return nil }
        guard version == 0 else { throw .malformed("version \(version)") }
        guard let kind = Kind(rawValue: type) else { throw .malformed("type \(type)") }
        self.init(kind, Flags(rawValue: flags), stream: stream, value: value)
        switch kind {
        case .data, .windowUpdate:
            guard stream != 0 else { throw .malformed("data for the session itself") }
        case .ping, .goAway:
            guard stream == 0 else { throw .malformed("a session's frame for stream \(stream)") }
        }
    }

    func write(to buffer: inout ByteBuffer) {
        buffer.writeMultipleIntegers(UInt8(0), kind.rawValue, flags.rawValue, stream, value)
    }
}

/// Why a session was ended, as its last frame says.
enum YamuxGoAway: UInt32, Sendable { case normal, protocolError, internalError }

import NIOCore

/// Many streams over one connection (libp2p specification "yamux"). A value: bytes in, events and bytes out; time comes in
/// with the calls, as what has passed since the session began.
struct YamuxSession: Sendable {
    enum Role: Sendable, Hashable { case dialer, listener }

    struct Limits: Sendable, Hashable {
        /// Streams that the peer may have open at a time; more are reset.
        var inboundStreams = 1024
        /// Streams that this end may have open at a time.
        var outboundStreams = 1024
        /// Streams opened here that the peer did not acknowledge yet.
        var unacknowledgedStreams = 256
        /// Bytes that one stream's receive window grows to.
        var greatestWindow = 4 * 1024 * 1024
        /// Bytes that all receive windows together grow by, over what each begins with.
        var windowBudget = 16 * 1024 * 1024
        /// Bytes that came and were not read, of all streams.
        var unread = 64 * 1024 * 1024
        /// Bytes of streams that wait to be sent; a writer waits when there are as many.
        var output = 256 * 1024
    }

    enum Event: Sendable, Hashable {
        case opened(UInt32)
        case acknowledged(UInt32)
        case data(UInt32, ByteBuffer)
        /// The peer closed its side.
        case finished(UInt32)
        case reset(UInt32)
        /// The peer granted more.
        case writable(UInt32)
        case pong(roundTrip: Duration)
        /// The peer wants no more streams.
        case goAway(code: UInt32)
    }

    /// Bytes of data in one frame: what is usually written at once is not split.
    static let greatestChunk = 64 * 1024

    private enum Parsing {
        case header
        /// A frame's bytes for a stream; nil throws them away.
        case body(stream: UInt32?, remaining: Int, flags: YamuxHeader.Flags)
    }

    let role: Role
    let limits: Limits
    private(set) var streams: [UInt32: YamuxStreamState] = [:]
    /// What is to be sent.
    var output = GatheredBytes()
    private var parsing = Parsing.header
    private var nextID: UInt32
    private var inboundCount = 0
    private var unacknowledgedCount = 0
    private var unread = 0
    private var windowBudget: Int
    private(set) var isGoingAway = false
    private(set) var ping: (number: UInt32, sentAt: Duration)?
    private var nextPing: UInt32 = 1
    /// As measured; a guess before that.
    private(set) var roundTrip = Duration.milliseconds(50)

    init(role: Role, limits: Limits) {
        self.role = role
        self.limits = limits
        nextID = role == .dialer ? 1 : 2
        windowBudget = limits.windowBudget
    }

    private func isInbound(_ stream: UInt32) -> Bool { stream.isMultiple(of: 2) == (role == .dialer) }

    // MARK: What comes

    /// Takes frames, whole and in part, off the bytes.
    mutating func receive(_ bytes: inout ByteBuffer, at now: Duration) throws(YamuxError) -> [Event] {
        var events: [Event] = []
        while true {
            switch parsing {
            case .header:
                guard let header = try YamuxHeader(from: &bytes) else { return events }
                try handle(header, at: now, &events)
            case .body(let stream, let remaining, let flags):
                let count = min(remaining, bytes.readableBytes)
                if count > 0, let part = bytes.readSlice(length: count), let stream, streams[stream] != nil {
                    try keep(part, of: stream, &events)
                }
                guard count == remaining else {
                    parsing = .body(stream: stream, remaining: remaining - count, flags: flags)
                    return events
                }
                parsing = .header
                if let stream { end(stream, flags, &events) }
            }
        }
    }

    private mutating func handle(_ header: YamuxHeader, at now: Duration, _ events: inout [Event]) throws(YamuxError) {
        switch header.kind {
        case .data:
            try open(header, at: now, &events)
            let length = Int(header.value)
            var target: UInt32? = header.stream
            if let isAllowed = streams[header.stream]?.receive(length) {
                guard isAllowed else { throw .windowExceeded(stream: header.stream) }
            } else {
                target = nil  // Of a stream that was given up here; the peer does not know it yet.
            }
            parsing = .body(stream: target, remaining: length, flags: header.flags)
        case .windowUpdate:
            try open(header, at: now, &events)
            if let isAllowed = streams[header.stream]?.grow(sendWindowBy: header.value) {
                guard isAllowed else { throw .windowOverflow(stream: header.stream) }
                if header.value > 0 { events.append(.writable(header.stream)) }
            }
            end(header.stream, header.flags, &events)
        case .ping:
            if header.flags.contains(.synchronize) {
                YamuxHeader(.ping, .acknowledge, stream: 0, value: header.value).write(to: &output.tail)
            } else if let sent = ping, sent.number == header.value {
                ping = nil
                roundTrip = now - sent.sentAt
                events.append(.pong(roundTrip: roundTrip))
            }
        case .goAway:
            isGoingAway = true
            events.append(.goAway(code: header.value))
        }
    }

    /// What the flags SYN and ACK say.
    private mutating func open(_ header: YamuxHeader, at now: Duration, _ events: inout [Event]) throws(YamuxError) {
        if header.flags.contains(.synchronize) {
            guard isInbound(header.stream), streams[header.stream] == nil else { throw .badStreamID(header.stream) }
            guard inboundCount < limits.inboundStreams, !isGoingAway else {
                YamuxHeader(.windowUpdate, .reset, stream: header.stream, value: 0).write(to: &output.tail)
                return
            }
            inboundCount += 1
            var state = YamuxStreamState(openedAt: now)
            state.isAcknowledged = true
            streams[header.stream] = state
            YamuxHeader(.windowUpdate, .acknowledge, stream: header.stream, value: 0).write(to: &output.tail)
            events.append(.opened(header.stream))
        }
        if header.flags.contains(.acknowledge), streams[header.stream]?.isAcknowledged == false {
            streams[header.stream]?.isAcknowledged = true
            unacknowledgedCount -= 1
            events.append(.acknowledged(header.stream))
        }
    }

    private mutating func keep(_ bytes: ByteBuffer, of stream: UInt32, _ events: inout [Event]) throws(YamuxError) {
        guard streams[stream]?.isDiscarding == false else { return }
        guard streams[stream]?.isReadClosed == false else { throw .malformed("data after the end of stream \(stream)") }
        streams[stream]?.keep(bytes.readableBytes)
        unread += bytes.readableBytes
        guard unread <= limits.unread else { throw .tooMuchUnread(limit: limits.unread) }
        events.append(.data(stream, bytes))
    }

    /// What the flags FIN and RST say.
    private mutating func end(_ stream: UInt32, _ flags: YamuxHeader.Flags, _ events: inout [Event]) {
        guard streams[stream] != nil else { return }
        if flags.contains(.reset) {
            remove(stream)
            events.append(.reset(stream))
        } else if flags.contains(.finish), streams[stream]?.isReadClosed == false {
            streams[stream]?.isReadClosed = true
            events.append(.finished(stream))
            removeIfEnded(stream)
        }
    }

    private mutating func removeIfEnded(_ stream: UInt32) {
        if streams[stream]?.isEnded == true { remove(stream) }
    }

    private mutating func remove(_ stream: UInt32) {
        guard let state = streams.removeValue(forKey: stream) else { return }
        if isInbound(stream) { inboundCount -= 1 }
        if !state.isAcknowledged { unacknowledgedCount -= 1 }
        windowBudget += state.targetWindow - YamuxStreamState.initialWindow
        unread -= state.unread
    }

    // MARK: What is asked for

    enum Opening: Sendable, Hashable {
        case opened(UInt32)
        /// Once the peer has acknowledged one of those that were opened before.
        case later
        /// Once one of this end's streams has ended.
        case tooMany
        /// The session ends.
        case never
    }

    /// Whether `open` would not have to wait for the peer.
    var canOpen: Bool { unacknowledgedCount < limits.unacknowledgedStreams || isGoingAway }

    mutating func open(at now: Duration) -> Opening {
        guard !isGoingAway, nextID < .max - 2 else { return .never }
        guard streams.count - inboundCount < limits.outboundStreams else { return .tooMany }
        guard unacknowledgedCount < limits.unacknowledgedStreams else { return .later }
        let stream = nextID
        nextID += 2
        streams[stream] = YamuxStreamState(openedAt: now)
        unacknowledgedCount += 1
        YamuxHeader(.windowUpdate, .synchronize, stream: stream, value: 0).write(to: &output.tail)
        return .opened(stream)
    }

    /// Takes as much off the bytes as the peer's window and the bound of what waits allow.
    /// - Returns: false when there is no such stream, or this end of it is closed.
    mutating func send(_ bytes: inout ByteBuffer, on stream: UInt32) -> Bool {
        guard var state = streams[stream], !state.isWriteClosed else { return false }
        while bytes.readableBytes > 0, state.sendWindow > 0, output.readableBytes < limits.output {
            let count = min(bytes.readableBytes, state.sendWindow, Self.greatestChunk)
            guard let chunk = bytes.readSlice(length: count) else { preconditionFailure("the bytes are there") }
            state.send(count)
            YamuxHeader(.data, [], stream: stream, value: UInt32(count)).write(to: &output.tail)
            output.append(chunk)
        }
        streams[stream] = state
        return true
    }

    /// Whether bytes for a stream would be taken now.
    func canSend(on stream: UInt32) -> Bool {
        guard let state = streams[stream], !state.isWriteClosed else { return true }  // `send` says that it is over.
        return state.sendWindow > 0 && output.readableBytes < limits.output
    }

    /// Bytes of a stream were read by who they are for. Works for streams that have ended, too.
    mutating func consumed(_ count: Int, of stream: UInt32, at now: Duration) {
        guard var state = streams[stream] else { return }
        // A peer may open a stream anew by the number of one that it has reset, whose bytes are still being read.
        let count = min(count, state.unread)
        unread -= count
        let grant = state.read(
            count, at: now, roundTrip: roundTrip, greatestWindow: limits.greatestWindow, budget: &windowBudget)
        streams[stream] = state
        if grant > 0 { YamuxHeader(.windowUpdate, [], stream: stream, value: grant).write(to: &output.tail) }
    }

    /// Half-closes a stream. Repeating it does nothing.
    mutating func closeWrite(_ stream: UInt32) {
        guard streams[stream]?.isWriteClosed == false else { return }
        streams[stream]?.isWriteClosed = true
        YamuxHeader(.windowUpdate, .finish, stream: stream, value: 0).write(to: &output.tail)
        removeIfEnded(stream)
    }

    /// What comes on a stream is of no use any more; the peer is granted nothing.
    mutating func discard(_ stream: UInt32) {
        guard var state = streams[stream] else { return }
        state.isDiscarding = true
        streams[stream] = state
    }

    /// Gives a stream up.
    mutating func reset(_ stream: UInt32) {
        guard streams[stream] != nil else { return }
        remove(stream)
        YamuxHeader(.windowUpdate, .reset, stream: stream, value: 0).write(to: &output.tail)
    }

    /// Asks whether the peer is there; does nothing while it has not answered before.
    mutating func ping(at now: Duration) {
        guard ping == nil else { return }
        ping = (nextPing, now)
        YamuxHeader(.ping, .synchronize, stream: 0, value: nextPing).write(to: &output.tail)
        nextPing &+= 1
    }

    /// Says that the session ends.
    mutating func goAway(_ reason: YamuxGoAway) {
        isGoingAway = true
        YamuxHeader(.goAway, [], stream: 0, value: reason.rawValue).write(to: &output.tail)
    }
}

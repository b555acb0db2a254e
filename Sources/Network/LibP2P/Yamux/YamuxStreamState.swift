/// What a session knows of one of its streams.
struct YamuxStreamState: Sendable, Hashable {
    /// Bytes that each end may send before it was granted more.
    static let initialWindow = 256 * 1024

    /// Bytes that may be sent now.
    private(set) var sendWindow = Self.initialWindow
    /// Bytes that the peer may send now.
    private(set) var receiveWindow = Self.initialWindow
    /// What the receive window is filled up to.
    private(set) var targetWindow = Self.initialWindow
    /// Bytes that came and were not yet read.
    private(set) var unread = 0
    /// When the peer was last granted bytes, since the session's beginning.
    private var lastGrant: Duration
    /// Whether the peer has said that it knows this stream.
    var isAcknowledged = false
    /// Whether this end will send no more.
    var isWriteClosed = false
    /// Whether the peer will send no more.
    var isReadClosed = false
    /// Whether what comes is thrown away.
    var isDiscarding = false

    init(openedAt now: Duration) { lastGrant = now }

    var isEnded: Bool { isWriteClosed && isReadClosed }

    /// - Returns: false when a window cannot hold that much.
    mutating func grow(sendWindowBy delta: UInt32) -> Bool {
        guard sendWindow + Int(delta) <= Int(UInt32.max) else { return false }
        sendWindow += Int(delta)
        return true
    }

    mutating func send(_ count: Int) {
        precondition(count <= sendWindow, "no more is sent than was granted")
        sendWindow -= count
    }

    /// - Returns: false when the peer was not granted that much.
    mutating func receive(_ count: Int) -> Bool {
        guard count <= receiveWindow else { return false }
        receiveWindow -= count
        return true
    }

    mutating func keep(_ count: Int) { unread += count }

    /// Bytes were read, so that there is room again. Granted in large pieces: once half of the window is used.
    ///
    /// A window that was used up within a few round trips is what limits the stream, and is doubled while there is budget.
    /// - Returns: Bytes to grant to the peer; zero for not yet.
    mutating func read(
        _ count: Int, at now: Duration, roundTrip: Duration, greatestWindow: Int, budget: inout Int
    ) -> UInt32 {
        precondition(count <= unread, "no more is read than came")
        unread -= count
        guard !isReadClosed else { return 0 }
        let free = targetWindow - unread - receiveWindow
        guard free >= targetWindow / 2 else { return 0 }
        var grant = free
        let growth = min(targetWindow, greatestWindow - targetWindow)
        if growth > 0, growth <= budget, now - lastGrant < roundTrip * 4 {
            budget -= growth
            targetWindow += growth
            grant += growth
        }
        lastGrant = now
        receiveWindow += grant
        return UInt32(grant)
    }
}

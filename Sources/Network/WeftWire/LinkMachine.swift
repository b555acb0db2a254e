/// One end of a link, whatever carries its bytes: what may be sent, what waits, what arrived, how it ended.
///
/// A value without IO: ``LinkCore`` feeds it and does what it answers. Senders that must wait are known by number.
package struct LinkMachine: Sendable {
    package enum Phase: Hashable, Sendable {
        /// Exits: `.closing` by `close`, `.ended` by the peer's goodbye, a loss or a violation.
        case open
        /// Goodbye is on its way, after what was staged. Exits: `.ended`.
        case closing
        /// No exits. ``LinkError/closed`` is the orderly end.
        case ended(LinkError)
    }

    /// What the transport is to do next.
    package enum Outbound: Hashable, Sendable {
        case frame([UInt8])
        /// Say goodbye; nothing will follow.
        case goodbye
        /// Nothing now. The transport will be woken when there is something.
        case nothing
    }

    package enum ReadOutcome: Sendable {
        case batch([Message])
        case end
        case failure(LinkError)
        case wait
    }

    /// What the shell does once it has left its lock.
    package struct Effects: Sendable {
        package var wakesTransport = false
        /// Waiting senders that are done: nil for a batch that was taken.
        package var settled: [(sender: UInt64, error: LinkError?)] = []
        package var wakesReader = false
        package var hasEnded = false
    }

    private struct Waiter {
        var sender: UInt64
        var frames: ArraySlice<EncodedFrame>
    }

    package private(set) var phase = Phase.open
    private let limits: LinkLimits
    private var sendWindow = SendWindow()
    private var receiveWindow: ReceiveWindow
    private var staged: [EncodedFrame] = []
    private var stagedBytes = 0
    /// In the order of their calls; nil where one gave up.
    private var waiting: [Waiter?] = []
    private var firstWaiting = 0
    private var inbox: [Message] = []
    /// Whether the transport has been woken and has not yet been told `.nothing`.
    private var isPumping = false
    private var goodbyeGiven = false

    package init(limits: LinkLimits) {
        self.limits = limits
        receiveWindow = ReceiveWindow(windowBytes: limits.windowBytes, frameBytes: limits.frameBytes)
    }

    /// Bytes held for the transport and for the reader; what conformance bounds.
    package var heldBytes: Int { stagedBytes + receiveWindow.unreadBytes }

    // MARK: Sending

    /// Stages the whole batch if it can be sent right away; false, and nothing changed, when its sender must wait.
    package mutating func sendNow(_ frames: [EncodedFrame]) throws(LinkError) -> (taken: Bool, effects: Effects) {
        try checkOpen()
        let cost = frames.reduce(0) { $0 + $1.costBytes }
        guard firstWaiting == waiting.count, stagedBytes + cost <= limits.stagedBytes, sendWindow.covers(cost) else {
            return (false, Effects())
        }
        for frame in frames { stage(frame) }
        return (true, wakeIfNeeded())
    }

    /// Puts a batch behind those that wait already. It is settled in these effects or in later ones.
    package mutating func sendLater(_ frames: [EncodedFrame], sender: UInt64) throws(LinkError) -> Effects {
        try checkOpen()
        waiting.append(Waiter(sender: sender, frames: frames[...]))
        var effects = Effects()
        admit(&effects)
        return effects
    }

    /// The sender gave up: what the link has not taken is forgotten. False when it was settled before.
    package mutating func cancel(sender: UInt64) -> (wasWaiting: Bool, effects: Effects) {
        guard let position = waiting[firstWaiting...].firstIndex(where: { $0?.sender == sender }) else {
            return (false, Effects())
        }
        waiting[position] = nil
        var effects = Effects()
        admit(&effects)
        return (true, effects)
    }

    // MARK: The reader

    /// Everything that has arrived, as one batch.
    package mutating func read() -> (outcome: ReadOutcome, effects: Effects) {
        if !inbox.isEmpty {
            defer { inbox = [] }
            receiveWindow.readAll()
            return (.batch(inbox), wakeIfNeeded())
        }
        switch phase {
        case .open: return (.wait, Effects())
        case .closing, .ended(.closed): return (.end, Effects())
        case .ended(let error): return (.failure(error), Effects())
        }
    }

    // MARK: The transport

    /// The next thing to put on the wire, credit included.
    package mutating func takeOutbound() -> (outbound: Outbound, effects: Effects) {
        var effects = Effects()
        if case .ended = phase {
            isPumping = false
            return (.nothing, effects)
        }
        var bytes: [UInt8] = []
        if !staged.isEmpty {
            let frame = staged.removeFirst()
            stagedBytes -= frame.costBytes
            bytes = frame.bytes
            admit(&effects)
        }
        let grant = phase == .open ? receiveWindow.takeGrant() : 0
        if grant > 0 { Frame.append(creditBytes: grant, to: &bytes) }
        if !bytes.isEmpty { return (.frame(bytes), effects) }
        if phase == .closing, !goodbyeGiven {
            goodbyeGiven = true
            return (.goodbye, effects)
        }
        isPumping = false
        return (.nothing, effects)
    }

    /// A frame arrived. A violation of the credit ends the link.
    package mutating func receive(_ frame: Frame) -> Effects {
        var effects = Effects()
        do throws(LinkError) {
            switch phase {
            case .open:
                try receiveWindow.received(frame.costBytes)
                try sendWindow.grant(frame.creditBytes)
                if inbox.isEmpty { inbox = frame.messages } else { inbox.append(contentsOf: frame.messages) }
                effects.wakesReader = !inbox.isEmpty
                admit(&effects)
            case .closing, .ended: break  // nobody reads any more
            }
        } catch {
            return end(error)
        }
        return effects
    }

    /// This end wants to close in order.
    package mutating func close() -> Effects {
        guard phase == .open else { return Effects() }
        phase = .closing
        var effects = wakeIfNeeded()
        settleAll(with: .closed, &effects)
        effects.wakesReader = true
        return effects
    }

    /// The link is over: ``LinkError/closed`` after the peer's goodbye, anything else for a break. The first counts.
    package mutating func end(_ error: LinkError) -> Effects {
        var effects = Effects()
        if case .ended = phase { return effects }
        // Whoever has said goodbye does not care how the connection went down after that.
        phase = .ended(phase == .closing ? .closed : error)
        staged = []
        stagedBytes = 0
        settleAll(with: error, &effects)
        effects.wakesReader = true
        effects.hasEnded = true
        return effects
    }

    // MARK: Steps

    private func checkOpen() throws(LinkError) {
        switch phase {
        case .open: return
        case .closing: throw .closed
        case .ended(let error): throw error
        }
    }

    private mutating func stage(_ frame: EncodedFrame) {
        sendWindow.use(frame.costBytes)
        stagedBytes += frame.costBytes
        if let last = staged.indices.last, staged[last].costBytes + frame.costBytes <= limits.joinedFrameBytes {
            staged[last].bytes += frame.bytes
            staged[last].costBytes += frame.costBytes
        } else {
            staged.append(frame)
        }
    }

    /// Stages what waits, first come first served, as far as credit and room allow.
    private mutating func admit(_ effects: inout Effects) {
        while firstWaiting < waiting.count {
            guard var waiter = waiting[firstWaiting] else {
                firstWaiting += 1
                continue
            }
            while let frame = waiter.frames.first, stagedBytes < limits.stagedBytes,
                sendWindow.covers(frame.costBytes)
            {
                stage(frame)
                waiter.frames.removeFirst()
            }
            guard waiter.frames.isEmpty else {
                waiting[firstWaiting] = waiter
                break
            }
            effects.settled.append((waiter.sender, nil))
            waiting[firstWaiting] = nil
            firstWaiting += 1
        }
        if firstWaiting == waiting.count || firstWaiting > 256 {
            waiting.removeFirst(firstWaiting)
            firstWaiting = 0
        }
        effects.wakesTransport = wakeIfNeeded().wakesTransport || effects.wakesTransport
    }

    private mutating func settleAll(with error: LinkError, _ effects: inout Effects) {
        for waiter in waiting[firstWaiting...] {
            if let waiter { effects.settled.append((waiter.sender, error)) }
        }
        waiting = []
        firstWaiting = 0
    }

    /// Wakes the transport unless it is at work already.
    package mutating func wakeIfNeeded() -> Effects {
        let hasWork: Bool =
            switch phase {
            case .open: !staged.isEmpty || receiveWindow.isGrantDue
            case .closing: !goodbyeGiven
            case .ended: false
            }
        guard hasWork, !isPumping else { return Effects() }
        isPumping = true
        return Effects(wakesTransport: true)
    }
}

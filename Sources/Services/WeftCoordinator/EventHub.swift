import DequeModule
package import WeftFormats
package import WeftModel

/// Keeps the newest events and hands them to subscribers: to all who want the same the same batches. Owned by the
/// coordinator actor.
package struct EventHub {
    /// How many events are kept for those who resume.
    package static let kept = 10_000
    /// While so many events wait for one subscriber, it gets no more, and is told.
    package static let pending = 4096
    /// How many may listen at a time.
    static let maxSubscribers = 10_000

    /// Batches are handed out at most once in this time for each subscriber, so that many of them cost the coordinator a
    /// bounded share of its time; below ``shortestPause``, at once.
    private static let pausePerSubscriber = Duration.microseconds(100)
    private static let shortestPause = Duration.milliseconds(5)
    private static let longestPause = Duration.milliseconds(500)
    /// So many events are handed out without waiting for more.
    private static let fullBatch = 2048

    private struct Kept {
        var sequence: UInt64
        var notice: Notice
        var at: Instant
    }

    private let epoch: UInt64
    private var sequence: UInt64 = 0
    /// As they came: most are never looked at, so their views are made for those who look.
    private var events: Deque<Kept> = []
    /// How many of the newest events subscribers have not been given yet.
    private var unsent = 0
    private var sentAt = Instant(microseconds: 0)
    private var isHandingOutPlanned = false
    private var subscribers: [EventFilter: [Int: Mailbox<EventBatch>]] = [:]
    private var filters: [Int: EventFilter] = [:]
    private var nextSubscriber = 0

    package init(epoch: UInt64) { self.epoch = epoch }

    package var subscriberCount: Int { subscribers.values.reduce(0) { $0 + $1.values.count { !$0.isClosed } } }
    var hasRoom: Bool { filters.count < Self.maxSubscribers || subscriberCount < Self.maxSubscribers }

    /// After the time that this returns, ``handOutAsPlanned(at:)`` is to be called.
    package mutating func publish(_ notices: [Notice], at now: Instant) -> Duration? {
        guard !notices.isEmpty else { return nil }
        for notice in notices {
            sequence += 1
            events.append(Kept(sequence: sequence, notice: notice, at: now))
        }
        if !filters.isEmpty { unsent += notices.count }
        defer {
            let spare = events.count - max(Self.kept, unsent)
            if spare > 0 { events.removeFirst(spare) }
        }
        guard !filters.isEmpty else { return nil }
        let due = sentAt + pause
        guard due > now, unsent < Self.fullBatch else {
            handOut(at: now)
            return nil
        }
        guard !isHandingOutPlanned else { return nil }
        isHandingOutPlanned = true
        return due - now
    }

    private var pause: Duration {
        let pause = min(Self.pausePerSubscriber * filters.count, Self.longestPause)
        return pause < Self.shortestPause ? .zero : pause
    }

    package mutating func handOutAsPlanned(at now: Instant) {
        isHandingOutPlanned = false
        handOut(at: now)
    }

    private mutating func handOut(at now: Instant) {
        guard unsent > 0 else { return }
        let wanted = wantedKinds
        let fresh = events.suffix(unsent).filter { wanted?.contains($0.notice.kind) ?? true }.map(view)
        unsent = 0
        sentAt = now
        for (filter, mailboxes) in subscribers {
            let passing = fresh.filter(filter.passes)
            guard !passing.isEmpty else { continue }
            let batch = EventBatch(passing)
            for (key, mailbox) in mailboxes {
                mailbox.push(batch)
                // Its reader was let go without a last word.
                if mailbox.isClosed { unsubscribe(key) }
            }
        }
    }

    /// Of which events some subscriber is told; nil for all. Most that wait for a job's end are not told of each task's.
    private var wantedKinds: Set<EventView.Kind>? {
        var kinds: Set<EventView.Kind>? = []
        for filter in subscribers.keys { kinds = filter.kinds.flatMap { kinds?.union($0) } }
        return kinds
    }

    /// The wanted ones of notices, as they will be once they are published, after `count` others.
    func upcoming(
        _ notices: [Notice], after count: Int, at now: Instant, where isWanted: (Notice) -> Bool
    ) -> [EventView] {
        notices.enumerated().compactMap { offset, notice in
            guard isWanted(notice) else { return nil }
            return view(Kept(sequence: sequence + UInt64(count + offset) + 1, notice: notice, at: now))
        }
    }

    private func view(_ kept: Kept) -> EventView {
        EventView(kept.notice, id: "\(epoch)-\(kept.sequence)", at: Timestamp(kept.at))
    }

    /// The mailbox and the events to start with: those after `after` that are still kept, and a `missed` event first
    /// when some are not.
    package mutating func subscribe(after: String?, filter: EventFilter, at now: Instant) -> (
        key: Int, mailbox: Mailbox<EventBatch>, backlog: [EventView]
    ) {
        // It gets what comes from now on.
        handOut(at: now)
        for (key, mailbox) in subscribers.values.flatMap(\.self) where mailbox.isClosed { unsubscribe(key) }
        let mailbox = Mailbox<EventBatch>(limit: Self.pending) { $0.events.count }
        let key = nextSubscriber
        nextSubscriber += 1
        filters[key] = filter
        subscribers[filter, default: [:]][key] = mailbox
        guard let after else { return (key, mailbox, []) }
        let parts = after.split(separator: "-")
        let position = parts.count == 2 && UInt64(parts[0]) == epoch ? UInt64(parts[1]) ?? 0 : 0
        let oldest = events.first?.sequence ?? sequence + 1
        var backlog = events.filter { $0.sequence > position }.map(view).filter(filter.passes)
        let missed = oldest > position ? oldest - position - 1 : 0
        if missed > 0 || parts.first.flatMap({ UInt64($0) }) != epoch {
            backlog.insert(.missed(Int(clamping: missed), id: after, at: now), at: 0)
        }
        return (key, mailbox, backlog)
    }

    package mutating func unsubscribe(_ key: Int) {
        guard let filter = filters.removeValue(forKey: key) else { return }
        subscribers[filter]?.removeValue(forKey: key)?.close()
        if subscribers[filter]?.isEmpty == true { subscribers[filter] = nil }
        if filters.isEmpty { unsent = 0 }
    }

    mutating func closeAll(at now: Instant) {
        handOut(at: now)
        for mailbox in subscribers.values.flatMap(\.values) { mailbox.close() }
        subscribers.removeAll()
        filters.removeAll()
    }
}

extension EventView {
    static func missed(_ count: Int, id: String, at now: Instant) -> EventView {
        var event = EventView(id: id, at: Timestamp(now), kind: .missed)
        event.missed = count
        return event
    }

    init(_ notice: Notice, id: String, at: Timestamp) {
        self.init(id: id, at: at, kind: notice.kind)
        switch notice {
        case .jobSubmitted(let job, let name, let submitter):
            self.job = job
            self.name = name
            reason = submitter.isEmpty ? nil : "by \(submitter)"
            self.submitter = submitter.isEmpty ? nil : submitter
        case .jobMoved(let job, let state, let counts):
            self.job = job
            self.state = state.rawValue
            self.counts = counts
        case .attemptStarted(let attempt, let node):
            name(attempt)
            self.node = node
        case .attemptEnded(let attempt, let node, let failure):
            name(attempt)
            self.node = node
            state = failure == nil ? "completed" : failure!.kind.rawValue
            reason = failure?.message
        case .taskEnded(let record):
            job = record.id.job
            task = record.id.description
            state = record.state.rawValue
            verdict = record.verdict
            reason = record.reason
        case .disagreement(let task, let answers):
            job = task.job
            self.task = task.description
            reason = "\(answers) different answers"
        case .nodeJoined(let node, let name):
            self.node = node
            self.name = name
        case .nodeLeft(let node, let name, let reason):
            self.node = node
            self.name = name
            self.reason = reason
        case .nodeChanged(let node, let name, let score, let isDraining, let paused):
            self.node = node
            self.name = name
            self.score = score
            state = isDraining ? "draining" : paused.isEmpty ? "connected" : "paused"
            if !paused.isEmpty { reason = "paused by its owner: \(paused)" }
        case .creditsMoved(let movement):
            let view = MovementView(movement)
            job = view.job
            task = view.task
            node = movement.cause.work?.node
            state = view.kind.rawValue
            reason = view.reason
            submitter = movement.submitter
            from = view.from
            to = view.to
            amount = view.amount
        }
    }

    private mutating func name(_ attempt: AttemptID) {
        job = attempt.task.job
        task = attempt.task.description
        self.attempt = attempt.description
    }
}

extension Notice {
    /// The kind of the event that is made of it.
    var kind: EventView.Kind {
        switch self {
        case .jobSubmitted: .jobSubmitted
        case .jobMoved: .jobMoved
        case .attemptStarted: .attemptStarted
        case .attemptEnded: .attemptEnded
        case .taskEnded: .taskEnded
        case .disagreement: .disagreement
        case .nodeJoined: .nodeJoined
        case .nodeLeft: .nodeLeft
        case .nodeChanged: .nodeChanged
        case .creditsMoved: .creditsMoved
        }
    }
}

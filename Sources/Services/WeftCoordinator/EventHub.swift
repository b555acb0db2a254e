import DequeModule
import WeftFormats
import WeftModel

/// Keeps the newest events and hands them to subscribers. Owned by the coordinator actor.
struct EventHub {
    /// How many events are kept for those who resume.
    static let kept = 10_000
    /// How many events may wait for one subscriber.
    static let pending = 4096

    private struct Kept {
        var sequence: UInt64
        var notice: Notice
        var at: Instant
    }

    private struct Subscriber {
        var mailbox: Mailbox<EventView>
        var filter: EventFilter
    }

    private let epoch: UInt64
    private var sequence: UInt64 = 0
    /// As they came: most are never looked at, so their views are made for those who look.
    private var events: Deque<Kept> = []
    private var subscribers: [Int: Subscriber] = [:]
    private var nextSubscriber = 0

    init(epoch: UInt64) { self.epoch = epoch }

    /// How many may listen at a time.
    static let maxSubscribers = 10_000

    var subscriberCount: Int { subscribers.count { !$0.value.mailbox.isClosed } }
    var hasRoom: Bool { subscribers.count < Self.maxSubscribers || subscriberCount < Self.maxSubscribers }

    mutating func publish(_ notices: [Notice], at now: Instant) {
        guard !notices.isEmpty else { return }
        let first = sequence + 1
        for notice in notices {
            sequence += 1
            events.append(Kept(sequence: sequence, notice: notice, at: now))
        }
        if events.count > Self.kept { events.removeFirst(events.count - Self.kept) }
        guard !subscribers.isEmpty else { return }
        let fresh = notices.enumerated().map { position, notice in
            view(Kept(sequence: first + UInt64(position), notice: notice, at: now))
        }
        for (key, subscriber) in subscribers {
            // Its reader was let go without a last word.
            if subscriber.mailbox.isClosed { subscribers[key] = nil }
            subscriber.mailbox.push(fresh.filter(subscriber.filter.passes))
        }
    }

    private func view(_ kept: Kept) -> EventView {
        EventView(kept.notice, id: "\(epoch)-\(kept.sequence)", at: Timestamp(kept.at))
    }

    /// The mailbox and the events to start with: those after `after` that are still kept, and a `missed` event first
    /// when some are not.
    mutating func subscribe(after: String?, filter: EventFilter, at now: Instant) -> (
        key: Int, mailbox: Mailbox<EventView>, backlog: [EventView]
    ) {
        subscribers = subscribers.filter { !$0.value.mailbox.isClosed }
        let mailbox = Mailbox<EventView>(limit: Self.pending)
        let key = nextSubscriber
        nextSubscriber += 1
        subscribers[key] = Subscriber(mailbox: mailbox, filter: filter)
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

    mutating func unsubscribe(_ key: Int) { subscribers.removeValue(forKey: key)?.mailbox.close() }

    mutating func closeAll() {
        for subscriber in subscribers.values { subscriber.mailbox.close() }
        subscribers.removeAll()
    }
}

extension EventView {
    static func missed(_ count: Int, id: String, at now: Instant) -> EventView {
        var event = EventView(id: id, at: Timestamp(now), kind: .missed)
        event.missed = count
        return event
    }

    init(_ notice: Notice, id: String, at: Timestamp) {
        switch notice {
        case .jobSubmitted(let job, let name, let submitter):
            self.init(id: id, at: at, kind: .jobSubmitted)
            self.job = job
            self.name = name
            reason = submitter.isEmpty ? nil : "by \(submitter)"
        case .jobMoved(let job, let state, let counts):
            self.init(id: id, at: at, kind: .jobMoved)
            self.job = job
            self.state = state.rawValue
            self.counts = counts
        case .attemptStarted(let attempt, let node):
            self.init(id: id, at: at, kind: .attemptStarted)
            name(attempt)
            self.node = node
        case .attemptEnded(let attempt, let node, let failure):
            self.init(id: id, at: at, kind: .attemptEnded)
            name(attempt)
            self.node = node
            state = failure == nil ? "completed" : failure!.kind.rawValue
            reason = failure?.message
        case .taskEnded(let record):
            self.init(id: id, at: at, kind: .taskEnded)
            job = record.id.job
            task = record.id.description
            state = record.state.rawValue
            verdict = record.verdict
            reason = record.reason
        case .disagreement(let task, let answers):
            self.init(id: id, at: at, kind: .disagreement)
            job = task.job
            self.task = task.description
            reason = "\(answers) different answers"
        case .nodeJoined(let node, let name):
            self.init(id: id, at: at, kind: .nodeJoined)
            self.node = node
            self.name = name
        case .nodeLeft(let node, let name, let reason):
            self.init(id: id, at: at, kind: .nodeLeft)
            self.node = node
            self.name = name
            self.reason = reason
        case .nodeChanged(let node, let name, let score, let isDraining, let paused):
            self.init(id: id, at: at, kind: .nodeChanged)
            self.node = node
            self.name = name
            self.score = score
            state = isDraining ? "draining" : paused.isEmpty ? "connected" : "paused"
            if !paused.isEmpty { reason = "paused by its owner: \(paused)" }
        }
    }

    private mutating func name(_ attempt: AttemptID) {
        job = attempt.task.job
        task = attempt.task.description
        self.attempt = attempt.description
    }
}

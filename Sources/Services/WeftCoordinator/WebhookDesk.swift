import WeftFormats
import WeftModel
import WeftStorage

/// Who wants to be told of what, and how much waits for whom. A value of the coordinator, which makes its changes durable
/// together with what they are about.
struct WebhookDesk {
    /// How many webhooks there can be, and how many of one owner.
    static let most = 1000
    static let mostOfOwner = 50
    /// While so many events wait for a webhook, it is kept no more, and is told how many it missed.
    static let mostPending = 10_000

    struct Hook {
        var record: WebhookRecord
        var pending: Int
        var lastPosition: UInt64
        let bell = Mailbox<WebhookSignal>(limit: 8)
    }

    private(set) var hooks: [WebhookID: Hook] = [:]
    /// Webhooks that nobody delivers for yet. One reader at a time.
    let arrivals = Mailbox<WebhookID>()
    /// Who is told of a kind of events: of one owner's jobs, or (nil) of everybody's.
    private struct Interest: Hashable {
        var kind: String
        var owner: String?
    }

    /// So that an event costs as much as there are webhooks that may want it.
    private var interests: [Interest: [WebhookID]] = [:]
    private var wantedKinds: Set<String> = []
    private var rung: Set<WebhookID> = []
    private let epoch: UInt64
    private var delivered: Int64 = 0
    private var failed: Int64 = 0
    private var missed: Int64 = 0

    init(epoch: UInt64 = 0, _ backlogs: [WebhookBacklog] = []) {
        self.epoch = epoch
        for backlog in backlogs {
            hooks[backlog.record.id] = Hook(
                record: backlog.record, pending: backlog.pending, lastPosition: backlog.lastPosition)
        }
        arrivals.push(backlogs.map(\.record.id))
        settleInterests()
    }

    var isListening: Bool { !hooks.isEmpty }

    var stats: WebhookStats? {
        guard !hooks.isEmpty || delivered + failed > 0 else { return nil }
        return WebhookStats(
            webhooks: hooks.count, disabled: hooks.values.count { $0.record.status.isDisabled },
            pending: hooks.values.reduce(0) { $0 + $1.pending }, delivered: delivered, failed: failed, missed: missed)
    }

    // MARK: Webhooks

    mutating func add(_ record: WebhookRecord) {
        hooks[record.id] = Hook(record: record, pending: 0, lastPosition: 0)
        settleInterests()
    }

    mutating func remove(_ id: WebhookID) {
        hooks.removeValue(forKey: id)?.bell.close()
        settleInterests()
    }

    private mutating func settleInterests() {
        interests = [:]
        for (id, hook) in hooks {
            for kind in hook.record.kinds {
                let owner = hook.record.seesAll ? nil : hook.record.owner
                interests[Interest(kind: kind, owner: owner), default: []].append(id)
            }
        }
        wantedKinds = Set(interests.keys.map(\.kind))
    }

    // MARK: Events

    /// Whether any webhook may want it: a quick answer, for all the notices that none does.
    func wants(_ notice: Notice) -> Bool {
        wantedKinds.contains(notice.kind.rawValue) || (notice.endsJob && wantedKinds.contains(WebhookKind.jobEnded))
    }

    /// Keeps events for those who want them; what is to be made durable with them.
    /// - Parameter submitter: of a job.
    mutating func queue(
        _ events: [EventView], at now: Instant, submitter: (JobID) -> String?
    ) -> [Change] {
        var entries: [WebhookEntry] = []
        var short: Set<WebhookID> = []
        for event in events {
            let wanting = wanting(event, of: event.submitter ?? event.job.flatMap(submitter))
            guard !wanting.isEmpty, let json = try? APICoder.encode(event) else { continue }
            for id in wanting {
                let kept = keep(json, for: id, at: now)
                entries += kept
                rung.insert(id)
                if kept.count != 1 { short.insert(id) }
            }
        }
        let queued = entries.isEmpty ? [] : [Change.webhook(.queued(entries))]
        // What a disabled one misses is counted, and written with its next change.
        return queued
            + short.compactMap { id -> Change? in
                guard let record = hooks[id]?.record, !record.status.isDisabled else { return nil }
                return .webhook(.kept(record))
            }
    }

    private func wanting(_ event: EventView, of submitter: String?) -> Set<WebhookID> {
        var kinds = [event.kind.rawValue]
        if event.kind == .jobMoved, event.state.flatMap(JobState.init(rawValue:))?.isFinal == true {
            kinds.append(WebhookKind.jobEnded)
        }
        var found: Set<WebhookID> = []
        for kind in kinds {
            for owner in submitter == nil ? [nil] : [nil, submitter] {
                for id in interests[Interest(kind: kind, owner: owner)] ?? [] {
                    guard let job = hooks[id]?.record.job, job != event.job else {
                        found.insert(id)
                        continue
                    }
                }
            }
        }
        return found
    }

    /// An event's entry, with one before it that says what was missed; none where there is no room.
    private mutating func keep(_ json: [UInt8], for id: WebhookID, at now: Instant) -> [WebhookEntry] {
        guard let hook = hooks[id], !hook.record.status.isDisabled, hook.pending < Self.mostPending else {
            hooks[id]?.record.status.missed += 1
            missed += 1
            return []
        }
        return tellMissed(id, at: now) + [entry(json, for: id)]
    }

    /// The entry that tells how many events were not kept, if any.
    private mutating func tellMissed(_ id: WebhookID, at now: Instant) -> [WebhookEntry] {
        guard let hook = hooks[id], hook.record.status.missed > 0 else { return [] }
        let event = EventView.missed(
            hook.record.status.missed, id: "\(id)-\(epoch)-\(hook.lastPosition + 1)", at: now)
        guard let json = try? APICoder.encode(event) else { return [] }
        hooks[id]?.record.status.missed = 0
        return [entry(json, for: id)]
    }

    private mutating func entry(_ json: [UInt8], for id: WebhookID) -> WebhookEntry {
        hooks[id]!.lastPosition += 1
        hooks[id]!.pending += 1
        return WebhookEntry(webhook: id, position: hooks[id]!.lastPosition, event: json)
    }

    /// What was queued is durable.
    mutating func ring() {
        for id in rung { hooks[id]?.bell.push(.work) }
        rung.removeAll()
    }

    // MARK: Deliveries

    /// Takes a report in; what is to be made durable. Once it is, ``settle(_:_:)``.
    mutating func take(_ report: WebhookReport, of id: WebhookID, at now: Instant, patience: Duration) -> [Change] {
        guard hooks[id] != nil else { return [] }
        delivered += Int64(report.delivered)
        var status = hooks[id]!.record.status
        status.attemptedAt = now
        if report.delivered > 0 {
            status.deliveredAt = now
            status.failures = 0
            status.failingSince = nil
        }
        if let failure = report.failure {
            failed += 1
            status.error = failure.reason
            status.failures += 1
            let since = status.failingSince ?? now
            status.failingSince = since
            if failure.isFinal {
                Self.disable(&status, failure.reason, at: now)
            } else if now - since >= patience {
                Self.disable(
                    &status, "nothing could be delivered since \(Timestamp(since)): \(failure.reason)", at: now)
            }
        }
        hooks[id]!.record.status = status
        if status.isDisabled { return dropAll(id) }
        var changes: [Change] = []
        if let position = report.through { changes.append(.webhook(.delivered(id, through: position))) }
        if hooks[id]!.pending - report.delivered <= Self.mostPending / 2 {
            let told = tellMissed(id, at: now)
            if !told.isEmpty { changes.append(.webhook(.queued(told))) }
        }
        return changes + [.webhook(.kept(hooks[id]!.record))]
    }

    /// What was delivered is done with, durably.
    mutating func settle(_ report: WebhookReport, of id: WebhookID) {
        guard let hook = hooks[id], !hook.record.status.isDisabled else { return }
        hooks[id]?.pending = max(0, hook.pending - report.delivered)
    }

    /// Webhooks of an owner who is no more; what is to be made durable.
    mutating func disable(ownedBy owner: String, _ reason: String, at now: Instant) -> [Change] {
        var changes: [Change] = []
        for (id, hook) in hooks where hook.record.owner == owner && !hook.record.status.isDisabled {
            Self.disable(&hooks[id]!.record.status, reason, at: now)
            changes += dropAll(id)
        }
        return changes
    }

    private static func disable(_ status: inout WebhookStatus, _ reason: String, at now: Instant) {
        status.disabledAt = now
        status.disabledReason = reason
    }

    private mutating func dropAll(_ id: WebhookID) -> [Change] {
        let pending = hooks[id]!.pending
        hooks[id]!.record.status.missed += pending
        missed += Int64(pending)
        hooks[id]!.pending = 0
        return [
            .webhook(.delivered(id, through: hooks[id]!.lastPosition)), .webhook(.kept(hooks[id]!.record)),
        ]
    }

    /// A test arrived: a disabled webhook works again, one that waits for its next try tries now.
    /// - Parameter keepsScope: whether it may go on to see everybody's jobs.
    mutating func revive(_ id: WebhookID, keepsScope: Bool, at now: Instant) -> [Change] {
        guard let hook = hooks[id] else { return [] }
        hook.bell.push(.retry)
        guard hook.record.status.isDisabled else { return [] }
        let missed = hook.record.status.missed
        hooks[id]!.record.status = WebhookStatus()
        hooks[id]!.record.status.missed = missed
        hooks[id]!.record.status.deliveredAt = hook.record.status.deliveredAt
        hooks[id]!.record.status.attemptedAt = now
        if !keepsScope, hook.record.seesAll {
            hooks[id]!.record.seesAll = false
            settleInterests()
        }
        let told = tellMissed(id, at: now)
        let queued = told.isEmpty ? [] : [Change.webhook(.queued(told))]
        return queued + [.webhook(.kept(hooks[id]!.record))]
    }
}

extension Notice {
    var endsJob: Bool { if case .jobMoved(_, let state, _) = self { state.isFinal } else { false } }
}

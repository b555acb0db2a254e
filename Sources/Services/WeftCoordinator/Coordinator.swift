package import Logging
import Synchronization
import WeftEngine
package import WeftFormats
import WeftLedger
package import WeftModel
package import WeftStorage
import WeftWire

/// The shell around the engine: gathers events, lets the engine decide, makes its changes durable in one commit,
/// and then acts. What a client or worker was told is on disk; only assignments go out before (decision 10).
///
/// Call ``load()`` first, then keep ``run()`` going; everything else may be called from any task meanwhile.
package actor Coordinator {
    package nonisolated let id: NodeID
    package nonisolated let blobs: any BlobStore
    nonisolated let configuration: CoordinatorConfiguration
    nonisolated let identity: SigningIdentity
    nonisolated let journal: any Journal
    nonisolated let clock: SteadyClock
    nonisolated let logger: Logger

    /// How many events of workers may wait for a decision before no more results are taken in.
    static let maxWaitingIncidents = 32_768
    /// What happened and has not been decided on yet. Bounded by who fills it: workers wait for room, and requests are
    /// as many as there are connections.
    nonisolated let inbox = Mailbox<Incident>()

    /// One event, who waits for it to be durable, and the session that it opens.
    struct Incident: Sendable {
        var event: Event
        var opens: WorkerSession?
        var reply: (@Sendable (Result<Outcome?, RequestError>) -> Void)?
    }

    /// What the engine made of an event that asks for an answer.
    enum Outcome: Sendable {
        case submission(SubmissionOutcome)
        case grant(Result<Entry, LedgerError>)
    }

    /// Answers that are to be compared. Bounded by the tasks that are open.
    nonisolated let comparisons = Mailbox<AnswerComparison>()
    /// Those of them that take a program.
    nonisolated let programComparisons = Mailbox<AnswerComparison>()

    var loaded: Held<Engine>?
    private var loadedLog: Held<ReceiptLog>?
    private var cacheIntake = CacheIntake()
    /// The engine's revocations that are durable.
    var durableRevocations: UInt64 = 0
    /// Tasks that were looked up in the cache and have to be run, and entries that were not what they claimed to be.
    var cacheMisses: Int64 = 0
    var cacheRefusals: Int64 = 0
    var tokenRecords: [Digest: TokenRecord] = [:]
    var sessions: [NodeID: WorkerSession] = [:]
    var sessionCount: UInt64 = 0
    var handshakes = 0
    var events = EventHub(epoch: 0)
    var webhooks = WebhookDesk()
    var recent = RecentJobs()
    /// Acknowledgements that wait for company.
    private var pendingMail: [NodeID: WorkerMail] = [:]
    var waiters: [JobID: [UInt64: JobWaiter]] = [:]
    var lastWaiter: UInt64 = 0
    var logs = LogHub()
    var startedAt: Instant
    var commits: Int64 = 0
    var committedChanges: Int64 = 0
    /// How long those commits took, all together.
    var commitMicroseconds: Int64 = 0
    /// Why nothing can be acknowledged at the moment.
    var stall: String?
    private var isCommitting = false
    private var waitingForCommit: [CheckedContinuation<Void, Never>] = []

    package init(
        configuration: CoordinatorConfiguration, identity: SigningIdentity, journal: any Journal, blobs: any BlobStore,
        clock: SteadyClock, logger: Logger
    ) {
        self.configuration = configuration
        self.identity = identity
        self.journal = journal
        self.blobs = blobs
        self.clock = clock
        self.logger = logger
        id = identity.nodeID
        startedAt = clock.now
    }

    var receiptLog: ReceiptLog {
        // Lent, not copied: it is looked at for every task.
        _read {
            guard let loadedLog else { preconditionFailure("load() comes before any request") }
            yield loadedLog.value
        }
        _modify {
            guard let loadedLog else { preconditionFailure("load() comes before any request") }
            yield &loadedLog.value
        }
    }

    var engine: Engine {
        // Lent, not copied: it is large, and looked at for every task.
        _read {
            guard let loaded else { preconditionFailure("load() comes before any request") }
            yield loaded.value
        }
        _modify {
            guard let loaded else { preconditionFailure("load() comes before any request") }
            yield &loaded.value
        }
    }

    /// Reads what is not finished. Throws ``JournalError``. Called once.
    package func load() async throws {
        precondition(loaded == nil, "a coordinator loads once")
        let snapshot = try await journal.load()
        try Self.checkBooks(snapshot)
        tokenRecords = Dictionary(
            snapshot.tokens.filter { $0.revokedAt == nil }.map { ($0.secretDigest, $0) }, uniquingKeysWith: { $1 })
        events = EventHub(epoch: snapshot.epoch)
        webhooks = WebhookDesk(epoch: snapshot.epoch, snapshot.webhooks)
        var engineConfiguration = configuration.engine
        engineConfiguration.prices = configuration.prices
        // Nobody may know who will be checked, so it is another one with each start.
        engineConfiguration.trustSeed = .random(in: .min ... .max)
        loaded = Held(Engine(configuration: engineConfiguration, restoring: snapshot, at: clock.now))
        loadedLog = Held(try await Self.openLog(snapshot, journal))
        logger.info(
            "journal loaded",
            metadata: [
                "epoch": "\(snapshot.epoch)", "jobs": "\(snapshot.jobs.count)", "nodes": "\(snapshot.nodes.count)",
            ])
    }

    /// Decides and acts until the task is cancelled.
    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.pump() }
            group.addTask { await self.keepTime() }
            group.addTask { await self.compareAnswers() }
            await group.waitForAll()
        }
        events.closeAll(at: clock.now)
        logs.closeAll()
        endAllWaits()
    }

    private func pump() async {
        while let incidents = await inbox.next() {
            let now = clock.now
            for case .nodeJoined(let arrival) in incidents.map(\.event) {
                sessionCount = max(sessionCount, arrival.session)
            }
            isCommitting = true
            var step = engine.handle(incidents.map(\.event), at: now)
            let joining = Set(incidents.compactMap { $0.opens?.node })
            // What is run needs no disk: should the commit never come, the worker is told to drop it when it returns.
            let lastEarly = step.lastEarlyJob
            let isEarly = { (node: NodeID, attempt: AttemptID) in
                attempt.task.job <= lastEarly && !joining.contains(node)
            }
            assign(step.actions, where: isEarly)
            var changes = logged(&step)
            changes += webhookChanges(step, at: now)
            let isDurable = await commit(changes)
            isCommitting = false
            for waiter in waitingForCommit { waiter.resume() }
            waitingForCommit.removeAll()
            guard isDurable else {
                // Stopping while the journal cannot be written: nobody is told anything.
                for incident in incidents { incident.reply?(.failure(.unavailable("the coordinator is stopping"))) }
                break
            }
            durableRevocations = engine.revocations
            for incident in incidents {
                if let session = incident.opens { open(session) }
            }
            for record in step.forgotten { recent.add(record) }
            assign(step.actions) { !isEarly($0, $1) }
            perform(step.actions, at: now)
            webhooks.ring()
            answer(incidents, step)
            if Task.isCancelled { break }
        }
        comparisons.close()
        programComparisons.close()
        inbox.close()
        for incident in await inbox.next() ?? [] {
            incident.reply?(.failure(.unavailable("the coordinator is stopping")))
        }
    }

    /// Ticks: often enough for leases and time-outs, rarely enough to cost nothing.
    private func keepTime() async {
        var lastPrune = clock.now
        while true {
            do { try await Task.sleep(for: .milliseconds(250), tolerance: .milliseconds(50)) } catch { break }
            inbox.push(Incident(event: .tick))
            postPending()
            endLateWaits()
            if configuration.retention != nil, clock.now - lastPrune >= .seconds(10) {
                lastPrune = clock.now
                await prune()
            }
        }
    }

    private static let pruneLimit = 100

    private func prune() async {
        // What waits to be durable may use answers of what would be removed.
        guard let retention = configuration.retention, stall == nil else { return }
        let bound = Instant(microseconds: clock.now.microseconds - retention.microseconds)
        do {
            // In pieces, between which others commit, until nothing is left to remove.
            while !Task.isCancelled {
                let count = try await journal.prune(endedBefore: bound, limit: Self.pruneLimit)
                if count > 0 { recent.clear() }
                if count < Self.pruneLimit { break }
            }
        } catch {
            logger.warning("ended jobs could not be removed", metadata: ["error": "\(error)"])
        }
    }

    /// The step's changes with what they add to the log of receipts and to the cache.
    private func logged(_ step: inout Step) -> [Change] {
        var changes = step.changes
        // Nobody else holds them now, so they are changed in place.
        step.changes = []
        let forgotten = Dictionary(step.forgotten.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        receiptLog.extend(
            &changes, digest: { forgotten[$0]?.specDigest ?? engine.specDigest(of: $0) },
            isOpen: { engine.hasEnded($0) == false })
        cacheIntake.complete(
            &changes, limit: configuration.cacheEntries, spec: { forgotten[$0]?.spec ?? engine.spec(of: $0)?.spec })
        return changes
    }

    /// Does not return before the changes are durable, or, with false, when the coordinator is being stopped. While the
    /// journal cannot be written nothing is acknowledged, nothing is acted upon, and the coordinator says that it is not
    /// ready.
    private func commit(_ changes: [Change]) async -> Bool {
        guard !changes.isEmpty else { return true }
        var pause = Duration.milliseconds(50)
        while true {
            do {
                let began = clock.now
                try await journal.commit(changes)
                commitMicroseconds += (clock.now - began).microseconds
                if stall != nil { logger.notice("the journal can be written again") }
                stall = nil
                receiptLog.settle()
                commits += 1
                committedChanges += Int64(changes.count)
                return true
            } catch {
                if stall == nil { logger.error("the journal cannot be written", metadata: ["error": "\(error)"]) }
                stall = "the journal cannot be written: \(error)"
            }
            if Task.isCancelled { return false }
            try? await Task.sleep(for: pause)  // cancelled: the next commit decides
            pause = min(pause * 2, .seconds(2))
        }
    }

    /// What is seen after this is durable.
    func settled() async {
        guard isCommitting else { return }
        await withCheckedContinuation { waitingForCommit.append($0) }
    }

    private func answer(_ incidents: [Incident], _ step: Step) {
        var submissions = step.submissions.makeIterator()
        var grants = step.grants.makeIterator()
        for incident in incidents {
            switch incident.event {
            case .submitted: incident.reply?(.success(submissions.next().map { .submission($0) }))
            case .granted: incident.reply?(.success(grants.next().map { .grant($0) }))
            default: incident.reply?(.success(nil))
            }
        }
    }

    /// Hands an event to the engine and returns when its consequences are durable.
    func decide(_ event: Event) async throws -> Outcome? {
        if let stall { throw RequestError.unavailable(stall) }
        if case .submitted = event, inbox.count >= configuration.maxWaitingEvents {
            throw RequestError.busy("more is asked than can be made durable at the moment", retryAfterSeconds: 1)
        }
        return try await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<_, RequestError>, Never>) in
            let incident = Incident(event: event, reply: { continuation.resume(returning: $0) })
            if !inbox.push(incident) {
                continuation.resume(returning: .failure(.unavailable("the coordinator is stopping")))
            }
        }.get()
    }

    /// Hands out some of the attempts.
    private func assign(_ actions: [Action], where isMeant: (NodeID, AttemptID) -> Bool) {
        var mail: [NodeID: WorkerMail] = [:]
        // Attempts of one job come many at a time.
        var job: JobID?
        var spec: (spec: JobSpec, digest: Digest)?
        var origin: (submitter: String, trace: TraceContext?)?
        for case .assign(let node, let attempt) in actions where isMeant(node, attempt) {
            if job != attempt.task.job {
                job = attempt.task.job
                spec = engine.spec(of: attempt.task.job)
                origin = engine.origin(of: attempt.task.job)
            }
            guard let session = sessions[node], let spec, let origin else { continue }
            mail[node, default: WorkerMail()].assign(
                attempt, of: spec.spec, digest: spec.digest, from: origin, over: session)
        }
        send(mail)
    }

    /// Everything but the assignments.
    private func perform(_ actions: [Action], at now: Instant) {
        var mail: [NodeID: WorkerMail] = [:]
        var notices: [Notice] = []
        for action in actions {
            switch action {
            case .assign:
                break
            case .revoke(let node, let attempt, let reason):
                mail[node, default: WorkerMail()].revoke(attempt, reason: reason)
            case .acknowledge(let node, let attempt):
                mail[node, default: WorkerMail()].acknowledge(attempt)
            case .disconnect(let node, let session, let reason):
                guard let open = sessions[node], open.number == session else { continue }
                open.end(reason)
            case .compare(let task, let pairs):
                comparisons.push(AnswerComparison(task: task, pairs: pairs))
            case .publish(let notice):
                notices.append(notice)
                switch notice {
                case .attemptEnded(let attempt, _, _): logs.forget(attempt)
                case .jobMoved(let id, let state, _) where state.isFinal: endWaits(for: id)
                default: break
                }
            }
        }
        send(mail)
        publish(notices, at: now)
    }

    private func send(_ mail: [NodeID: WorkerMail]) {
        for (node, var mail) in mail {
            guard let session = sessions[node] else { continue }
            if let earlier = pendingMail.removeValue(forKey: node) { mail.add(acknowledgementsOf: earlier) }
            if mail.canWait {
                pendingMail[node] = mail
            } else {
                post(mail, to: session)
            }
        }
    }

    /// Acknowledgements are in no hurry: they go with the next assignment, or with the next tick.
    private func postPending() {
        let pending = pendingMail
        pendingMail = [:]
        for (node, mail) in pending { if let session = sessions[node] { post(mail, to: session) } }
    }

    private func post(_ mail: WorkerMail, to session: WorkerSession) {
        let forgotten = session.orders.withLock { orders in orders.takeStale { engine.spec(of: $0) == nil } }
        if !session.outbox.push(mail.messages(forgetting: forgotten)) {
            session.end("it does not read what it is sent")
        }
    }

    /// Actions for the node go to this link from now on.
    private func open(_ session: WorkerSession) {
        sessions[session.node]?.end("the node has opened a newer link")
        sessions[session.node] = session
    }

    func forget(_ session: WorkerSession) {
        if sessions[session.node]?.number == session.number { sessions[session.node] = nil }
    }

    func add(_ pieces: [LogHub.Piece]) {
        for piece in pieces where engine.hasAttempt(piece.attempt) { logs.add(piece) }
    }

    /// Whether requests can be served; a sentence why not.
    package func readiness() -> String? { loaded == nil ? "the journal is being read" : stall }
}

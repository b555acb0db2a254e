package import Logging
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
    var cacheIntake = CacheIntake()
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
    var pendingMail: [NodeID: (mail: WorkerMail, since: Instant)] = [:]
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
    /// Steps on their way to the disk.
    nonisolated let decided = Mailbox<DecidedStep>()
    /// The same and those that are being written: decided, and not durable, oldest first.
    var undurable: [DecidedStep] = []
    /// How many steps have become durable since the start.
    var durableSteps = 0
    /// Whether some that were decided will never be durable.
    var hasLost = false
    /// Who waits until so many steps are durable.
    var awaitedSteps: [(steps: Int, continuation: CheckedContinuation<Void, Never>)] = []
    /// Jobs up to this number are durable.
    var durableJob: UInt64 = 0
    /// Who waits until all that was decided is durable; and who decides, and waits for them.
    var readers: [CheckedContinuation<Void, Never>] = []
    var pausedDecider: CheckedContinuation<Void, Never>?

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
        durableJob = engine.lastJob
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

    /// Ticks: often enough for leases and time-outs, rarely enough to cost nothing.
    private func keepTime() async {
        var lastPrune = clock.now
        while true {
            let isResting = engine.unfinishedJobCount == 0 && waiters.isEmpty && pendingMail.isEmpty
            let pause = Duration.milliseconds(isResting ? 500 : 250)
            do { try await Task.sleep(for: pause, tolerance: pause / 5) } catch { break }
            inbox.push(Incident(event: .tick))
            postPending()
            endLateWaits()
            if let retention = configuration.retention,
                clock.now - lastPrune >= min(max(retention, Self.shortestPrunePause), Self.longestPrunePause)
            {
                lastPrune = clock.now
                await prune(endedBefore: Instant(microseconds: clock.now.microseconds - retention.microseconds))
            }
        }
    }

    private static let pruneLimit = 100
    private static let shortestPrunePause = Duration.seconds(1)
    private static let longestPrunePause = Duration.seconds(10)

    /// Removes jobs that ended before then, and where the log is pruned, their entries.
    package func prune(endedBefore bound: Instant) async {
        // What waits to be durable may use answers of what would be removed.
        guard stall == nil else { return }
        do {
            // In pieces, between which others commit, until nothing is left to remove.
            while !Task.isCancelled {
                let count = try await journal.prune(endedBefore: bound, limit: Self.pruneLimit)
                if count > 0 { recent.clear() }
                if count < Self.pruneLimit { break }
            }
            if configuration.prunesLog {
                let minimum = try await journal.pruneLog()
                receiptLog.prune(before: minimum)
            }
        } catch {
            logger.warning("ended jobs could not be removed", metadata: ["error": "\(error)"])
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

    func forget(_ session: WorkerSession) {
        if sessions[session.node]?.number == session.number { sessions[session.node] = nil }
    }

    func add(_ pieces: [LogHub.Piece]) {
        for piece in pieces where engine.hasAttempt(piece.attempt) { logs.add(piece) }
    }

    /// Whether requests can be served; a sentence why not.
    package func readiness() -> String? { loaded == nil ? "the journal is being read" : stall }
}

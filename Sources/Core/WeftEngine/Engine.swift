import DequeModule
import HeapModule
package import WeftLedger
package import WeftModel
import WeftTrust

/// Decides everything a coordinator decides: what runs where, what answers count, when a task or job has ended, what
/// a node is worth. A value: no IO, no clock, no randomness; the same events give the same steps.
///
/// Feed events in batches with ``handle(_:at:)``. Make the step's changes durable, then carry out its actions.
package struct Engine: Sendable {
    package let configuration: EngineConfiguration
    package let epoch: UInt64

    var now: Instant
    var leaseSequence: UInt64 = 0
    /// No higher job number has been given out.
    package internal(set) var lastJob: UInt64
    var jobs = DenseTable<JobID, Job>()
    var nodes: [Node] = []
    var nodeIndexes: [NodeID: Int] = [:]
    var attempts = DenseTable<LeaseID, Attempt>()
    var classes = DenseTable<Int, WorkClass>()
    var classIndexes: [ClassKey: Int] = [:]
    var nextClass = 0
    /// Milli-cpus that each submitter's running attempts hold: the measure of fair share.
    var usage: [String: Int64] = [:]
    var deadlines = Heap<Deadline>()
    var lostLeases = LostLeases()
    /// The first of `nodes` so many, and jobs up to this number, are from before the start.
    var restoredNodes = 0
    var lastRestoredJob: UInt64 = 0
    var keys = IdempotencyKeys()
    /// Until when restored jobs wait.
    var holdRestoredUntil: Instant?
    /// Nodes that were connected before the restart and have not come back: with the last of them the wait is over.
    var awaited: Set<Int> = []
    /// Nodes whose record changed in this step.
    var changedNodes: Set<Int> = []
    /// Nodes whose performance is not written yet, and when it last was.
    var unwrittenPerformance: Set<Int> = []
    var performanceKeptAt: Instant
    /// Jobs that may have ended for good in this step.
    var settledJobs: Set<JobID> = []
    /// Jobs whose counts or state changed in this step.
    var progressedJobs: Set<JobID> = []
    /// Jobs all of whose tasks have begun, and whose stragglers are looked for.
    var closingJobs: Set<JobID> = []
    package internal(set) var counters = EngineCounters()
    /// What is known of the honesty of nodes: decides jobs with an error budget.
    var trust: TrustBook
    /// Standings that have changed, and whether anything of the book has, in this step.
    var changedStandings: Set<Member> = []
    var isTrustChanged = false
    /// When old evidence was last made to count less.
    var trustAgedAt: Instant
    /// Jobs whose tasks have their replicas on equal machines.
    var choosyJobs: Set<JobID> = []
    /// Jobs with an error budget that have not ended, how many of their tasks are open, and how many of these wait for
    /// more answers.
    var budgetJobs: Set<JobID> = []
    var openBudgetTasks = 0
    var undecidedTasks = 0
    /// Attempts that have their room on a node.
    var occupying = 0
    /// How many attempts ended in the last while that was looked at, how long that was, and how many nodes were here at its end; nil
    /// before the first.
    var pace: (ends: Int64, microseconds: Int64, nodes: Int)?
    var paceMeasuredAt: Instant
    var endsMeasured: Int64 = 0
    /// How often, since the start, a node was found lying.
    package internal(set) var revocations: UInt64 = 0
    /// Tasks that are to be looked at anew by the book.
    var unsettled: Deque<TaskID> = []
    /// Jobs of which an answer was held or decided in this step: they may have nothing else to do.
    var stallingJobs: Set<JobID> = []

    /// Who has how many credits.
    package internal(set) var ledger: Ledger
    /// Whether books that a restart left open have been closed.
    var hasLookedForOrphans = false
    /// What has moved in this step.
    var moved: [Movement] = []
    /// Answers that were paid for on the word of nodes, of jobs whose books are open: by job and node.
    var paidOnTrust: [JobID: [Int: [PaidOnTrust]]] = [:]

    var step = Step()

    /// Goes on from what the journal holds; its books must balance (``WeftLedger/Ledger/init(restoring:)``). `now` is the
    /// time of the start.
    package init(
        configuration: EngineConfiguration = EngineConfiguration(), restoring snapshot: Snapshot, at now: Instant
    ) {
        self.configuration = configuration
        self.now = now
        if let kept = snapshot.trust {
            trust = TrustBook(restoring: kept.record, standings: kept.standings, seed: configuration.trustSeed)
        } else {
            trust = TrustBook(seed: configuration.trustSeed)
        }
        performanceKeptAt = now
        paceMeasuredAt = now
        ledger = Self.books(snapshot.ledger)
        trustAgedAt = snapshot.trust?.record.agedAt ?? now
        epoch = snapshot.epoch
        lastJob = snapshot.lastJob
        restore(snapshot)
    }

    /// Takes a batch of events that happened by `time`, then places what can be placed.
    package mutating func handle(_ events: [Event], at time: Instant) -> Step {
        now = max(now, time)
        // And a few more that the whole step has.
        step.changes.reserveCapacity(Self.changesPerEvent * events.count + 8)
        step.actions.reserveCapacity(Self.actionsPerEvent * events.count + 8)
        closeOrphanedBooks()
        for event in events {
            handle(event)
            settle()
        }
        dispatch()
        if flushStalled() { dispatch() }
        flush()
        step.lastJob = lastJob
        // Whoever has it changes it in place.
        defer { step = Step() }
        return step
    }

    /// Of the end of a task, which is most of what happens.
    private static let changesPerEvent = 2
    private static let actionsPerEvent = 4

    /// Exhaustive on purpose: a new event must not compile until it is decided here.
    private mutating func handle(_ event: Event) {
        switch event {
        case .submitted(let submission): submit(submission)
        case .cancelled(let job, let reason): cancel(job, reason: reason)
        case .nodeJoined(let arrival): join(arrival)
        case .nodeLeft(let node, let session, let reason, let drained):
            leave(node, session: session, reason: reason, drained: drained)
        case .nodeHeard(let node, let session): hear(node, session: session)
        case .nodeDrained(let node, let isDraining): drain(node, isDraining)
        case .nodeProfiled(let node, let session, let profile): take(profile, of: node, session: session)
        case .attemptStarted(let attempt, let node): start(attempt, on: node)
        case .attemptEnded(let result): end(result)
        case .compared(let task, let findings): compared(task, findings)
        case .granted(let grant): take(grant)
        case .tick:
            expire()
            stallingJobs.formUnion(budgetJobs)
        }
    }

    /// One row for each changed node and one notice for each changed job, however often they changed; jobs that are
    /// done leave memory.
    private mutating func flush() {
        for index in changedNodes.sorted() {
            step.changes.append(.nodeChanged(nodes[index].record))
        }
        changedNodes.removeAll(keepingCapacity: true)
        keepTrust()
        for id in progressedJobs.sorted() {
            guard let state = jobs[id]?.record.state, let counts = jobs[id]?.counts else { continue }
            publish(.jobMoved(id, state, counts))
        }
        progressedJobs.removeAll(keepingCapacity: true)
        for id in settledJobs.sorted() { forgetIfDone(id) }
        settledJobs.removeAll(keepingCapacity: true)
        keepBooks()
    }

    mutating func publish(_ notice: Notice) { step.actions.append(.publish(notice)) }
}

/// Totals since the engine started.
package struct EngineCounters: Hashable, Sendable {
    package var tasksEnded: Int64 = 0
    /// Of those that ended, those without an accepted answer of exit status 0.
    package var tasksFailed: Int64 = 0
    package var attemptsEnded: Int64 = 0
    package var attemptsLost: Int64 = 0
    /// Second attempts that were asked for because the first ones took long.
    package var backups: Int64 = 0
    package var disagreements: Int64 = 0
    /// Of credits, in all: what nodes were paid, what was taken back from them, and what went back to submitters when their
    /// jobs ended.
    package var paid = Credits.zero
    package var reversed = Credits.zero
    package var refunded = Credits.zero
    /// Tasks that were given a verified answer of an earlier one.
    package var cached: Int64 = 0
}

/// Leases of this life that were taken from their nodes: who may still answer to them.
struct LostLeases: Sendable {
    private var nodes: [LeaseID: Int] = [:]
    private var order: Deque<LeaseID> = []

    subscript(lease: LeaseID) -> Int? { nodes[lease] }

    mutating func add(_ lease: LeaseID, of node: Int, keeping limit: Int) {
        if nodes.updateValue(node, forKey: lease) == nil { order.append(lease) }
        while order.count > limit { nodes[order.removeFirst()] = nil }
    }
}

/// Which job a submitter's idempotency key belongs to: of unfinished jobs always, of ended ones while there is room.
struct IdempotencyKeys: Sendable {
    private struct Key: Hashable { var submitter: String, key: String }

    private var jobs: [Key: JobID] = [:]
    private var ended: Deque<Key> = []

    subscript(submitter: String, key: String) -> JobID? { jobs[Key(submitter: submitter, key: key)] }

    mutating func add(submitter: String, key: String, job: JobID) {
        jobs[Key(submitter: submitter, key: key)] = job
    }

    mutating func jobEnded(submitter: String, key: String, keeping limit: Int) {
        ended.append(Key(submitter: submitter, key: key))
        while ended.count > limit { jobs[ended.removeFirst()] = nil }
    }
}

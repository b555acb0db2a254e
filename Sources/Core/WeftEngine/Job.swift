import BitCollections
import DequeModule
import WeftModel
import WeftTrust

/// A job in memory: what is not finished, and what is still running of what is.
struct Job: Sendable {
    var record: JobRecord
    var workClass: Int
    /// Offset into the range of the next task that nobody has looked at. Everything before it is ended or open.
    var nextFresh: UInt32 = 0
    /// Offsets of ended tasks.
    var ended = BitSet()
    /// Started and not ended, by offset.
    var open = DenseTable<UInt32, OpenTask>()
    /// Offsets of open tasks that want a replica placed, one entry a replica. An entry whose task no longer wants one
    /// is stale and skipped.
    var wanting: Deque<UInt32> = []
    /// Ended tasks of which attempts are still running, by offset.
    var tails: [UInt32: Tail] = [:]
    /// Brought back by a restart: waits for the recovery grace.
    var isRestored = false
    /// Whether its lane holds it.
    var isQueued = false
    /// How long its latest attempts ran, in microseconds, the newer counting for more; nil before the first.
    var runMicroseconds: Int64?

    /// Whether answers are alike when they are equal, and never otherwise.
    let comparesDigests: Bool
    /// Whether its tasks need blobs.
    let hasBlobs: Bool
    /// Of its spec, what is looked at for every task.
    let driver: String
    let verification: Verification
    let resources: Resources
    let timeout: Duration

    init(record: JobRecord, workClass: Int) {
        self.record = record
        self.workClass = workClass
        comparesDigests = record.spec.comparesDigests
        hasBlobs = Self.hasBlobs(record.spec)
        driver = record.spec.payload.driver
        verification = record.spec.verification
        resources = record.spec.resources
        timeout = .seconds(record.spec.timeoutSeconds)
    }

    var id: JobID { record.id }
    var range: ArrayRange { record.spec.indexes }

    func index(_ offset: UInt32) -> UInt32 { range.first + offset }
    func task(_ offset: UInt32) -> TaskID { TaskID(job: id, index: index(offset)) }

    func offset(of task: TaskID) -> UInt32? {
        range.contains(task.index) ? task.index - range.first : nil
    }

    /// Whether a replica could be placed if there were a node for it.
    func hasWork(maxOpen: Int) -> Bool {
        guard !record.state.isFinal else { return false }
        return !wanting.isEmpty || (nextFresh < range.count && open.count < maxOpen)
    }

    /// Learns from an attempt that ran to its end.
    mutating func ran(for duration: Duration) {
        let microseconds = max(0, min(duration.microseconds, 1 << 40))
        runMicroseconds = runMicroseconds.map { $0 + (microseconds - $0) / 8 } ?? microseconds
    }

    var isDone: Bool { record.state.isFinal && tails.isEmpty && open.isEmpty }

    /// The counts as they are now.
    var counts: TaskCounts {
        var counts = record.counts
        counts.running = UInt32(open.count)
        return counts
    }
}

/// A task that has been started and has not ended.
struct OpenTask: Sendable {
    var votes: [Vote] = []
    var running: [LeaseID] = []
    /// Replicas that want a place.
    var waiting = 0
    /// Attempts that the payload's own limits ended; each counts once, however often it is reported.
    var failed: [LeaseID] = []
    /// Attempts lost with their nodes.
    var losses = 0
    /// Attempts that came back because the owner of their node paused it.
    var handBacks = 0
    var hasDisagreed = false
    /// Whether one replica more than its policy asks for runs or waits, as another takes long.
    var hasBackup = false

    /// What is known of which answers are alike; nil where equal ones are, and no others.
    var agreements: Agreements?
    /// What is being compared.
    var comparing: Set<Agreements.Pair> = []
    /// Whether it was drawn to be done by a second one.
    var isSpotChecked = false
    /// The kind of machine that all its replicas run on; nil if that does not matter.
    var hardware: String?
    /// Since when none of that kind is there that could take a replica of it.
    var noPeersSince: Instant?
    /// Whether it no longer matters, as there were none for too long.
    var mayLeaveHardware = false

    /// The votes as the book of trust sees them; nil where a fixed number of replicas decides.
    var ballot: Ballot?
    /// How far the book of trust is with it.
    var trust = TrustState.undecided
    /// How many of its votes the book was told of, where its right answer is known.
    var judgedVotes = 0
    /// The node that was drawn to answer next, until it is given the task.
    var drawn: Int?
    /// Since when nobody is there who could be drawn.
    var noCandidateSince: Instant?

    init(comparesDigests: Bool) { agreements = comparesDigests ? nil : Agreements() }

    enum TrustState: Hashable, Sendable {
        case undecided
        /// Its only answer waits until others of its node were checked.
        case held
        /// Its votes suffice, and it waits until the book lets it go.
        case decided
    }

    /// Whether nothing runs, waits or is compared that could still decide it.
    var isAbandoned: Bool { trust == .undecided && outstanding == 0 && comparing.isEmpty }

    /// What its answers say.
    var tally: Tally { Tally(votes.map(\.answer), agreements) }

    /// Whether the next replica checks an answer, so that its node has to be drawn.
    var isChecked: Bool { ballot.map { !$0.votes.isEmpty || !$0.struck.isEmpty } ?? false }

    /// Replicas that run or wait for a place.
    var outstanding: Int { running.count + waiting }

    /// Replicas that have answered or will.
    var asked: Int { votes.count + outstanding }
}

/// One node's answer to one task.
struct Vote: Hashable, Sendable {
    var attempt: AttemptID
    var node: Int
    var answer: Digest
    var isSuccess: Bool
    /// What it is paid if it agrees; 0 where jobs cost nothing.
    var cost: Credits
    /// ``Engine/revocations`` when it was cast.
    var revocations: UInt64 = 0

    /// Its place in the order in which the task's replicas were handed out.
    var order: Int { Int(truncatingIfNeeded: attempt.lease.number) }
}

/// What is kept of an ended task while late replicas of it run: enough to judge them.
struct Tail: Sendable {
    var answer: Digest
    var running: [LeaseID]
    var voters: [Int]
    var hasDisagreed: Bool
}

/// An attempt under lease.
struct Attempt: Sendable {
    var id: AttemptID
    var node: Int
    var startedAt: Instant?
    var assignedAt: Instant
    var resources: Resources
    /// Its part of the node's devices, while it has room there. The worker may have chosen others, as good as these.
    var devices: [DeviceGrant] = []
    var submitter: String
    /// Told to stop; holds its resources until the node says that it did.
    var isRevoked = false
    /// Given to a node that has no room for it yet: holds nothing of it.
    var isPrefetched = false
    /// When it is overdue; nil while it waits for room.
    var dueAt: Instant?
    /// For how long it stood still because its node was paused.
    var paused: Duration = .zero
}

/// When to look whether an attempt is overdue. Stale entries are skipped.
struct Deadline: Comparable, Sendable {
    var at: Instant
    var lease: LeaseID

    static func < (left: Deadline, right: Deadline) -> Bool { (left.at, left.lease) < (right.at, right.lease) }
}

struct Node: Sendable {
    var record: NodeRecord
    /// nil while away.
    var session: UInt64?
    var lastHeard: Instant
    var free: Room
    var attempts: Set<LeaseID> = []
    /// Those of `attempts` that wait on it for room, in the order in which it will begin them.
    var prefetched: Deque<LeaseID> = []
    /// Whether it is being given attempts beforehand: from when half of them have begun until it has all it may have, so
    /// that they go out many at a time.
    var isFilling = true
    /// How many it may have waiting of the tasks that it was given last.
    var prefetchDepth = 0
    /// When it last ended an attempt.
    var lastEnded: Instant?
    /// Is given nothing beforehand until then.
    var noPrefetchUntil: Instant?
    /// Attempts in a row that failed for the node's own reasons.
    var failuresInRow = 0
    /// Gets nothing new until then.
    var restsUntil: Instant?
    /// Since when its owner's rules give it no work.
    var pausedSince: Instant?
    /// Whether it offers less than it holds, since it has said that it offers less than before.
    var isShort = false
    /// Whose work its owner takes; everybody's if nil.
    var submitters: Set<String>?
    /// What its profile says of its machine (``NodeProfile/hardwareClass``).
    var hardware = ""
    /// The classes whose requirements it meets.
    var classes: Set<Int> = []
    /// The blobs that it worked with lately.
    var data = NodeData()
    /// What the book of trust knows it as, by kind of payload.
    var members: [String: Member] = [:]
    /// ``Engine/revocations`` when it was last found lying; 0 for a node that was not, since the start.
    var revokedAt: UInt64 = 0

    var isConnected: Bool { session != nil }
    var isPaused: Bool { pausedSince != nil }

    func takes(workOf submitter: String) -> Bool { submitters?.contains(submitter) ?? true }

    /// How fast its devices are for jobs of a class, if it has told.
    func speed(for key: ClassKey) -> Int64? {
        record.profile.benchmark?.speed(of: record.profile.devices, for: key.resources.devices)
    }

    /// Whether one more attempt can go to it now, and would begin: what waits on it for more room than there is goes first.
    func hasRoom(for resources: Resources) -> Bool { restsUntil == nil && hasFree(resources) }

    func hasFree(_ resources: Resources) -> Bool { prefetched.isEmpty && free.fits(resources) }
}

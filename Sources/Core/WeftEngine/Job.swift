import BitCollections
import DequeModule
import WeftModel

/// A job in memory: what is not finished, and what is still running of what is.
struct Job: Sendable {
    var record: JobRecord
    var workClass: Int
    /// Offset into the range of the next task that nobody has looked at. Everything before it is ended or open.
    var nextFresh: UInt32 = 0
    /// Offsets of ended tasks.
    var ended = BitSet()
    /// Started and not ended, by offset.
    var open: [UInt32: OpenTask] = [:]
    /// Offsets of open tasks that want a replica placed, one entry a replica. An entry whose task no longer wants one
    /// is stale and skipped.
    var wanting: Deque<UInt32> = []
    /// Ended tasks of which attempts are still running, by offset.
    var tails: [UInt32: Tail] = [:]
    /// Brought back by a restart: waits for the recovery grace.
    var isRestored = false
    /// Whether its lane holds it.
    var isQueued = false

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
    /// Attempts that the payload's own limits ended.
    var failures = 0
    /// Attempts lost with their nodes.
    var losses = 0
    var hasDisagreed = false

    /// Replicas that have answered or will.
    var asked: Int { votes.count + running.count + waiting }
}

/// One node's answer to one task.
struct Vote: Hashable, Sendable {
    var attempt: AttemptID
    var node: Int
    var answer: Digest
    var isSuccess: Bool
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
    var submitter: String
    /// Told to stop; holds its resources until the node says that it did.
    var isRevoked = false
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
    var free: Resources
    var attempts: Set<LeaseID> = []
    /// The classes whose requirements it meets.
    var classes: Set<Int> = []

    var isConnected: Bool { session != nil }
}

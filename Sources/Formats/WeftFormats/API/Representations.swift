package import WeftModel

// The JSON bodies of `/api/v1`, shared by server and clients. Field names are snake_case on the wire (the coders in
// APICoding.swift convert). Moments are RFC 3339 texts in UTC with microseconds.

/// A job, as `GET /api/v1/jobs/{id}` gives it.
package struct JobView: Codable, Hashable, Sendable {
    package var id: JobID
    package var name: String
    package var state: JobState
    package var reason: String?
    package var submitter: String
    package var submittedAt: Timestamp
    package var endedAt: Timestamp?
    package var counts: TaskCounts
    package var priority: Int
    package var labels: [String: String]
    package var specDigest: Digest
    /// The submitter's span that it belongs to, as W3C Trace Context has it.
    package var traceparent: String?
    /// nil where jobs cost nothing.
    package var credits: JobCreditsView?
    /// How many of its tasks were given verified answers of earlier ones; left out of lists, and of jobs that use none.
    package var cached: Int?

    package init(
        id: JobID, name: String, state: JobState, reason: String?, submitter: String, submittedAt: Timestamp,
        endedAt: Timestamp?, counts: TaskCounts, priority: Int, labels: [String: String], specDigest: Digest,
        traceparent: String? = nil, credits: JobCreditsView? = nil, cached: Int? = nil
    ) {
        self.id = id
        self.name = name
        self.state = state
        self.reason = reason
        self.submitter = submitter
        self.submittedAt = submittedAt
        self.endedAt = endedAt
        self.counts = counts
        self.priority = priority
        self.labels = labels
        self.specDigest = specDigest
        self.traceparent = traceparent
        self.credits = credits
        self.cached = cached
    }
}

/// One attempt that is going on or has ended.
package struct AttemptView: Codable, Hashable, Sendable {
    package enum State: String, Codable, Hashable, Sendable { case assigned, running, completed, failed }

    package var id: String
    package var replica: UInt16
    package var node: NodeID
    package var nodeName: String
    package var state: State
    package var startedAt: Timestamp?
    package var finishedAt: Timestamp?
    package var answer: Digest?
    /// Whether the answer is the one that the quorum gave; nil while that is open.
    package var agreed: Bool?
    package var completion: Completion?
    package var failure: AttemptFailure?
    package var usage: Usage?

    package init(
        id: String, replica: UInt16, node: NodeID, nodeName: String, state: State, startedAt: Timestamp? = nil,
        finishedAt: Timestamp? = nil, answer: Digest? = nil, agreed: Bool? = nil, completion: Completion? = nil,
        failure: AttemptFailure? = nil, usage: Usage? = nil
    ) {
        self.id = id
        self.replica = replica
        self.node = node
        self.nodeName = nodeName
        self.state = state
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.answer = answer
        self.agreed = agreed
        self.completion = completion
        self.failure = failure
        self.usage = usage
    }
}

/// One task with its attempts. `completion` is the agreed answer.
package struct TaskView: Codable, Hashable, Sendable {
    package var id: String
    package var job: JobID
    package var index: UInt32
    package var state: TaskState
    package var verdict: Verdict?
    package var answer: Digest?
    /// Other answers that were found to be like it. Nil where only equal ones are.
    package var alike: [Digest]?
    package var reason: String?
    package var dissenters: Int
    /// The probability that the answer is wrong, where it was accepted under the job's `max_error`.
    package var errorBound: Double?
    package var endedAt: Timestamp?
    package var completion: Completion?
    /// The task that was run in its place, as `42.7`: answer, outputs and receipt are that one's.
    package var cachedFrom: String?
    /// Left out of lists unless asked for.
    package var attempts: [AttemptView]?

    package init(
        id: TaskID, state: TaskState, verdict: Verdict? = nil, answer: Digest? = nil, alike: [Digest]? = nil,
        reason: String? = nil, dissenters: Int = 0, errorBound: Double? = nil, endedAt: Timestamp? = nil,
        completion: Completion? = nil, cachedFrom: String? = nil, attempts: [AttemptView]? = nil
    ) {
        self.id = id.description
        job = id.job
        index = id.index
        self.state = state
        self.verdict = verdict
        self.answer = answer
        self.alike = alike
        self.reason = reason
        self.dissenters = dissenters
        self.errorBound = errorBound
        self.endedAt = endedAt
        self.completion = completion
        self.cachedFrom = cachedFrom
        self.attempts = attempts
    }
}

package struct TokenView: Codable, Hashable, Sendable {
    package var name: String
    package var role: Role
    package var createdAt: Timestamp
    package var revokedAt: Timestamp?
    /// Only in the answer to its creation; never shown again.
    package var secret: String?

    package init(name: String, role: Role, createdAt: Timestamp, revokedAt: Timestamp?, secret: String? = nil) {
        self.name = name
        self.role = role
        self.createdAt = createdAt
        self.revokedAt = revokedAt
        self.secret = secret
    }
}

package struct TokenRequest: Codable, Hashable, Sendable {
    package var name: String
    package var role: Role

    package init(name: String, role: Role) {
        self.name = name
        self.role = role
    }
}

/// One page of a list; `next` is the cursor for the page after, nil at the end.
package struct Page<Item: Codable & Hashable & Sendable>: Codable, Hashable, Sendable {
    package var items: [Item]
    package var next: String?

    package init(items: [Item], next: String?) {
        self.items = items
        self.next = next
    }
}

package struct DrainRequest: Codable, Hashable, Sendable {
    package var draining: Bool

    package init(draining: Bool) { self.draining = draining }
}

/// Which entries the log of receipts has, and which of them are kept (docs/log.md).
package struct LogExtent: Codable, Hashable, Sendable {
    /// How many there are.
    package var size: UInt64
    /// The first that is kept: those before it were pruned.
    package var minimumIndex: UInt64

    package init(size: UInt64, minimumIndex: UInt64) {
        self.size = size
        self.minimumIndex = minimumIndex
    }
}

/// Counters since the coordinator started, and what is going on now.
package struct Stats: Codable, Hashable, Sendable {
    package var coordinator: NodeID
    package var version: String
    package var startedAt: Timestamp
    package var uptimeSeconds: Double
    package var jobsUnfinished: Int
    package var tasksWaiting: Int
    package var attemptsRunning: Int
    package var tasksEnded: Int64
    package var attemptsEnded: Int64
    package var attemptsLost: Int64
    /// Second attempts of tasks whose first ones took long.
    package var backups: Int64
    /// Tasks that are answered and wait until the nodes that answered were checked.
    /// Nil from coordinators that do not tell.
    package var tasksHeld: Int?
    package var disagreements: Int64
    package var nodesConnected: Int
    package var nodesKnown: Int
    package var subscribers: Int
    package var commits: Int64
    package var committedChanges: Int64
    /// nil where jobs cost nothing.
    package var credits: CreditStats?
    /// Tasks that were given verified answers of earlier ones, tasks that were looked up and had to be run, entries that
    /// were not what they claimed to be, and entries that there are. Nil from coordinators that do not tell.
    package var cacheHits: Int64?
    package var cacheMisses: Int64?
    package var cacheRefused: Int64?
    package var cacheEntries: Int?
    /// Of the tasks that ended, those that failed. Nil from coordinators that do not tell.
    package var tasksFailed: Int64?
    /// How long all commits together took. Nil from coordinators that do not tell.
    package var commitSeconds: Double?
    /// Nil where there is no webhook.
    package var webhooks: WebhookStats?
    /// Nil from coordinators that do not tell.
    package var log: LogExtent?

    package init(
        coordinator: NodeID, version: String, startedAt: Timestamp, uptimeSeconds: Double, jobsUnfinished: Int = 0,
        tasksWaiting: Int = 0, attemptsRunning: Int = 0, tasksEnded: Int64 = 0, attemptsEnded: Int64 = 0,
        attemptsLost: Int64 = 0, backups: Int64 = 0, tasksHeld: Int? = 0, disagreements: Int64 = 0,
        nodesConnected: Int = 0,
        nodesKnown: Int = 0,
        subscribers: Int = 0, commits: Int64 = 0, committedChanges: Int64 = 0, credits: CreditStats? = nil,
        cacheHits: Int64? = 0, cacheMisses: Int64? = 0, cacheRefused: Int64? = 0, cacheEntries: Int? = 0,
        tasksFailed: Int64? = 0, commitSeconds: Double? = 0, webhooks: WebhookStats? = nil, log: LogExtent? = nil
    ) {
        self.coordinator = coordinator
        self.version = version
        self.startedAt = startedAt
        self.uptimeSeconds = uptimeSeconds
        self.jobsUnfinished = jobsUnfinished
        self.tasksWaiting = tasksWaiting
        self.attemptsRunning = attemptsRunning
        self.tasksEnded = tasksEnded
        self.attemptsEnded = attemptsEnded
        self.attemptsLost = attemptsLost
        self.backups = backups
        self.tasksHeld = tasksHeld
        self.disagreements = disagreements
        self.nodesConnected = nodesConnected
        self.nodesKnown = nodesKnown
        self.subscribers = subscribers
        self.commits = commits
        self.committedChanges = committedChanges
        self.credits = credits
        self.cacheHits = cacheHits
        self.cacheMisses = cacheMisses
        self.cacheRefused = cacheRefused
        self.cacheEntries = cacheEntries
        self.tasksFailed = tasksFailed
        self.commitSeconds = commitSeconds
        self.webhooks = webhooks
        self.log = log
    }
}

/// One event of the stream. `id` counts up without gaps per coordinator run; resume with `Last-Event-ID` or `?after=`.
package struct EventView: Codable, Hashable, Sendable {
    package enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
        case jobSubmitted = "job.submitted"
        case jobMoved = "job.moved"
        case attemptStarted = "attempt.started"
        case attemptEnded = "attempt.ended"
        case taskEnded = "task.ended"
        case disagreement
        case nodeJoined = "node.joined"
        case nodeLeft = "node.left"
        case nodeChanged = "node.changed"
        case creditsMoved = "credits.moved"
        /// The subscriber was too slow, or asks for what is no longer kept: `missed` events are left out.
        case missed
    }

    package var id: String
    package var at: Timestamp
    package var kind: Kind
    package var job: JobID?
    package var task: String?
    package var attempt: String?
    package var node: NodeID?
    package var name: String?
    package var state: String?
    package var verdict: Verdict?
    package var counts: TaskCounts?
    package var reason: String?
    package var score: Int?
    package var missed: Int?
    /// Whose job it is, or whose credits.
    package var submitter: String?
    /// The accounts that credits went from and to; `state` is the kind of movement.
    package var from: Account?
    package var to: Account?
    package var amount: Amount?

    package init(id: String, at: Timestamp, kind: Kind) {
        self.id = id
        self.at = at
        self.kind = kind
    }
}

/// One piece of a log. `offset` counts bytes from the start of the stream; `dropped` bytes before it are not kept.
package struct LogPiece: Codable, Hashable, Sendable {
    package enum Stream: String, Codable, Hashable, Sendable { case stdout, stderr }

    package var task: String
    package var attempt: String
    package var stream: Stream
    package var offset: UInt64
    package var dropped: UInt64
    /// Base64 of the bytes (they need not be UTF-8).
    package var bytes: String

    package init(task: String, attempt: String, stream: Stream, offset: UInt64, dropped: UInt64, bytes: String) {
        self.task = task
        self.attempt = attempt
        self.stream = stream
        self.offset = offset
        self.dropped = dropped
        self.bytes = bytes
    }
}

/// RFC 9457 problem document.
package struct ProblemDocument: Codable, Hashable, Sendable, Error {
    /// A path below `/problems/`, or `about:blank`.
    package var type: String
    package var title: String
    package var status: Int
    package var detail: String?
    /// For invalid bodies: every field that is wrong.
    package var errors: [Problem]?
    /// For jobs that cannot be paid for (402): what there is, what is needed, and what is missing.
    package var available: Amount?
    package var needed: Amount?
    package var missing: Amount?
    package var requestID: String?

    // The key strategy makes `request_id` of this and reads it back as `requestId`.
    private enum CodingKeys: String, CodingKey {
        case type, title, status, detail, errors, available, needed, missing
        case requestID = "requestId"
    }

    package init(
        type: String = "about:blank", title: String, status: Int, detail: String? = nil, errors: [Problem]? = nil,
        shortage: BudgetShortage? = nil, requestID: String? = nil
    ) {
        self.type = type
        self.title = title
        self.status = status
        self.detail = detail
        self.errors = errors
        available = shortage?.available
        needed = shortage?.needed
        missing = shortage?.missing
        self.requestID = requestID
    }
}

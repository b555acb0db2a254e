/// Something that happened, for whoever watches: the event stream, progress bars, the dashboard. Large values are indirect: thousands
/// of notices are kept for those who come later.
package enum Notice: Hashable, Sendable {
    case jobSubmitted(JobID, name: String, submitter: String)
    case jobMoved(JobID, JobState, TaskCounts)
    case attemptStarted(AttemptID, NodeID)
    case attemptEnded(AttemptID, NodeID, failure: AttemptFailure?)
    indirect case taskEnded(TaskRecord)
    /// Answers to one task differ; more replicas have been asked for, or it was given up.
    case disagreement(TaskID, answers: Int)
    case nodeJoined(NodeID, name: String)
    case nodeLeft(NodeID, name: String, reason: String)
    /// `paused` is why its owner's rules give it no work; empty while it works.
    case nodeChanged(NodeID, name: String, score: Int, isDraining: Bool, paused: String)
    indirect case creditsMoved(Movement)
}

/// Why a task waits, or what became of it, in words and in numbers.
package struct Explanation: Hashable, Sendable, Codable {
    /// One reason, on some of the nodes.
    package struct Reason: Hashable, Sendable, Codable {
        /// The field of the spec that is not met, for example `resources.memory`; or `nodes`, `queue`.
        package var field: String
        package var message: String
        /// The nodes it is about: at most five ids, and how many in all.
        package var nodes: [NodeID]
        package var nodeCount: Int

        package init(field: String, message: String, nodes: [NodeID] = [], nodeCount: Int = 0) {
            self.field = field
            self.message = message
            self.nodes = nodes
            self.nodeCount = nodeCount
        }
    }

    package enum Kind: String, Hashable, Sendable, Codable {
        /// It runs or has ended.
        case notWaiting
        /// It will run: others are before it, or nodes are busy.
        case notNow
        /// No connected node could ever run it.
        case neverHere
    }

    package var kind: Kind
    /// One sentence.
    package var summary: String
    package var reasons: [Reason]
    /// The smallest change that would place it, for example `lower resources.memory to 2 GiB`.
    package var suggestion: String?

    package init(kind: Kind, summary: String, reasons: [Reason] = [], suggestion: String? = nil) {
        self.kind = kind
        self.summary = summary
        self.reasons = reasons
        self.suggestion = suggestion
    }
}

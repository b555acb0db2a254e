/// A machine's identity: the libp2p peer id of its Ed25519 key, for example `12D3KooW…`.
package struct NodeID: Hashable, Sendable, Comparable, Codable, CustomStringConvertible {
    package let text: String

    package init(_ text: String) { self.text = text }

    package init(from decoder: any Decoder) throws { text = try decoder.singleValueContainer().decode(String.self) }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    package static func < (left: NodeID, right: NodeID) -> Bool { left.text < right.text }
    package var description: String { text }
    /// The last eight characters: enough to tell nodes apart in a table.
    package var short: String { String(text.suffix(8)) }
}

/// A job's number, counted up from 1 by its coordinator and never used twice.
package struct JobID: Hashable, Sendable, Comparable, Codable, CustomStringConvertible {
    package let number: UInt64

    package init(_ number: UInt64) { self.number = number }

    /// Reads the decimal text form; nil for anything else, zero and signs included.
    package init?(text: some StringProtocol) {
        guard let number = UInt64(text), number > 0, text.first != "+" else { return nil }
        self.number = number
    }

    package init(from decoder: any Decoder) throws { number = try decoder.singleValueContainer().decode(UInt64.self) }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(number)
    }

    package static func < (left: JobID, right: JobID) -> Bool { left.number < right.number }
    package var description: String { String(number) }
}

/// One task of a job. `index` is the array index that the payload sees, not a position. Text form: `42.7`.
package struct TaskID: Hashable, Sendable, Comparable, Codable, CustomStringConvertible {
    package let job: JobID
    package let index: UInt32

    package init(job: JobID, index: UInt32) {
        self.job = job
        self.index = index
    }

    package init?(text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let job = JobID(text: parts[0]), let index = UInt32(parts[1]) else { return nil }
        self.init(job: job, index: index)
    }

    package static func < (left: TaskID, right: TaskID) -> Bool {
        (left.job, left.index) < (right.job, right.index)
    }
    package var description: String { "\(job).\(index)" }
}

/// The number of a lease: unique for the life of a coordinator's journal. The high 24 bits are the coordinator's
/// epoch (how often it has started), the low 40 bits count up within it, so a number is never given out twice.
package struct LeaseID: Hashable, Sendable, Comparable, Codable, CustomStringConvertible {
    package let number: UInt64

    package init(_ number: UInt64) { self.number = number }
    package init(epoch: UInt64, sequence: UInt64) { number = epoch << 40 | sequence }

    package var epoch: UInt64 { number >> 40 }

    package init(from decoder: any Decoder) throws { number = try decoder.singleValueContainer().decode(UInt64.self) }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(number)
    }

    package static func < (left: LeaseID, right: LeaseID) -> Bool { left.number < right.number }
    package var description: String { String(number, radix: 36) }
}

/// One try at one replica of a task, under one lease.
package struct AttemptID: Hashable, Sendable, Comparable, Codable, CustomStringConvertible {
    package let task: TaskID
    /// Which of the task's independent executions this is, from 0.
    package let replica: UInt16
    package let lease: LeaseID

    package init(task: TaskID, replica: UInt16, lease: LeaseID) {
        self.task = task
        self.replica = replica
        self.lease = lease
    }

    package static func < (left: AttemptID, right: AttemptID) -> Bool {
        (left.task, left.replica, left.lease) < (right.task, right.replica, right.lease)
    }
    package var description: String { "\(task).\(replica)@\(lease)" }
}

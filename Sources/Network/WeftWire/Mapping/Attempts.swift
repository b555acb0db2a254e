package import WeftModel

extension AttemptID {
    /// Throws ``LinkError/malformed(_:)``; `field` names the message's field in it.
    package init(wire: Weft_Wire_V1_AttemptKey, field: String = "attempt") throws(LinkError) {
        let job = try JobID(wire: wire.job, field: "\(field).job")
        guard let replica = UInt16(exactly: wire.replica) else {
            throw malformed("\(field).replica", "\(wire.replica) is out of range")
        }
        self.init(
            task: TaskID(job: job, index: wire.index), replica: replica, lease: LeaseID(wire.lease))
    }

    package var wire: Weft_Wire_V1_AttemptKey {
        var key = Weft_Wire_V1_AttemptKey()
        key.job = task.job.number
        key.index = task.index
        key.replica = UInt32(replica)
        key.lease = lease.number
        return key
    }
}

/// What a worker says when an attempt has begun, and in its hello of every attempt that is running.
package struct AttemptStart: Hashable, Sendable {
    package var attempt: AttemptID
    /// On the worker's clock.
    package var at: Instant

    package init(attempt: AttemptID, at: Instant) {
        self.attempt = attempt
        self.at = at
    }

    package init(wire: Weft_Wire_V1_AttemptStarted, field: String = "started") throws(LinkError) {
        attempt = try AttemptID(wire: wire.attempt, field: "\(field).attempt")
        at = try checkedInstant(wire.atMicroseconds, "\(field).at_microseconds")
    }

    package var wire: Weft_Wire_V1_AttemptStarted {
        var started = Weft_Wire_V1_AttemptStarted()
        started.attempt = attempt.wire
        started.atMicroseconds = at.microseconds
        return started
    }
}

extension JobID {
    init(wire: UInt64, field: String) throws(LinkError) {
        guard wire > 0 else { throw malformed(field, "jobs count from 1") }
        self.init(wire)
    }
}

/// Attempts of one job in parallel lists, as they travel in `Assignments` and `ResultAcks`: a few bytes each.
package struct AttemptList: Hashable, Sendable {
    package var job: JobID
    package private(set) var indexes: [UInt32] = []
    package private(set) var replicas: [UInt32] = []
    package private(set) var leases: [UInt64] = []

    package init(of job: JobID) { self.job = job }

    /// - Precondition: the attempt is at a task of the list's job.
    package mutating func append(_ attempt: AttemptID) {
        precondition(attempt.task.job == job, "a list is of one job")
        indexes.append(attempt.task.index)
        replicas.append(UInt32(attempt.replica))
        leases.append(attempt.lease.number)
    }

    package var count: Int { indexes.count }

    package subscript(position: Int) -> AttemptID {
        AttemptID(
            task: TaskID(job: job, index: indexes[position]), replica: UInt16(truncatingIfNeeded: replicas[position]),
            lease: LeaseID(leases[position]))
    }

    /// - Throws: ``LinkError/malformed(_:)`` when the lists are not of one length.
    fileprivate init(
        job: UInt64, indexes: [UInt32], replicas: [UInt32], leases: [UInt64], field: String
    ) throws(LinkError) {
        self.job = try JobID(wire: job, field: "\(field).job")
        guard indexes.count == replicas.count, indexes.count == leases.count else {
            throw malformed(
                field, "\(indexes.count) indexes, \(replicas.count) replicas, \(leases.count) leases")
        }
        if let replica = replicas.first(where: { $0 > UInt16.max }) {
            throw malformed("\(field).replicas", "\(replica) is out of range")
        }
        self.indexes = indexes
        self.replicas = replicas
        self.leases = leases
    }

    package init(wire: Weft_Wire_V1_ResultAcks, field: String = "acks") throws(LinkError) {
        try self.init(
            job: wire.job, indexes: wire.indexes, replicas: wire.replicas, leases: wire.leases, field: field)
    }

    package var acks: Weft_Wire_V1_ResultAcks {
        var acks = Weft_Wire_V1_ResultAcks()
        acks.job = job.number
        acks.indexes = indexes
        acks.replicas = replicas
        acks.leases = leases
        return acks
    }
}

/// Attempts that a worker is to run, of a job whose ``JobOrder`` it has.
package struct Assignments: Hashable, Sendable {
    package var attempts: AttemptList
    /// For each attempt in turn the digests that ``AssignmentOrder/init(_:of:each:)`` wants.
    package var each: [Digest]

    package init(of job: JobID) {
        attempts = AttemptList(of: job)
        each = []
    }

    /// Throws ``LinkError/malformed(_:)``. That there are as many digests as the order wants is for the caller to see.
    package init(wire: Weft_Wire_V1_Assignments, field: String = "assignments") throws(LinkError) {
        attempts = try AttemptList(
            job: wire.job, indexes: wire.indexes, replicas: wire.replicas, leases: wire.leases, field: field)
        each = []
        each.reserveCapacity(wire.each.count)
        for digest in wire.each { each.append(try Digest(wire: digest, field: "\(field).each")) }
    }

    package var wire: Weft_Wire_V1_Assignments {
        var assignments = Weft_Wire_V1_Assignments()
        assignments.job = attempts.job.number
        assignments.indexes = attempts.indexes
        assignments.replicas = attempts.replicas
        assignments.leases = attempts.leases
        assignments.each = each.map(\.wire)
        return assignments
    }
}

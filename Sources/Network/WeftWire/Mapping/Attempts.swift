package import WeftModel

extension AttemptID {
    /// Throws ``LinkError/malformed(_:)``; `field` names the message's field in it.
    package init(wire: Weft_Wire_V1_AttemptKey, field: String = "attempt") throws(LinkError) {
        guard wire.job > 0 else { throw malformed("\(field).job", "jobs count from 1") }
        guard let replica = UInt16(exactly: wire.replica) else {
            throw malformed("\(field).replica", "\(wire.replica) is out of range")
        }
        self.init(
            task: TaskID(job: JobID(wire.job), index: wire.index), replica: replica, lease: LeaseID(wire.lease))
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

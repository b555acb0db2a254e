import SwiftProtobuf
import Synchronization
import WeftModel
import WeftWire

/// What one step has to say to one worker, put into as few messages as keep their order.
struct WorkerMail {
    private var sent: [WireMessage] = []
    private var assigning: Assignments?
    /// Whether the worker may forget the order right after the assignments in hand.
    private var isForgetting = false
    private var acknowledged: [JobID: AttemptList] = [:]
    private var acknowledgedCount = 0
    /// So many acknowledgements wait for nobody.
    private static let patientCount = 64

    /// Whether nobody waits for it: a worker keeps a result until it is acknowledged, and does nothing else for it.
    var canWait: Bool { sent.isEmpty && assigning == nil && acknowledgedCount < Self.patientCount }

    /// Hands the attempt to the worker, after the order of its job if that has not gone over this link yet.
    mutating func assign(
        _ attempt: AttemptID, of spec: JobSpec, digest: Digest, from origin: (submitter: String, trace: TraceContext?),
        over session: WorkerSession
    ) {
        let job = attempt.task.job
        if assigning?.attempts.job != job {
            finishAssigning()
            // A worker keeps thousands of orders, so only small ones.
            isForgetting = spec.approximateBytes(withEach: false) > LinkBounds.keptOrderBytes
            if isForgetting || session.orders.withLock({ $0.insert(job) }) {
                let order = JobOrder(
                    spec: spec, specDigest: digest, job: job, submitter: origin.submitter, trace: origin.trace)
                sent.append(.with { $0.jobOrder = order.wire })
            }
            assigning = Assignments(of: job)
        }
        assigning!.attempts.append(attempt)
        assigning!.each += spec.each(forTask: attempt.task.index)
    }

    mutating func revoke(_ attempt: AttemptID, reason: String) {
        // Not before the assignment that it takes back.
        finishAssigning()
        sent.append(
            .with {
                $0.revocation.attempt = attempt.wire
                $0.revocation.reason = reason
            })
    }

    mutating func acknowledge(_ attempt: AttemptID) {
        acknowledged[attempt.task.job, default: AttemptList(of: attempt.task.job)].append(attempt)
        acknowledgedCount += 1
    }

    mutating func add(acknowledgementsOf earlier: WorkerMail) {
        for list in earlier.acknowledged.values { for position in 0..<list.count { acknowledge(list[position]) } }
    }

    /// Everything, and at the end that no more attempts of `forgotten` jobs will follow.
    func messages(forgetting forgotten: [JobID]) -> [WireMessage] {
        var mail = self
        mail.finishAssigning()
        return acknowledged.values.map { list in .with { $0.acks = list.acks } } + mail.sent
            + forgotten.map { job in .with { $0.jobForgotten.job = job.number } }
    }

    private mutating func finishAssigning() {
        guard let assignments = assigning else { return }
        sent.append(.with { $0.assignments = assignments.wire })
        if isForgetting { sent.append(.with { $0.jobForgotten.job = assignments.attempts.job.number }) }
        assigning = nil
    }
}

/// The jobs whose orders have gone over one link and have not been forgotten: as many as the worker keeps.
struct SentOrders {
    private var jobs: Set<JobID> = []
    /// Oldest first.
    private var order: [JobID] = []
    /// Stale ones are looked for when so many have gone.
    private var next = LinkBounds.jobOrders / 8

    /// Whether the order has to be sent.
    mutating func insert(_ job: JobID) -> Bool {
        guard jobs.insert(job).inserted else { return false }
        order.append(job)
        return true
    }

    /// Jobs that the worker may forget: those that are over, and more of the oldest where there are too many. Looks
    /// now and then only.
    mutating func takeStale(where isOver: (JobID) -> Bool) -> [JobID] {
        guard jobs.count >= next else { return [] }
        var stale = order.filter(isOver)
        if order.count - stale.count > LinkBounds.jobOrders / 2 {
            let over = Set(stale)
            stale += order.filter { !over.contains($0) }.prefix(LinkBounds.jobOrders / 4)
        }
        jobs.subtract(stale)
        order.removeAll { !jobs.contains($0) }
        next = jobs.count + LinkBounds.jobOrders / 8
        return stale
    }
}

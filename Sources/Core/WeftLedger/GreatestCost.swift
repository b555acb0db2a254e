package import WeftModel

/// What a job may come to at most.
package struct WorkBound: Hashable, Sendable {
    package var tasks: Int64
    /// The replicas of one task, at most.
    package var replicasPerTask: Int64
    /// Further attempts of one task, over all its replicas.
    package var retriesPerTask: Int64
    package var attempt: AttemptBound

    package init(tasks: Int64, replicasPerTask: Int64, retriesPerTask: Int64, attempt: AttemptBound) {
        self.tasks = tasks
        self.replicasPerTask = replicasPerTask
        self.retriesPerTask = retriesPerTask
        self.attempt = attempt
    }

    package init(_ spec: JobSpec) {
        self.init(
            tasks: Int64(spec.indexes.count), replicasPerTask: Int64(spec.verification.maxReplicas),
            retriesPerTask: Int64(spec.retries), attempt: AttemptBound(spec))
    }
}

/// What is to be set aside for a job.
package enum GreatestCost: Hashable, Sendable {
    case atMost(Credits)
    /// There is no time limit.
    case unbounded
}

extension PriceList {
    /// tasks · (replicas + retries) · the cost of an attempt that uses all it may. Retries are added, not multiplied, because
    /// they are counted over all replicas of a task (``JobSpec/retries``).
    ///
    /// Throws when it is more than anybody can have.
    package func greatestCost(of work: WorkBound) throws(CreditOverflow) -> GreatestCost {
        guard let use = MeteredUse(allOf: work.attempt) else { return .unbounded }
        let (attempts, isTooMuch) = work.replicasPerTask.addingReportingOverflow(work.retriesPerTask)
        guard !isTooMuch else { throw CreditOverflow() }
        return .atMost(try cost(of: use).multiplied(by: attempts).multiplied(by: work.tasks))
    }
}

/// A verified answer that identical tasks may be given instead of being run (docs/cache.md).
package struct CacheEntry: Hashable, Sendable {
    /// The digest of everything that decides the task's answer. The engine leaves it out, as it computes no digests: nil
    /// until the shell adds it, and never kept without.
    package var key: Digest?
    /// The task that was run. Its record and results are the evidence; its receipt is what others are given.
    package var origin: TaskID
    /// The nodes whose votes agreed when it ended, in ascending order; no two of one owner.
    package var voters: [NodeID]
    /// The probability that the answer is wrong, where it was accepted under an error budget.
    package var errorBound: ErrorRate?

    package init(key: Digest? = nil, origin: TaskID, voters: [NodeID], errorBound: ErrorRate? = nil) {
        self.key = key
        self.origin = origin
        self.voters = voters
        self.errorBound = errorBound
    }

    /// Of one key there is one entry of each kind: counted votes and an error bound answer different wishes.
    package var isBudgeted: Bool { errorBound != nil }
}

/// What a journal finds under a key, with what it rests on. Nothing of it is checked.
package struct CacheFinding: Hashable, Sendable {
    package var entry: CacheEntry
    /// nil where the task is not there.
    package var task: TaskRecord?
    /// In the order of their arrival.
    package var results: [AttemptResult]

    package init(entry: CacheEntry, task: TaskRecord?, results: [AttemptResult]) {
        self.entry = entry
        self.task = task
        self.results = results
    }
}

/// What a task is given instead of being run: checked, and strong enough for its job.
package struct CachedAnswer: Hashable, Sendable {
    package var origin: TaskID
    package var answer: Digest
    package var voters: [NodeID]
    /// Only where the job has an error budget.
    package var errorBound: ErrorRate?

    package init(origin: TaskID, answer: Digest, voters: [NodeID], errorBound: ErrorRate? = nil) {
        self.origin = origin
        self.answer = answer
        self.voters = voters
        self.errorBound = errorBound
    }
}

extension JobSpec {
    /// Whether its tasks may be given verified answers of earlier ones, and theirs be given to others: it asks for a second
    /// opinion, and does not decline. What nobody verified is never reused.
    package var mayUseCache: Bool { usesCache && (verification.maxError != nil || verification.quorum >= 2) }
}

extension Verification {
    /// Whether evidence is at least as strong as what this policy asks for.
    package func accepts(agreeing: Int, errorBound: ErrorRate?) -> Bool {
        if let maxError { return errorBound.map { $0 <= maxError } ?? false }
        return quorum >= 2 && agreeing >= quorum
    }
}

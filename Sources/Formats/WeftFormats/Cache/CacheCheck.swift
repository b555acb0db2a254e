package import WeftModel

/// Checks what a journal says of cached answers, as a receipt is checked: that a row names a task is no evidence of
/// anything. For many findings of few jobs: what a job or a batch of signatures costs is paid once.
package struct CacheCheck {
    /// Why an entry is not what it claims to be, in one sentence.
    package struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        package var description: String
    }

    private struct Origin {
        var record: JobRecord
        var keys: CacheKeys
    }

    private let coordinator: NodeID
    private var origins: [JobID: Origin?] = [:]
    private var verifiers: [NodeID: ProofVerifier] = [:]

    package init(coordinator: NodeID) { self.coordinator = coordinator }

    /// The receipt that the entry stands for.
    ///
    /// Checked is all that is checked of a receipt but for the coordinator's own signature, that the task has this key, that
    /// the log has its verdict, and that those who are said to have agreed did. `leaf` is what the log has of it.
    package mutating func check(
        _ finding: CacheFinding, of job: JobRecord, leaf: Digest?
    ) throws(Refusal) -> Receipt {
        guard let task = finding.task else { throw Refusal(description: "its task does not exist") }
        guard task.id == finding.entry.origin, task.id.job == job.id else {
            throw Refusal(description: "its task is another one")
        }
        guard let origin = origin(job) else {
            throw Refusal(description: "its job is not the one that was run, or not for the cache")
        }
        guard let key = finding.entry.key, origin.keys.key(of: task.id.index) == key else {
            throw Refusal(description: "its task is not the same")
        }
        guard task.state == .succeeded, task.verdict == .agreed, task.cachedFrom == nil else {
            throw Refusal(description: "its task has no agreed answer of its own")
        }
        guard task.errorBound == finding.entry.errorBound else {
            throw Refusal(description: "its task has another error bound")
        }
        let receipt = Receipt(coordinator: coordinator, job: job, task: task, results: finding.results)
        do throws(ReceiptError) {
            try receipt.checkAnswers()
            try receipt.checkSignatures { key, proof, statement in
                verifiers[statement.node, default: ProofVerifier(of: key)].verify(proof, over: statement.bytes)
            }
            try receipt.checkVerdict()
        } catch {
            throw Refusal(description: error.message)
        }
        let agreeing = Set(receipt.results.filter { receipt.supports($0.answer) }.map(\.node))
        let voters = Set(finding.entry.voters)
        guard !voters.isEmpty, voters.count == finding.entry.voters.count, voters.isSubset(of: agreeing) else {
            throw Refusal(description: "those who are said to have agreed did not")
        }
        guard let leaf, LogEntry.logged(as: leaf, of: task, specDigest: job.specDigest, finding.results) != nil else {
            throw Refusal(description: "the log has another verdict")
        }
        return receipt
    }

    private mutating func origin(_ job: JobRecord) -> Origin? {
        if let known = origins[job.id] { return known }
        var origin: Origin?
        if job.spec.digest == job.specDigest, job.spec.mayUseCache, let keys = CacheKeys(of: job.spec) {
            origin = Origin(record: job, keys: keys)
        }
        origins[job.id] = .some(origin)
        return origin
    }
}

extension LogEntry {
    /// The entry that was logged: of the results in the order of their arrival, all but those that came late.
    package static func logged(
        as leaf: Digest, of task: TaskRecord, specDigest: Digest, _ results: [AttemptResult]
    ) -> LogEntry? {
        for count in stride(from: results.count, through: 0, by: -1) {
            let entry = LogEntry(specDigest: specDigest, task: task, results: Array(results.prefix(count)))
            if entry.leafHash == leaf { return entry }
        }
        return nil
    }
}

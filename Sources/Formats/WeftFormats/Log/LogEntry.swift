package import WeftModel

/// What one leaf of a coordinator's log stands for: how a task ended, and by whose answers, as it was known then.
///
/// A receipt says the same and more, and so does what a coordinator keeps: both give this entry, byte for byte.
/// Replicas that were still running when a task was decided may answer later. Their answers are in the receipt, but not in
/// the entry; see ``late(in:)``.
package struct LogEntry: Hashable, Sendable {
    package var task: TaskID
    package var specDigest: Digest
    /// Final.
    package var state: TaskState
    package var verdict: Verdict
    /// The answer that the quorum gave; nil if there was none.
    package var answer: Digest?
    /// Other answers that were found to be like it, in order.
    package var alike: [Digest]
    /// The probability that the answer is wrong; only where the job has an error budget.
    package var errorBound: ErrorRate?
    package var endedAt: Instant
    /// In the receipt's order.
    package var results: [Result]

    /// One node's signed answer.
    package struct Result: Hashable, Sendable {
        package var node: NodeID
        package var replica: UInt16
        package var lease: LeaseID
        package var answer: Digest
        /// SHA-256 of the node's proof, which is over everything else that it said.
        package var signatureDigest: Digest

        init(attempt: AttemptID, node: NodeID, answer: Digest, signature: [UInt8]) {
            self.node = node
            replica = attempt.replica
            lease = attempt.lease
            self.answer = answer
            signatureDigest = Hashing.sha256(signature)
        }
    }

    /// When a task ends: from what is kept of it. As in a receipt, failures and second answers of a node do not count.
    ///
    /// - Precondition: the task has ended.
    package init(specDigest: Digest, task: TaskRecord, results: [AttemptResult]) {
        precondition(task.state.isFinal, "an entry is for a task that has ended")
        self.task = task.id
        self.specDigest = specDigest
        state = task.state
        verdict = task.verdict
        answer = task.answer
        alike = task.alike
        errorBound = task.errorBound
        endedAt = task.endedAt
        self.results = Receipt.answers(of: results).compactMap { result in
            result.answer.map {
                Result(attempt: result.attempt, node: result.node, answer: $0, signature: result.signature)
            }
        }
    }

    /// From a receipt.
    ///
    /// - Parameter late: The positions of those of its results that came when the task had ended.
    package init(_ receipt: Receipt, without late: [Int] = []) {
        task = receipt.task
        specDigest = receipt.specDigest
        state = receipt.state
        verdict = receipt.verdict
        answer = receipt.answer
        alike = receipt.alike
        errorBound = receipt.errorBound
        endedAt = receipt.issuedAt.instant
        results = receipt.results.enumerated().filter { !late.contains($0.offset) }.map { _, result in
            Result(attempt: result.attempt, node: result.node, answer: result.answer, signature: result.signature)
        }
    }

    /// The positions of those of a receipt's results that are not in this entry: what a proof lists as `late`.
    ///
    /// - Returns: nil when this is not an entry of that receipt.
    package func late(in receipt: Receipt) -> [Int]? {
        let known = Set(results)
        let late = LogEntry(receipt).results.enumerated().filter { !known.contains($0.element) }.map(\.offset)
        return LogEntry(receipt, without: late) == self ? late : nil
    }

    /// Domain `weft-log-1`; fields: job, index, spec digest, state, verdict, answer or `none`, error bound or `none`, end (microseconds since
    /// the Unix epoch), the number of results; for each: node, replica, lease, answer, SHA-256 of the signature; then
    /// each answer that is like the answer.
    package var bytes: [UInt8] {
        var entry = StatementBytes(domain: "weft-log-1")
        entry.append(task.job.number)
        entry.append(UInt64(task.index))
        entry.append(specDigest)
        entry.append(state.rawValue)
        entry.append(verdict.rawValue)
        if let answer { entry.append(answer) } else { entry.append("none") }
        entry.append(errorBound?.text ?? "none")
        entry.append(endedAt.microseconds)
        entry.append(UInt64(results.count))
        for result in results {
            entry.append(result.node.text)
            entry.append(UInt64(result.replica))
            entry.append(result.lease.number)
            entry.append(result.answer)
            entry.append(result.signatureDigest)
        }
        for answer in alike { entry.append(answer) }
        return entry.bytes
    }

    /// What the log's tree has for it.
    package var leafHash: Digest { MerkleHash.leaf(bytes) }
}

package import WeftModel

/// The self-contained evidence of a verdict, as docs/receipts.md describes it: who ran a task, what each answered and
/// signed, under which policy, and what the coordinator concluded.
package struct Receipt: Hashable, Sendable {
    package static let version: Int64 = 1
    package static let payloadType = "application/vnd.weft.receipt+json"
    /// A spec may be 8 MiB, and base64 makes a third more of it.
    static let limits = TextLimits(maxBytes: 32 << 20, maxDepth: 64, maxValues: 2_000_000)

    package var coordinator: NodeID
    package var spec: JobSpec
    package var specDigest: Digest
    package var task: TaskID
    /// Final.
    package var state: TaskState
    package var verdict: Verdict
    /// The answer that the quorum gave; nil if there was none.
    package var answer: Digest?
    /// Other answers that the coordinator found to be like it, in order; none where only equal ones are.
    package var alike: [Digest]
    /// The probability that the answer is wrong, as the coordinator has it; only where the job has an error budget.
    package var errorBound: ErrorRate?
    /// Why the task failed, in the coordinator's words.
    package var reason: String?
    /// Every answer, one per node, ordered by attempt.
    package var results: [Result]
    /// When the task ended, on the coordinator's clock.
    package var issuedAt: Timestamp

    /// One node's signed answer.
    package struct Result: Hashable, Sendable {
        package var attempt: AttemptID
        package var node: NodeID
        package var completion: Completion
        package var answer: Digest
        package var signature: [UInt8]
        package var startedAt: Instant
        package var finishedAt: Instant
    }

    /// Whether an answer counts as the one that was agreed on.
    package func supports(_ answer: Digest) -> Bool { answer == self.answer || alike.contains(answer) }

    /// What came out: of the answers that are the agreed one, the first.
    package var completion: Completion? {
        guard let answer else { return nil }
        return results.first { $0.answer == answer }?.completion
    }

    /// Failures are left out (they are no evidence of an answer), and of several answers of one node all but the first.
    ///
    /// - Precondition: the task has ended, and belongs to the job.
    package init(coordinator: NodeID, job: JobRecord, task: TaskRecord, results: [AttemptResult]) {
        precondition(task.state.isFinal, "a receipt is for a task that has ended")
        precondition(task.id.job == job.id, "a receipt is for a task of its job")
        self.coordinator = coordinator
        spec = job.spec
        specDigest = job.specDigest
        self.task = task.id
        state = task.state
        verdict = task.verdict
        answer = task.answer
        alike = task.alike
        errorBound = task.errorBound
        reason = task.reason
        issuedAt = Timestamp(task.endedAt)
        self.results = Self.answers(of: results).compactMap { result in
            guard case .completed(let completion) = result.outcome, let answer = result.answer else { return nil }
            return Result(
                attempt: result.attempt, node: result.node, completion: completion, answer: answer,
                signature: result.signature, startedAt: result.startedAt, finishedAt: result.finishedAt)
        }
    }

    /// The answers that a receipt has, in its order: see ``init(coordinator:job:task:results:)``.
    static func answers(of results: [AttemptResult]) -> [AttemptResult] {
        let answers = results.filter { result in
            guard case .completed = result.outcome else { return false }
            return result.answer != nil
        }
        // Most tasks have one.
        guard answers.count > 1 else { return answers }
        var nodes: Set<NodeID> = []
        return answers.sorted { ($0.attempt, $0.node) < ($1.attempt, $1.node) }
            .filter { nodes.insert($0.node).inserted }
    }

    /// The receipt file: a DSSE envelope as canonical JSON. The same facts give the same bytes (where signing is
    /// deterministic, see ``SigningIdentity/sign(_:)-([UInt8])``).
    package static func issue(
        job: JobRecord, task: TaskRecord, results: [AttemptResult], signedBy identity: SigningIdentity
    ) -> [UInt8] {
        Receipt(coordinator: identity.nodeID, job: job, task: task, results: results).signed(by: identity)
    }

    /// The receipt file, signed with `identity`'s key.
    package func signed(by identity: SigningIdentity) -> [UInt8] {
        let payload = CanonicalJSON.encode(document)
        let envelope = Envelope(payloadType: Self.payloadType, payload: payload, signedBy: identity)
        return CanonicalJSON.encode(envelope.document)
    }
}

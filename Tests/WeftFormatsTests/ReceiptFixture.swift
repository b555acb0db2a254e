import WeftFormats
import WeftModel

/// A coordinator, three nodes and one task of a job, all from fixed seeds.
struct ReceiptFixture {
    let coordinator = SigningIdentity(seed: Array(repeating: 1, count: 32))!
    let nodes = (2...5).map { SigningIdentity(seed: Array(repeating: UInt8($0), count: 32))! }
    var spec = JobSpec(
        name: "sum", payload: .process(ProcessPayload(command: ["./sum"])), array: ArrayRange(first: 0, count: 10),
        outputs: [Output(path: "out.txt"), Output(path: "extra", isOptional: true)],
        verification: Verification(replicas: 3, quorum: 2))
    var jobNumber: UInt64 = 42
    var index: UInt32 = 7

    var job: JobRecord {
        JobRecord(
            id: JobID(jobNumber), spec: spec, specDigest: spec.digest, submitter: "me",
            submittedAt: Instant(microseconds: 1_700_000_000_000_000))
    }

    var id: TaskID { TaskID(job: JobID(jobNumber), index: index) }

    func blob(_ text: String) -> BlobReference {
        BlobReference(digest: Hashing.sha256(Array(text.utf8)), sizeBytes: Int64(text.utf8.count))
    }

    func completion(_ text: String, exitStatus: Int32 = 0) -> Completion {
        Completion(
            exitStatus: exitStatus, standardOutput: blob("printed " + text), standardError: nil,
            outputs: [OutputFile(path: "out.txt", blob: blob(text)), OutputFile(path: "extra", blob: nil)])
    }

    func result(node: Int, _ completion: Completion, replica: UInt16? = nil) -> AttemptResult {
        let attempt = AttemptID(
            task: id, replica: replica ?? UInt16(node), lease: LeaseID(epoch: 1, sequence: UInt64(node + 1)))
        let answer = AnswerDigest.of(completion, comparesStandardOutput: spec.verification.comparesStandardOutput)
        let started = Instant(microseconds: 1_700_000_001_000_000 + Int64(node))
        let finished = Instant(microseconds: 1_700_000_002_000_000)
        let statement = ResultStatement(
            coordinator: coordinator.nodeID, specDigest: spec.digest, attempt: attempt, node: nodes[node].nodeID,
            answer: answer, startedAt: started, finishedAt: finished)
        return AttemptResult(
            attempt: attempt, node: nodes[node].nodeID, outcome: .completed(completion), answer: answer,
            signature: nodes[node].prove(statement), startedAt: started, finishedAt: finished)
    }

    func task(_ state: TaskState, _ verdict: Verdict, _ answer: Completion?, reason: String? = nil) -> TaskRecord {
        let compares = spec.verification.comparesStandardOutput
        return TaskRecord(
            id: id, state: state, verdict: verdict,
            answer: answer.map { AnswerDigest.of($0, comparesStandardOutput: compares) }, reason: reason,
            endedAt: Instant(microseconds: 1_700_000_003_000_000))
    }

    func issue(_ task: TaskRecord, _ results: [AttemptResult]) -> [UInt8] {
        Receipt.issue(job: job, task: task, results: results, signedBy: coordinator)
    }

    /// Two nodes agree, one differs.
    var honest: [UInt8] {
        let right = completion("right")
        return issue(
            task(.succeeded, .agreed, right),
            [result(node: 0, right), result(node: 1, completion("wrong")), result(node: 2, right)])
    }

    func verify(_ bytes: [UInt8]) throws(ReceiptError) -> VerifiedReceipt {
        try Receipt.verify(bytes, expectedCoordinator: coordinator.nodeID)
    }
}

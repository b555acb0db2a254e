import WeftFormats
import WeftModel
import WeftWire

/// Checks what one worker reports, outside of the actor: digests and signatures cost more than decisions.
struct ResultIntake {
    struct Checked {
        /// Nothing more is needed: the engine can have them.
        var ready: [AttemptResult] = []
        /// Good as far as they go; what they name has to be there, too.
        var withBlobs: [(AttemptReport, AttemptResult)] = []
    }

    private static let rememberedJobs = 1024

    private let node: NodeID
    private var verifier: ProofVerifier
    private var expectations: [JobID: Expectation] = [:]

    init(node: NodeID, identity: PublicIdentity) {
        self.node = node
        verifier = ProofVerifier(of: identity)
    }

    /// The jobs of these reports that ``learn(_:)`` has not told of.
    func unknownJobs(of reports: [AttemptReport]) -> Set<JobID> {
        var unknown: Set<JobID> = []
        for report in reports where expectations[report.attempt.task.job] == nil {
            unknown.insert(report.attempt.task.job)
        }
        return unknown
    }

    mutating func learn(_ found: [JobID: Expectation]) {
        if expectations.count > Self.rememberedJobs { expectations = [:] }
        expectations.merge(found) { $1 }
    }

    /// Throws when one of them is what no honest worker sends.
    mutating func check(_ reports: [AttemptReport]) throws(ProtocolViolation) -> Checked {
        var checked = Checked()
        for report in reports {
            guard let expectation = expectations[report.attempt.task.job] else {
                // Nobody waits for that job any more, but its attempt holds its node's room until the engine hears of its end.
                checked.ready.append(report.result(node: node, answer: nil))
                continue
            }
            let result = try expectation.check(report, from: node, &verifier)
            if case .completed(let completion) = result.outcome, completion.namesBlobs {
                checked.withBlobs.append((report, result))
            } else {
                checked.ready.append(result)
            }
        }
        return checked
    }
}

extension Completion {
    fileprivate var namesBlobs: Bool {
        standardOutput != nil || standardError != nil || outputs.contains { $0.blob != nil }
    }
}

/// What a result must fit to count.
struct Expectation: Sendable {
    var coordinator: NodeID
    var specDigest: Digest
    var outputs: [String]
    var comparesStandardOutput: Bool

    /// Makes a result of a report: the answer's digest recomputed, the signature verified.
    func check(
        _ report: AttemptReport, from node: NodeID, _ verifier: inout ProofVerifier
    ) throws(ProtocolViolation) -> AttemptResult {
        guard case .completed(let completion) = report.outcome else { return report.result(node: node, answer: nil) }
        guard report.specDigest == specDigest else {
            throw ProtocolViolation(message: "a result is for another spec than its job's")
        }
        guard completion.outputs.elementsEqual(outputs, by: { $0.path.utf8.elementsEqual($1.utf8) }) else {
            throw ProtocolViolation(message: "a result's outputs are not the ones that its job declares")
        }
        let answer = AnswerDigest.of(completion, comparesStandardOutput: comparesStandardOutput)
        let statement = ResultStatement(
            coordinator: coordinator, specDigest: specDigest, attempt: report.attempt, node: node, answer: answer,
            startedAt: report.startedAt, finishedAt: report.finishedAt)
        guard verifier.verify(report.signature, over: statement.bytes) else {
            throw ProtocolViolation(message: "a result's signature is wrong")
        }
        return report.result(node: node, answer: answer)
    }
}

/// The worker did what no honest worker does; its link is ended.
struct ProtocolViolation: Error { var message: String }

package import WeftModel

/// Everything a worker needs to run one attempt: its job's order, resolved for one task.
package struct AssignmentOrder: Hashable, Sendable {
    /// Where bytes come from.
    package enum Source: Hashable, Sendable {
        case inline([UInt8])
        case blob(Digest)
    }

    package struct InputFile: Hashable, Sendable {
        /// Relative to the working directory and inside it.
        package var path: String
        package var source: Source
        package var isExecutable: Bool
    }

    package typealias Payload = OrderPayload<Source>

    package let attempt: AttemptID
    /// What the attempt shares with all others of its job.
    private let job: JobOrder
    /// The spec's variables and `WEFT_JOB_ID`, `WEFT_TASK_INDEX`, `WEFT_JOB_NAME`; of a job with a trace `TRACEPARENT`, if
    /// the spec has none.
    package let environment: [String: String]
    package let inputs: [InputFile]
    package let payload: Payload

    // Spelt out: looked up by key paths, these cost every attempt microseconds.
    package var specDigest: Digest { job.specDigest }
    package var submitter: String { job.submitter }
    package var outputs: [Output] { job.outputs }
    package var resources: Resources { job.resources }
    package var timeout: Duration { job.timeout }
    package var isolation: Isolation { job.isolation }
    package var architecture: String? { job.architecture }
    package var enforced: [Limit] { job.enforced }
    package var drivers: [String] { job.drivers }
    package var comparesStandardOutput: Bool { job.comparesStandardOutput }
    package var signatures: [CodeSignature] { job.signatures }
    package var mounts: [Mount] { job.mounts }
    package var driverWish: DriverWish { job.driverWish }

    /// The order for one attempt at a task of the job. `each` are the ``JobOrder/eachCount`` digests that came with it.
    package init(_ attempt: AttemptID, of job: JobOrder, each: some Sequence<Digest>) {
        self.attempt = attempt
        self.job = job
        var digests = each.makeIterator()
        func resolve(_ source: JobOrder.Source) -> Source {
            switch source {
            case .inline(let bytes): return .inline(bytes)
            case .blob(let digest): return .blob(digest)
            case .each:
                guard let digest = digests.next() else {
                    preconditionFailure("an attempt comes with a digest for each content that differs")
                }
                return .blob(digest)
            }
        }
        inputs = job.inputs.map {
            InputFile(path: $0.path, source: resolve($0.source), isExecutable: $0.isExecutable)
        }
        payload = job.payload.map(resolve)
        // The same for all replicas, so that what a payload says of its surroundings does not tell them apart.
        let trace = job.trace.map { ["TRACEPARENT": $0.description] } ?? [:]
        environment = trace.merging(job.environment) { $1 }.merging([
            "WEFT_JOB_ID": String(attempt.task.job.number), "WEFT_TASK_INDEX": String(attempt.task.index),
            "WEFT_JOB_NAME": job.jobName,
        ]) { $1 }
    }

    /// The order for one attempt at a task of `spec`, which must be one of the job's.
    package init(spec: JobSpec, specDigest: Digest, attempt: AttemptID) {
        self.init(
            attempt, of: JobOrder(spec: spec, specDigest: specDigest, job: attempt.task.job),
            each: spec.each(forTask: attempt.task.index))
    }

    /// Every blob that must be there before the payload starts, each once.
    package var blobs: Set<Digest> {
        let sources = inputs.map(\.source) + [payload.code, payload.standardInput].compactMap(\.self)
        return Set(
            sources.compactMap { source in
                if case .blob(let digest) = source { digest } else { nil }
            })
    }
}

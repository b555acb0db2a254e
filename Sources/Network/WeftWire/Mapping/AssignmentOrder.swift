package import WeftModel

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Everything a worker needs to run one attempt: one task of a job's spec, resolved.
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

        package init(path: String, source: Source, isExecutable: Bool = false) {
            self.path = path
            self.source = source
            self.isExecutable = isExecutable
        }
    }

    package enum Payload: Hashable, Sendable {
        /// `standardInput` nil: empty.
        case process(command: [String], standardInput: Source?)

        /// The name of the driver that runs it.
        package var driver: String {
            switch self {
            case .process: "process"
            }
        }
    }

    package var attempt: AttemptID
    package var specDigest: Digest
    package var jobName: String
    /// The spec's variables and `WEFT_JOB_ID`, `WEFT_TASK_INDEX`, `WEFT_JOB_NAME`.
    package var environment: [String: String]
    package var inputs: [InputFile]
    package var outputs: [Output]
    package var resources: Resources
    /// Wall time; at most 30 days.
    package var timeout: Duration
    /// The weakest wall that the submitter accepts.
    package var isolation: Isolation
    /// Whether standard output is part of the answer, and so must be kept whole.
    package var comparesStandardOutput: Bool
    package var payload: Payload

    package init(
        attempt: AttemptID, specDigest: Digest, jobName: String, environment: [String: String] = [:],
        inputs: [InputFile] = [], outputs: [Output] = [], resources: Resources = Resources(),
        timeout: Duration = .seconds(3600), isolation: Isolation = .process, comparesStandardOutput: Bool = true,
        payload: Payload
    ) {
        self.attempt = attempt
        self.specDigest = specDigest
        self.jobName = jobName
        self.environment = environment
        self.inputs = inputs
        self.outputs = outputs
        self.resources = resources
        self.timeout = timeout
        self.isolation = isolation
        self.comparesStandardOutput = comparesStandardOutput
        self.payload = payload
    }

    /// The order for one attempt at a task of `spec`, which must be one of the job's.
    package init(spec: JobSpec, specDigest: Digest, attempt: AttemptID) {
        self = JobOrder(spec: spec, specDigest: specDigest, job: attempt.task.job)
            .attempt(attempt, each: spec.each(forTask: attempt.task.index))
    }

    /// Every blob that must be there before the payload starts, each once.
    package var blobs: Set<Digest> {
        var sources = inputs.map(\.source)
        switch payload {
        case .process(_, let standardInput): if let standardInput { sources.append(standardInput) }
        }
        return Set(
            sources.compactMap { source in
                if case .blob(let digest) = source { digest } else { nil }
            })
    }
}

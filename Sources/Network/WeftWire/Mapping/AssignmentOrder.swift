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

    /// The order for one attempt at a task of `spec`. The task must be one of the job's, and inputs from URLs must
    /// have been fetched and replaced by blobs when the job was submitted.
    package init(spec: JobSpec, specDigest: Digest, attempt: AttemptID) {
        precondition(spec.indexes.contains(attempt.task.index), "task \(attempt.task) is none of its job's")
        let position = Int(attempt.task.index - spec.indexes.first)
        var environment = spec.environment
        environment["WEFT_JOB_ID"] = String(attempt.task.job.number)
        environment["WEFT_TASK_INDEX"] = String(attempt.task.index)
        environment["WEFT_JOB_NAME"] = spec.name
        let payload: Payload =
            switch spec.payload {
            case .process(let process):
                .process(
                    command: process.command,
                    standardInput: process.standardInput.map { Source($0, position: position) })
            }
        self.init(
            attempt: attempt, specDigest: specDigest, jobName: spec.name, environment: environment,
            inputs: spec.inputs.map { input in
                InputFile(
                    path: input.path, source: Source(input.source, position: position),
                    isExecutable: input.isExecutable)
            },
            outputs: spec.outputs, resources: spec.resources, timeout: .seconds(spec.timeoutSeconds),
            isolation: spec.requirements.isolation,
            comparesStandardOutput: spec.verification.comparesStandardOutput, payload: payload)
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

extension AssignmentOrder.Source {
    fileprivate init(_ source: InputSource, position: Int) {
        switch source {
        case .blob(let digest): self = .blob(digest)
        case .inline(let bytes): self = .inline(bytes)
        case .each(let digests):
            precondition(digests.indices.contains(position), "a valid spec has one blob for each task")
            self = .blob(digests[position])
        case .url(let url, _): preconditionFailure("\(url) was not resolved at submission")
        }
    }
}

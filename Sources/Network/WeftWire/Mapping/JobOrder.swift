package import WeftModel

/// What all attempts of one job have in common, as a worker needs it. Travels once on a link.
package struct JobOrder: Hashable, Sendable {
    /// Where bytes come from.
    package enum Source: Hashable, Sendable {
        case inline([UInt8])
        case blob(Digest)
        /// Another blob for each task; its digest comes with the assignment.
        case each
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

    package typealias Payload = OrderPayload<Source>

    package var job: JobID
    package var specDigest: Digest
    package var jobName: String
    /// Whose job it is, as the coordinator knows them.
    package var submitter: String
    /// The spec's variables.
    package var environment: [String: String]
    package var inputs: [InputFile]
    package var outputs: [Output]
    package var resources: Resources
    /// Wall time; at most 30 days.
    package var timeout: Duration
    /// The weakest wall that the submitter accepts.
    package var isolation: Isolation
    /// What the payload is built for; whatever the node has if nil.
    package var architecture: String?
    /// Limits that must hold.
    package var enforced: [Limit]
    /// Drivers, or kinds of payload, that the node has to have: see ``DriverWish/drivers``.
    package var drivers: [String]
    /// Whether standard output is part of the answer, and so must be kept whole.
    package var comparesStandardOutput: Bool
    package var payload: Payload
    /// Who vouches for its code; see ``keepVerifiedSignatures()``.
    package var signatures: [CodeSignature]
    /// Directories that are at absolute paths, too.
    package var mounts: [Mount]
    package var trace: TraceContext?

    package init(
        job: JobID, specDigest: Digest, jobName: String, submitter: String = "",
        environment: [String: String] = [:], inputs: [InputFile] = [], outputs: [Output] = [],
        resources: Resources = Resources(),
        timeout: Duration = .seconds(3600), isolation: Isolation = .process, architecture: String? = nil,
        enforced: [Limit] = [], drivers: [String] = [], comparesStandardOutput: Bool = true, payload: Payload,
        signatures: [CodeSignature] = [], mounts: [Mount] = [], trace: TraceContext? = nil
    ) {
        self.job = job
        self.specDigest = specDigest
        self.jobName = jobName
        self.submitter = submitter
        self.environment = environment
        self.inputs = inputs
        self.outputs = outputs
        self.resources = resources
        self.timeout = timeout
        self.isolation = isolation
        self.architecture = architecture
        self.enforced = enforced
        self.drivers = drivers
        self.comparesStandardOutput = comparesStandardOutput
        self.payload = payload
        self.signatures = signatures
        self.mounts = mounts
        self.trace = trace
    }

    /// The order for a job. Inputs from URLs must have been fetched and replaced by blobs when it was submitted.
    package init(
        spec: JobSpec, specDigest: Digest, job: JobID, submitter: String = "", trace: TraceContext? = nil
    ) {
        let wish = spec.driverWish
        self.init(
            job: job, specDigest: specDigest, jobName: spec.name, submitter: submitter,
            environment: spec.environment,
            inputs: spec.inputs.map { input in
                InputFile(path: input.path, source: Source(input.source), isExecutable: input.isExecutable)
            },
            outputs: spec.outputs, resources: spec.resources, timeout: .seconds(spec.timeoutSeconds),
            isolation: wish.isolation, architecture: wish.architecture, enforced: wish.enforced, drivers: wish.drivers,
            comparesStandardOutput: spec.verification.comparesStandardOutput,
            payload: OrderPayload(spec.payload).map(Source.init), signatures: spec.signatures, mounts: spec.mounts,
            trace: trace)
    }

    /// How many digests come with each attempt.
    package var eachCount: Int {
        inputs.count { $0.source == .each } + (payload.code == .each ? 1 : 0)
            + (payload.standardInput == .each ? 1 : 0)
    }

    private var able: [String] {
        guard case .kernel(_, let program) = payload else { return [] }
        return program.drivers(required: drivers)
    }

    /// What it wants of the driver that runs it.
    package var driverWish: DriverWish {
        DriverWish(
            payload: payload.driver, architecture: architecture, isolation: isolation, enforced: enforced,
            drivers: drivers, hasMounts: !mounts.isEmpty, able: able)
    }
}

extension JobOrder.Source {
    fileprivate init(_ source: InputSource) {
        switch source {
        case .blob(let digest): self = .blob(digest)
        case .inline(let bytes): self = .inline(bytes)
        case .each: self = .each
        case .url(let url, _): preconditionFailure("\(url) was not resolved at submission")
        }
    }
}

extension JobSpec {
    /// The digests that come with an attempt at the task of this index, which must be one of the job's: see
    /// ``AssignmentOrder/init(_:of:each:)``.
    package func each(forTask index: UInt32) -> [Digest] {
        precondition(indexes.contains(index), "task \(index) is none of the job's")
        let position = Int(index - indexes.first)
        func digest(_ source: InputSource?) -> Digest? {
            guard case .each(let digests)? = source else { return nil }
            precondition(digests.indices.contains(position), "a valid spec has one blob for each task")
            return digests[position]
        }
        return inputs.compactMap { digest($0.source) }
            + [digest(payload.code), digest(payload.standardInput)].compactMap(\.self)
    }
}

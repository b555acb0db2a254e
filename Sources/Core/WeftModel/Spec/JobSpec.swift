/// What a client asks for: one payload, run once or as an array of tasks, under one policy.
///
/// Values of this type are valid: they are made by ``JobSpec/init(document:)`` (which finds every problem in one
/// pass) or by code that keeps the stated ranges.
package struct JobSpec: Hashable, Sendable {
    /// For people; 1 to 200 characters.
    package var name: String
    package var payload: Payload
    /// nil: a job of one task, whose index is 0.
    package var array: ArrayRange?
    /// Set for the payload, besides `WEFT_JOB_ID`, `WEFT_TASK_INDEX` and `WEFT_JOB_NAME`.
    package var environment: [String: String]
    package var inputs: [Input]
    package var outputs: [Output]
    package var resources: Resources
    package var requirements: Requirements
    package var verification: Verification
    /// How many more attempts a task gets, over all its replicas, when an attempt ends without an answer because of
    /// the payload's own limits (time, memory, disk). Attempts lost with their node do not count. 0 to 100.
    package var retries: Int
    /// Wall time of one attempt, in seconds; 1 to 30 days.
    package var timeoutSeconds: Int
    /// Higher runs first; −100 to 100.
    package var priority: Int
    /// For finding jobs again; not seen by the payload.
    package var labels: [String: String]
    /// A submission with a key that its submitter used before answers with the first job.
    package var idempotencyKey: String?
    /// Who vouches for its code; one signature for each signer.
    package var signatures: [CodeSignature]
    /// Whether verified answers of identical tasks may be used instead of running its own, and its own by others.
    package var usesCache: Bool
    /// Directories of the working directory that the payload finds at absolute paths, too.
    package var mounts: [Mount]

    package init(
        name: String, payload: Payload, array: ArrayRange? = nil, environment: [String: String] = [:],
        inputs: [Input] = [], outputs: [Output] = [], resources: Resources = Resources(),
        requirements: Requirements = Requirements(), verification: Verification = Verification(), retries: Int = 2,
        timeoutSeconds: Int = 3600, priority: Int = 0, labels: [String: String] = [:], idempotencyKey: String? = nil,
        signatures: [CodeSignature] = [], usesCache: Bool = true, mounts: [Mount] = []
    ) {
        self.name = name
        self.payload = payload
        self.array = array
        self.environment = environment
        self.inputs = inputs
        self.outputs = outputs
        self.resources = resources
        self.requirements = requirements
        self.verification = verification
        self.retries = retries
        self.timeoutSeconds = timeoutSeconds
        self.priority = priority
        self.labels = labels
        self.idempotencyKey = idempotencyKey
        self.signatures = signatures
        self.usesCache = usesCache
        self.mounts = mounts
    }

    /// The indexes of the job's tasks.
    package var indexes: ArrayRange { array ?? ArrayRange(first: 0, count: 1) }
}

/// Consecutive task indexes: `first`, `first + 1`, … (`count` of them, 1 to 100 million).
package struct ArrayRange: Hashable, Sendable, Codable {
    package var first: UInt32
    package var count: UInt32

    package init(first: UInt32, count: UInt32) {
        self.first = first
        self.count = count
    }

    package func contains(_ index: UInt32) -> Bool { index >= first && index - first < count }
}

/// A file put into the working directory before the payload starts.
package struct Input: Hashable, Sendable {
    /// Relative to the working directory; no `..`, not absolute.
    package var path: String
    package var source: InputSource
    package var isExecutable: Bool

    package init(path: String, source: InputSource, isExecutable: Bool = false) {
        self.path = path
        self.source = source
        self.isExecutable = isExecutable
    }
}

/// Where an input's bytes come from.
package enum InputSource: Hashable, Sendable {
    case blob(Digest)
    /// At most 64 KiB.
    case inline([UInt8])
    /// Fetched once by the coordinator at submission, from hosts its operator allows, and kept as a blob.
    case url(String, digest: Digest?)
    /// One blob per task of the array, in index order.
    case each([Digest])
}

/// A file that the payload leaves in its working directory.
package struct Output: Hashable, Sendable {
    package var path: String
    /// An optional output may be missing; a missing one that is not fails the task.
    package var isOptional: Bool
    /// When two of it are alike; nil: as the job's ``Verification/comparator`` has it.
    package var comparator: OutputComparator?

    package init(path: String, isOptional: Bool = false, comparator: OutputComparator? = nil) {
        self.path = path
        self.isOptional = isOptional
        self.comparator = comparator
    }
}

/// How an attempt ended.
package enum Outcome: Hashable, Sendable, Codable {
    /// The payload ran to an end of its own: this is an answer, and it votes.
    case completed(Completion)
    /// There is no answer.
    case failed(AttemptFailure)
}

/// An answer: what the payload left behind.
package struct Completion: Hashable, Sendable, Codable {
    /// 0 to 255; 128 + n for a payload that signal n ended.
    package var exitStatus: Int32
    /// Complete standard output, or nil when it was empty.
    package var standardOutput: BlobReference?
    /// The kept part of standard error; never compared.
    package var standardError: BlobReference?
    /// One entry for each declared output, in the order of the spec.
    package var outputs: [OutputFile]

    package init(
        exitStatus: Int32, standardOutput: BlobReference? = nil, standardError: BlobReference? = nil,
        outputs: [OutputFile] = []
    ) {
        self.exitStatus = exitStatus
        self.standardOutput = standardOutput
        self.standardError = standardError
        self.outputs = outputs
    }

    /// Every blob that this answer names.
    package var blobs: [BlobReference] {
        [standardOutput, standardError].compactMap(\.self) + outputs.compactMap(\.blob)
    }

    /// Exit status 0 and no required output missing.
    package func isSuccess(for spec: @autoclosure () -> JobSpec) -> Bool {
        guard exitStatus == 0 else { return false }
        guard outputs.contains(where: { $0.blob == nil }) else { return true }
        let missing = Set(outputs.filter { $0.blob == nil }.map(\.path))
        return !spec().outputs.contains { !$0.isOptional && missing.contains($0.path) }
    }
}

/// A declared output as it was found; `blob` is nil when it was not there.
package struct OutputFile: Hashable, Sendable, Codable {
    package var path: String
    package var blob: BlobReference?

    package init(path: String, blob: BlobReference?) {
        self.path = path
        self.blob = blob
    }
}

/// Why an attempt gave no answer.
package struct AttemptFailure: Hashable, Sendable, Codable, Error {
    package enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        /// The payload hit one of its limits.
        case timedOut, outOfMemory, outOfDisk, outputTooLarge
        /// The program does not exist on the node or cannot be executed.
        case notExecutable
        /// The node or the way to it failed; not the payload's doing.
        case inputUnavailable, sandboxFailed, nodeLost, refused

        /// Whether it says something about the payload, so that trying for ever would be wrong.
        package var isPayloadsOwn: Bool {
            switch self {
            case .timedOut, .outOfMemory, .outOfDisk, .outputTooLarge, .notExecutable: true
            case .inputUnavailable, .sandboxFailed, .nodeLost, .refused: false
            }
        }
    }

    package var kind: Kind
    /// One sentence for a person.
    package var message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }
}

/// What an attempt used, as its sandbox counted it; nil where it could not be counted.
package struct Usage: Hashable, Sendable, Codable {
    package var wallMicroseconds: Int64
    package var cpuMicroseconds: Int64?
    package var peakMemoryBytes: Int64?
    /// Disk usage of the working directory when nothing of the payload ran any more, inputs included: what its files
    /// occupy, as `du` counts it, and at least 4 KiB for each entry. Of a directory over its limit, the part that was
    /// counted until that was clear.
    package var diskBytes: Int64?
    /// What was written to standard output and standard error together, whether it was kept or not.
    package var outputBytes: Int64?

    package init(
        wallMicroseconds: Int64, cpuMicroseconds: Int64? = nil, peakMemoryBytes: Int64? = nil, diskBytes: Int64? = nil,
        outputBytes: Int64? = nil
    ) {
        self.wallMicroseconds = wallMicroseconds
        self.cpuMicroseconds = cpuMicroseconds
        self.peakMemoryBytes = peakMemoryBytes
        self.diskBytes = diskBytes
        self.outputBytes = outputBytes
    }
}

/// What one node reports of one attempt.
package struct AttemptResult: Hashable, Sendable, Codable {
    package var attempt: AttemptID
    package var node: NodeID
    package var outcome: Outcome
    /// For an answer: the digest that votes are compared by. nil for a failure.
    package var answer: Digest?
    /// The node's Ed25519 signature over the result statement; empty for a failure that the coordinator found itself.
    package var signature: [UInt8]
    package var startedAt: Instant
    package var finishedAt: Instant
    package var usage: Usage?
    /// Of an answer that is paid for: from its assignment to its arrival, by the coordinator's clock; from its job's
    /// submission where a restart lies between. nil where nobody asks.
    package var seenMicroseconds: Int64?

    package init(
        attempt: AttemptID, node: NodeID, outcome: Outcome, answer: Digest?, signature: [UInt8] = [],
        startedAt: Instant, finishedAt: Instant, usage: Usage? = nil, seenMicroseconds: Int64? = nil
    ) {
        self.attempt = attempt
        self.node = node
        self.outcome = outcome
        self.answer = answer
        self.signature = signature
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.usage = usage
        self.seenMicroseconds = seenMicroseconds
    }
}

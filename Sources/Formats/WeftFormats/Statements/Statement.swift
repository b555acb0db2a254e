package import WeftModel

/// Something that a key signs. No two statements have the same bytes, whatever their kinds: see ``StatementBytes``.
package protocol Statement: Sendable {
    /// What is signed.
    var bytes: [UInt8] { get }
}

/// The encoding of everything that is signed or hashed here.
///
/// The first field is the domain (the kind of statement and its version), so that a signature for one purpose is never
/// one for another. Every field is its length (4 bytes, big-endian) and its bytes; numbers are 8 bytes, big-endian,
/// two's complement. So the bytes can be taken apart in one way only.
struct StatementBytes {
    private(set) var bytes: [UInt8] = []

    init(domain: String) {
        bytes.reserveCapacity(Self.usualCount)
        append(domain)
    }

    /// Most statements are of this size or less.
    private static let usualCount = 384

    mutating func append(_ field: some Collection<UInt8>) {
        appendInteger(UInt32(field.count))
        bytes += field
    }

    mutating func append(_ text: String) {
        appendInteger(UInt32(text.utf8.count))
        let isDone: Void? = text.utf8.withContiguousStorageIfAvailable { bytes.append(contentsOf: $0) }
        if isDone == nil { bytes += text.utf8 }
    }

    mutating func append(_ digest: Digest) {
        appendInteger(UInt32(32))
        digest.append(to: &bytes)
    }

    mutating func append(_ number: Int64) { append(UInt64(bitPattern: number)) }

    mutating func append(_ number: UInt64) {
        appendInteger(UInt32(8))
        appendInteger(number)
    }

    private mutating func appendInteger(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { bytes += $0 }
    }
}

/// What both ends of a link sign to prove their keys: the same facts, each in its own role.
///
/// Domain `weft-link-1`; fields in the order of the properties.
package struct LinkStatement: Statement, Hashable {
    package enum Role: String, Sendable { case worker, coordinator }

    /// Whose statement it is. A worker's proof can so never be sent back as a coordinator's.
    package var role: Role
    /// The protocol version that was agreed.
    package var version: UInt32
    /// Ed25519 public keys, 32 bytes.
    package var coordinatorKey: [UInt8]
    package var nodeKey: [UInt8]
    /// 32 random bytes each: neither end can be given an old proof.
    package var coordinatorNonce: [UInt8]
    package var nodeNonce: [UInt8]
    /// What ties the proof to this very connection; empty where the transport has nothing.
    package var channelBinding: [UInt8]

    package init(
        role: Role, version: UInt32, coordinatorKey: [UInt8], nodeKey: [UInt8], coordinatorNonce: [UInt8],
        nodeNonce: [UInt8], channelBinding: [UInt8]
    ) {
        self.role = role
        self.version = version
        self.coordinatorKey = coordinatorKey
        self.nodeKey = nodeKey
        self.coordinatorNonce = coordinatorNonce
        self.nodeNonce = nodeNonce
        self.channelBinding = channelBinding
    }

    package var bytes: [UInt8] {
        var statement = StatementBytes(domain: "weft-link-1")
        statement.append(role.rawValue)
        statement.append(UInt64(version))
        statement.append(coordinatorKey)
        statement.append(nodeKey)
        statement.append(coordinatorNonce)
        statement.append(nodeNonce)
        statement.append(channelBinding)
        return statement.bytes
    }
}

/// What a node signs when an attempt gave an answer: "I ran this attempt of this job and this came out".
///
/// Domain `weft-result-1`; fields: coordinator, spec digest, job, index, replica, lease, node, answer, start, end
/// (microseconds since the Unix epoch).
package struct ResultStatement: Statement, Hashable {
    package var coordinator: NodeID
    package var specDigest: Digest
    package var attempt: AttemptID
    package var node: NodeID
    /// See ``AnswerDigest``.
    package var answer: Digest
    package var startedAt: Instant
    package var finishedAt: Instant

    package init(
        coordinator: NodeID, specDigest: Digest, attempt: AttemptID, node: NodeID, answer: Digest, startedAt: Instant,
        finishedAt: Instant
    ) {
        self.coordinator = coordinator
        self.specDigest = specDigest
        self.attempt = attempt
        self.node = node
        self.answer = answer
        self.startedAt = startedAt
        self.finishedAt = finishedAt
    }

    package var bytes: [UInt8] {
        var statement = StatementBytes(domain: "weft-result-1")
        statement.append(coordinator.text)
        statement.append(specDigest)
        statement.append(attempt.task.job.number)
        statement.append(UInt64(attempt.task.index))
        statement.append(UInt64(attempt.replica))
        statement.append(attempt.lease.number)
        statement.append(node.text)
        statement.append(answer)
        statement.append(startedAt.microseconds)
        statement.append(finishedAt.microseconds)
        return statement.bytes
    }
}

/// The digest that answers are compared by.
package enum AnswerDigest {
    /// SHA-256 over: domain `weft-answer-1`; exit status; standard output (`ignored`, `empty`, or `blob`, digest, size);
    /// the number of outputs; for each its path and `missing`, or `blob`, digest, size. Standard error never counts.
    package static func of(_ completion: Completion, comparesStandardOutput: Bool) -> Digest {
        var answer = StatementBytes(domain: "weft-answer-1")
        answer.append(Int64(completion.exitStatus))
        if comparesStandardOutput {
            append(completion.standardOutput, orElse: "empty", to: &answer)
        } else {
            answer.append("ignored")
        }
        answer.append(UInt64(completion.outputs.count))
        for output in completion.outputs {
            answer.append(output.path)
            append(output.blob, orElse: "missing", to: &answer)
        }
        return Hashing.sha256(answer.bytes)
    }

    private static func append(_ blob: BlobReference?, orElse absent: String, to answer: inout StatementBytes) {
        guard let blob else { return answer.append(absent) }
        answer.append("blob")
        answer.append(blob.digest)
        answer.append(blob.sizeBytes)
    }
}

package import WeftModel

/// The keys of a job's tasks in the cache: digests of everything that decides a task's answer (docs/cache.md).
///
/// A task's key is SHA-256 over: domain `weft-cache-1`; the digest of the job; the task's index; the digests of the blobs
/// that are its own. The job's digest is SHA-256 over: domain `weft-cache-job-1`; the canonical JSON of the job without
/// what does not reach the payload, bytes as blobs, and what differs from task to task as an empty `each`.
package struct CacheKeys: Sendable {
    private let job: Digest
    private let indexes: ArrayRange
    /// In the order of the inputs, the code, standard input.
    private let each: [[Digest]]

    /// nil where nobody can say what decides the answers: an image without a digest may be another one tomorrow, and so may
    /// what a URL holds that was not fetched.
    package init?(of spec: JobSpec) {
        if case .container(let container) = spec.payload, case .reference(let text) = container.image,
            ImageReference.digest(of: text) == nil
        {
            return nil
        }
        var each: [[Digest]] = []
        var plain = spec
        for position in plain.inputs.indices {
            guard let content = Self.content(of: plain.inputs[position].source, &each) else { return nil }
            plain.inputs[position].source = content
        }
        if let code = plain.payload.code {
            guard let content = Self.content(of: code, &each) else { return nil }
            plain.payload.code = content
        }
        if let input = plain.payload.standardInput {
            guard let content = Self.content(of: input, &each) else { return nil }
            plain.payload.standardInput = content
        }
        // Whatever is not taken out here counts, fields of the future included: rather a miss than a wrong answer.
        let standard = JobSpec(name: spec.name, payload: spec.payload)
        plain.array = nil
        plain.labels = [:]
        plain.priority = standard.priority
        plain.retries = standard.retries
        plain.timeoutSeconds = standard.timeoutSeconds
        plain.idempotencyKey = nil
        plain.signatures = []
        plain.usesCache = true
        plain.verification.maxError = nil
        plain.verification.spotCheck = nil
        plain.verification.canaries = []
        plain.verification.replicas = standard.verification.replicas
        plain.verification.quorum = standard.verification.quorum
        plain.verification.maxReplicas = standard.verification.maxReplicas
        var statement = StatementBytes(domain: "weft-cache-job-1")
        statement.append(CanonicalJSON.encode(plain.document))
        job = Hashing.sha256(statement.bytes)
        indexes = spec.indexes
        self.each = each
    }

    /// nil for an index that the job does not have.
    package func key(of index: UInt32) -> Digest? {
        guard indexes.contains(index) else { return nil }
        let offset = Int(index - indexes.first)
        var statement = StatementBytes(domain: "weft-cache-1")
        statement.append(job)
        statement.append(UInt64(index))
        for digests in each {
            guard offset < digests.count else { return nil }
            statement.append(digests[offset])
        }
        return Hashing.sha256(statement.bytes)
    }

    private static func content(of source: InputSource, _ each: inout [[Digest]]) -> InputSource? {
        switch source {
        case .blob: return source
        case .inline(let bytes): return .blob(Hashing.sha256(bytes))
        case .url(_, let digest): return digest.map(InputSource.blob)
        case .each(let digests):
            each.append(digests)
            return .each([])
        }
    }
}

import WeftModel

// The receipt's payload. Numbers that may be beyond 2^53 (leases) are texts, so that every JSON reader gets them whole.

extension Receipt {
    var document: Document {
        let verification = spec.verification
        var task: [Document.Member] = [
            .init("id", .string(self.task.description)),
            .init("index", .integer(Int64(self.task.index))),
            .init("state", .string(state.rawValue)),
            .init("verdict", .string(verdict.rawValue)),
            .init("answer", answer.map { .string($0.description) } ?? .null),
        ]
        if !alike.isEmpty { task.append(.init("alike", .array(alike.map { .string($0.description) }))) }
        if let errorBound { task.append(.init("error_bound", .string(errorBound.text))) }
        if let reason { task.append(.init("reason", .string(reason))) }
        if let completion { task.append(.init("completion", completion.document)) }
        return [
            "version": .integer(Self.version),
            "coordinator": .string(coordinator.text),
            "issued_at": .string(issuedAt.description),
            "job": [
                "id": .string(self.task.job.description),
                "name": .string(spec.name),
                "spec": spec.document,
                "spec_digest": .string(specDigest.description),
            ],
            "policy": .object(verification.policyMembers),
            "task": .object(task),
            "results": .array(results.map(\.document)),
        ]
    }

    /// Reads what ``document`` writes; whatever else is in there shows when it is written again and compared.
    init(document: Document) throws(ReceiptError) {
        guard document["version"] == .integer(Self.version) else {
            throw ReceiptError(.format, "the receipt's version is not \(Self.version), the one known here")
        }
        guard let specDocument = document["job"]?["spec"] else { throw ReceiptError(.format, "it has no job.spec") }
        do throws(InvalidDocument) {
            spec = try JobSpec(document: specDocument)
        } catch {
            throw ReceiptError(.spec, "the included job is not valid: \(error.problems.first?.description ?? "")")
        }
        let task = document["task"]
        guard let coordinator = document["coordinator"]?.string,
            let issuedAt = document["issued_at"]?.string.flatMap(Timestamp.init(text:)),
            let specDigest = document["job"]?["spec_digest"]?.string.flatMap(Digest.init(text:)),
            let id = task?["id"]?.string.flatMap(TaskID.init(text:)),
            let state = task?["state"]?.string.flatMap(TaskState.init(rawValue:)),
            let verdict = task?["verdict"]?.string.flatMap(Verdict.init(rawValue:)),
            let elements = document["results"]?.elements
        else { throw ReceiptError(.format, "a field is missing or of another type than docs/receipts.md says") }
        self.coordinator = NodeID(coordinator)
        self.specDigest = specDigest
        self.task = id
        self.state = state
        self.verdict = verdict
        self.issuedAt = issuedAt
        answer = task?["answer"]?.string.flatMap(Digest.init(text:))
        alike = (task?["alike"]?.elements ?? []).compactMap { $0.string.flatMap(Digest.init(text:)) }
        errorBound = task?["error_bound"]?.string.flatMap(ErrorRate.init(text:))
        reason = task?["reason"]?.string
        results = []
        for (position, element) in elements.enumerated() {
            guard let result = Result(document: element, task: id) else {
                throw ReceiptError(.format, "results[\(position)] is not as docs/receipts.md says")
            }
            results.append(result)
        }
    }
}

extension Verification {
    /// With all defaults written out.
    fileprivate var policyMembers: [Document.Member] {
        let numbers: [Document.Member] =
            if let maxError {
                [.init("max_error", .string(maxError.text))]
            } else if let spotCheck {
                [.init("spot_check", .string(spotCheck.text))]
            } else {
                [
                    .init("replicas", .integer(Int64(replicas))), .init("quorum", .integer(Int64(quorum))),
                    .init("max_replicas", .integer(Int64(maxReplicas))),
                ]
            }
        return numbers + [
            .init("comparator", comparator.document), .init("stdout", .bool(comparesStandardOutput)),
        ] + (needsSameHardware ? [.init("same_hardware", true)] : [])
    }
}

extension Receipt.Result {
    fileprivate var document: Document {
        [
            "node": .string(node.text),
            "replica": .integer(Int64(attempt.replica)),
            "lease": .string(String(attempt.lease.number)),
            "answer": .string(answer.description),
            "completion": completion.document,
            "started_microseconds": .integer(startedAt.microseconds),
            "finished_microseconds": .integer(finishedAt.microseconds),
            "signature": .string(Base64.encode(signature)),
        ]
    }

    fileprivate init?(document: Document, task: TaskID) {
        guard let node = document["node"]?.string,
            let replica = document["replica"]?.integer.flatMap(UInt16.init(exactly:)),
            let lease = document["lease"]?.string.flatMap({ UInt64($0) }),
            let answer = document["answer"]?.string.flatMap(Digest.init(text:)),
            let completion = document["completion"].flatMap(Completion.init(document:)),
            let started = document["started_microseconds"]?.integer,
            let finished = document["finished_microseconds"]?.integer,
            let signature = document["signature"]?.string.flatMap(Base64.decode)
        else { return nil }
        self.init(
            attempt: AttemptID(task: task, replica: replica, lease: LeaseID(lease)), node: NodeID(node),
            completion: completion, answer: answer, signature: signature, startedAt: Instant(microseconds: started),
            finishedAt: Instant(microseconds: finished))
    }
}

extension Completion {
    fileprivate var document: Document {
        [
            "exit_status": .integer(Int64(exitStatus)),
            "stdout": standardOutput?.document ?? .null,
            "stderr": standardError?.document ?? .null,
            "outputs": .array(
                outputs.map { ["path": .string($0.path), "blob": $0.blob?.document ?? .null] }),
        ]
    }

    fileprivate init?(document: Document) {
        guard let exitStatus = document["exit_status"]?.integer.flatMap(Int32.init(exactly:)),
            let files = document["outputs"]?.elements
        else { return nil }
        self.init(exitStatus: exitStatus)
        // A blob that cannot be read becomes nil here, and so differs from the bytes that were signed.
        standardOutput = document["stdout"].flatMap(BlobReference.init(document:))
        standardError = document["stderr"].flatMap(BlobReference.init(document:))
        for file in files {
            guard let path = file["path"]?.string else { return nil }
            outputs.append(OutputFile(path: path, blob: file["blob"].flatMap(BlobReference.init(document:))))
        }
    }
}

extension BlobReference {
    fileprivate var document: Document {
        ["digest": .string(digest.description), "size": .integer(sizeBytes)]
    }

    fileprivate init?(document: Document) {
        guard let digest = document["digest"]?.string.flatMap(Digest.init(text:)),
            let size = document["size"]?.integer, size >= 0
        else { return nil }
        self.init(digest: digest, sizeBytes: size)
    }
}

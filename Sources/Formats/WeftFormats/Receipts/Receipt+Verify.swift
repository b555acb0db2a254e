package import WeftModel

/// The first check that a receipt failed.
package struct ReceiptError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The checks in their order.
    package enum Check: String, Hashable, Sendable, CaseIterable {
        /// It is a receipt, in the one spelling that every receipt has.
        case format
        /// The coordinator is the expected one.
        case coordinator
        /// The coordinator signed exactly these bytes.
        case coordinatorSignature = "coordinator signature"
        /// The included job is valid and is the one whose digest was signed; the task and policy are the job's.
        case spec
        /// No node answered twice.
        case nodes
        /// Each answer's digest is that of its completion, whose outputs are the job's.
        case answers
        /// Each node signed its answer.
        case nodeSignatures = "node signatures"
        /// The verdict and the task's state follow from the answers and the policy.
        case verdict
        /// An output file's bytes are the ones in the receipt.
        case output
    }

    package var check: Check
    /// One sentence.
    package var message: String

    package init(_ check: Check, _ message: String) {
        self.check = check
        self.message = message
    }

    package var description: String { "check failed (\(check.rawValue)): \(message)" }
}

/// A receipt whose every signature and claim has been checked. Only ``Receipt/verify(_:expectedCoordinator:)`` makes it.
package struct VerifiedReceipt: Hashable, Sendable {
    package let receipt: Receipt

    fileprivate init(_ receipt: Receipt) { self.receipt = receipt }

    /// The nodes whose answer is the one that was agreed on.
    package var agreeing: [NodeID] {
        receipt.results.filter { receipt.supports($0.answer) }.map(\.node)
    }

    /// The nodes that answered something else; all of them where nothing was agreed on.
    package var differing: [NodeID] {
        receipt.results.filter { !receipt.supports($0.answer) }.map(\.node)
    }

    /// Checks that `bytes` are the agreed output file `path`.
    ///
    /// - Throws: ``ReceiptError`` with check `output`.
    package func verifyOutput(path: String, bytes: [UInt8]) throws(ReceiptError) {
        guard let completion = receipt.completion else {
            throw ReceiptError(.output, "nothing was agreed on, so there is no output")
        }
        guard let file = completion.outputs.first(where: { $0.path == path }) else {
            throw ReceiptError(.output, "the job has no output \"\(path)\"")
        }
        guard let blob = file.blob else { throw ReceiptError(.output, "the payload did not leave \"\(path)\"") }
        guard Int64(bytes.count) == blob.sizeBytes, Hashing.sha256(bytes) == blob.digest else {
            throw ReceiptError(.output, "these are not the bytes of \"\(path)\", which has \(blob.digest)")
        }
    }
}

extension Receipt {
    /// Checks a receipt file from nothing but its bytes.
    ///
    /// The file must be exactly what ``issue(job:task:results:signedBy:)`` writes: any change of any byte is found.
    /// - Parameter expectedCoordinator: whom one trusts to have watched over the task. With nil, anybody's receipt that
    ///   holds together is accepted; look at `receipt.coordinator` then.
    /// - Throws: ``ReceiptError``, the first check that failed.
    package static func verify(
        _ bytes: [UInt8], expectedCoordinator: NodeID?
    ) throws(ReceiptError) -> VerifiedReceipt {
        let envelope = try openEnvelope(bytes)
        try checkCoordinator(of: envelope, expected: expectedCoordinator)
        let receipt = try read(envelope)
        try receipt.checkSpec()
        try receipt.checkResults()
        try receipt.checkVerdict()
        return VerifiedReceipt(receipt)
    }

    private static func openEnvelope(_ bytes: [UInt8]) throws(ReceiptError) -> Envelope {
        guard let envelope = Envelope(document: try parse(bytes, "the file")) else {
            throw ReceiptError(.format, "the file is not a DSSE envelope with one signature")
        }
        guard envelope.payloadType == payloadType else {
            throw ReceiptError(.format, "the envelope's payload type is not \(payloadType)")
        }
        guard CanonicalJSON.encode(envelope.document) == bytes else {
            throw ReceiptError(.format, "the file is not in the canonical spelling of an envelope")
        }
        return envelope
    }

    private static func parse(_ bytes: [UInt8], _ what: String) throws(ReceiptError) -> Document {
        do throws(InvalidDocument) {
            return try JSONText.parse(bytes, limits: limits)
        } catch {
            throw ReceiptError(.format, "\(what) is not JSON: \(error)")
        }
    }

    private static func checkCoordinator(of envelope: Envelope, expected: NodeID?) throws(ReceiptError) {
        let coordinator = NodeID(envelope.keyID)
        if let expected, coordinator != expected {
            throw ReceiptError(.coordinator, "it was issued by \(coordinator), not by \(expected)")
        }
        guard let key = coordinator.publicKey else {
            throw ReceiptError(.coordinator, "\"\(coordinator.text.prefix(80))\" is not the id of an Ed25519 key")
        }
        guard envelope.isSigned(by: key) else {
            throw ReceiptError(.coordinatorSignature, "\(coordinator) did not sign these bytes")
        }
    }

    private static func read(_ envelope: Envelope) throws(ReceiptError) -> Receipt {
        let receipt = try Receipt(document: try parse(envelope.payload, "the payload"))
        guard CanonicalJSON.encode(receipt.document) == envelope.payload else {
            throw ReceiptError(.format, "the payload has other members or another spelling than a receipt")
        }
        guard receipt.coordinator.text == envelope.keyID else {
            throw ReceiptError(.coordinator, "the receipt names \(receipt.coordinator) but \(envelope.keyID) signed it")
        }
        return receipt
    }

    private func checkSpec() throws(ReceiptError) {
        guard spec.digest == specDigest else {
            throw ReceiptError(.spec, "the included job has \(spec.digest), not \(specDigest)")
        }
        guard spec.indexes.contains(task.index) else {
            throw ReceiptError(.spec, "the job has no task with index \(task.index)")
        }
    }

    private func checkResults() throws(ReceiptError) {
        try checkAnswers()
        try checkSignatures { key, proof, statement in key.verify(proof: proof, over: statement) }
    }

    /// That no node answered twice, and each answer is what its digest says, for the job's outputs.
    func checkAnswers() throws(ReceiptError) {
        let comparesStandardOutput = spec.verification.comparesStandardOutput
        var nodes: Set<NodeID> = []
        for result in results where !nodes.insert(result.node).inserted {
            throw ReceiptError(.nodes, "\(result.node) answered twice")
        }
        for result in results {
            // Byte by byte: texts that look alike may be spelled in two ways.
            let outputs = result.completion.outputs
            guard outputs.elementsEqual(spec.outputs, by: { $0.path.utf8.elementsEqual($1.path.utf8) }) else {
                throw ReceiptError(.answers, "the outputs that \(result.node) reports are not the job's")
            }
            let answer = AnswerDigest.of(result.completion, comparesStandardOutput: comparesStandardOutput)
            guard answer == result.answer else {
                throw ReceiptError(.answers, "the completion of \(result.node) has \(answer), not \(result.answer)")
            }
        }
    }

    /// That each node signed its answer, by a verifier of proofs.
    func checkSignatures(
        _ verify: (PublicIdentity, _ proof: [UInt8], ResultStatement) -> Bool
    ) throws(ReceiptError) {
        for result in results {
            let statement = ResultStatement(
                coordinator: coordinator, specDigest: specDigest, attempt: result.attempt, node: result.node,
                answer: result.answer, startedAt: result.startedAt, finishedAt: result.finishedAt)
            guard let key = result.node.publicKey, verify(key, result.signature, statement) else {
                throw ReceiptError(.nodeSignatures, "\(result.node) did not sign its answer")
            }
        }
    }

    /// Whether verdict and state follow from ``results``.
    func checkVerdict() throws(ReceiptError) {
        let quorum = spec.verification.quorum
        let votes = results.reduce(into: [Digest: Int]()) { $0[$1.answer, default: 0] += 1 }
        try checkAlike(among: Set(votes.keys))
        switch verdict {
        case .agreed:
            guard answer != nil, let completion else { throw ReceiptError(.verdict, "agreed, but on no answer") }
            let agreeing = results.count { supports($0.answer) }
            // A spot check that found a difference takes two who agree.
            let needed = spec.verification.spotCheck != nil && agreeing < results.count ? 2 : quorum
            guard agreeing >= needed else {
                throw ReceiptError(.verdict, "agreed with \(agreeing) answers alike, but the quorum is \(needed)")
            }
            try checkBound()
            let right: TaskState = completion.isSuccess(for: spec) ? .succeeded : .failed
            guard state == right else {
                throw ReceiptError(
                    .verdict, "the task's state is \(state.rawValue), but its answer means \(right.rawValue)")
            }
        case .disagreed, .undecided:
            guard errorBound == nil else {
                throw ReceiptError(.verdict, "\(verdict.rawValue), and still with an error bound")
            }
            // Equal answers may differ all the same where they have to be compared: one with a NaN is like nothing.
            let isCounted =
                spec.verification.maxError == nil && spec.verification.spotCheck == nil && spec.comparesDigests
            guard answer == nil, !isCounted || !votes.values.contains(where: { $0 >= quorum }) else {
                throw ReceiptError(.verdict, "\(verdict.rawValue), but \(quorum) answers are equal")
            }
            guard state == .failed || (state == .cancelled && verdict == .undecided) else {
                throw ReceiptError(.verdict, "the task's state is \(state.rawValue) without an agreed answer")
            }
            guard verdict == .undecided || votes.count > 1 || (!spec.comparesDigests && !results.isEmpty) else {
                throw ReceiptError(.verdict, "disagreed, but no answers differ")
            }
        }
    }

    /// What is said to be like the answer are other answers that were given, each once and in order; and only where the job
    /// has a rule by which unequal answers can be alike.
    private func checkAlike(among answers: Set<Digest>) throws(ReceiptError) {
        guard !alike.isEmpty else { return }
        guard !spec.comparesDigests, let answer, !alike.contains(answer) else {
            throw ReceiptError(.verdict, "answers are said to be alike, but by the job only equal ones are")
        }
        guard zip(alike, alike.dropFirst()).allSatisfy(<), alike.allSatisfy(answers.contains) else {
            throw ReceiptError(.verdict, "the answers that are said to be alike are not ones that were given")
        }
    }

    /// An answer that was accepted under an error budget says how sure of it the coordinator is, and no other does.
    private func checkBound() throws(ReceiptError) {
        switch (spec.verification.maxError, errorBound) {
        case (nil, nil): break
        case (nil, .some): throw ReceiptError(.verdict, "it has an error bound, but the job has no max_error")
        case (.some, nil): throw ReceiptError(.verdict, "the job has a max_error, but there is no error bound")
        case (let budget?, let bound?):
            guard bound <= budget else {
                throw ReceiptError(.verdict, "the error bound is \(bound.text), above the job's \(budget.text)")
            }
        }
    }
}

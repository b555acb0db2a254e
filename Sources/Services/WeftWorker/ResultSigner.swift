import WeftFormats
import WeftWire

/// Signs results on their way out: those that leave together share a signature.
struct ResultSigner: Sendable {
    let identity: SigningIdentity

    /// The messages of a batch, in its order.
    func messages(_ batch: [Outbox.Outgoing]) -> [Message] {
        let results = batch.compactMap { outgoing -> FinishedAttempt? in
            if case .result(let result) = outgoing { result } else { nil }
        }
        var signed = reports(results).makeIterator()
        return batch.map { outgoing in
            switch outgoing {
            case .message(let message): return message
            case .result:
                guard let report = signed.next() else { preconditionFailure("there is a report for each result") }
                return Message(.finished(report.wire))
            }
        }
    }

    /// The reports of results, each with the proof of its statement, if it makes one.
    func reports(_ results: [FinishedAttempt]) -> [AttemptReport] {
        var reports = results.map(\.report)
        let stating = results.indices.filter { results[$0].statement != nil }
        for start in stride(from: 0, to: stating.count, by: StatementBatch.maxCount) {
            let chunk = stating[start..<min(start + StatementBatch.maxCount, stating.count)]
            let proofs = StatementBatch.sign(chunk.compactMap { results[$0].statement?.bytes }, by: identity)
            for (position, proof) in zip(chunk, proofs) { reports[position].signature = proof.bytes }
        }
        return reports
    }
}

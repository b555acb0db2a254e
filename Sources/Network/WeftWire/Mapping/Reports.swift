import WeftFormats
package import WeftModel

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a worker reports of an attempt that has ended: an ``AttemptResult`` without what its receiver adds (the node,
/// known from the link, and the answer, known from the statement), and with small blobs beside it.
package struct AttemptReport: Hashable, Sendable {
    package var attempt: AttemptID
    package var specDigest: Digest
    package var outcome: Outcome
    package var startedAt: Instant
    package var finishedAt: Instant
    package var usage: Usage?
    /// The bytes of a `StatementProof` over the result statement, or none for a failure. Not verified here.
    package var signature: [UInt8]
    /// Content of blobs that the outcome names. Of the stated size, but the digests are **not** verified here.
    package var inlineBlobs: [Digest: [UInt8]]

    package init(
        attempt: AttemptID, specDigest: Digest, outcome: Outcome, startedAt: Instant, finishedAt: Instant,
        usage: Usage? = nil, signature: [UInt8] = [], inlineBlobs: [Digest: [UInt8]] = [:]
    ) {
        self.attempt = attempt
        self.specDigest = specDigest
        self.outcome = outcome
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.usage = usage
        self.signature = signature
        self.inlineBlobs = inlineBlobs
    }

    package init(result: AttemptResult, specDigest: Digest, inlineBlobs: [Digest: [UInt8]] = [:]) {
        self.init(
            attempt: result.attempt, specDigest: specDigest, outcome: result.outcome, startedAt: result.startedAt,
            finishedAt: result.finishedAt, usage: result.usage, signature: result.signature,
            inlineBlobs: inlineBlobs)
    }

    /// `answer` is the digest that votes are compared by; nil for a failure.
    package func result(node: NodeID, answer: Digest?) -> AttemptResult {
        AttemptResult(
            attempt: attempt, node: node, outcome: outcome, answer: answer, signature: signature,
            startedAt: startedAt, finishedAt: finishedAt, usage: usage)
    }

    /// Throws ``LinkError/malformed(_:)``; `field` names the message's field in it.
    package init(wire: Weft_Wire_V1_AttemptFinished, field: String = "finished") throws(LinkError) {
        var inlineBlobs: [Digest: [UInt8]] = [:]
        let outcome: Outcome
        switch wire.outcome {
        case .completed(let completion):
            outcome = .completed(
                try Completion(wire: completion, field: "\(field).completed", inlineBlobs: &inlineBlobs))
        case .failed(let failure): outcome = .failed(try AttemptFailure(wire: failure, field: "\(field).failed"))
        case nil: throw malformed("\(field).outcome", "missing")
        }
        guard wire.signature.isEmpty || StatementProof.canHave(byteCount: wire.signature.count) else {
            throw malformed("\(field).signature", "\(wire.signature.count) bytes; no proof of a statement has so many")
        }
        self.init(
            attempt: try AttemptID(wire: wire.attempt, field: "\(field).attempt"),
            specDigest: try Digest(wire: wire.specDigest, field: "\(field).spec_digest"), outcome: outcome,
            startedAt: try checkedInstant(wire.startedMicroseconds, "\(field).started_microseconds"),
            finishedAt: try checkedInstant(wire.finishedMicroseconds, "\(field).finished_microseconds"),
            usage: wire.hasUsage ? try Usage(wire: wire.usage, field: "\(field).usage") : nil,
            signature: [UInt8](wire.signature), inlineBlobs: inlineBlobs)
    }

    /// Blobs of ``inlineBlobs`` over ``LinkBounds/inlineBlobBytes`` are left out; their receiver asks for them.
    package var wire: Weft_Wire_V1_AttemptFinished {
        var finished = Weft_Wire_V1_AttemptFinished()
        finished.attempt = attempt.wire
        finished.specDigest = specDigest.wire
        finished.startedMicroseconds = startedAt.microseconds
        finished.finishedMicroseconds = finishedAt.microseconds
        if let usage { finished.usage = usage.wire }
        switch outcome {
        case .completed(let completion): finished.outcome = .completed(completion.wire(inlineBlobs: inlineBlobs))
        case .failed(let failure): finished.outcome = .failed(failure.wire)
        }
        finished.signature = Data(signature)
        return finished
    }
}

extension Usage {
    package init(wire: Weft_Wire_V1_Usage, field: String = "usage") throws(LinkError) {
        self.init(
            wallMicroseconds: try checkedQuantity(wire.wallMicroseconds, "\(field).wall_microseconds"),
            cpuMicroseconds: wire.hasCpuMicroseconds
                ? try checkedQuantity(wire.cpuMicroseconds, "\(field).cpu_microseconds") : nil,
            peakMemoryBytes: wire.hasPeakMemoryBytes
                ? try checkedQuantity(wire.peakMemoryBytes, "\(field).peak_memory_bytes") : nil,
            diskBytes: wire.hasDiskBytes ? try checkedQuantity(wire.diskBytes, "\(field).disk_bytes") : nil,
            outputBytes: wire.hasOutputBytes ? try checkedQuantity(wire.outputBytes, "\(field).output_bytes") : nil)
    }

    package var wire: Weft_Wire_V1_Usage {
        var usage = Weft_Wire_V1_Usage()
        usage.wallMicroseconds = wallMicroseconds
        if let cpuMicroseconds { usage.cpuMicroseconds = cpuMicroseconds }
        if let peakMemoryBytes { usage.peakMemoryBytes = peakMemoryBytes }
        if let diskBytes { usage.diskBytes = diskBytes }
        if let outputBytes { usage.outputBytes = outputBytes }
        return usage
    }
}

extension AttemptFailure {
    package init(wire: Weft_Wire_V1_Failure, field: String = "failed") throws(LinkError) {
        guard let kind = Kind(rawValue: wire.kind) else {
            throw malformed("\(field).kind", "`\(wire.kind.prefix(40))` is no kind of failure")
        }
        self.init(kind, try checkedText(wire.message, "\(field).message", limitBytes: WireBounds.items))
    }

    package var wire: Weft_Wire_V1_Failure {
        var failure = Weft_Wire_V1_Failure()
        failure.kind = kind.rawValue
        failure.message = message
        return failure
    }
}

extension BlobReference {
    /// Adds the content, where it travels with the reference, to `inlineBlobs`.
    init(wire: Weft_Wire_V1_Blob, field: String, inlineBlobs: inout [Digest: [UInt8]]) throws(LinkError) {
        self.init(
            digest: try Digest(wire: wire.digest, field: "\(field).digest"),
            sizeBytes: try checkedQuantity(wire.sizeBytes, "\(field).size_bytes"))
        // No bytes say nothing, except of an empty blob.
        guard !wire.inline.isEmpty || sizeBytes == 0 else { return }
        guard wire.inline.count <= LinkBounds.inlineBlobBytes, wire.inline.count == Int(sizeBytes) else {
            throw malformed("\(field).inline", "\(wire.inline.count) bytes of a blob of \(sizeBytes)")
        }
        inlineBlobs[digest] = [UInt8](wire.inline)
    }

    func wire(inlineBlobs: [Digest: [UInt8]]) -> Weft_Wire_V1_Blob {
        var blob = Weft_Wire_V1_Blob()
        blob.digest = digest.wire
        blob.sizeBytes = sizeBytes
        if let bytes = inlineBlobs[digest], bytes.count <= LinkBounds.inlineBlobBytes { blob.inline = Data(bytes) }
        return blob
    }
}

extension Completion {
    init(
        wire: Weft_Wire_V1_Completion, field: String, inlineBlobs: inout [Digest: [UInt8]]
    ) throws(LinkError) {
        guard (0...255).contains(wire.exitStatus) else {
            throw malformed("\(field).exit_status", "\(wire.exitStatus) is not from 0 to 255")
        }
        try checkedCount(wire.outputs.count, "\(field).outputs", limit: WireBounds.items)
        var outputs: [OutputFile] = []
        for (position, output) in wire.outputs.enumerated() {
            let name = "\(field).outputs[\(position)]"
            let path = try checkedPath(output.path, "\(name).path")
            let blob =
                output.hasBlob
                ? try BlobReference(wire: output.blob, field: "\(name).blob", inlineBlobs: &inlineBlobs) : nil
            outputs.append(OutputFile(path: path, blob: blob))
        }
        self.init(
            exitStatus: wire.exitStatus,
            standardOutput: wire.hasStandardOutput
                ? try BlobReference(
                    wire: wire.standardOutput, field: "\(field).standard_output", inlineBlobs: &inlineBlobs) : nil,
            standardError: wire.hasStandardError
                ? try BlobReference(
                    wire: wire.standardError, field: "\(field).standard_error", inlineBlobs: &inlineBlobs) : nil,
            outputs: outputs)
    }

    func wire(inlineBlobs: [Digest: [UInt8]]) -> Weft_Wire_V1_Completion {
        var completion = Weft_Wire_V1_Completion()
        completion.exitStatus = exitStatus
        if let standardOutput { completion.standardOutput = standardOutput.wire(inlineBlobs: inlineBlobs) }
        if let standardError { completion.standardError = standardError.wire(inlineBlobs: inlineBlobs) }
        completion.outputs = outputs.map { output in
            var produced = Weft_Wire_V1_ProducedFile()
            produced.path = output.path
            if let blob = output.blob { produced.blob = blob.wire(inlineBlobs: inlineBlobs) }
            return produced
        }
        return completion
    }
}

/// Somebody vouches for a job's code: an Ed25519 signature over its code statement (`CodeStatement` in WeftFormats).
package struct CodeSignature: Hashable, Sendable {
    /// The peer id of the signer's key.
    package var signer: NodeID
    /// 64 bytes.
    package var signature: [UInt8]

    package init(signer: NodeID, signature: [UInt8]) {
        self.signer = signer
        self.signature = signature
    }

    package static let byteCount = 64

    var document: Document {
        ["signer": .string(signer.text), "signature": .string(Base64.encode(signature))]
    }
}

extension JobSpec {
    /// Who vouches for its code, each once, in order.
    package var signers: [NodeID] { Set(signatures.map(\.signer)).sorted() }
}

extension SpecReader {
    mutating func signatures(_ document: Document?, at path: String) -> [CodeSignature] {
        let list = list(document, at: path, count: 0...JobLimits.signatures, of: "signatures") ?? []
        var result: [CodeSignature] = []
        for (element, field) in list {
            if element == .null { report(field, "expected a mapping with a signer and a signature, not null") }
            guard let fields = members(element, at: field, fields: JobFields.signature) else { continue }
            guard let signer = signer(fields["signer"], at: "\(field).signer"),
                let signature = signature(fields["signature"], at: "\(field).signature")
            else { continue }
            if result.contains(where: { $0.signer == signer }) {
                report("\(field).signer", "\(signer) comes twice")
            }
            result.append(CodeSignature(signer: signer, signature: signature))
        }
        return result
    }

    private mutating func signer(_ document: Document?, at field: String) -> NodeID? {
        guard let document else {
            report(field, "expected the signer's id, as `weft sign --id` prints it")
            return nil
        }
        guard let text = line(document, at: field, count: JobLimits.signer) else { return nil }
        guard Words.isPeerID(text) else {
            report(field, "expected a peer id such as 12D3KooW…, as `weft sign --id` prints it")
            return nil
        }
        return NodeID(text)
    }

    private mutating func signature(_ document: Document?, at field: String) -> [UInt8]? {
        guard let document else {
            report(field, "expected a signature, as `weft sign` makes it")
            return nil
        }
        guard let text = text(document, at: field) else { return nil }
        guard let bytes = Base64.decode(text), bytes.count == CodeSignature.byteCount else {
            report(field, "expected \(CodeSignature.byteCount) bytes in base64, as `weft sign` makes them")
            return nil
        }
        return bytes
    }
}

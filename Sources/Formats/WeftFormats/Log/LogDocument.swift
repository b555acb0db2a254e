import WeftModel

/// What heads and proofs have in common as documents.
enum LogDocument {
    static let version: Int64 = 1
    /// The largest head needs less than 1 KiB.
    static let headLimits = TextLimits(maxBytes: 4 << 10, maxDepth: 8, maxValues: 64)
    /// Two heads, 49 digests and a thousand late results need a quarter of it.
    static let proofLimits = TextLimits(maxBytes: 64 << 10, maxDepth: 8, maxValues: 4096)
    /// No task has as many results.
    static let maxLate = 1024

    /// Reads canonical JSON. What it has besides what its reader takes shows when it is written again and compared.
    static func parse(_ bytes: [UInt8], _ what: String, limits: TextLimits) throws(LogError) -> Document {
        do throws(InvalidDocument) {
            return try JSONText.parse(bytes, limits: limits)
        } catch {
            throw LogError(.format, "\(what) is not JSON: \(error)")
        }
    }

    static func envelope(_ document: Document?) throws(LogError) -> Envelope {
        guard let envelope = document.flatMap(Envelope.init(document:)), envelope.payloadType == TreeHead.payloadType
        else {
            throw LogError(.format, "the head is not a DSSE envelope of \(TreeHead.payloadType) with one signature")
        }
        return envelope
    }

    static func path(_ document: Document?) throws(LogError) -> [Digest] {
        guard let elements = document?.elements, elements.count <= MerkleTree.maxPath else {
            throw LogError(.format, "path is not a list of at most \(MerkleTree.maxPath) digests")
        }
        var path: [Digest] = []
        for (position, element) in elements.enumerated() {
            guard let digest = element.string.flatMap(Digest.init(text:)) else {
                throw LogError(.format, "path[\(position)] is not a digest sha256:<64 hex digits>")
            }
            path.append(digest)
        }
        return path
    }

    static func document(_ path: [Digest]) -> Document { .array(path.map { .string($0.description) }) }

    /// A number of entries, or of one of them.
    static func number(_ document: Document?, _ field: String) throws(LogError) -> UInt64 {
        guard let number = document?.integer.flatMap(UInt64.init(exactly:)), number <= MerkleTree.maxSize else {
            throw LogError(.format, "\(field) is not a number from 0 to \(MerkleTree.maxSize)")
        }
        return number
    }
}

package import WeftModel

extension JobSpec {
    /// Reads a job file. A text whose first character is `{` is JSON, every other text is YAML.
    ///
    /// - Throws: ``InvalidDocument`` with every problem of the job, or with the first problem of the text.
    package static func parse(
        yamlOrJSON bytes: [UInt8], limits: TextLimits = .standard
    ) throws(InvalidDocument) -> JobSpec {
        let first = bytes.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
        let isJSON = first == UInt8(ascii: "{")
        let document = isJSON ? try JSONText.parse(bytes, limits: limits) : try YAMLText.parse(bytes, limits: limits)
        return try JobSpec(document: document)
    }

    /// The job's canonical form as canonical JSON: what ``digest`` is made over and what is kept.
    package var canonicalJSON: [UInt8] { CanonicalJSON.encode(document) }

    /// What nodes sign and receipts name.
    package var digest: Digest { Hashing.sha256(canonicalJSON) }
}

/// How registries spell an image: `[host[:port]/]path[:tag][@sha256:digest]`, after the grammar of the OCI distribution
/// specification and of `docker pull`.
package enum ImageReference {
    /// What is wrong with a reference, as one sentence that says what would be right; nil when nothing is.
    package static func problem(with text: String) -> String? {
        guard JobLimits.imageBytes.contains(text.utf8.count) else {
            return "expected an image of \(JobLimits.imageBytes.lowerBound) to \(JobLimits.imageBytes.upperBound) "
                + "bytes, not \(text.utf8.count)"
        }
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2, !isDigest(parts[1]) {
            return "expected a digest after @: sha256: and 64 lower-case hexadecimal digits"
        }
        var components = parts[0].split(separator: "/", omittingEmptySubsequences: false)
        // As everybody's tools do: the first part is a host if it looks like one.
        if components.count > 1,
            components[0].contains(".") || components[0].contains(":")
                || components[0] == "localhost"
        {
            guard isHost(components.removeFirst()) else { return wanted }
        }
        let last = components.removeLast().split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        if last.count == 2, !isTag(last[1]) {
            return "expected a tag of at most 128 letters, digits, _, - and . after the colon"
        }
        guard (components + [last[0]]).allSatisfy(isPathComponent) else { return wanted }
        return nil
    }

    /// The manifest's digest, where a valid reference has one.
    package static func digest(of reference: String) -> Digest? {
        let parts = reference.split(separator: "@", maxSplits: 1)
        return parts.count == 2 ? Digest(text: String(parts[1])) : nil
    }

    private static let wanted =
        "expected an image like alpine:3.20 or registry.example.org/team/tool@sha256:…, in lower case"

    private static func isDigest(_ text: Substring) -> Bool {
        text.hasPrefix("sha256:") && Digest(text: String(text)) != nil
    }

    private static func isHost(_ text: Substring) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count == 2 {
            // Digits alone: `UInt16` takes a sign as well.
            guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(parts[1]), port > 0
            else { return false }
        }
        let labels = parts[0].utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count <= 2
            && labels.allSatisfy { label in
                guard let first = label.first, let last = label.last, isAlphanumeric(first), isAlphanumeric(last)
                else { return false }
                return label.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
            }
    }

    private static func isTag(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 128 else { return false }
        func isWordByte(_ byte: UInt8) -> Bool { isAlphanumeric(byte) || byte == UInt8(ascii: "_") }
        return isWordByte(first)
            && text.utf8.allSatisfy { isWordByte($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
    }

    /// Lower-case letters and digits, with `.`, `_`, `__` or any number of `-` between them.
    private static func isPathComponent(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last, isLowerOrDigit(first), isLowerOrDigit(last) else {
            return false
        }
        let separators = text.utf8.split(whereSeparator: isLowerOrDigit)
        return separators.allSatisfy { separator in
            separator.elementsEqual(".".utf8) || separator.elementsEqual("_".utf8) || separator.elementsEqual("__".utf8)
                || separator.allSatisfy { $0 == UInt8(ascii: "-") }
        }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isLowerOrDigit(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }

    private static func isLowerOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}

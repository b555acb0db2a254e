package import WeftModel

/// Which answers of one task are known to agree. A plain value: whoever decides can keep it in its state, and whoever
/// compares fills it in.
package struct Agreements: Hashable, Sendable {
    /// Two answers, the smaller digest first; or one answer twice.
    package struct Pair: Hashable, Sendable, Codable, Comparable {
        package let first: Digest
        package let second: Digest

        package init(_ one: Digest, _ other: Digest) {
            first = min(one, other)
            second = max(one, other)
        }

        package static func < (left: Pair, right: Pair) -> Bool {
            (left.first, left.second) < (right.first, right.second)
        }
    }

    private var known: [Pair: Bool] = [:]

    package init() {}

    /// What was found first stays: a comparison that is done again cannot turn a verdict.
    package mutating func record(_ pair: Pair, agrees: Bool) {
        if known[pair] == nil { known[pair] = agrees }
    }

    /// False for what is not known yet.
    package func agree(_ one: Digest, _ other: Digest) -> Bool { known(one, other) ?? false }

    /// nil for what is not known yet.
    package func known(_ one: Digest, _ other: Digest) -> Bool? { known[Pair(one, other)] }

    /// What is still to be compared among these answers, in order; each answer with itself included.
    package func unknown(among answers: some Sequence<Digest>) -> [Pair] {
        let answers = Set(answers).sorted()
        return answers.indices.flatMap { index in answers[index...].map { Pair(answers[index], $0) } }
            .filter { known[$0] == nil }
    }
}

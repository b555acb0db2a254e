/// "Did you mean": the known word nearest to a mistyped one.
package enum Suggestion {
    /// The nearest of `known` within a third of the word's length (at least two) edits; nil when none is near.
    package static func nearest(to word: String, in known: some Sequence<String>) -> String? {
        let limit = max(2, word.count / 3)
        let ranked = known.map { (name: $0, distance: distance(word.lowercased(), $0.lowercased())) }
        guard let best = ranked.min(by: { ($0.distance, $0.name) < ($1.distance, $1.name) }) else { return nil }
        return best.distance <= limit ? best.name : nil
    }

    /// Edits (insertions, deletions, replacements) between two words: Wagner and Fischer's algorithm, by rows.
    static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.utf8)
        let right = Array(right.utf8)
        var previous = Array(0...right.count)
        for (row, byte) in left.enumerated() {
            var current = [row + 1]
            for column in right.indices {
                let replaced = previous[column] + (byte == right[column] ? 0 : 1)
                current.append(min(replaced, previous[column + 1] + 1, current[column] + 1))
            }
            previous = current
        }
        return previous[right.count]
    }
}

/// `name=value` as people type it on a command line.
package enum Pair {
    /// nil when there is no `=` or no name before it.
    package static func parse(_ text: some StringProtocol) -> (name: String, value: String)? {
        // By scalars: a mark that combines with the sign before it hides no `=`.
        let scalars = String(text).unicodeScalars
        guard let equals = scalars.firstIndex(of: "="), equals > scalars.startIndex else { return nil }
        return (String(scalars[..<equals]), String(scalars[scalars.index(after: equals)...]))
    }
}

/// `name=value` as people type it on a command line.
package enum Pair {
    /// nil when there is no `=` or no name before it.
    package static func parse(_ text: some StringProtocol) -> (name: String, value: String)? {
        guard let equals = text.firstIndex(of: "="), equals > text.startIndex else { return nil }
        return (String(text[..<equals]), String(text[text.index(after: equals)...]))
    }
}

/// The names of tokens: what jobs show as their submitter, and accounts are named after.
package enum TokenName {
    /// Characters.
    package static let length = 1...64
    package static let pattern = "^[A-Za-z0-9_.@-]+$"
    /// For people.
    package static let rule = "1 to 64 letters, digits or any of - _ . @"

    package static func isRight(_ text: String) -> Bool {
        length.contains(text.utf8.count)
            && text.utf8.allSatisfy { Words.isNameByte($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "@") }
    }
}

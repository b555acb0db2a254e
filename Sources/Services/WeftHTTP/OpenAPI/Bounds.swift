import WeftModel

/// The bounds of what clients send beside bodies: the checks of requests and the document both take them from here.
enum Bounds {
    static let jobNumbers: ClosedRange<Int64> = 1...Int64.max
    static let indexes: ClosedRange<Int64> = 0...Int64(UInt32.max)
    static let jobsOfAPage = 1...1000
    static let tasksOfAPage = 1...10_000
    static let eventsOfAPage = 1...10_000
    static let accountsOfAPage = 1...1000
    static let linesOfAPage = 1...1000
    /// Values of one repeated parameter.
    static let repeats = 64
    /// Characters.
    static let labelText = 2...320
    static let nodeName = 1...128
    static let eventID = 1...41
    static let idempotencyKey = 1...200

    static let digestPattern = "^(sha256:)?[0-9a-f]{64}$"
    /// Visible ASCII.
    static let plainPattern = "^[!-~]+$"
    /// A number, and a unit that is seconds where there is none.
    static let durationPattern = "^[0-9]{1,7}(ms|s|m)?$"
    static let eventPattern = "^[0-9]{1,20}(-[0-9]{1,20})?$"
    static let cursorPattern = "^(0|[1-9][0-9]{0,17})$"
    static let webhookPattern = "^wh_[0-9a-f]{16}$"
    static let amountPattern = "^-?[0-9]{1,13}(\\.[0-9]{1,6})?$"
    /// Above 0, without zeros at the end of a fraction.
    static let grantPattern = "^([1-9][0-9]{0,11}(\\.[0-9]{1,6})?|0\\.[0-9]{0,5}[1-9])$"
    static let accountPattern =
        "^(issuance|submitter:[A-Za-z0-9_.@-]{1,64}|node:[!-~]{1,128}|escrow:[1-9][0-9]{0,17})$"
    /// A date, or a moment with up to six digits after the point, in UTC; the 29th of February is left to the check.
    static let momentPattern =
        "^[0-9]{4}-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)"
        + "(T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?Z)?$"
    static let labelPattern = "^[^=\\x00-\\x1f\\x7f]+=[^\\x00-\\x1f\\x7f]*$"

    static func isPlain(_ text: String, _ length: ClosedRange<Int>) -> Bool {
        length.contains(text.utf8.count) && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
    }

    static func isEventID(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        return (1...2).contains(parts.count)
            && parts.allSatisfy { part in
                (1...20).contains(part.count)
                    && part.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            }
    }

    static func account(_ text: String) -> Account? {
        guard let account = Account(text: text), account.description == text else { return nil }
        switch account {
        case .issuance: return account
        case .submitter(let name): return TokenName.isRight(name) ? account : nil
        case .node(let node): return isPlain(node.description, nodeName) ? account : nil
        case .escrow(let job): return job.number < 1_000_000_000_000_000_000 ? account : nil
        }
    }

    /// A whole number without sign or leading zeros, below 10^18.
    static func cursor(_ text: String) -> UInt64? {
        guard text.utf8.count <= 18, let number = UInt64(text), String(number) == text else { return nil }
        return number
    }
}

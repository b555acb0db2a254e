import WeftModel

/// The first check that a head, a proof or a whole log failed.
package struct LogError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Check: String, Hashable, Sendable, CaseIterable {
        /// It is a document of its kind, in the one spelling that these have.
        case format
        /// The head is of the coordinator that was expected, both heads are of one, a receipt is of the head's.
        case coordinator
        /// The coordinator signed exactly this head.
        case coordinatorSignature = "coordinator signature"
        /// The log did not shrink from one head to the other.
        case size
        /// The receipt is the entry that the proof says.
        case inclusion
        /// The later head's log begins with the earlier one's.
        case consistency
        /// The entries begin with those that an earlier head was signed for.
        case history
        /// The entries are those that the head was signed for.
        case root
        /// Each stored tile is there, and has what the tiles below say.
        case tiles
    }

    package var check: Check
    /// One sentence.
    package var message: String

    package init(_ check: Check, _ message: String) {
        self.check = check
        self.message = message
    }

    package var description: String { "check failed (\(check.rawValue)): \(message)" }
}

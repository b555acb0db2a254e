/// What a check of evidence answers when it fails: beside the error, a document for programs.
struct FailedCheck: Encodable {
    let valid = false
    var failedCheck: String
    var message: String

    init(_ check: String, _ message: String) {
        failedCheck = check
        self.message = message
    }
}

extension Context {
    /// Ends the command with 1. `words`: what does not hold, as `the receipt is not valid`.
    func refuse(_ failed: FailedCheck, _ words: String) throws -> Never {
        if console.format != .table { try show(failed) { "" } }
        throw CLIError(.failure, "\(words): \(failed.message) (\(failed.failedCheck))")
    }
}

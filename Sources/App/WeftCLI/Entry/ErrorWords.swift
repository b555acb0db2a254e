import WeftModel

/// One line, a hint and a status for whatever a command may throw.
package enum ErrorWords {
    package static func describe(_ error: any Error) -> CLIError {
        switch error {
        case let error as CLIError: error
        case let error as InvalidDocument:
            CLIError(
                .invalid, error.problems.first?.description ?? "the document is not valid",
                details: error.problems.dropFirst().map(\.description))
        default: CLIError(.failure, "\(error)")
        }
    }
}

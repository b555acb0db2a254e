/// What `weft` tells the shell. `docs/cli.md` has the same table.
///
/// `weft run` is an exception: it ends with the task's own status and uses ``runFailed`` for whatever is not the task's.
package enum ExitStatus: Int32, Sendable, CaseIterable {
    case success = 0
    /// Something that has no status of its own; also: a receipt is not valid.
    case failure = 1
    /// The command line, an environment variable or the configuration file is wrong.
    case usage = 2
    /// No coordinator answers at the address.
    case unreachable = 3
    /// The token is missing, unknown, revoked, or its role may not do this.
    case refused = 4
    case notFound = 5
    /// The job that was waited for failed or was cancelled.
    case jobFailed = 6
    /// The coordinator does not accept the job or request as it is written.
    case invalid = 7
    /// It cannot be done now (conflict, too busy); trying later may help.
    case notNow = 8
    /// `weft run` only: the payload reached its time limit.
    case timedOut = 124
    /// `weft run` only: Weft, not the payload, failed.
    case runFailed = 125
    /// `weft run` only: the program was not found or cannot be executed.
    case notExecutable = 127
    /// Ended by SIGINT.
    case interrupted = 130
    /// Nobody reads standard output any more (128 + SIGPIPE).
    case outputClosed = 141

    package var summary: String {
        switch self {
        case .success: "done"
        case .failure: "a failure without a status of its own; `receipt verify`: the receipt is not valid"
        case .usage: "the command line, an environment variable or the configuration file is wrong"
        case .unreachable: "no coordinator answers at the address"
        case .refused: "the token is missing, unknown or revoked, or its role may not do this"
        case .notFound: "no such job, task, node, token or blob"
        case .jobFailed: "the job that was waited for failed or was cancelled"
        case .invalid: "the job or request is not valid as it is written"
        case .notNow: "not possible now (a conflict, or too busy); trying later may help"
        case .timedOut: "`run`: the time limit was reached"
        case .runFailed: "`run`: Weft itself failed, or the job ended without a status of its task"
        case .notExecutable: "`run`: the program was not found or cannot be executed"
        case .interrupted: "interrupted (Ctrl-C)"
        case .outputClosed: "the reader of standard output went away"
        }
    }
}

/// What a command ends with when it does not succeed: one line for a person, a hint, and a status for the shell.
package struct CLIError: Error, Hashable, Sendable, CustomStringConvertible {
    package var status: ExitStatus
    package var message: String
    /// What to do about it.
    package var hint: String?
    /// Every single thing that is wrong, where there are several.
    package var details: [String]

    package init(_ status: ExitStatus, _ message: String, hint: String? = nil, details: [String] = []) {
        self.status = status
        self.message = message
        self.hint = hint
        self.details = details
    }

    package var description: String { message }
}

/// Ends the process with a status that is not an error of Weft's and needs no words: a task's own, for example.
package struct ExitWith: Error, Hashable, Sendable {
    package var code: Int32

    package init(code: Int32) { self.code = code }
    package init(_ status: ExitStatus) { code = status.rawValue }
}

/// Nobody reads standard output or standard error any more.
package struct OutputClosed: Error, Hashable, Sendable {
    package init() {}
}

extension ExitStatus {
    /// The table in `docs/cli.md`; a test keeps the two alike.
    package static func markdown() -> String {
        allCases.reduce(into: "| status | meaning |\n|---|---|\n") { $0 += "| \($1.rawValue) | \($1.summary) |\n" }
    }
}

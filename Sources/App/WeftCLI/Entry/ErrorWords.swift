import WeftClient
import WeftCoordinator
import WeftFormats
import WeftModel
import WeftStorage
import WeftWorker

/// One line, a hint and a status for whatever a command may throw.
package enum ErrorWords {
    package static func describe(_ error: any Error) -> CLIError {
        switch error {
        case let error as CLIError: error
        case let error as ClientError: describe(error)
        case let error as InvalidDocument:
            CLIError(
                .invalid, error.problems.first?.description ?? "the document is not valid",
                details: error.problems.dropFirst().map(\.description))
        case let error as RequestError: describe(error)
        case let error as JournalError: describe(error)
        case let error as WorkerError: describe(error)
        case is CancellationError: CLIError(.interrupted, "interrupted")
        default: CLIError(.failure, "\(error)")
        }
    }

    private static func describe(_ error: ClientError) -> CLIError {
        switch error {
        case .badAddress: CLIError(.usage, error.description)
        case .cannotConnect(let url, let reason):
            CLIError(
                .unreachable, "no coordinator answers at \(url): \(reason)",
                hint: "start one with `weft up`, or say where it is with --url or WEFT_URL")
        case .timedOut, .lost: CLIError(.unreachable, error.description)
        case .untrusted(let url, let reason):
            CLIError(
                .unreachable, "the certificate of \(url) is not trusted: \(reason)",
                hint: "name its authority's certificate with --ca-file")
        case .refused(let problem): describe(problem)
        case .unexpected, .file, .corrupted: CLIError(.failure, error.description)
        }
    }

    private static func describe(_ problem: ProblemDocument) -> CLIError {
        let message = problem.detail ?? problem.title
        let details = (problem.errors ?? []).map(\.description).filter { $0 != message }
        switch problem.status {
        case 401:
            return CLIError(
                .refused, message, hint: "give a token of this coordinator with --token-file or WEFT_TOKEN")
        case 403: return CLIError(.refused, message, hint: "a token of another role may do this: `weft token create`")
        case 404: return CLIError(.notFound, message)
        case 402:
            return CLIError(
                .notNow, message,
                hint: "an administrator gives credits: `weft credit grant SUBMITTER AMOUNT --reason TEXT`")
        case 409, 429, 503: return CLIError(.notNow, message, details: details)
        case 400, 413, 415, 422: return CLIError(.invalid, message, details: details)
        default:
            return CLIError(
                .failure, message, hint: problem.requestID.map { "the coordinator logged it as request \($0)" },
                details: details)
        }
    }

    private static func describe(_ error: RequestError) -> CLIError {
        switch error {
        case .invalid(let problems):
            CLIError(
                .invalid, problems.first?.description ?? "not valid",
                details: problems.dropFirst().map(\.description))
        case .notFound(let what): CLIError(.notFound, what)
        case .unaffordable(let why, _): CLIError(.notNow, why)
        case .conflict(let why), .busy(let why, _), .unavailable(let why): CLIError(.notNow, why)
        }
    }

    private static func describe(_ error: JournalError) -> CLIError {
        switch error {
        case .inUse:
            CLIError(
                .failure, error.description, hint: "stop it first, or give this one its own place with --data-dir")
        case .unreadable, .writeFailed, .closed: CLIError(.failure, error.description)
        }
    }

    private static func describe(_ error: WorkerError) -> CLIError {
        switch error {
        case .rules:
            CLIError(
                .invalid, error.description,
                hint: "`weft worker rules` shows them; docs/worker.md says what they may be")
        case .dataDirectory:
            CLIError(.failure, error.description, hint: "every worker of a machine needs its own --data-dir")
        case .refused(let code, _):
            CLIError(
                .refused, error.description,
                hint: code == "token"
                    ? "give a join token with --token-file: the coordinator's join.token, or one of "
                        + "`weft token create NAME --role worker`" : nil)
        case .wrongCoordinator, .version: CLIError(.refused, error.description)
        }
    }
}

import HTTPTypes
import NIOCore
import WeftCoordinator
import WeftFormats
import WeftModel
import WeftStorage

/// Why a request is refused; becomes a problem document (RFC 9457).
struct HTTPFailure: Error {
    var status: HTTPResponse.Status
    /// The last part of the problem's type, `/problems/<kind>`.
    var kind: String
    var title: String
    var detail: String?
    var errors: [Problem]?
    var shortage: BudgetShortage?
    var headers: HTTPFields = [:]

    func document(requestID: String) -> ProblemDocument {
        ProblemDocument(
            type: "/problems/\(kind)", title: title, status: status.code, detail: detail, errors: errors,
            shortage: shortage, requestID: requestID)
    }
}

extension HTTPFailure {
    static func badRequest(_ detail: String, errors: [Problem]? = nil) -> HTTPFailure {
        HTTPFailure(
            status: .badRequest, kind: "bad-request", title: "The request is not valid", detail: detail, errors: errors)
    }

    static func invalid(_ problems: [Problem]) -> HTTPFailure {
        HTTPFailure(
            status: .unprocessableContent, kind: "invalid", title: "What was sent is not valid",
            detail: problems.first?.description, errors: problems)
    }

    static func notFound(_ detail: String) -> HTTPFailure {
        HTTPFailure(status: .notFound, kind: "not-found", title: "There is no such thing", detail: detail)
    }

    static func unaffordable(_ detail: String, _ shortage: BudgetShortage) -> HTTPFailure {
        HTTPFailure(
            status: .init(code: 402, reasonPhrase: "Payment Required"), kind: "budget",
            title: "The budget does not reach", detail: detail,
            shortage: shortage)
    }

    static func conflict(_ detail: String) -> HTTPFailure {
        HTTPFailure(status: .conflict, kind: "conflict", title: "This cannot be done now", detail: detail)
    }

    static func forbidden(_ detail: String) -> HTTPFailure {
        HTTPFailure(status: .forbidden, kind: "forbidden", title: "This is not allowed", detail: detail)
    }

    static func unauthorized(_ detail: String) -> HTTPFailure {
        HTTPFailure(
            status: .unauthorized, kind: "unauthorized", title: "A valid token is needed", detail: detail,
            headers: [.wwwAuthenticate: #"Bearer realm="weft""#])
    }

    static func tooLarge(_ what: String, limit: Int64) -> HTTPFailure {
        HTTPFailure(
            status: .contentTooLarge, kind: "too-large", title: "The body is too large",
            detail: "\(what) may have at most \(limit) bytes")
    }

    static func busy(_ detail: String, retryAfterSeconds: Int) -> HTTPFailure {
        HTTPFailure(
            status: .tooManyRequests, kind: "busy", title: "Try again later", detail: detail,
            headers: [.retryAfter: String(retryAfterSeconds)])
    }

    static func unavailable(_ detail: String) -> HTTPFailure {
        HTTPFailure(
            status: .serviceUnavailable, kind: "unavailable", title: "Not now", detail: detail,
            headers: [.retryAfter: "1"])
    }

    static func notBuilt(_ detail: String) -> HTTPFailure {
        HTTPFailure(status: .notImplemented, kind: "not-built", title: "This cannot be done yet", detail: detail)
    }

    static func `internal`(_ detail: String? = nil) -> HTTPFailure {
        HTTPFailure(
            status: .internalServerError, kind: "internal", title: "The coordinator failed; its log says why",
            detail: detail)
    }

    /// What a client is told about an error. Only errors that say something a client can use are shown;
    /// the flag says whether it is the server's own fault and belongs into its log.
    static func from(_ error: any Error) -> (failure: HTTPFailure, isOurs: Bool) {
        switch error {
        case let failure as HTTPFailure: (failure, false)
        case let error as RequestError: (from(error), false)
        case let error as InvalidDocument: (.invalid(error.problems), false)
        case let error as BlobError: from(error)
        case is JournalError: (.unavailable("the coordinator cannot write its journal now"), true)
        case is CancellationError, is ChannelError: (.unavailable("the server is shutting down"), false)
        default: (.internal(), true)
        }
    }

    private static func from(_ error: RequestError) -> HTTPFailure {
        switch error {
        case .invalid(let problems): .invalid(problems)
        case .notFound(let what): .notFound(what)
        case .unaffordable(let why, let shortage): .unaffordable(why, shortage)
        case .conflict(let why): .conflict(why)
        case .busy(let why, let seconds): .busy(why, retryAfterSeconds: seconds)
        case .unavailable(let why): .unavailable(why)
        }
    }

    private static func from(_ error: BlobError) -> (HTTPFailure, Bool) {
        switch error {
        case .missing: (.notFound(error.description), false)
        case .mismatch:
            (
                HTTPFailure(
                    status: .unprocessableContent, kind: "digest-mismatch", title: "The bytes have another digest",
                    detail: error.description), false
            )
        case .full:
            (
                HTTPFailure(
                    status: .init(code: 507, reasonPhrase: "Insufficient Storage"), kind: "full",
                    title: "No room for this blob", detail: error.description), true
            )
        case .damaged: (.internal(error.description), true)
        case .failed: (.internal(), true)
        }
    }
}

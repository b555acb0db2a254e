import HTTPTypes
import HummingbirdCore

/// Which pages of other origins may call the API (CORS). None but those that were configured.
///
/// Only whole origins are compared, and cookies are never part of it: a page that may call still needs a token.
struct CrossOriginPolicy: Sendable {
    private let origins: Set<String>

    init(_ origins: [String]) { self.origins = Set(origins.map { $0.lowercased() }) }

    func allows(_ origin: String?) -> Bool { origin.map { origins.contains($0.lowercased()) } ?? false }

    /// Tells the browser that the page may read this answer.
    func open(_ response: inout Response, to origin: String?) {
        guard !origins.isEmpty else { return }
        // The answer depends on who asks, whoever it was this time.
        response.headers.append(HTTPField(name: .vary, value: "Origin"))
        guard let origin, allows(origin) else { return }
        response.headers[.accessControlAllowOrigin] = origin
        response.headers[.accessControlExposeHeaders] = Self.readable
        response.headers[.crossOriginResourcePolicy] = "cross-origin"
    }

    /// The answer to a browser that asks before it sends what a page wants sent. nil if it does not ask.
    func preflight(_ request: Request, methods: [String]) -> Response? {
        guard request.method == .options, request.headers[.accessControlRequestMethod] != nil,
            allows(request.headers[.origin])
        else { return nil }
        return Response(
            status: .noContent,
            headers: [
                .accessControlAllowMethods: methods.joined(separator: ", "),
                .accessControlAllowHeaders: Self.sendable, .accessControlMaxAge: "600",
            ])
    }

    private static let sendable =
        "authorization, content-type, idempotency-key, if-none-match, if-range, last-event-id, range, x-request-id"
    private static let readable = "allow, content-range, etag, location, retry-after, x-request-id"
}

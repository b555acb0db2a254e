import HTTPTypes
import HummingbirdCore
import NIOCore
import WeftCoordinator
import WeftModel

/// Who may use a route.
enum Access: Sendable {
    case open
    /// Bearers of a token whose role includes this one.
    case role(Role)
}

/// One operation of the API, as data: the front checks who asks and what, before the handler runs.
struct Route: Sendable {
    var method: HTTPRequest.Method
    /// Segments; `{name}` takes one, `{name}:verb` one with that end, `{name...}` at the end takes the rest.
    var path: String
    var access: Access
    /// Names of query parameters; `name*` may be repeated.
    var query: [String] = []
    /// Whether requests without credentials may act as the one whom the operator named for them, if any.
    var allowsAnonymous = false
    var handler: @Sendable (Call) async throws -> Response
}

/// One admitted request.
struct Call: Sendable {
    var request: Request
    var channel: any Channel
    var parameters: [String: String]
    var query: Query
    var principal: Principal?
    var requestID: String

    var headers: HTTPFields { request.headers }

    /// The caller's span, if there is one; a header that is none does not count, as its standard asks.
    var trace: TraceContext? { headers[.traceparent].flatMap { TraceContext($0) } }

    func job() throws -> JobID {
        let text = parameters["job"] ?? ""
        guard let id = JobID(text: text), Int64(exactly: id.number) != nil else {
            throw HTTPFailure.notFound("no job \(text.prefix(40))")
        }
        return id
    }

    func task() throws -> TaskID {
        let job = try job()
        let text = parameters["index"] ?? ""
        guard let index = UInt32(text) else { throw HTTPFailure.notFound("no task \(job).\(text.prefix(40))") }
        return TaskID(job: job, index: index)
    }

    func digest() throws -> Digest {
        let text = parameters["digest"] ?? ""
        guard let digest = Digest(text: text) else {
            throw HTTPFailure.badRequest("a blob is named by sha256: and 64 lower-case hexadecimal digits")
        }
        return digest
    }

    /// The bearer; routes that need a token have one.
    func caller() throws -> Principal {
        guard let principal else { throw HTTPFailure.unauthorized("this needs a token") }
        return principal
    }
}

/// Finds the route of a request.
struct RouteTable: Sendable {
    private struct Entry: Sendable {
        var segments: [String]
        var routes: [Route]
        var takesRest: Bool { segments.last?.hasSuffix("...}") ?? false }
    }

    enum Match {
        case route(Route, parameters: [String: String])
        /// The path is known, the method is not among these.
        case method(allowed: [String])
        case none
    }

    private var exact: [Int: [Entry]] = [:]
    private var rest: [Entry] = []

    init(_ routes: [Route]) {
        for route in routes {
            let segments = route.path.split(separator: "/").map(String.init)
            let entry = Entry(segments: segments, routes: [route])
            if entry.takesRest {
                Self.add(entry, to: &rest)
            } else {
                Self.add(entry, to: &exact[segments.count, default: []])
            }
        }
    }

    private static func add(_ entry: Entry, to entries: inout [Entry]) {
        if let index = entries.firstIndex(where: { $0.segments == entry.segments }) {
            precondition(
                !entries[index].routes.contains { $0.method == entry.routes[0].method }, "a route is declared twice")
            entries[index].routes += entry.routes
        } else {
            entries.append(entry)
        }
    }

    /// `path` without the query, still percent-encoded.
    func find(_ method: HTTPRequest.Method, _ path: Substring) -> Match {
        guard path.first == "/" else { return .none }
        var segments: [String] = []
        for part in path.dropFirst().split(separator: "/", omittingEmptySubsequences: path == "/") {
            guard let text = PercentText.decode(part), !text.isEmpty, text != ".", text != ".." else { return .none }
            segments.append(text)
        }
        for entry in (exact[segments.count] ?? []) + rest {
            guard let parameters = Self.match(entry, segments) else { continue }
            let wanted: HTTPRequest.Method = method == .head ? .get : method
            if let route = entry.routes.first(where: { $0.method == method })
                ?? entry.routes.first(where: { $0.method == wanted })
            {
                return .route(route, parameters: parameters)
            }
            var allowed = entry.routes.map(\.method.rawValue)
            if allowed.contains("GET") { allowed.append("HEAD") }
            return .method(allowed: allowed)
        }
        return .none
    }

    private static func match(_ entry: Entry, _ segments: [String]) -> [String: String]? {
        guard entry.takesRest ? segments.count >= entry.segments.count : segments.count == entry.segments.count else {
            return nil
        }
        var parameters: [String: String] = [:]
        for (position, pattern) in entry.segments.enumerated() {
            if pattern.hasSuffix("...}") {
                parameters[String(pattern.dropFirst().dropLast(4))] = segments[position...].joined(separator: "/")
            } else if pattern.hasPrefix("{"), let end = pattern.firstIndex(of: "}") {
                let verb = pattern[pattern.index(after: end)...]
                let segment = segments[position]
                guard segment.hasSuffix(verb), segment.utf8.count > verb.utf8.count else { return nil }
                parameters[String(pattern[..<end].dropFirst())] = String(segment.dropLast(verb.count))
            } else if pattern != segments[position] {
                return nil
            }
        }
        return parameters
    }
}

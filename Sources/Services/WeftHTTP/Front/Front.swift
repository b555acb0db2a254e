import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import WebSocketLink
import WeftCoordinator
import WeftFormats
import WeftModel

/// The way in: every request passes here before a route sees it. Nothing is allowed that no route allows.
struct Front: Sendable {
    let service: any JobService
    let table: RouteTable
    let hosts: HostPolicy
    let crossOrigin: CrossOriginPolicy
    let streams: StreamRegistry
    let linkAdmission: LinkAdmission
    /// The name of the token as whose bearer requests without credentials act, where that is allowed.
    let anonymous: String?
    let logger: Logger

    /// Answers one request; never throws: every failure becomes a problem document.
    /// `proceed` sends `100 Continue` to clients that wait for it before their body.
    func respond(
        to request: Request, channel: any Channel, proceed: () async throws -> Void
    ) async -> Response {
        let requestID = RequestIdentity.of(request.headers[.requestID])
        var response: Response
        do {
            if let preflight = try preflight(request) {
                response = preflight
            } else {
                let call = try await admit(request, channel: channel, requestID: requestID)
                if request.headers[.expect]?.lowercased() == "100-continue" { try await proceed() }
                response = try await call.route.handler(call.call)
            }
        } catch {
            response = refuse(error, request, requestID: requestID)
        }
        if request.method == .head { response = response.createHeadResponse() }
        StandardHeaders.add(to: &response, requestID: requestID)
        crossOrigin.open(&response, to: request.headers[.origin])
        logger.debug(
            "answered",
            metadata: [
                "request": "\(requestID)", "method": "\(request.method.rawValue)",
                "path": "\(Self.path(of: request).prefix(200))", "status": "\(response.status.code)",
            ])
        return response
    }

    private func preflight(_ request: Request) throws -> Response? {
        guard request.method == .options else { return nil }
        _ = try checkHost(of: request)
        guard case .method(let allowed) = table.find(.options, Self.path(of: request)) else { return nil }
        return crossOrigin.preflight(request, methods: allowed)
    }

    private func admit(
        _ request: Request, channel: any Channel, requestID: String
    ) async throws -> (route: Route, call: Call) {
        let authority = try checkHost(of: request)
        let target = (request.head.path ?? "")[...]
        let path = Self.path(of: request)
        let query = target.dropFirst(path.count).dropFirst().prefix { $0 != "#" }
        let route: Route
        let parameters: [String: String]
        switch table.find(request.method, path) {
        case .none: throw HTTPFailure.notFound("no route \(path.prefix(200))")
        case .method(let allowed):
            throw HTTPFailure(
                status: .methodNotAllowed, kind: "method", title: "This cannot be done here",
                detail: "\(request.method.rawValue) is not among \(allowed.joined(separator: ", "))",
                headers: [.allow: allowed.joined(separator: ", ")])
        case .route(let found, let values):
            route = found
            parameters = values
        }
        if request.method != .get, request.method != .head {
            try checkOrigin(
                request.headers[.origin], fetchSite: request.headers[.secFetchSite], authority: authority)
        }
        let principal =
            if route.allowsAnonymous, let anonymous, Credentials.areNone(in: request.headers) {
                try await authorize(route.access, as: anonymous)
            } else {
                try await authorize(route.access) { try Credentials.secret(in: request.headers) }
            }
        let call = Call(
            request: request, channel: channel, parameters: parameters,
            query: try Query(query, allowed: route.query), principal: principal, requestID: requestID)
        return (route, call)
    }

    /// Decides over a request to become a WebSocket.
    func decide(_ head: HTTPRequestHead) async -> UpgradableChannel.Decision {
        let requestID = RequestIdentity.of(head.headers.first(name: "x-request-id"))
        do {
            let (purpose, subprotocol) = try await admitSocket(head)
            return .accept(purpose, subprotocol: subprotocol)
        } catch {
            return .refuse(HTTPFailure.from(error).failure, requestID: requestID)
        }
    }

    private func admitSocket(_ head: HTTPRequestHead) async throws -> (SocketPurpose, String) {
        let hostFields = head.headers["host"]
        let authority = try checkHost(hostFields.first, others: Array(hostFields.dropFirst()))
        try checkOrigin(head.headers.first(name: "origin"), fetchSite: nil, authority: authority)
        let parts = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let offered = head.headers[canonicalForm: "sec-websocket-protocol"].map(String.init)
        switch parts[0] {
        case WebSocketLink.path:
            _ = try Query(parts.count > 1 ? parts[1] : nil, allowed: [])
            guard offered.contains(Self.linkProtocol) else {
                throw HTTPFailure.badRequest("a link needs the subprotocol \(Self.linkProtocol)")
            }
            try linkAdmission.checkRoom()
            return (.link, Self.linkProtocol)
        case "/api/v1/events":
            guard offered.contains(Self.eventsProtocol) else {
                throw HTTPFailure.badRequest("a socket of events needs the subprotocol \(Self.eventsProtocol)")
            }
            let reader = try await authorize(.role(.viewer)) {
                let fields = HTTPFields(
                    head.headers["authorization"].map { HTTPField(name: .authorization, value: $0) })
                return try Credentials.secret(in: fields) ?? Credentials.secret(inSubprotocols: offered)
            }
            try streams.checkRoom()
            let query = try Query(parts.count > 1 ? parts[1] : nil, allowed: EventRequest.parameters)
            return (.events(try EventRequest(query, lastEventID: nil, by: reader)), Self.eventsProtocol)
        default:
            throw HTTPFailure.notFound("no WebSocket at \(parts[0].prefix(200))")
        }
    }

    private func checkHost(of request: Request) throws -> String {
        try checkHost(request.head.authority, others: request.headers[values: HTTPField.Name("host")!])
    }

    private func checkHost(_ authority: String?, others: [String]) throws -> String {
        guard let authority, !authority.isEmpty, others.isEmpty else {
            throw HTTPFailure.badRequest("exactly one Host header is needed")
        }
        guard hosts.allows(authority) else {
            throw HTTPFailure(
                status: .misdirectedRequest, kind: "host", title: "This server does not go by that name",
                detail: "start the coordinator with this name among its public names, or use its address")
        }
        return authority
    }

    /// Requests of browsers carry an `Origin`; those that change something must come from this server's own pages,
    /// or from those that were configured.
    private func checkOrigin(_ origin: String?, fetchSite: String?, authority: String) throws {
        if crossOrigin.allows(origin) { return }
        if let origin, !hosts.isSameOrigin(origin, authority: authority) {
            throw HTTPFailure.forbidden("pages of other origins may not do this")
        }
        if fetchSite == "cross-site" { throw HTTPFailure.forbidden("pages of other sites may not do this") }
    }

    private func authorize(_ access: Access, secret: () throws -> String?) async throws -> Principal? {
        guard case .role(let role) = access else { return nil }
        guard let secret = try secret(), !secret.isEmpty else {
            throw HTTPFailure.unauthorized("send Authorization: Bearer with a token of this coordinator")
        }
        guard secret.utf8.count <= 512, let principal = await service.authenticate(secret: secret) else {
            throw HTTPFailure.unauthorized("the token is not known or was revoked")
        }
        guard principal.role.includes(role) else {
            throw HTTPFailure.forbidden(
                "this needs a token with the role \(role.rawValue); \(principal.name) is \(principal.role.rawValue)")
        }
        return principal
    }

    /// As the bearer of a submitter's token that is in force: to revoke it ends anonymous requests, too.
    private func authorize(_ access: Access, as name: String) async throws -> Principal? {
        guard case .role(let role) = access else { return nil }
        guard let token = try await service.tokens().first(where: { $0.name == name }),
            token.role == .submitter || token.role == .viewer
        else {
            throw HTTPFailure.unauthorized(
                "there is no submitter's token \(name) that requests without credentials act as")
        }
        guard token.role.includes(role) else {
            throw HTTPFailure.forbidden(
                "this needs a token with the role \(role.rawValue); \(name) is \(token.role.rawValue)")
        }
        return Principal(name: token.name, role: token.role)
    }

    private func refuse(_ error: any Error, _ request: Request, requestID: String) -> Response {
        let (failure, isOurs) = HTTPFailure.from(error)
        if isOurs {
            logger.error(
                "a request failed",
                metadata: [
                    "request": "\(requestID)", "method": "\(request.method.rawValue)",
                    "path": "\(Self.path(of: request).prefix(200))", "error": "\(error)",
                ])
        }
        var headers = failure.headers
        headers[.contentType] = "application/problem+json"
        headers[.cacheControl] = "no-store"
        let body = JSON.orEmpty(failure.document(requestID: requestID))
        return Response(status: failure.status, headers: headers, body: ResponseBody(byteBuffer: body))
    }

    private static func path(of request: Request) -> Substring {
        (request.head.path ?? "").prefix { $0 != "?" && $0 != "#" }
    }

    static let linkProtocol = WebSocketLink.subprotocol
    static let eventsProtocol = "weft.events.v1"
}

/// What every answer carries.
enum StandardHeaders {
    static func add(to response: inout Response, requestID: String) {
        response.headers[.requestID] = requestID
        response.headers[.xContentTypeOptions] = "nosniff"
        if response.headers[.contentSecurityPolicy] == nil {
            response.headers[.contentSecurityPolicy] = "default-src 'none'; frame-ancestors 'none'; sandbox"
        }
        response.headers[.referrerPolicy] = "no-referrer"
        response.headers[.crossOriginResourcePolicy] = "same-origin"
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
        response.headers[.date] = HTTPDate.now()
    }
}

extension HTTPField.Name {
    static let requestID = Self("x-request-id")!
    static let secFetchSite = Self("sec-fetch-site")!
    static let referrerPolicy = Self("referrer-policy")!
    static let crossOriginResourcePolicy = Self("cross-origin-resource-policy")!
    static let idempotencyKey = Self("idempotency-key")!
    static let lastEventID = Self("last-event-id")!
    static let traceparent = Self("traceparent")!
}

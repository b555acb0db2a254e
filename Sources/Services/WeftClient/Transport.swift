import AsyncHTTPClient
import FoundationEssentials
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import WeftFormats
import WeftModel

/// Requests with their time-outs, retries and errors; what they mean is ``WeftClient``'s.
struct Transport: Sendable {
    let base: String
    private let token: String?
    private let client: HTTPClient
    /// Where the connections are read.
    let loop: LoopExecutor
    private let policy: WeftClient.Policy

    init(base: String, token: String?, trustRoots: WeftClient.TrustRoots, policy: WeftClient.Policy) throws {
        self.base = try Self.checked(base)
        self.token = token
        self.policy = policy
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        if case .file(let path) = trustRoots {
            do {
                tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(path))
            } catch {
                throw ClientError.file(path: path, reason: "this is no PEM file with certificates")
            }
        }
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        configuration.httpVersion = .http1Only
        // A redirect would carry the token to somebody else.
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = TimeAmount(policy.connectTimeout)
        // Streams carry a heartbeat every 15 seconds; a waiting request is silent for a minute at most.
        configuration.timeout.read = .seconds(90)
        // Shorter than the server's, so that a kept connection is not closed in the moment of its next use.
        configuration.connectionPool.idleTimeout = .seconds(30)
        configuration.connectionPool.retryConnectionEstablishment = false
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        self.loop = LoopExecutor(loop: loop)
        client = HTTPClient(eventLoopGroup: loop, configuration: configuration)
    }

    func shutdown() async throws { try await client.shutdown() }

    struct Call: Sendable {
        var method: HTTPMethod = .GET
        var path: String
        var query: [(String, String)] = []
        var headers: [(String, String)] = []
        var body: HTTPClientRequest.Body?
        /// Whether doing it twice is the same as once: then a lost connection is tried again.
        var isIdempotent = true
        var timeout: Duration?
    }

    /// The response when its status is 2xx (or 304, 416 where `allowing` names it); else throws ``ClientError``.
    func send(_ call: Call, allowing: Set<UInt> = []) async throws -> HTTPClientResponse {
        var attempt = 0
        while true {
            attempt += 1
            do {
                let response = try await execute(call)
                if (200..<300).contains(response.status.code) || allowing.contains(response.status.code) {
                    return response
                }
                let wait = retryDelay(response, call, attempt: attempt)
                let problem = try await problem(of: response)
                guard let wait else { throw ClientError.refused(problem) }
                try await Task.sleep(for: wait)
            } catch let error as ClientError {
                guard case .lost = error, call.isIdempotent, attempt < policy.attempts else { throw error }
                try await Task.sleep(for: backoff(attempt))
            }
        }
    }

    /// The whole body, at most `limit` bytes.
    private func collect(_ response: HTTPClientResponse, limit: Int) async throws -> [UInt8] {
        do {
            let buffer = try await response.body.collect(upTo: limit)
            return Array(buffer.readableBytesView)
        } catch is NIOTooManyBytesError {
            throw ClientError.unexpected(url: base, reason: "the answer has more than \(limit) bytes")
        } catch {
            throw translated(error)
        }
    }

    /// The answer to the call, whole, with its status. As ``send(_:allowing:)`` and ``collect(_:limit:)``, without leaving the loop
    /// in between: an answer comes in many short steps, each of which would wake another thread.
    func answer(to call: Call, limit: Int = 64 << 20) async throws -> (status: HTTPResponseStatus, body: [UInt8]) {
        try await withTaskExecutorPreference(loop) {
            let response = try await send(call)
            return (response.status, try await collect(response, limit: limit))
        }
    }

    func json<Value: Decodable>(_ type: Value.Type, _ call: Call) async throws -> Value {
        try await jsonWithStatus(type, call).value
    }

    func jsonWithStatus<Value: Decodable>(
        _ type: Value.Type, _ call: Call
    ) async throws -> (value: Value, status: HTTPResponseStatus) {
        let (status, body) = try await answer(to: call)
        do {
            return (try APICoder.decode(type, from: body), status)
        } catch {
            throw ClientError.unexpected(url: base + call.path, reason: "the answer cannot be read (\(error))")
        }
    }

    private func execute(_ call: Call) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: base + call.path + Self.text(of: call.query))
        request.method = call.method
        request.headers.add(name: "user-agent", value: "weft")
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        for (name, value) in call.headers { request.headers.replaceOrAdd(name: name, value: value) }
        request.body = call.body
        let deadline = call.timeout.map { NIODeadline.now() + TimeAmount($0) } ?? .distantFuture
        do {
            return try await client.execute(request, deadline: deadline)
        } catch {
            throw translated(error)
        }
    }

    /// How long to wait before trying again; nil: not again.
    private func retryDelay(_ response: HTTPClientResponse, _ call: Call, attempt: Int) -> Duration? {
        guard attempt < policy.attempts else { return nil }
        switch response.status.code {
        case 429: break
        case 503 where call.isIdempotent: break
        default: return nil
        }
        let asked = response.headers.first(name: "retry-after").flatMap { Int($0) }.map { Duration.seconds($0) }
        guard let asked else { return backoff(attempt) }
        return asked <= policy.longestRetryDelay ? max(asked, backoff(attempt)) : nil
    }

    /// Doubles from attempt to attempt, with some randomness so that many clients do not come back at once.
    func backoff(_ attempt: Int) -> Duration {
        let milliseconds = min(policy.firstRetryDelay.milliseconds << Int64(min(attempt - 1, 10)), 10_000)
        return .milliseconds(milliseconds / 2 + Int64.random(in: 0...max(1, milliseconds / 2)))
    }

    private func problem(of response: HTTPClientResponse) async throws -> ProblemDocument {
        let bytes = try await collect(response, limit: 1 << 20)
        if let problem = try? APICoder.decode(ProblemDocument.self, from: bytes) { return problem }
        // Something in between (a proxy) answered: say what it said, as far as it is text.
        let text = String(decoding: bytes.prefix(200), as: UTF8.self)
        return ProblemDocument(
            title: response.status.reasonPhrase, status: Int(response.status.code),
            detail: "HTTP \(response.status.code) \(response.status.reasonPhrase)\(text.isEmpty ? "" : ": " + text)")
    }

    func translated(_ error: any Error) -> any Error {
        switch error {
        case is CancellationError, is ClientError: return error
        case let error as HTTPClientError:
            switch error {
            case .cancelled: return CancellationError()
            case .connectTimeout: return ClientError.cannotConnect(url: base, reason: "no answer")
            case .readTimeout, .writeTimeout, .deadlineExceeded, .getConnectionFromPoolTimeout:
                return ClientError.timedOut(url: base)
            case .tlsHandshakeTimeout: return ClientError.untrusted(url: base, reason: "no TLS handshake")
            case .invalidURL, .emptyHost, .emptyScheme: return ClientError.badAddress(base)
            case .remoteConnectionClosed: return ClientError.lost(url: base, reason: "the other end closed it")
            default: return ClientError.lost(url: base, reason: error.shortDescription)
            }
        case let error as NIOConnectionError:
            let reason = error.connectionErrors.first.map { Self.reason($0.error) }
            return ClientError.cannotConnect(url: base, reason: reason ?? "the host \(error.host) is not known")
        case let error as IOError where error.errnoCode == ECONNREFUSED || error.errnoCode == EHOSTUNREACH:
            return ClientError.cannotConnect(url: base, reason: Self.reason(error))
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError:
            return ClientError.untrusted(url: base, reason: "\(error)")
        default: return ClientError.lost(url: base, reason: Self.reason(error))
        }
    }

    private static func reason(_ error: any Error) -> String {
        guard let error = error as? IOError else { return "\(error)" }
        switch error.errnoCode {
        case ECONNREFUSED: return "connection refused"
        case ECONNRESET, EPIPE: return "the other end reset it"
        case EHOSTUNREACH, ENETUNREACH: return "no route to it"
        default: return String(cString: strerror(error.errnoCode))
        }
    }

    private static func checked(_ base: String) throws -> String {
        var text = base
        while text.hasSuffix("/") { text.removeLast() }
        guard let url = URL(string: text), let scheme = url.scheme, scheme == "http" || scheme == "https",
            let host = url.host(), !host.isEmpty, url.query() == nil, url.user() == nil
        else { throw ClientError.badAddress(base) }
        return text
    }

    private static func text(of query: [(String, String)]) -> String {
        guard !query.isEmpty else { return "" }
        return "?" + query.map { "\(escape($0.0))=\(escape($0.1))" }.joined(separator: "&")
    }

    /// Percent-encodes everything but RFC 3986's unreserved characters.
    static func escape(_ text: String, keepingSlashes: Bool = false) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: "/") where keepingSlashes: result += "/"
            default:
                let hex = String(byte, radix: 16, uppercase: true)
                result += byte < 16 ? "%0\(hex)" : "%\(hex)"
            }
        }
        return result
    }
}

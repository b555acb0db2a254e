import AsyncHTTPClient
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import WeftFormats
import WeftHTTP
import WeftModel

/// A server under test on an ephemeral loopback port.
struct Running: Sendable {
    let service: FakeService
    let port: Int
    var scheme = "http"

    var base: String { "\(scheme)://127.0.0.1:\(port)" }

    struct Answer: Sendable {
        var status: Int
        var headers: HTTPHeaders
        var bytes: [UInt8]

        var text: String { String(decoding: bytes, as: UTF8.self) }
        func json<Value: Decodable>(_ type: Value.Type) throws -> Value { try APICoder.decode(type, from: bytes) }
        func problem() throws -> ProblemDocument { try json(ProblemDocument.self) }
    }

    /// One request; `token` is a role's name (`viewer`, …), nil for none.
    func call(
        _ method: HTTPMethod, _ path: String, as token: String? = "admin", headers: [(String, String)] = [],
        body: String? = nil, bytes: [UInt8]? = nil
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: base + path)
        request.method = method
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)-secret") }
        for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
        if let body { request.body = .bytes(ByteBuffer(string: body)) }
        if let bytes { request.body = .bytes(ByteBuffer(bytes: bytes)) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
        let answer = try await response.body.collect(upTo: 256 << 20)
        return Answer(
            status: Int(response.status.code), headers: response.headers, bytes: Array(answer.readableBytesView))
    }

    func stream(_ path: String, headers: [(String, String)] = []) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: base + path)
        request.headers.add(name: "authorization", value: "Bearer viewer-secret")
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        return try await HTTPClient.shared.execute(request, timeout: .seconds(20))
    }

    /// Sends bytes over a connection of its own and returns everything that comes until the server closes it.
    /// With `until`, returns as soon as that was read.
    func raw(_ bytes: [UInt8], until: String? = nil, halfClose: Bool = false) async throws -> String {
        let channel = try await connect()
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(bytes: bytes))
            if halfClose { outbound.finish() }
            var text: [UInt8] = []
            do {
                for try await buffer in inbound {
                    text += buffer.readableBytesView
                    if let until, String(decoding: text, as: UTF8.self).contains(until) { break }
                }
            } catch is IOError {
                // A reset is an end, too.
            }
            return String(decoding: text, as: UTF8.self)
        }
    }

    func raw(_ text: String, until: String? = nil, halfClose: Bool = false) async throws -> String {
        try await raw(Array(text.utf8), until: until, halfClose: halfClose)
    }

    func connect() async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel(
                        wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
                }
            }
    }

    func submitted(as role: String = "submitter", key: String? = nil) async throws -> JobView {
        let answer = try await call(
            .POST, "/api/v1/jobs", as: role, headers: key.map { [("idempotency-key", $0)] } ?? [], body: Self.job)
        return try answer.json(JobView.self)
    }

    static let job = #"{"name":"t","command":["true"]}"#
}

/// Runs `body` against a server, then stops it and waits for its end.
func withServer<Value: Sendable>(
    _ service: FakeService = FakeService(), tls: HTTPServer.TLS? = nil,
    _ adjust: (inout HTTPServer.Configuration) -> Void = { _ in },
    _ body: @escaping @Sendable (Running) async throws -> Value
) async throws -> Value {
    var configuration = HTTPServer.Configuration(tls: tls)
    configuration.limits.shutdownGrace = .seconds(2)
    adjust(&configuration)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let server = HTTPServer(service: service, configuration: configuration, logger: logger)
    let (ports, continuation) = AsyncStream<Int>.makeStream()
    return try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask {
            defer { continuation.finish() }
            try await server.run { continuation.yield($0) }
            return nil
        }
        group.addTask {
            var iterator = ports.makeAsyncIterator()
            guard let port = await iterator.next() else { throw CancellationError() }
            return try await body(Running(service: service, port: port, scheme: tls == nil ? "http" : "https"))
        }
        while let result = try await group.next() {
            if let result {
                group.cancelAll()
                return result
            }
        }
        throw CancellationError()
    }
}

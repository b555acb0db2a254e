import HTTPTypes
import HummingbirdCore
import NIOCore
import NIOHTTPTypes
import NIOWebSocket
import WeftCoordinator
import WeftFormats
import WeftModel

/// Which events somebody wants.
struct EventRequest: Sendable {
    var after: String?
    var filter: EventFilter
    /// Whose logs come along, as long as its job goes on; only in streams.
    var logs: JobID?

    static let parameters = ["after", "job", "node", "kind*", "logs"]

    /// `Last-Event-ID`, which browsers send when they come back, is newer than the `after` in the address.
    init(_ query: Query, lastEventID: String?, by reader: Principal?) throws {
        after = try query.text("after", "must be the id of an event", Bounds.isEventID)
        if let lastEventID {
            guard Bounds.isEventID(lastEventID) else {
                throw HTTPFailure.badRequest("Last-Event-ID must be the id of an event")
            }
            after = lastEventID
        }
        filter = EventFilter()
        filter.job = try query.job("job")
        filter.node = try query.text("node", "must be a node's peer id") { Bounds.isPlain($0, Bounds.nodeName) }
            .map(NodeID.init)
        filter.kinds = try query.states("kind", of: EventView.Kind.self)
        if filter.kinds != nil { filter.kinds?.insert(.missed) }
        // As in the books: submitters see their own, viewers nothing.
        if let reader, reader.role.includes(.submitter) {
            filter.purses = reader.role.includes(.admin) ? .all : .of(reader.name)
        }
        guard try query.flag("logs") else { return }
        guard let job = filter.job else { throw Query.wrong("logs", "needs a job, whose logs they are") }
        logs = job
    }
}

/// `/api/v1/events`: server-sent events, a page of what is kept, or a WebSocket, by what the client asks for.
struct EventRoutes: Sendable {
    let service: any JobService
    let limits: HTTPServer.Limits
    let streams: StreamRegistry

    var routes: [Route] {
        [
            Route(
                method: .get, path: "/api/v1/events", access: .role(.viewer),
                query: EventRequest.parameters + ["limit", "wait"], handler: read)
        ]
    }

    @Sendable private func read(_ call: Call) async throws -> Response {
        let request = try EventRequest(
            call.query, lastEventID: call.headers[.lastEventID], by: call.principal)
        guard call.accepts("text/event-stream") else { return try await page(request, call) }
        guard call.request.method == .get else {
            return Response(status: .ok, headers: [.contentType: "text/event-stream"])
        }
        try streams.checkRoom()
        let sources = try await sources(of: request)
        return StreamResponse.make(
            type: "text/event-stream", opening: "retry: 1000\n\n", silence: ": \n\n", call: call, limits: limits,
            streams: streams
        ) { send in
            try await sources.read { batch in
                try await send(batch.form(ServerSentEvents.init).text)
            } logs: { pieces in
                try await send(ServerSentEvents(pieces).text)
            }
        }
    }

    private func sources(of request: EventRequest) async throws -> EventSources {
        var logs: LogSubscription?
        if let job = request.logs { logs = try await service.logs(job, task: nil, follow: true) }
        return EventSources(
            events: try await service.events(after: request.after, filter: request.filter), logs: logs)
    }

    /// Kept events after `after` (or all that are kept). With `wait`, an empty page waits that long for the first.
    private func page(_ request: EventRequest, _ call: Call) async throws -> Response {
        guard request.logs == nil else { throw Query.wrong("logs", "goes with a stream: accept text/event-stream") }
        let limit = try call.query.limit(standard: 1000, in: Bounds.eventsOfAPage)
        let wait = try call.query.duration("wait", most: limits.longestWait)
        let events = try await service.events(after: request.after ?? "0", filter: request.filter)
        // What is kept comes with the first batch, at once; the short time is for when there is nothing.
        let patience = max(wait ?? .zero, .milliseconds(20))
        let batch = try await events.released {
            try await streams.run(on: call.channel) {
                try await Deadline.run(within: patience) {
                    for await batch in events {
                        // A restart of the coordinator is told even when nothing was missed: no event of a page.
                        let told = batch.events.filter { $0.kind != .missed || $0.missed != 0 }
                        if !told.isEmpty { return told }
                    }
                    return []
                }
            }
        }
        let items = Array((batch.flatMap(\.self) ?? []).prefix(limit))
        return try .json(Page(items: items, next: items.last?.id ?? request.after))
    }

    /// The same events over a WebSocket: one text message per batch, a list of events. What the client says is ignored.
    func serve(_ socket: NIOAsyncChannel<WebSocketFrame, WebSocketFrame>, _ request: EventRequest) async throws {
        try await socket.executeThenClose { inbound, outbound in
            guard let sources = try? await sources(of: request) else {
                // The handshake is over, so the reason goes into the closing frame.
                return try await outbound.write(Self.closing(.unexpectedServerError))
            }
            let heartbeat = Heartbeat(on: socket.channel, every: limits.heartbeat) { channel in
                channel.writeAndFlush(WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer()), promise: nil)
            }
            defer { heartbeat.stop() }
            @Sendable func send(_ message: EventMessage) async throws {
                try await outbound.write(WebSocketFrame(fin: true, opcode: .text, data: message.json))
            }
            _ = try await streams.run(on: socket.channel) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        try await sources.read { batch in
                            try await send(batch.form(EventMessage.init))
                        } logs: { pieces in
                            try await send(EventMessage(pieces))
                        }
                    }
                    group.addTask { try await Self.answer(inbound, outbound) }
                    defer { group.cancelAll() }
                    try await group.next()
                }
            }
            try await outbound.write(Self.closing(.goingAway))
        }
    }

    private static func answer(
        _ inbound: NIOAsyncChannelInboundStream<WebSocketFrame>,
        _ outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>
    ) async throws {
        for try await frame in inbound {
            switch frame.opcode {
            case .ping: try await outbound.write(WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData))
            case .connectionClose: return
            default: break
            }
        }
    }

    private static func closing(_ code: WebSocketErrorCode) -> WebSocketFrame {
        var data = ByteBuffer()
        data.write(webSocketErrorCode: code)
        return WebSocketFrame(fin: true, opcode: .connectionClose, data: data)
    }
}

/// Events or pieces of logs as a stream of server-sent events has them.
struct ServerSentEvents {
    let text: ByteBuffer

    init(_ events: [EventView]) throws {
        var text = ByteBuffer()
        for event in events {
            text.writeString("id: \(event.id)\nevent: \(event.kind.rawValue)\ndata: ")
            text.writeImmutableBuffer(try JSON.encode(event))
            text.writeString("\n\n")
        }
        self.text = text
    }

    /// Without an id: who comes back goes on after the last event, and gets the logs anew.
    init(_ pieces: [LogPiece]) throws {
        var text = ByteBuffer()
        for piece in pieces {
            text.writeString("event: log\ndata: ")
            text.writeImmutableBuffer(try JSON.encode(piece))
            text.writeString("\n\n")
        }
        self.text = text
    }
}

private struct EventMessage {
    let json: ByteBuffer

    init(_ events: [EventView]) throws { json = try JSON.encode(events) }

    init(_ pieces: [LogPiece]) throws { json = try JSON.encode(pieces.map(LogEvent.init)) }

    /// A piece among events, told from them by its kind.
    private struct LogEvent: Encodable {
        var kind = "log"
        var piece: LogPiece

        init(_ piece: LogPiece) { self.piece = piece }

        func encode(to encoder: any Encoder) throws {
            try piece.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(kind, forKey: .kind)
        }

        private enum CodingKeys: CodingKey { case kind }
    }
}

/// What one stream is made of.
private struct EventSources: Sendable {
    let events: EventSubscription
    let logs: LogSubscription?

    /// Returns when the events end; logs may end before.
    func read(
        _ batch: @escaping @Sendable (EventBatch) async throws -> Void,
        logs piece: @escaping @Sendable ([LogPiece]) async throws -> Void
    ) async throws {
        try await events.released {
            try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask {
                    for await next in events { try await batch(next) }
                    return true
                }
                if let logs {
                    group.addTask {
                        for await pieces in logs { try await piece(pieces) }
                        return false
                    }
                }
                defer { group.cancelAll() }
                while try await group.next() == false {}
            }
        }
    }
}

extension EventSubscription {
    /// Runs `body`, which reads these events, and lets go of them after it, however it ended: who stops reading
    /// without having been told the end would keep its place among the subscribers until the next event.
    func released<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        let result: Result<Value, any Error>
        do {
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        await withTaskGroup(of: Void.self) { group in
            // A child of a cancelled group is cancelled from its start, and so is what it pulls.
            group.cancelAll()
            group.addTask {
                var iterator = makeAsyncIterator()
                _ = await iterator.next()
            }
        }
        return try result.get()
    }
}

/// An answer that goes on: pieces are written as they come, each when the one before has been taken by the socket, so
/// a slow client slows its stream and nothing piles up.
enum StreamResponse {
    typealias Send = @Sendable (ByteBuffer) async throws -> Void

    static func make(
        type: String, opening: String, silence: String, call: Call, limits: HTTPServer.Limits,
        streams: StreamRegistry, _ produce: @escaping @Sendable (@escaping Send) async throws -> Void
    ) -> Response {
        let channel = call.channel
        let body = ResponseBody { writer in
            if !opening.isEmpty { try await writer.write(ByteBuffer(string: opening)) }
            let heartbeat = Heartbeat(on: channel, every: limits.heartbeat) { channel in
                channel.writeAndFlush(HTTPResponsePart.body(ByteBuffer(string: silence)), promise: nil)
            }
            defer { heartbeat.stop() }
            _ = try await streams.run(on: channel) {
                try await produce { buffer in
                    try await channel.writeAndFlush(HTTPResponsePart.body(buffer)).get()
                }
            }
            heartbeat.stop()
            try await writer.finish(nil)
        }
        return Response(
            status: .ok, headers: [.contentType: type, .cacheControl: "no-store", .xAccelBuffering: "no"], body: body)
    }
}

private enum Deadline {
    /// Runs `operation`; when it takes longer than `limit` it is cancelled and nil comes back.
    static func run<Value: Sendable>(
        within limit: Duration, _ operation: @escaping @Sendable () async throws -> Value
    ) async throws -> Value? {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await operation() }
            group.addTask {
                try await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { return nil }
            return first
        }
    }
}

extension HTTPField.Name {
    /// Tells nginx to pass a stream on as it comes.
    fileprivate static let xAccelBuffering = Self("x-accel-buffering")!
}

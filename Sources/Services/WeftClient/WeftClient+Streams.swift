import AsyncHTTPClient
import NIOCore
package import WeftFormats
package import WeftModel

extension WeftClient {
    /// Events as they happen, after the event `after` or from now on. The stream goes on by itself when the
    /// connection breaks, where it was; it throws when the coordinator refuses, or cannot be reached for a while.
    package func events(
        after: String? = nil, job: JobID? = nil, node: NodeID? = nil, kinds: Set<EventView.Kind>? = nil
    ) -> EventStream {
        var query: [(String, String)] = []
        if let job { query.append(("job", String(job.number))) }
        if let node { query.append(("node", node.text)) }
        query += (kinds ?? []).map(\.rawValue).sorted().map { ("kind", $0) }
        return EventStream(transport: transport, query: query, after: after, attempts: policy.attempts)
    }

    /// Kept events after `after`, all that are kept if nil; waits up to `wait` for the first.
    package func keptEvents(after: String? = nil, job: JobID? = nil, wait: Duration = .zero) async throws
        -> Page<EventView>
    {
        var query: [(String, String)] = []
        if let after { query.append(("after", after)) }
        if let job { query.append(("job", String(job.number))) }
        if wait > .zero { query.append(("wait", "\(wait.milliseconds)ms")) }
        return try await get(
            Page<EventView>.self, "/api/v1/events", query: query, timeout: policy.callTimeout + wait)
    }

    /// What one task (or all of a job's) printed; with `follow`, until it ends.
    package func logs(of job: JobID, task: UInt32? = nil, follow: Bool = false) -> LogStream {
        var query: [(String, String)] = []
        if let task { query.append(("task", String(task))) }
        if follow { query.append(("follow", "true")) }
        return LogStream(
            transport: transport,
            call: Transport.Call(
                path: "/api/v1/jobs/\(job)/logs", query: query, headers: [("accept", "application/x-ndjson")]))
    }
}

/// See ``WeftClient/events(after:job:node:kinds:)``.
package struct EventStream: AsyncSequence, Sendable {
    package typealias Element = EventView
    let transport: Transport
    let query: [(String, String)]
    let after: String?
    let attempts: Int

    package func makeAsyncIterator() -> Iterator { Iterator(stream: self, lastID: after) }

    package struct Iterator: AsyncIteratorProtocol {
        let stream: EventStream
        var lastID: String?
        private var body: HTTPClientResponse.Body.AsyncIterator?
        private var parser = EventTextParser()
        private var ready: ArraySlice<EventView> = []
        private var failures = 0

        init(stream: EventStream, lastID: String?) {
            self.stream = stream
            self.lastID = lastID
        }

        /// The next event. Never nil: the stream ends by cancelling the task, or by an error.
        package mutating func next() async throws -> EventView? {
            while true {
                if let event = ready.popFirst() {
                    lastID = event.id
                    return event
                }
                do {
                    try await read()
                } catch {
                    let error = stream.transport.translated(error)
                    body = nil
                    failures += 1
                    guard failures < stream.attempts, Self.isPassing(error) else { throw error }
                    try await Task.sleep(for: stream.transport.backoff(failures))
                }
            }
        }

        private mutating func read() async throws {
            if body == nil { try await connect() }
            guard var iterator = body, let buffer = try await iterator.next() else {
                body = nil
                throw ClientError.lost(url: stream.transport.base, reason: "the stream ended")
            }
            body = iterator
            for event in try parser.read(buffer.readableBytesView) {
                guard EventView.Kind(rawValue: event.name) != nil else { continue }
                ready.append(try APICoder.decode(EventView.self, from: Array(event.data.utf8)))
                failures = 0
            }
        }

        private mutating func connect() async throws {
            var headers = [("accept", "text/event-stream")]
            if let lastID { headers.append(("last-event-id", lastID)) }
            let response = try await stream.transport.send(
                Transport.Call(path: "/api/v1/events", query: stream.query, headers: headers))
            parser = EventTextParser()
            body = response.body.makeAsyncIterator()
        }

        private static func isPassing(_ error: any Error) -> Bool {
            switch error as? ClientError {
            case .lost, .cannotConnect, .timedOut: true
            case .refused(let problem): problem.status == 503 || problem.status == 429
            default: false
            }
        }
    }
}

/// See ``WeftClient/logs(of:task:follow:)``.
package struct LogStream: AsyncSequence, Sendable {
    package typealias Element = LogPiece
    let transport: Transport
    let call: Transport.Call

    package func makeAsyncIterator() -> Iterator { Iterator(stream: self) }

    package struct Iterator: AsyncIteratorProtocol {
        let stream: LogStream
        private var body: HTTPClientResponse.Body.AsyncIterator?
        private var line: [UInt8] = []
        private var ready: ArraySlice<LogPiece> = []

        init(stream: LogStream) { self.stream = stream }

        /// The next piece; nil at the end of the log.
        package mutating func next() async throws -> LogPiece? {
            do {
                while ready.isEmpty {
                    if body == nil { body = try await stream.transport.send(stream.call).body.makeAsyncIterator() }
                    guard var iterator = body, let buffer = try await iterator.next() else { return nil }
                    body = iterator
                    try read(buffer)
                }
                return ready.popFirst()
            } catch {
                throw stream.transport.translated(error)
            }
        }

        private mutating func read(_ buffer: ByteBuffer) throws {
            for byte in buffer.readableBytesView {
                if byte != UInt8(ascii: "\n") {
                    guard line.count < 16 << 20 else {
                        throw ClientError.unexpected(url: stream.transport.base, reason: "a log line is too long")
                    }
                    line.append(byte)
                } else if !line.isEmpty {
                    // An empty line is a heartbeat.
                    ready.append(try APICoder.decode(LogPiece.self, from: line))
                    line.removeAll(keepingCapacity: true)
                }
            }
        }
    }
}

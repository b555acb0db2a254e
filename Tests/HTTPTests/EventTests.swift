import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Synchronization
import Testing
import WebSocketLink
import WeftCoordinator
import WeftFormats
import WeftHTTP
import WeftModel
import WeftWire

@Suite struct EventTests {
    /// Reads a stream's text until it contains `text`.
    private func read(_ response: HTTPClientResponse, until text: String) async throws -> String {
        var all = ""
        for try await buffer in response.body {
            all += String(buffer: buffer)
            if all.contains(text) { break }
        }
        return all
    }

    @Test func eventsStreamAndResumeWhereTheyWere() async throws {
        try await withServer { server in
            for _ in 0..<3 { server.service.publish(.jobMoved, job: JobID(1)) }
            let accept = ("accept", "text/event-stream")
            let resumed = try await server.stream("/api/v1/events", headers: [accept, ("last-event-id", "1")])
            #expect(resumed.headers["content-type"] == ["text/event-stream"])
            let text = try await read(resumed, until: "id: 3")
            #expect(!text.contains("id: 1\n"))
            #expect(text.contains("id: 2\nevent: job.moved\ndata: {"))
            let after = try await server.stream("/api/v1/events?after=2", headers: [accept])
            #expect(try await read(after, until: "id: 3").contains("id: 2\n") == false)
            let count = server.service.state.withLock { $0.subscribers.count }
            let live = try await server.stream("/api/v1/events?job=7&kind=job.moved", headers: [accept])
            await server.service.aSubscriber(after: count)
            server.service.publish(.jobMoved, job: JobID(8))
            server.service.publish(.taskEnded, job: JobID(7))
            server.service.publish(.jobMoved, job: JobID(7))
            let seen = try await read(live, until: "id: 6")
            #expect(!seen.contains("id: 4\n") && !seen.contains("id: 5\n"))
        }
    }

    @Test func creditsMoveBeforeTheEyesOfThoseWhoseTheyAre() async throws {
        try await withServer { server in
            server.service.publish(.jobMoved, job: JobID(1))
            for (secret, seen) in [
                ("admin-secret", EventFilter.Purses.all), ("other-secret", .of("o")),
                ("viewer-secret", EventFilter.Purses.none),
            ] {
                _ = try await server.call(
                    .GET, "/api/v1/events", headers: [("authorization", "Bearer \(secret)")])
                #expect(server.service.state.withLock { $0.filters.last }?.purses == seen)
            }
        }
    }

    @Test func logsComeAlongWithTheEventsOfAJob() async throws {
        try await withServer { server in
            let job = try await server.submitted()
            let piece = LogPiece(
                task: "1.0", attempt: "1.0.0@1", stream: .stdout, offset: 0, dropped: 0, bytes: "aGkK")
            server.service.state.withLock { $0.logs = [piece] }
            let accept = ("accept", "text/event-stream")
            let path = "/api/v1/events?job=\(job.id)&logs=true"
            let stream = try await server.stream(path, headers: [accept])
            #expect(try await read(stream, until: "aGkK").contains("event: log\ndata: {"))
            server.service.publish(.jobMoved, job: job.id)
            let both = try await server.stream("\(path)&after=0", headers: [accept])
            _ = try await read(both, until: "event: job.moved")
            #expect(try await server.call(.GET, path).status == 400)
            let nobody = try await server.call(.GET, "/api/v1/events?logs=true", headers: [accept])
            #expect(nobody.status == 400)
        }
    }

    @Test func silentStreamsCarryAHeartbeat() async throws {
        try await withServer(FakeService(), configured { $0.limits.heartbeat = .milliseconds(10) }) { server in
            let stream = try await server.stream("/api/v1/events", headers: [("accept", "text/event-stream")])
            #expect(try await read(stream, until: ": \n\n: \n\n").hasPrefix("retry: 1000\n\n"))
        }
    }

    @Test func keptEventsComeAsAPage() async throws {
        try await withServer { server in
            let empty = try await server.call(.GET, "/api/v1/events").json(Page<EventView>.self)
            #expect(empty.items.isEmpty)
            for _ in 0..<3 { server.service.publish(.jobMoved, job: JobID(1)) }
            let page = try await server.call(.GET, "/api/v1/events?limit=2").json(Page<EventView>.self)
            #expect(page.items.map(\.id) == ["1", "2"])
            #expect(page.next == "2")
            let rest = try await server.call(.GET, "/api/v1/events?after=2").json(Page<EventView>.self)
            #expect(rest.items.map(\.id) == ["3"])
        }
    }

    @Test func streamsAreBounded() async throws {
        try await withServer(FakeService(), configured { $0.limits.streams = 1 }) { server in
            let accept = [("accept", "text/event-stream")]
            let first = try await server.stream("/api/v1/events", headers: accept)
            var iterator = first.body.makeAsyncIterator()
            _ = try await iterator.next()
            let second = try await server.call(.GET, "/api/v1/events", headers: accept)
            #expect(second.status == 429)
            #expect(second.headers["retry-after"] == ["5"])
        }
    }

    @Test func logsComeAsLinesOrEvents() async throws {
        let service = FakeService()
        let piece = LogPiece(task: "1.0", attempt: "a", stream: .stdout, offset: 0, dropped: 0, bytes: "aGk=")
        service.state.withLock { $0.logs = [piece, piece] }
        try await withServer(service) { server in
            let job = try await server.submitted()
            let lines = try await server.call(.GET, "/api/v1/jobs/\(job.id)/logs?task=0")
            #expect(lines.headers["content-type"] == ["application/x-ndjson"])
            let parts = lines.text.split(separator: "\n")
            #expect(parts.count == 2)
            #expect(try APICoder.decode(LogPiece.self, from: Array(parts[0].utf8)) == piece)
            let events = try await server.call(
                .GET, "/api/v1/jobs/\(job.id)/logs", headers: [("accept", "text/event-stream")])
            #expect(events.text.hasSuffix("event: end\ndata: {}\n\n"))
            #expect(try await server.call(.GET, "/api/v1/jobs/9/logs").status == 404)
        }
    }

    @Test func linksAreServed() async throws {
        try await withServer { server in
            let link = try await server.link()
            var iterator = link.inbound.makeAsyncIterator()
            let welcome = try await iterator.next()
            #expect(welcome?.count == 1)
            var message = Message()
            message.heartbeat.running = 3
            try await link.send([message])
            #expect(try await iterator.next() == [message])
            let metrics = try await server.call(.GET, "/metrics")
            #expect(metrics.text.contains("weft_http_links 1\n"))
            await link.close()
        }
    }

    @Test func strangersCannotOpenAnyNumberOfLinks() async throws {
        try await withServer(FakeService(welcomesLinks: false), configured { $0.limits.newLinks = 1 }) { server in
            let first = try await server.link()
            var iterator = first.inbound.makeAsyncIterator()
            _ = try await iterator.next()
            await #expect(throws: (any Error).self) { _ = try await server.link() }
            await first.close()
        }
        try await withServer(FakeService(), configured { $0.limits.newLinks = 1 }) { server in
            let links = [try await server.link()]
            var iterator = links[0].inbound.makeAsyncIterator()
            // Welcome: from here on the worker is known, and the place is free for the next.
            _ = try await iterator.next()
            let second = try await server.link()
            await second.close()
            await links[0].close()
        }
    }

    private func upgrade(_ path: String, _ extra: [String], host: String = "127.0.0.1") -> String {
        ([
            "GET \(path) HTTP/1.1", "Host: \(host)", "Connection: Upgrade", "Upgrade: websocket",
            "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ] + extra + ["", ""]).joined(separator: "\r\n")
    }

    @Test func socketsAreRefusedInWords() async throws {
        try await withServer { server in
            let link = "Sec-WebSocket-Protocol: weft.v1"
            let events = "Sec-WebSocket-Protocol: weft.events.v1"
            let viewer = "Authorization: Bearer viewer-secret"
            let cases: [(String, Int)] = [
                (upgrade("/api/v1/link", [link, "Origin: http://evil.example"]), 403),
                (upgrade("/api/v1/link", [link, "Origin: null"]), 403),
                (upgrade("/api/v1/link", [link], host: "evil.example"), 421),
                (upgrade("/api/v1/link", [link, "Host: localhost"]), 400),
                (upgrade("/api/v1/link", []), 400), (upgrade("/api/v1/link?a=b", [link]), 400),
                (upgrade("/api/v1/jobs", [link]), 404), (upgrade("/api/v1/events", [events]), 401),
                (upgrade("/api/v1/events", [viewer]), 400),
                (upgrade("/api/v1/events", [events, "Authorization: Bearer worker-secret"]), 403),
                (upgrade("/api/v1/events?kind=x", [events, viewer]), 400),
                (upgrade("/api/v1/events", [events, viewer, "Origin: https://evil.example"]), 403),
            ]
            for (request, status) in cases {
                let answer = try await server.raw(request)
                #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(request)\n\(answer)")
                #expect(answer.contains("application/problem+json"))
            }
        }
    }

    @Test func anUpgradeToSomethingElseIsAnOrdinaryRequest() async throws {
        try await withServer { server in
            let answer = try await server.raw(
                "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", until: "ok\n"
            )
            #expect(answer.hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test func eventsComeOverAWebSocket() async throws {
        try await withServer { server in
            for protocols in ["weft.events.v1, bearer.viewer-secret"] {
                let text = try await server.raw(
                    upgrade("/api/v1/events?after=0", ["Sec-WebSocket-Protocol: \(protocols)"]), until: "\r\n\r\n")
                #expect(text.hasPrefix("HTTP/1.1 101"))
                #expect(text.lowercased().contains("sec-websocket-protocol: weft.events.v1\r\n"))
            }
            server.service.publish(.jobMoved, job: JobID(1))
            let text = try await server.raw(
                upgrade(
                    "/api/v1/events?after=0",
                    ["Sec-WebSocket-Protocol: weft.events.v1", "Authorization: Bearer viewer-secret"]),
                until: #""kind":"job.moved""#)
            #expect(text.contains(#"[{"at":"#))
        }
    }
}

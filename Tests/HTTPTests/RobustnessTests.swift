import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import SeededNumbers
import Testing
import WebSocketLink
import WeftFormats
import WeftHTTP
import WeftModel
import WeftWire

@Suite struct RobustnessTests {
    private static let samples = [
        "POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer admin-secret\r\n"
            + "Content-Type: application/json\r\nContent-Length: 33\r\n\r\n" + #"{"name":"t","command":["true","x"]}"#,
        "PUT /api/v1/blobs/sha256:00 HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "5\r\nabcde\r\n0\r\n\r\n",
        "GET /api/v1/events?after=1&job=2 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        "GET /api/v1/link HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Protocol: weft.v1\r\n\r\n\u{02}\u{05}hello",
        "GET /api/v1/blobs/x HTTP/1.1\r\nHost: localhost\r\nRange: bytes=1-2\r\nExpect: 100-continue\r\n\r\n",
    ]

    @Test func malformedBytesNeverStopTheServer() async throws {
        try await withServer(
            FakeService(),
            configured {
                $0.limits.headTimeout = .milliseconds(200)
                $0.limits.idleTimeout = .milliseconds(200)
                $0.limits.bodyTimeout = .milliseconds(200)
            }
        ) { server in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for seed in 0..<300 as Range<UInt64> {
                    if seed >= 32 { try await group.next() }
                    group.addTask {
                        var random = SeededRandom(seed: seed)
                        var bytes = Array(Self.samples.randomElement(using: &random)!.utf8)
                        for _ in 0..<Int.random(in: 1...8, using: &random) {
                            let position = Int.random(in: 0..<bytes.count, using: &random)
                            switch Int.random(in: 0..<4, using: &random) {
                            case 0: bytes[position] = .random(in: .min ... .max, using: &random)
                            case 1: bytes.insert(.random(in: .min ... .max, using: &random), at: position)
                            case 2: bytes.removeSubrange(position..<min(bytes.count, position + 9))
                            default: bytes.insert(contentsOf: bytes[..<min(bytes.count, 40)], at: position)
                            }
                            if bytes.isEmpty { bytes = [0] }
                        }
                        _ = try? await server.raw(bytes, halfClose: true)
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await server.call(.GET, "/healthz").text == "ok\n")
        }
    }

    @Test func malformedDocumentsAreProblemsNotFailures() async throws {
        try await withServer { server in
            let job =
                #"{"name":"t","command":["true"],"array":{"count":3},"inputs":[{"path":"a","inline":"x"}],"retries":2}"#
            for seed in 0..<200 as Range<UInt64> {
                var random = SeededRandom(seed: seed)
                var bytes = Array(job.utf8)
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    let position = Int.random(in: 0..<bytes.count, using: &random)
                    bytes[position] = .random(in: .min ... .max, using: &random)
                }
                let type = seed % 2 == 0 ? "application/json" : "application/yaml"
                let answer = try await server.call(
                    .POST, "/api/v1/jobs", headers: [("content-type", type)], bytes: bytes)
                #expect([201, 422].contains(answer.status), "seed \(seed): \(answer.status) \(answer.text)")
            }
        }
    }

    @Test func bytesThatAreNoHTTPGetAProblem() async throws {
        try await withServer { server in
            for text in [
                "hello\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\u{16}\u{03}\u{01}\u{00}", "GET /\u{0} HTTP/1.1\r\n\r\n",
            ] {
                let answer = try await server.raw(text)
                #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 400"), "\(answer)")
            }
            let second = try await server.raw("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nrubbish\r\n\r\n")
            #expect(second.contains("ok\n") && second.contains("HTTP/1.1 400"))
        }
    }

    @Test func smuggledRequestsAreRefused() async throws {
        try await withServer { server in
            let both = try await server.raw(
                "POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(!both.contains("ok\n"))
            let two = try await server.raw(
                "POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nContent-Length: 40\r\n\r\nabcd")
            #expect(two.hasPrefix("HTTP/1.1 400"))
        }
    }

    @Test func headersAboveTheLimitAreRefused() async throws {
        try await withServer { server in
            let long = String(repeating: "x", count: 40_000)
            let answer = try await server.raw("GET /healthz HTTP/1.1\r\nHost: localhost\r\nA: \(long)\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 431"), "\(answer.prefix(100))")
            let many = String(repeating: "A: b\r\n", count: 200)
            let second = try await server.raw("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\(many)\r\n")
            #expect(second.hasPrefix("HTTP/1.1 431"), "\(second.prefix(100))")
        }
    }

    @Test func slowClientsAreCutOff() async throws {
        try await withServer(
            FakeService(),
            configured {
                $0.limits.headTimeout = .milliseconds(50)
            }
        ) { server in
            // Nothing, or half a head: each ends without our doing.
            let nothing = try await server.raw("")
            #expect(nothing == "")
            let half = try await server.raw("GET /healthz HTTP/1.1\r\nHos")
            #expect(half == "")
        }
        // Heads are given all the time they need here: a busy machine must not cut off the wrong part.
        try await withServer(
            FakeService(),
            configured {
                $0.limits.headTimeout = .seconds(60)
                $0.limits.bodyTimeout = .milliseconds(50)
                $0.limits.idleTimeout = .milliseconds(50)
            }
        ) { server in
            // Half a body, and silence after an answer.
            let body = try await server.raw(
                "POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer admin-secret\r\n"
                    + "Content-Length: 100\r\n\r\n{")
            #expect(body.hasPrefix("HTTP/1.1 408"), "\(body)")
            let idle = try await server.raw("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(idle.hasSuffix("ok\n"))
        }
    }

    @Test func unwantedBodiesAreReadToABound() async throws {
        try await withServer(
            FakeService(),
            configured {
                $0.limits.discardedBodyBytes = 1000
                $0.limits.lingerTimeout = .milliseconds(50)
            }
        ) { server in
            let head = "POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n"
            let answer = try await server.raw(head + String(repeating: "x", count: 99_999))
            // The end of the connection may overtake the answer; what matters is that it ends.
            #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 401"))
        }
    }

    @Test func connectionsBeyondTheBoundWait() async throws {
        try await withServer(FakeService(), configured { $0.limits.connections = 2 }) { server in
            let first = try await server.connect()
            let second = try await server.connect()
            try await first.executeThenClose { inbound, outbound in
                try await outbound.write(ByteBuffer(string: "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"))
                var iterator = inbound.makeAsyncIterator()
                #expect(try await iterator.next() != nil)
            }
            try await second.executeThenClose { _, outbound in outbound.finish() }
            #expect(try await server.call(.GET, "/healthz").status == 200)
        }
    }

    @Test func shuttingDownEndsStreamsLinksAndIdleConnections() async throws {
        let clock = ContinuousClock()
        let started = try await withServer { server in
            let stream = try await server.stream("/api/v1/events", headers: [("accept", "text/event-stream")])
            var iterator = stream.body.makeAsyncIterator()
            _ = try await iterator.next()
            let link = try await server.link()
            var messages = link.inbound.makeAsyncIterator()
            _ = try await messages.next()
            try await server.connectSilently()
            _ = try await server.call(.GET, "/healthz")
            return clock.now
        }
        #expect(clock.now - started < .seconds(5))
    }

    @Test func aPortThatIsTakenIsAnError() async throws {
        try await withServer { server -> Void in
            let error = await #expect(throws: (any Error).self) {
                try await withServer(FakeService(), configured { $0.port = server.port }) { _ in }
            }
            #expect(error != nil)
        }
    }

    @Test func tlsFilesThatCannotBeReadAreNamed() async throws {
        let tls = HTTPServer.TLS(certificateChainFile: "/nonexistent/c.pem", privateKeyFile: "/nonexistent/k.pem")
        await #expect(throws: HTTPServerError.unusable(file: "/nonexistent/c.pem", what: "a PEM certificate chain")) {
            try await withServer(FakeService(), configured { $0.tls = tls }) { _ in }
        }
    }
}

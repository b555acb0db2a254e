import NIOCore
import NIOPosix
import SeededNumbers
import Synchronization
import Testing
import WebSocketLink
import WeftWire

@Suite(.timeLimit(.minutes(1))) struct WebSocketLinkTests {
    private let group = MultiThreadedEventLoopGroup.singleton

    private func message(_ running: UInt32) -> Message {
        var heartbeat = Weft_Wire_V1_Heartbeat()
        heartbeat.running = running
        return Message(.heartbeat(heartbeat))
    }

    private func frame(_ running: UInt32) throws -> [UInt8] { try Frame.encode([message(running)])[0].bytes }

    private func endOf(_ link: WebSocketLink) async -> LinkError? {
        do {
            for try await _ in link.inbound {}
            return nil
        } catch {
            return error as? LinkError
        }
    }

    // MARK: Misbehaving clients

    @Test func fragmentsAreJoinedAndControlFramesMayComeBetween() async throws {
        try await WebSocketBench.run { bench in
            let (server, client) = try await bench.rawClient()
            let bytes = try frame(5)
            try await client.write(RawSocket.webSocketFrame(Array(bytes[..<2]), isFinal: false))
            try await client.write(RawSocket.webSocketFrame([7, 7], opcode: 9))
            try await client.write(RawSocket.webSocketFrame(Array(bytes[2..<3]), opcode: 0, isFinal: false))
            try await client.write(RawSocket.webSocketFrame(Array(bytes[3...]), opcode: 0))
            var batches = server.inbound.makeAsyncIterator()
            #expect(try await batches.next() == [message(5)])
            // A pong with the ping's bytes, unmasked, somewhere behind the first grant of credit.
            let answer = await client.read { String(decoding: $0, as: UTF8.self).contains("\u{7}\u{7}") }
            #expect(answer.suffix(4) == [0x8a, 2, 7, 7])
            try await client.close()
        }
    }

    struct Violation: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let bytes: [UInt8]
        var code = 1002
    }

    static let violations = [
        Violation(testDescription: "unmasked", bytes: RawSocket.webSocketFrame([], isMasked: false)),
        Violation(testDescription: "text", bytes: RawSocket.webSocketFrame(Array("hi".utf8), opcode: 1)),
        Violation(testDescription: "reserved bits", bytes: RawSocket.webSocketFrame([], reserved: 4)),
        Violation(testDescription: "unknown opcode", bytes: RawSocket.webSocketFrame([], opcode: 5)),
        Violation(testDescription: "continuation of nothing", bytes: RawSocket.webSocketFrame([], opcode: 0)),
        Violation(
            testDescription: "a message inside another",
            bytes: RawSocket.webSocketFrame([1], isFinal: false) + RawSocket.webSocketFrame([1])),
        Violation(
            testDescription: "a fragmented ping", bytes: RawSocket.webSocketFrame([1], opcode: 9, isFinal: false)),
        Violation(
            testDescription: "a long ping",
            bytes: RawSocket.webSocketFrame(Array(repeating: 1, count: 126), opcode: 9)),
        Violation(testDescription: "an announced 4 GiB", bytes: [0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4]),
        Violation(
            testDescription: "too many fragments",
            bytes: RawSocket.webSocketFrame([], isFinal: false)
                + Array(repeating: RawSocket.webSocketFrame([], opcode: 0, isFinal: false), count: 1100)
                .flatMap(\.self)),
        Violation(
            testDescription: "fragments of more than a frame",
            bytes: RawSocket.webSocketFrame(Array(repeating: 0, count: 20_000), isFinal: false)
                + RawSocket.webSocketFrame(Array(repeating: 0, count: 20_000), opcode: 0), code: 1009),
    ]

    @Test(arguments: violations) func aViolationEndsTheLinkAndIsSaid(_ violation: Violation) async throws {
        try await WebSocketBench.run { bench in
            let limits = LinkLimits(frameBytes: 32 << 10, windowBytes: 64 << 10)
            let (server, client) = try await bench.rawClient(
                timing: .init(close: .milliseconds(50)), limits: limits)
            try await client.writeIfOpen(violation.bytes)
            switch await endOf(server) {
            case .malformed, .tooLarge: break
            case let other: Issue.record("ended with \(String(describing: other))")
            }
            let answer = await client.readToEnd()
            // The close frame's opcode, then its length, then the code.
            let code = [UInt8(violation.code >> 8), UInt8(violation.code & 255)]
            #expect(
                answer.indices.contains {
                    answer[$0] == 0x88 && answer[$0...].dropFirst(2).prefix(2).elementsEqual(code)
                })
        }
    }

    @Test func aFloodOfPingsDoesNotPileUpPongs() async throws {
        try await WebSocketBench.run { bench in
            let (server, client) = try await bench.rawClient()
            let ping = RawSocket.webSocketFrame(Array(repeating: 1, count: 100), opcode: 9)
            try await client.write(Array(repeating: ping, count: 20_000).flatMap(\.self))
            try await client.write(RawSocket.webSocketFrame(try frame(1)))
            var batches = server.inbound.makeAsyncIterator()
            #expect(try await batches.next() == [message(1)])
            try await client.close()
        }
    }

    @Test(arguments: 0..<8 as Range<UInt64>) func garbageAfterTheUpgradeEndsTheLink(seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        let garbage = (0..<5000).map { _ in UInt8.random(in: 0...255, using: &random) }
        try await WebSocketBench.run { bench in
            let (server, client) = try await bench.rawClient(timing: .init(close: .milliseconds(20)))
            try await client.writeIfOpen(garbage)
            try await client.close()
            #expect(await endOf(server) != nil)
        }
    }

    // MARK: Before the upgrade

    @Test(arguments: [
        ("\u{0}\u{1}\u{2}garbage\r\n\r\n", "400"), ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "426"),
        (RawSocket.upgradeRequest(path: "/other"), "404"),
        (RawSocket.upgradeRequest(subprotocol: "weft.v0"), "404"),
    ])
    func whatIsNoLinkIsRefused(request: String, status: String) async throws {
        try await WebSocketBench.run { bench in
            try await bench.withServer { server, _ in
                let socket = try await RawSocket.connect(port: server.port, on: group)
                try await socket.write(Array(request.utf8))
                let answer = String(decoding: await socket.readToEnd(), as: UTF8.self)
                #expect(answer.hasPrefix("HTTP/1.1 \(status) ") || answer.hasPrefix("HTTP/1.0 \(status) "))
            }
        }
    }

    @Test func aConnectionThatSaysNothingOrTooMuchIsClosed() async throws {
        try await WebSocketBench.run { bench in
            try await bench.withServer(timing: .init(handshake: .milliseconds(100))) { server, _ in
                let silent = try await RawSocket.connect(port: server.port, on: group)
                #expect(await silent.readToEnd().isEmpty)
                let slow = try await RawSocket.connect(port: server.port, on: group)
                try await slow.writeIfOpen(Array("GET /api/v1/link HTTP/1.1\r\nHo".utf8))
                #expect(await slow.readToEnd().isEmpty)
                let loud = try await RawSocket.connect(port: server.port, on: group)
                let endless = "GET / HTTP/1.1\r\nA: " + String(repeating: "a", count: 1 << 20)
                try await loud.writeIfOpen(Array(endless.utf8))
                _ = await loud.readToEnd()
            }
        }
    }

    @Test func aClientIsToldWhyItWasRefused() async throws {
        try await WebSocketBench.run { bench in
            try await bench.withServer { server, _ in
                _ = await #expect(throws: LinkError.refused("HTTP 404 Not Found")) {
                    try await WebSocketLink.connect(url: "ws://127.0.0.1:\(server.port)/nowhere", on: group)
                }
            }
        }
    }

    @Test(arguments: ["http://localhost", "localhost:1", "ws://", "", "wss:///path"])
    func aURLThatIsNoneIsMalformed(_ url: String) async throws {
        await #expect(throws: LinkError.self) { try await WebSocketLink.connect(url: url, on: group) }
    }

    @Test func aServerThatIsSilentOrGoneIsLost() async throws {
        // Listens and never accepts a word.
        let listener = try await ServerBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(listener.localAddress?.port)
        do {
            _ = try await WebSocketLink.connect(
                url: "ws://127.0.0.1:\(port)", timing: .init(handshake: .milliseconds(100)), on: group)
            Issue.record("a silent server gave a link")
        } catch LinkError.lost {}
        try await listener.close()
        do {
            _ = try await WebSocketLink.connect(url: "ws://127.0.0.1:\(port)", on: group)
            Issue.record("a server that is gone gave a link")
        } catch LinkError.lost {}
    }

    // MARK: Liveness

    @Test func aPeerThatFallsSilentIsLost() async throws {
        try await WebSocketBench.run { bench in
            let timing = WebSocketLink.Timing(ping: .milliseconds(20), silence: .milliseconds(100))
            // This client reads, and never answers a ping.
            let (server, client) = try await bench.rawClient(timing: timing)
            guard case .lost(let why) = await endOf(server) else {
                Issue.record("a silent peer was not lost")
                return
            }
            #expect(why.contains("nothing heard"))
            #expect(await client.readToEnd().contains(0x89))
        }
    }

    @Test func anIdleLinkThatAnswersPingsStaysOpen() async throws {
        try await WebSocketBench.run { bench in
            let timing = WebSocketLink.Timing(ping: .milliseconds(10), silence: .seconds(20))
            let (server, client) = try await bench.rawClient(timing: timing)
            for _ in 0..<3 {
                _ = await client.read { $0.contains(0x89) }
                try await client.write(RawSocket.webSocketFrame([], opcode: 10))
            }
            try await client.write(RawSocket.webSocketFrame(try frame(4)))
            var batches = server.inbound.makeAsyncIterator()
            #expect(try await batches.next() == [message(4)])
            try await client.close()
        }
    }

    @Test func closeReturnsThoughThePeerNeverAnswers() async throws {
        try await WebSocketBench.run { bench in
            let (server, client) = try await bench.rawClient(timing: .init(close: .milliseconds(50)))
            await server.close()
            #expect(await endOf(server) == nil)
            #expect(await client.readToEnd().contains(0x88))
        }
    }

    @Test func aLinkThatIsDroppedIsLostToItsPeer() async throws {
        try await WebSocketBench.run { bench in
            let server = try await bench.pair().server
            guard case .lost = await endOf(server) else {
                Issue.record("a dropped link was not lost")
                return
            }
        }
    }

    @Test func whatThePeerSaysAtTheEndIsTheReason() async throws {
        try await WebSocketBench.run { bench in
            let (server, client) = try await bench.rawClient()
            try await client.write(RawSocket.webSocketFrame([0x03, 0xf0] + Array("not you".utf8), opcode: 8))
            #expect(await endOf(server) == .refused("not you"))
        }
    }

    // MARK: Speed

    /// Prints a figure; asserts only that everything arrives.
    @Test func smallMessagesFlow() async throws {
        try await WebSocketBench.run { bench in
            let (client, server) = try await bench.pair()
            let count = 300_000
            let clock = ContinuousClock()
            for batchSize in [1, 20] {
                let start = clock.now
                async let received = {
                    var received = 0
                    var batches = server.inbound.makeAsyncIterator()
                    while received < count, let batch = try await batches.next() { received += batch.count }
                    return received
                }()
                let batch = Array(repeating: message(9), count: batchSize)
                for _ in 0..<(count / batchSize) { try await client.send(batch) }
                #expect(try await received == count)
                let seconds = (clock.now - start) / .seconds(1)
                print("WebSocket link: \(Int(Double(count) / seconds)) messages/s in batches of \(batchSize)")
            }
            await client.close()
        }
    }
}

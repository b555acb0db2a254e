#if os(Linux)
    import Testing
    import WeftDrivers

    /// The HTTP client against an engine that says anything.
    @Suite struct EngineClientTests {
        private func ask(
            _ steps: [ScriptedEngine.Step], timeout: Duration = .seconds(10), limitBytes: Int = 1 << 20
        ) async throws -> [UInt8] {
            let engine = try ScriptedEngine(steps)
            defer { withExtendedLifetime(engine) {} }
            return try await EngineClient(socketPath: engine.path).send(
                EngineRequest("GET", "/thing"), timeout: timeout, limitBytes: limitBytes)
        }

        private func failure(
            _ steps: [ScriptedEngine.Step], timeout: Duration = .seconds(10), limitBytes: Int = 1 << 20
        ) async throws -> EngineError? {
            do {
                _ = try await ask(steps, timeout: timeout, limitBytes: limitBytes)
                return nil
            } catch let error as EngineError { return error }
        }

        private static let head = "HTTP/1.1 200 OK\r\n"

        @Test func everyFramingIsRead() async throws {
            let bodies = [
                "Content-Length: 5\r\n\r\nhello",
                "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n",
                "Connection: close\r\n\r\nhello", "content-length:  5\t\r\nX-Other: a:b\r\n\r\nhello",
            ]
            for body in bodies { #expect(try await ask([.say(Self.head + body)]) == Array("hello".utf8)) }
            let interim = "HTTP/1.1 100 Continue\r\n\r\n" + Self.head + "Content-Length: 2\r\n\r\nok"
            #expect(try await ask([.say(interim)]) == Array("ok".utf8))
            #expect(try await ask([.say("HTTP/1.1 204 No Content\r\n\r\n")]) == [])
        }

        @Test func anAnswerInSinglePiecesIsTheSame() async throws {
            let text = Self.head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
            #expect(try await ask(text.utf8.map { .bytes([$0]) }) == Array("hello".utf8))
        }

        @Test func whatTheRequestNamesIsEscaped() async throws {
            let engine = try ScriptedEngine([.say(Self.head + "Content-Length: 0\r\n\r\n")])
            _ = try await EngineClient(socketPath: engine.path).send(
                EngineRequest("GET", "/x", query: [("name", "a b&c\r\nEvil: 1")]), timeout: .seconds(10))
            #expect(engine.request.hasPrefix("GET /x?name=a%20b%26c%0D%0AEvil%3A%201 HTTP/1.1\r\n"))
        }

        @Test(arguments: [("Podman Engine", "podman"), ("Engine", "docker")])
        func anEngineIsCalledWhatItSays(component: String, name: String) async throws {
            let version =
                "{\"Version\": \"1\", \"ApiVersion\": \"1.41\", \"Components\": [{\"Name\": \"\(component)\", \"Version\": \"1\"}]}"
            let engine = try ScriptedEngine([
                .say(Self.head + "Content-Length: \(version.utf8.count)\r\n\r\n\(version)")
            ])
            #expect(await ContainerEngine(socketPath: engine.path).name() == name)
        }

        @Test func anEngineThatDoesNotAnswerIsCalledByItsSocket() async {
            #expect(await ContainerEngine(socketPath: "/nowhere/podman/podman.sock").name() == "podman")
            #expect(await ContainerEngine(socketPath: "/nowhere/engine.sock").name() == "docker")
        }

        @Test func malformedAnswersAreRefused() async throws {
            let answers = [
                "nonsense\r\n\r\n", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 xx OK\r\n\r\n", "\r\n\r\n",
                Self.head + "no colon\r\n\r\n", Self.head + "Content-Length: -1\r\n\r\n",
                Self.head + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
                Self.head + "Transfer-Encoding: gzip\r\n\r\n",
                Self.head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
                Self.head + "Transfer-Encoding: chunked\r\n\r\n-1\r\n",
                Self.head + "Transfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n",
                Self.head + String(repeating: "A: b\r\n", count: 200) + "\r\n",
                String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 20),
            ]
            for answer in answers {
                let failure = try await failure([.say(answer)])
                guard case .malformed = failure else {
                    Issue.record("\(answer.prefix(60).debugDescription) gave \(String(describing: failure))")
                    continue
                }
            }
        }

        @Test func truncatedAnswersAreTold() async throws {
            let answers = [
                "", "HTTP/1.1 200", Self.head, Self.head + "Content-Length: 5\r\n\r\nhell",
                Self.head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhell",
                Self.head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
            ]
            for answer in answers {
                #expect(try await failure([.say(answer)]) == .truncated, "\(answer.debugDescription)")
            }
        }

        @Test func answersThatAreTooLargeAreGivenUp() async throws {
            let large = String(repeating: "x", count: 5000)
            for body in [
                "Content-Length: 5000\r\n\r\n\(large)",
                "Transfer-Encoding: chunked\r\n\r\n1388\r\n\(large)\r\n0\r\n\r\n",
                "\r\n\(large)",
            ] {
                #expect(try await failure([.say(Self.head + body)], limitBytes: 4999) == .tooLarge(limitBytes: 4999))
                #expect(try await ask([.say(Self.head + body)], limitBytes: 5000).count == 5000)
            }
            let head = try await failure([.say(Self.head + "A: " + String(repeating: "x", count: 100_000) + "\r\n\r\n")]
            )
            guard case .malformed = head else {
                Issue.record("\(String(describing: head))")
                return
            }
        }

        @Test func aSlowAnswerIsNotWaitedForBeyondItsTime() async throws {
            let started = ContinuousClock.now
            #expect(try await failure([.silence], timeout: .milliseconds(150)) == .timedOut)
            #expect(
                try await failure(
                    [.say(Self.head + "Content-Length: 5\r\n\r\nhe"), .silence], timeout: .milliseconds(150))
                    == .timedOut)
            #expect(ContinuousClock.now - started < .seconds(5))
        }

        @Test func aCancelledCallEndsAtOnce() async throws {
            let engine = try ScriptedEngine([.silence])
            let call = Task {
                try await EngineClient(socketPath: engine.path).send(EngineRequest("GET", "/x"), timeout: nil)
            }
            while !engine.request.contains("\r\n\r\n") { try await Task.sleep(for: .milliseconds(5)) }
            call.cancel()
            await #expect(throws: EngineError.interrupted) { try await call.value }
        }

        @Test func aRefusalSaysWhatTheEngineSaid() async throws {
            let json = #"{"message":"no such container: x"}"#
            let refused = try await failure([
                .say("HTTP/1.1 404 Not Found\r\nContent-Length: \(json.utf8.count)\r\n\r\n\(json)")
            ])
            #expect(refused == .refused(status: 404, message: "no such container: x"))
            let plain = try await failure([.say("HTTP/1.1 500 Oh\r\nContent-Length: 4\r\n\r\noops")])
            #expect(plain == .refused(status: 500, message: "oops"))
        }

        @Test func whereNobodyListensThePathIsNamed() async throws {
            do {
                _ = try await EngineClient(socketPath: "/nonexistent").send(
                    EngineRequest("GET", "/"), timeout: .seconds(1))
                Issue.record("somebody answered")
            } catch EngineError.cannotConnect(let path, _) { #expect(path == "/nonexistent") }
        }

        // MARK: standard streams

        private func frame(_ stream: UInt8, _ text: String) -> [UInt8] {
            let count = UInt32(text.utf8.count)
            return [stream, 0, 0, 0] + (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * $0)) }
                + Array(text.utf8)
        }

        @Test func outputIsTakenApartHoweverItIsCut() throws {
            let bytes = frame(1, "out one ") + frame(2, "err") + frame(1, "") + frame(1, "two")
            for size in 1...bytes.count {
                var frames = OutputFrames()
                var output = ""
                var errors = ""
                for start in stride(from: 0, to: bytes.count, by: size) {
                    try Array(bytes[start..<min(bytes.count, start + size)]).withUnsafeBytes { raw in
                        try frames.append(raw) { stream, piece throws(EngineError) in
                            let text = String(decoding: piece, as: UTF8.self)
                            if stream == .output { output += text } else { errors += text }
                        }
                    }
                }
                #expect(output == "out one two" && errors == "err" && frames.isAtBoundary)
            }
        }

        @Test func brokenFramesAreRefused() {
            for bytes: [UInt8] in [
                [7, 0, 0, 0, 0, 0, 0, 1, 65], [1, 1, 0, 0, 0, 0, 0, 1], [1, 0, 0, 0, 255, 255, 255, 255],
            ] {
                var frames = OutputFrames()
                #expect(throws: EngineError.self) {
                    try bytes.withUnsafeBytes { try frames.append($0) { _, _ throws(EngineError) in } }
                }
            }
            var cut = OutputFrames()
            #expect(throws: Never.self) {
                try [UInt8]([1, 0, 0, 0, 0]).withUnsafeBytes { try cut.append($0) { _, _ throws(EngineError) in } }
            }
            #expect(!cut.isAtBoundary)
        }
    }
#endif

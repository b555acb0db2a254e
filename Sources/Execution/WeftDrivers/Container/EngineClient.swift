#if os(Linux)
    import Glibc

    #if canImport(FoundationEssentials)
        internal import FoundationEssentials
    #else
        internal import Foundation
    #endif

    /// What is asked of a container engine.
    package struct EngineRequest: Sendable {
        /// What goes with it.
        package enum Content: Sendable {
            case none
            case bytes([UInt8], type: String)
            /// Written by a closure as it goes, in chunks.
            case stream(type: String, @Sendable (ContentWriter) throws -> Void)
        }

        var method: String
        /// Path and query, escaped.
        var target: String
        var fields: [(name: String, value: String)] = []
        var content = Content.none
        /// Asks for the connection itself: what follows the answer's head is a stream both ways.
        var isUpgrade = false

        package init(_ method: String, _ path: String, query: [(String, String)] = [], content: Content = .none) {
            self.method = method
            target = path
            for (index, item) in query.enumerated() {
                target += (index == 0 ? "?" : "&") + item.0 + "=" + Self.escaped(item.1)
            }
            self.content = content
        }

        /// RFC 3986's unreserved characters stay, and the slash, which a query may have.
        static func escaped(_ text: String) -> String {
            var result = ""
            for byte in text.utf8 {
                let character = Character(UnicodeScalar(byte))
                if byte < 128, character.isLetter || character.isNumber || "-._~/".contains(character) {
                    result.append(character)
                } else {
                    result += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
                }
            }
            return result
        }

        /// Everything up to the content.
        fileprivate func head() -> [UInt8] {
            var text = "\(method) \(target) HTTP/1.1\r\nHost: weft\r\nUser-Agent: weft\r\n"
            for field in fields { text += "\(field.name): \(field.value)\r\n" }
            switch content {
            case .none: if method != "GET" { text += "Content-Length: 0\r\n" }
            case .bytes(let bytes, let type): text += "Content-Type: \(type)\r\nContent-Length: \(bytes.count)\r\n"
            case .stream(let type, _): text += "Content-Type: \(type)\r\nTransfer-Encoding: chunked\r\n"
            }
            text += isUpgrade ? "Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n" : "Connection: close\r\n\r\n"
            return Array(text.utf8)
        }
    }

    /// Where the content of a request goes, in chunks.
    package struct ContentWriter: Sendable {
        fileprivate let stream: UnixStream
        fileprivate let deadline: ContinuousClock.Instant?

        func write(_ bytes: UnsafeRawBufferPointer) throws(EngineError) {
            guard bytes.count > 0 else { return }
            try writeText(String(bytes.count, radix: 16) + "\r\n")
            try stream.write(bytes, by: deadline)
            try writeText("\r\n")
        }

        fileprivate func writeText(_ text: String) throws(EngineError) {
            let result: Result<Void, EngineError> = Array(text.utf8).withUnsafeBytes { bytes in
                do throws(EngineError) { return .success(try stream.write(bytes, by: deadline)) } catch {
                    return .failure(error)
                }
            }
            try result.get()
        }
    }

    /// Talks HTTP/1.1 with a container engine over its Unix socket: a connection for each request, which costs little
    /// there, and leaves no answer that could be taken for another's.
    package struct EngineClient: Sendable {
        let socketPath: String
        /// What an answer that is no stream may hold.
        package static let answerBytesMax = 8 << 20

        package init(socketPath: String) { self.socketPath = socketPath }

        /// One request and its whole answer. Cancelling the task ends it with ``EngineError/interrupted``.
        ///
        /// - Throws: ``EngineError``; ``EngineError/refused(status:message:)`` for any status from 400 on.
        package func send(
            _ request: EngineRequest, timeout: Duration?, limitBytes: Int = EngineClient.answerBytesMax
        ) async throws -> [UInt8] {
            try await withStream(timeout) { stream, deadline in
                var reader = HTTPResponseReader(stream, by: deadline)
                let head = try Self.exchange(request, stream, &reader, by: deadline)
                return try reader.readContent(head, limitBytes: limitBytes)
            }
        }

        /// As ``send(_:timeout:limitBytes:)``, for an answer of one JSON value.
        func value<Value: Decodable & Sendable>(
            _ type: Value.Type, _ request: EngineRequest, timeout: Duration?
        ) async throws -> Value {
            try Self.decode(type, try await send(request, timeout: timeout))
        }

        /// A request whose answer is a sequence of JSON values, one a line, such as the progress of a pull.
        func values<Value: Decodable & Sendable>(
            _ type: Value.Type, _ request: EngineRequest, timeout: Duration?, limitBytes: Int = 64 << 20,
            take: @escaping @Sendable (Value) throws(EngineError) -> Void
        ) async throws {
            try await withStream(timeout) { stream, deadline in
                var reader = HTTPResponseReader(stream, by: deadline)
                let head = try Self.exchange(request, stream, &reader, by: deadline)
                var line: [UInt8] = []
                func endLine() throws(EngineError) {
                    defer { line = [] }
                    if line.contains(where: { $0 > 32 }) { try take(try Self.decode(type, line)) }
                }
                try reader.readContent(head, limitBytes: limitBytes) { piece throws(EngineError) in
                    for byte in piece {
                        if byte == UInt8(ascii: "\n") { try endLine() } else { line.append(byte) }
                    }
                    guard line.count <= 1 << 20 else { throw .tooLarge(limitBytes: 1 << 20) }
                }
                try endLine()
            }
        }

        /// Hands the content of an answer to `take` as it comes.
        func download(
            _ request: EngineRequest, timeout: Duration?, limitBytes: Int,
            take: @escaping @Sendable (ArraySlice<UInt8>) throws(EngineError) -> Void
        ) async throws {
            try await withStream(timeout) { stream, deadline in
                var reader = HTTPResponseReader(stream, by: deadline)
                let head = try Self.exchange(request, stream, &reader, by: deadline)
                try reader.readContent(head, limitBytes: limitBytes, take: take)
            }
        }

        /// Turns a connection into a stream both ways. Returns it with what has come in already.
        func upgrade(_ request: EngineRequest, timeout: Duration) async throws -> (UnixStream, first: [UInt8]) {
            var request = request
            request.isUpgrade = true
            let upgrading = request
            return try await withStream(timeout) { stream, deadline in
                var reader = HTTPResponseReader(stream, by: deadline)
                let head = try Self.exchange(upgrading, stream, &reader, by: deadline)
                guard head.status == 101 || head.status == 200 else {
                    throw EngineError.malformed("it answered \(head.status) to a change of protocols")
                }
                return (stream, reader.takeRest())
            }
        }

        /// Everything blocks on a thread of its own, which a cancelled task wakes.
        private func withStream<Value: Sendable>(
            _ timeout: Duration?,
            _ body: @escaping @Sendable (UnixStream, ContinuousClock.Instant?) throws -> Value
        ) async throws -> Value {
            let deadline = timeout.map { ContinuousClock.now + $0 }
            // On this thread: a Unix socket is connected at once, or its owner is overloaded.
            let stream = try UnixStream(connectingTo: socketPath, by: ContinuousClock.now + .milliseconds(500))
            return try await withTaskCancellationHandler {
                try await BlockingThread.run { try body(stream, deadline) }
            } onCancel: {
                stream.interrupt()
            }
        }

        private static func exchange(
            _ request: EngineRequest, _ stream: UnixStream, _ reader: inout HTTPResponseReader,
            by deadline: ContinuousClock.Instant?
        ) throws -> HTTPResponseHead {
            var unsent: EngineError?
            do { try send(request, on: stream, by: deadline) } catch EngineError.truncated {
                // It may have refused before it has heard all: its reason is better than ours.
                unsent = .truncated
            }
            let head: HTTPResponseHead
            do { head = try reader.readHead() } catch { throw unsent ?? error }
            guard head.status < 400 else {
                let content = try reader.readContent(head, limitBytes: 1 << 20)
                throw EngineError.refused(status: head.status, message: Self.message(content))
            }
            if let unsent { throw unsent }
            return head
        }

        private static func send(
            _ request: EngineRequest, on stream: UnixStream, by deadline: ContinuousClock.Instant?
        ) throws {
            var bytes = request.head()
            if case .bytes(let content, _) = request.content { bytes += content }
            try bytes.withUnsafeBytes { try stream.write($0, by: deadline) }
            if case .stream(_, let produce) = request.content {
                let writer = ContentWriter(stream: stream, deadline: deadline)
                try produce(writer)
                try writer.writeText("0\r\n\r\n")
            }
        }

        static func decode<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8]) throws(EngineError) -> Value {
            do { return try JSONDecoder().decode(type, from: Data(bytes)) } catch {
                throw .malformed("no \(type) in \(String(decoding: bytes.prefix(200), as: UTF8.self).debugDescription)")
            }
        }

        static func encode(_ value: some Encodable) throws(EngineError) -> [UInt8] {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            do { return Array(try encoder.encode(value)) } catch {
                throw .system("a request cannot be written as JSON: \(error)")
            }
        }

        /// What the engine says is wrong; what it sent, when that is not in its form.
        private static func message(_ content: [UInt8]) -> String {
            struct Refusal: Decodable { var message: String }
            if let refusal = try? decode(Refusal.self, content) { return String(refusal.message.prefix(2000)) }
            return String(String(decoding: content, as: UTF8.self).prefix(500))
        }
    }
#endif

#if os(Linux)
    /// The first part of an HTTP/1.1 answer (RFC 9112).
    struct HTTPResponseHead: Sendable, Hashable {
        /// How long the content is (RFC 9112 § 6.3).
        enum Framing: Sendable, Hashable {
            case none
            case length(Int)
            case chunked
            /// Until the engine hangs up.
            case untilEnd
        }

        var status: Int
        /// Names in lower case.
        var fields: [String: String]

        static let limitBytes = 64 << 10
        static let fieldCountMax = 128

        /// Takes everything before the empty line, that not included.
        init(parsing bytes: some Collection<UInt8>) throws(EngineError) {
            var lines = String(decoding: bytes, as: UTF8.self).split(
                omittingEmptySubsequences: false, whereSeparator: { $0 == "\r\n" || $0 == "\n" })[...]
            let first = lines.popFirst() ?? ""
            let words = first.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
            guard words.count >= 2, words[0] == "HTTP/1.1" || words[0] == "HTTP/1.0", words[1].utf8.count == 3,
                let status = Int(words[1]), status >= 100
            else { throw .malformed("it begins with \(String(first.prefix(60)).debugDescription)") }
            self.status = status
            fields = [:]
            guard lines.count <= Self.fieldCountMax else { throw .malformed("it has \(lines.count) header fields") }
            for line in lines {
                guard let colon = line.firstIndex(of: ":"), colon > line.startIndex,
                    !line[..<colon].contains(where: \.isWhitespace)
                else { throw .malformed("a header field is \(String(line.prefix(60)).debugDescription)") }
                let name = line[..<colon].lowercased()
                let value = String(line[line.index(after: colon)...]).trimmingSpaces
                if let earlier = fields[name] {
                    // Two lengths that differ are how one answer is passed off as two.
                    guard name != "content-length" || earlier == value else { throw .malformed("it has two lengths") }
                    fields[name] = name == "content-length" ? value : "\(earlier), \(value)"
                } else {
                    fields[name] = value
                }
            }
        }

        func framing() throws(EngineError) -> Framing {
            if status < 200 || status == 204 || status == 304 { return .none }
            if let coding = fields["transfer-encoding"] {
                guard coding.lowercased() == "chunked" else { throw .malformed("its transfer coding is \(coding)") }
                return .chunked
            }
            guard let length = fields["content-length"] else { return .untilEnd }
            guard !length.isEmpty, length.utf8.allSatisfy({ (48...57).contains($0) }), let count = Int(length) else {
                throw .malformed("its length is \(String(length.prefix(30)).debugDescription)")
            }
            return .length(count)
        }
    }

    /// Reads one answer from a stream, and what follows it.
    struct HTTPResponseReader {
        private let stream: UnixStream
        private let deadline: ContinuousClock.Instant?
        private var buffer: [UInt8] = []
        private var position = 0

        private static let readBytes = 64 << 10
        private static let chunkLineBytesMax = 256

        init(_ stream: UnixStream, by deadline: ContinuousClock.Instant?) {
            self.stream = stream
            self.deadline = deadline
        }

        /// What was read beyond what was asked for: after a switch of protocols, the first bytes of the other one.
        mutating func takeRest() -> [UInt8] {
            defer {
                buffer = []
                position = 0
            }
            return Array(buffer[position...])
        }

        /// The head of the answer; interim ones (1xx, but for 101) are skipped.
        mutating func readHead() throws(EngineError) -> HTTPResponseHead {
            for _ in 0..<8 {
                let head = try HTTPResponseHead(parsing: try readUntilEmptyLine())
                if head.status >= 200 || head.status == 101 { return head }
            }
            throw .malformed("it never comes to its point")
        }

        /// Gives the content to `take`, piece by piece, at most `limitBytes` in all.
        mutating func readContent(
            _ head: HTTPResponseHead, limitBytes: Int, take: (ArraySlice<UInt8>) throws(EngineError) -> Void
        ) throws(EngineError) {
            var left = limitBytes
            switch try head.framing() {
            case .none: return
            case .length(let length):
                guard length <= left else { throw .tooLarge(limitBytes: limitBytes) }
                try readExactly(length, take: take)
            case .untilEnd:
                while true {
                    if position == buffer.count, try !fill() { return }
                    let piece = buffer[position...]
                    position = buffer.count
                    guard piece.count <= left else { throw .tooLarge(limitBytes: limitBytes) }
                    left -= piece.count
                    try take(piece)
                }
            case .chunked:
                while true {
                    let size = try Self.chunkSize(try readLine(limitBytes: Self.chunkLineBytesMax))
                    guard size > 0 else { break }
                    guard size <= left else { throw .tooLarge(limitBytes: limitBytes) }
                    left -= size
                    try readExactly(size, take: take)
                    guard try readLine(limitBytes: 2).isEmpty else {
                        throw .malformed("a chunk is longer than it says")
                    }
                }
                // Trailers: nothing here wants them.
                for _ in 0..<HTTPResponseHead.fieldCountMax {
                    if try readLine(limitBytes: HTTPResponseHead.limitBytes).isEmpty { return }
                }
                throw .malformed("it has too many trailers")
            }
        }

        mutating func readContent(_ head: HTTPResponseHead, limitBytes: Int) throws(EngineError) -> [UInt8] {
            var content: [UInt8] = []
            try readContent(head, limitBytes: limitBytes) { content += $0 }
            return content
        }

        private static func chunkSize(_ line: [UInt8]) throws(EngineError) -> Int {
            let digits = line.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") }
            guard (1...15).contains(digits.count), digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }),
                let size = Int(String(decoding: digits, as: UTF8.self), radix: 16)
            else {
                throw .malformed(
                    "a chunk's size is \(String(decoding: line.prefix(30), as: UTF8.self).debugDescription)")
            }
            return size
        }

        private mutating func readExactly(
            _ count: Int, take: (ArraySlice<UInt8>) throws(EngineError) -> Void
        ) throws(EngineError) {
            var left = count
            while left > 0 {
                if position == buffer.count, try !fill() { throw .truncated }
                let piece = buffer[position..<min(buffer.count, position + left)]
                position = piece.endIndex
                left -= piece.count
                try take(piece)
            }
        }

        /// Without its end (CR LF, or LF alone).
        private mutating func readLine(limitBytes: Int) throws(EngineError) -> [UInt8] {
            var line: [UInt8] = []
            while true {
                if position == buffer.count, try !fill() { throw .truncated }
                let byte = buffer[position]
                position += 1
                if byte == UInt8(ascii: "\n") {
                    if line.last == UInt8(ascii: "\r") { line.removeLast() }
                    return line
                }
                guard line.count < limitBytes else { throw .malformed("a line is longer than \(limitBytes) bytes") }
                line.append(byte)
            }
        }

        private mutating func readUntilEmptyLine() throws(EngineError) -> [UInt8] {
            var head: [UInt8] = []
            while true {
                let line = try readLine(limitBytes: HTTPResponseHead.limitBytes)
                if line.isEmpty { return head }
                if !head.isEmpty { head.append(UInt8(ascii: "\n")) }
                head += line
                guard head.count <= HTTPResponseHead.limitBytes else {
                    throw .malformed("its head is longer than \(HTTPResponseHead.limitBytes) bytes")
                }
            }
        }

        /// False at the end of the stream. Only when everything has been consumed.
        private mutating func fill() throws(EngineError) -> Bool {
            var bytes = [UInt8](repeating: 0, count: Self.readBytes)
            buffer = []
            position = 0
            let result: Result<Int, EngineError> = bytes.withUnsafeMutableBytes { raw in
                do throws(EngineError) { return .success(try stream.read(into: raw, by: deadline)) } catch {
                    return .failure(error)
                }
            }
            let count = try result.get()
            bytes.removeLast(bytes.count - count)
            buffer = bytes
            return count > 0
        }
    }

    extension String {
        fileprivate var trimmingSpaces: String {
            var text = self[...]
            while let last = text.last, last == " " || last == "\t" { text.removeLast() }
            while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
            return String(text)
        }
    }
#endif

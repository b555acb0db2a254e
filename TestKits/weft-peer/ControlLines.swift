import Foundation
import NIOPosix

/// What is asked of the peer. Which fields a command reads, it says.
struct Request: Decodable, Sendable {
    let id: UInt64
    let `do`: String
    var peer: String?
    var addresses: [String]?
    var bytes: Int?
    var count: Int?
    var protocols: [String]?
    var hex: String?
    var hold: Double?
    var cid: String?
    var topic: String?
    var text: String?
}

/// A command's answer: what it found out.
typealias Answer = any Encodable & Sendable

/// A command that has nothing to tell but that it is done.
struct Done: Encodable, Sendable {}

/// Why a command was not done.
enum CommandError: Error, CustomStringConvertible {
    case missing(String)
    case notHexadecimal(String)
    case tookTooLong(String)

    var description: String {
        switch self {
        case .missing(let field): "the field \(field) is missing"
        case .notHexadecimal(let field): "the field \(field) is not hexadecimal"
        case .tookTooLong(let what): "\(what) took too long"
        }
    }
}

/// Reads requests from stdin and writes answers to stdout, until stdin ends.
struct ControlLines: Sendable {
    private struct Reply: Encodable {
        let id: UInt64
        var ok: Answer?
        var error: String?
        var cannot: String?

        private enum CodingKeys: String, CodingKey { case id, ok, error, cannot }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(id, forKey: .id)
            if let ok { try container.encode(ok, forKey: .ok) }
            try container.encodeIfPresent(error, forKey: .error)
            try container.encodeIfPresent(cannot, forKey: .cannot)
        }
    }

    /// One line after the other, each whole.
    private actor Output {
        func write(_ line: Data) { FileHandle.standardOutput.write(line + [UInt8(ascii: "\n")]) }
    }

    private let table: CommandTable

    init(_ table: CommandTable) { self.table = table }

    func run() async {
        let output = Output()
        await withDiscardingTaskGroup { group in
            while let line = await Self.nextLine() {
                group.addTask {
                    let reply = await answer(line)
                    guard let bytes = try? JSONEncoder().encode(reply) else { return }
                    await output.write(bytes)
                }
            }
            group.cancelAll()
        }
    }

    private func answer(_ line: String) async -> Reply {
        let request: Request
        do {
            request = try JSONDecoder().decode(Request.self, from: Data(line.utf8))
        } catch {
            return Reply(id: 0, error: "not a request: \(error)")
        }
        guard let command = table[request.do] else {
            return Reply(id: request.id, cannot: "it has no command \(request.do)")
        }
        do {
            return Reply(id: request.id, ok: try await command(request))
        } catch {
            return Reply(id: request.id, error: "\(error)")
        }
    }

    /// Reading blocks a thread, and is done on one that may be blocked.
    private static func nextLine() async -> String? {
        try? await NIOThreadPool.singleton.runIfActive { readLine(strippingNewline: true) }
    }
}

extension [UInt8] {
    /// nil when the text is not pairs of hexadecimal digits.
    init?(hexadecimal text: String) {
        let digits = text.utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count == text.utf8.count, digits.count.isMultiple(of: 2) else { return nil }
        self = stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    var hexadecimal: String { map { String(format: "%02x", $0) }.joined() }
}

extension Request {
    func needs<Value>(_ field: String, _ path: KeyPath<Request, Value?>) throws -> Value {
        guard let value = self[keyPath: path] else { throw CommandError.missing(field) }
        return value
    }

    func needsBytes(_ field: String, _ path: KeyPath<Request, String?>) throws -> [UInt8] {
        guard let bytes = [UInt8](hexadecimal: try needs(field, path)) else { throw CommandError.notHexadecimal(field) }
        return bytes
    }
}

import HTTPTypes
import HummingbirdCore
import NIOCore
import WeftFormats
import WeftModel

extension Call {
    /// The whole body. Throws 413 above `limit` bytes, and 400 when the connection broke off in the middle.
    func body(limit: Int, what: String) async throws -> [UInt8] {
        let declared = try declaredLength(limit: Int64(limit), what: what)
        var bytes: [UInt8] = []
        for try await buffer in request.body {
            guard bytes.count + buffer.readableBytes <= limit else {
                throw HTTPFailure.tooLarge(what, limit: Int64(limit))
            }
            bytes.append(contentsOf: buffer.readableBytesView)
        }
        try checkLength(Int64(bytes.count), declared: declared)
        return bytes
    }

    /// `Content-Length`, where there is one. Throws 413 when it is above `limit`.
    func declaredLength(limit: Int64, what: String) throws -> Int64? {
        guard let text = headers[.contentLength] else { return nil }
        guard let length = Int64(text), length >= 0 else { throw HTTPFailure.badRequest("Content-Length is no number") }
        guard length <= limit else { throw HTTPFailure.tooLarge(what, limit: limit) }
        return length
    }

    func checkLength(_ received: Int64, declared: Int64?) throws {
        guard let declared, received != declared else { return }
        throw HTTPFailure.badRequest("the body ended after \(received) of \(declared) bytes")
    }

    /// A small JSON document. Throws 415 for other content, 422 with the field when it does not fit.
    func document<Value: ClosedDocument>(_ type: Value.Type, limit: Int) async throws -> Value {
        guard mediaType == nil || mediaType == "application/json" else {
            throw HTTPFailure.unsupportedMediaType(allowed: ["application/json"])
        }
        let bytes = try await body(limit: limit, what: "the document")
        try JSONText.parse(bytes, limits: TextLimits(maxBytes: limit))
            .refuseMembers(but: type.members, "is not known; this takes \(type.members.joined(separator: ", "))")
        return try JSON.decode(type, from: bytes)
    }

    /// The type of the body without its parameters, in lower case.
    var mediaType: String? {
        headers[.contentType].map { $0.prefix { $0 != ";" }.trimmingSpaces().lowercased() }
    }

    /// Whether the client named this type in `Accept`.
    func accepts(_ type: String) -> Bool {
        headers[values: .accept].contains { value in
            value.split(separator: ",").contains { $0.prefix { $0 != ";" }.trimmingSpaces().lowercased() == type }
        }
    }
}

/// A body of which every member is known: others are refused, so that a misspelt one is not passed over.
protocol ClosedDocument: Decodable {
    static var members: [String] { get }
}

extension Document {
    /// Throws ``InvalidDocument`` that says `message` of every other member.
    func refuseMembers(but known: [String], _ message: String) throws {
        let unknown = members.map(\.key).filter { !known.contains($0) }.prefix(JobLimits.problems)
        guard unknown.isEmpty else {
            throw InvalidDocument(unknown.map { Problem(field: String($0.prefix(80)), message: message) })
        }
    }
}

extension DrainRequest: ClosedDocument {
    static let members = ["draining"]
}

extension GrantRequest: ClosedDocument {
    static let members = ["submitter", "amount", "reason"]
}

extension TokenRequest: ClosedDocument {
    static let members = ["name", "role"]
}

extension WebhookRequest: ClosedDocument {
    static let members = ["url", "kinds", "job", "name"]
}

extension HTTPFailure {
    static func unsupportedMediaType(allowed: [String]) -> HTTPFailure {
        HTTPFailure(
            status: .unsupportedMediaType, kind: "media-type", title: "This kind of content is not understood",
            detail: "send \(allowed.joined(separator: " or "))")
    }
}

extension Response {
    static func json(
        _ value: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) throws -> Response {
        var headers = headers
        headers[.contentType] = "application/json"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: try JSON.encode(value)))
    }

    static func bytes(_ bytes: [UInt8], type: String, headers: HTTPFields = [:]) -> Response {
        var headers = headers
        headers[.contentType] = type
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}

import HTTPTypes
import HummingbirdCore
import NIOCore
import WeftFormats

/// Answers that a client may have already: they carry an `ETag`, and `If-None-Match` saves sending them again.
extension Response {
    static func resource(_ value: some Encodable, for call: Call) throws -> Response {
        resource(try JSON.encode(value), type: "application/json", for: call)
    }

    static func resource(
        _ body: ByteBuffer, type: String, headers: HTTPFields = [:], for call: Call
    ) -> Response {
        let tag = EntityTag.of(body)
        var headers = headers
        headers[.eTag] = tag
        headers[.cacheControl] = "no-cache"
        if EntityTag.isKnown(tag, in: call.headers) { return Response(status: .notModified, headers: headers) }
        headers[.contentType] = type
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: body))
    }
}

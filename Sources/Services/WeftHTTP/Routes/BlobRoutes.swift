import HTTPTypes
import HummingbirdCore
import NIOCore
import WeftFormats
import WeftModel
import WeftStorage

/// `/api/v1/blobs`: bytes in and out, streamed.
struct BlobRoutes: Sendable {
    let service: any JobService
    let limits: HTTPServer.Limits

    var routes: [Route] {
        [
            Route(method: .post, path: "/api/v1/blobs", access: .role(.submitter)) { call in
                try await store(call, expecting: nil)
            },
            Route(method: .put, path: "/api/v1/blobs/{digest}", access: .role(.submitter)) { call in
                try await store(call, expecting: call.digest())
            },
            Route(method: .get, path: "/api/v1/blobs/{digest}", access: .role(.viewer), handler: read),
        ]
    }

    /// 201 with the blob's reference. Other bytes than the digest names: 422, and nothing is kept.
    private func store(_ call: Call, expecting: Digest?) async throws -> Response {
        let declared = try call.declaredLength(limit: limits.blobBytes, what: "a blob")
        let writer = try await service.blobs.makeWriter()
        do {
            var received: Int64 = 0
            var piece: [UInt8] = []
            for try await buffer in call.request.body {
                received += Int64(buffer.readableBytes)
                guard received <= limits.blobBytes else {
                    throw HTTPFailure.tooLarge("a blob", limit: limits.blobBytes)
                }
                piece.append(contentsOf: buffer.readableBytesView)
                if piece.count >= Self.pieceBytes {
                    try await writer.write(piece)
                    piece.removeAll(keepingCapacity: true)
                }
            }
            try call.checkLength(received, declared: declared)
            if !piece.isEmpty { try await writer.write(piece) }
            let blob = try await writer.finish(expecting: expecting)
            return try .json(
                blob, status: .created, headers: [.location: "/api/v1/blobs/\(blob.digest)"])
        } catch {
            await writer.cancel()
            throw error
        }
    }

    @Sendable private func read(_ call: Call) async throws -> Response {
        let digest = try call.digest()
        guard let size = try await service.blobs.size(of: digest) else { throw BlobError.missing(digest) }
        return try await BlobResponse.make(
            BlobReference(digest: digest, sizeBytes: size), from: service.blobs, for: call)
    }

    static let pieceBytes = 256 << 10
}

/// A blob as an answer: whole, one range of it, or the news that the client has it already.
enum BlobResponse {
    static func make(_ blob: BlobReference, from store: any BlobStore, for call: Call) async throws -> Response {
        let tag = "\"\(blob.digest)\""
        var headers: HTTPFields = [
            .contentType: "application/octet-stream", .eTag: tag, .acceptRanges: "bytes",
            // The name is the digest of the content: it can never change.
            .cacheControl: "private, max-age=31536000, immutable", .contentDisposition: "attachment",
        ]
        if EntityTag.isKnown(tag, in: call.headers) { return Response(status: .notModified, headers: headers) }
        var range: Range<Int64> = 0..<blob.sizeBytes
        var status = HTTPResponse.Status.ok
        if let text = call.headers[.range], call.headers[.ifRange].map({ $0 == tag }) ?? true {
            switch ByteRange.parse(text, size: blob.sizeBytes) {
            case .whole: break
            case .part(let part):
                range = part
                status = .partialContent
                headers[.contentRange] = "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(blob.sizeBytes)"
            case .unsatisfiable:
                throw HTTPFailure(
                    status: .rangeNotSatisfiable, kind: "range", title: "There are no such bytes",
                    detail: "the blob has \(blob.sizeBytes) bytes",
                    headers: [.contentRange: "bytes */\(blob.sizeBytes)"])
            }
        }
        if call.request.method == .head {
            // Whether the content is sound is only looked at when it is read.
            guard try await store.size(of: blob.digest) != nil else { throw BlobError.missing(blob.digest) }
            headers[.contentLength] = String(range.count)
            return Response(status: status, headers: headers)
        }
        // The first piece is read before the head goes out: a missing or damaged blob is an honest error.
        let first = try await read(store, blob.digest, range)
        let length = range.count
        if first.count == length {
            return Response(
                status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: first)))
        }
        let rest = range
        let body = ResponseBody(contentLength: length) { writer in
            var piece = first
            var offset = rest.lowerBound
            while true {
                try await writer.write(ByteBuffer(bytes: piece))
                offset += Int64(piece.count)
                guard offset < rest.upperBound else { break }
                piece = try await read(store, blob.digest, offset..<rest.upperBound)
            }
            try await writer.finish(nil)
        }
        return Response(status: status, headers: headers, body: body)
    }

    private static func read(_ store: any BlobStore, _ digest: Digest, _ range: Range<Int64>) async throws -> [UInt8] {
        let length = min(range.count, BlobRoutes.pieceBytes)
        guard length > 0 else { return [] }
        let bytes = try await store.read(digest, offset: range.lowerBound, length: length)
        guard bytes.count == length else { throw BlobError.damaged(digest) }
        return bytes
    }
}

/// RFC 9110 §14: one range of bytes. Several at once are answered with the whole.
enum ByteRange: Equatable {
    case whole
    case part(Range<Int64>)
    case unsatisfiable

    static func parse(_ text: String, size: Int64) -> ByteRange {
        guard text.hasPrefix("bytes="), !text.contains(",") else { return .whole }
        let ends = text.dropFirst(6).split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard ends.count == 2, ends.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }) else { return .whole }
        switch (Int64(ends[0]), Int64(ends[1])) {
        case (let first?, let last?):
            guard first <= last else { return .whole }
            return first < size ? .part(first..<min(last, size - 1) + 1) : .unsatisfiable
        case (let first?, nil):
            guard ends[1].isEmpty else { return .whole }
            return first < size ? .part(first..<size) : .unsatisfiable
        case (nil, let suffix?):
            guard ends[0].isEmpty else { return .whole }
            return suffix > 0 && size > 0 ? .part(max(0, size - suffix)..<size) : .unsatisfiable
        case (nil, nil): return .whole
        }
    }
}

enum EntityTag {
    static func of(_ body: ByteBuffer) -> String { "\"\(Hashing.sha256(body.readableBytesView).hex.prefix(32))\"" }

    static func isKnown(_ tag: String, in headers: HTTPFields) -> Bool {
        headers[values: .ifNoneMatch].contains { value in
            value.split(separator: ",").contains { known in
                let text = known.trimmingSpaces()
                return text == "*" || text == tag || text == "W/" + tag
            }
        }
    }
}

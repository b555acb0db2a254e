import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import WeftFormats
package import WeftModel

extension WeftClient {
    /// The blob's size in bytes, or nil when the coordinator does not have it.
    package func size(of digest: Digest) async throws -> Int64? {
        let response = try await transport.send(
            Transport.Call(method: .HEAD, path: "/api/v1/blobs/\(digest)", timeout: policy.callTimeout),
            allowing: [404])
        guard response.status.code != 404 else { return nil }
        return response.headers.first(name: "content-length").flatMap { Int64($0) }
    }

    /// Makes the bytes known to the coordinator; sends nothing when they are.
    package func upload(_ bytes: [UInt8]) async throws -> BlobReference {
        let reference = BlobReference(digest: Hashing.sha256(bytes), sizeBytes: Int64(bytes.count))
        if try await size(of: reference.digest) != nil { return reference }
        return try await put(reference, .bytes(ByteBuffer(bytes: bytes)))
    }

    /// Makes a file's content known to the coordinator; streams it, and sends nothing when it is known.
    package func upload(file path: String) async throws -> BlobReference {
        let file = try LocalFile.digest(of: path)
        if try await size(of: file.digest) != nil { return file }
        return try await put(file, .stream(FilePieces(path: path), length: .known(file.sizeBytes)))
    }

    private func put(_ blob: BlobReference, _ body: HTTPClientRequest.Body) async throws -> BlobReference {
        try await transport.json(
            BlobReference.self,
            Transport.Call(
                method: .PUT, path: "/api/v1/blobs/\(blob.digest)",
                headers: [("content-type", "application/octet-stream")], body: body))
    }

    /// The blob's bytes, checked. Throws when it has more than `limit`.
    package func blob(_ digest: Digest, limit: Int = 64 << 20) async throws -> [UInt8] {
        let bytes = try await transport.answer(to: Transport.Call(path: "/api/v1/blobs/\(digest)"), limit: limit).body
        let actual = Hashing.sha256(bytes)
        guard actual == digest else { throw ClientError.corrupted(expected: digest, actual: actual) }
        return bytes
    }

    /// Streams a blob into a file, checked: the file is there whole or not at all.
    package func download(_ digest: Digest, to path: String) async throws {
        _ = try await download("/api/v1/blobs/\(digest)", expecting: digest, to: path)
    }

    /// Streams one output of an agreed answer into a file. Returns what was written.
    package func downloadOutput(_ output: String, of task: TaskID, to path: String) async throws -> BlobReference {
        let escaped = Transport.escape(output, keepingSlashes: true)
        return try await download(Self.path(task) + "/outputs/\(escaped)", expecting: nil, to: path)
    }

    /// One output of an agreed answer, at most `limit` bytes.
    package func output(_ output: String, of task: TaskID, limit: Int = 64 << 20) async throws -> [UInt8] {
        let escaped = Transport.escape(output, keepingSlashes: true)
        return try await transport.answer(
            to: Transport.Call(path: Self.path(task) + "/outputs/\(escaped)"), limit: limit
        ).body
    }

    /// What an agreed answer printed, at most `limit` bytes.
    package func standardOutput(of task: TaskID, limit: Int = 64 << 20) async throws -> [UInt8] {
        try await transport.answer(to: Transport.Call(path: Self.path(task) + "/stdout"), limit: limit).body
    }

    /// The kept part of the standard error of an agreed answer.
    package func standardError(of task: TaskID, limit: Int = 64 << 20) async throws -> [UInt8] {
        try await transport.answer(to: Transport.Call(path: Self.path(task) + "/stderr"), limit: limit).body
    }

    private func download(_ address: String, expecting: Digest?, to path: String) async throws -> BlobReference {
        let response = try await transport.send(Transport.Call(path: address))
        // The tag of a blob is its digest.
        let tag = response.headers.first(name: "etag").flatMap { Digest(text: $0.filter { $0 != "\"" }) }
        let file = try PartialFile(for: path)
        do {
            var hash = SHA256Stream()
            for try await buffer in response.body {
                hash.update(buffer.readableBytesView)
                try file.write(buffer)
            }
            let actual = hash.finalize()
            if let expected = expecting ?? tag, actual != expected {
                throw ClientError.corrupted(expected: expected, actual: actual)
            }
            try file.finish()
            return BlobReference(digest: actual, sizeBytes: hash.byteCount)
        } catch {
            file.cancel()
            throw transport.translated(error)
        }
    }
}

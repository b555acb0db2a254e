import WeftFormats
import WeftModel
import WeftStorage

/// Brings a task's outputs to their URLs. To do it again, after a crash in the middle, gives the same.
struct Delivery: Sendable {
    let blobs: any BlobStore
    let roots: FileRoots
    let blocking: Blocking

    private static let pieceBytes: Int64 = 1 << 20
    /// Files of one task.
    private static let filesMax = 100_000

    /// What is wrong with the URLs of a task's outputs, before anything runs.
    func problems(with task: TaskDocument) -> [Problem] {
        task.outputs.enumerated().compactMap { index, output in
            func problem(_ message: String) -> Problem { Problem(field: "outputs[\(index)].url", message: message) }
            if WeftURL.isStore(output.url) { return nil }
            guard let path = FileRoots.path(in: output.url) else {
                let scheme = output.url.prefix { $0 != ":" }.prefix(20)
                return problem(
                    "expected file:///… or weft:, the coordinator's own store; \(scheme) is not written here")
            }
            do {
                let place = try roots.place(of: path)
                let isDirectory = output.type == .directory || ShellPattern.hasWildcards(output.path)
                if place.names.isEmpty, !isDirectory { return problem("\(path) is a directory that outputs go below") }
                return nil
            } catch {
                return problem("\(error)")
            }
        }
    }

    /// Delivers what the completion has. Throws ``FileRoots/Failure``, ``FileArchiveReader/Failure``, `BlobError`.
    func deliver(_ task: TaskDocument, _ plan: TaskPlan, _ completion: Completion) async throws -> [Settlement.File] {
        var delivered: [Settlement.File] = []
        for (output, form) in zip(task.outputs, plan.outputs) {
            let found = completion.outputs.first { $0.path == form.workPath }?.blob
            guard let blob = found else { throw FileRoots.Failure.failed("the output \(output.path) is not there") }
            switch form {
            case .file:
                let url = try await deliver(blob, to: output.url)
                delivered.append(Settlement.File(url: url, path: output.path, sizeBytes: blob.sizeBytes))
            case .archive(_, let prefix):
                delivered += try await deliver(
                    blob, prefix: prefix, below: output.url, left: Self.filesMax - delivered.count)
            }
        }
        return delivered
    }

    private func deliver(_ blob: BlobReference, to url: String) async throws -> String {
        guard let path = FileRoots.path(in: url) else { return WeftURL.url(of: blob.digest) }
        var offset: Int64 = 0
        try await write(to: roots.place(of: path)) {
            guard offset < blob.sizeBytes else { return [] }
            let bytes = try await blobs.read(blob.digest, offset: offset, length: Int(Self.pieceBytes))
            guard !bytes.isEmpty else { throw BlobError.damaged(blob.digest) }
            offset += Int64(bytes.count)
            return bytes
        }
        return url
    }

    private func deliver(
        _ archive: BlobReference, prefix: String, below url: String, left: Int
    ) async throws -> [Settlement.File] {
        var delivered: [Settlement.File] = []
        var reader = FileArchiveReader(archive, in: blobs)
        while let entry = try await reader.next() {
            guard delivered.count < left else {
                throw FileRoots.Failure.failed("there are more than \(Self.filesMax) files")
            }
            guard entry.name.hasPrefix(prefix) else { throw FileArchiveReader.Failure.damaged }
            let rest = entry.name.dropFirst(prefix.count)
            // A payload can write the archive itself: its names are not to be trusted.
            let names = rest.split(separator: "/")
            guard !names.isEmpty, !names.contains(".."), !names.contains("."), !rest.utf8.contains(0) else {
                throw FileArchiveReader.Failure.damaged
            }
            let target: String
            if let path = FileRoots.path(in: url) {
                let name = names.joined(separator: "/")
                try await write(to: roots.place(of: "\(path)/\(name)")) { try await reader.read() }
                target = url.hasSuffix("/") ? url + name : "\(url)/\(name)"
            } else {
                target = WeftURL.url(of: try await store(&reader).digest)
            }
            delivered.append(Settlement.File(url: target, path: entry.name, sizeBytes: entry.sizeBytes))
        }
        return delivered
    }

    private func store(_ reader: inout FileArchiveReader) async throws -> BlobReference {
        let writer = try await blobs.makeWriter()
        do {
            while true {
                let piece = try await reader.read()
                if piece.isEmpty { break }
                try await writer.write(piece)
            }
            return try await writer.finish(expecting: nil)
        } catch {
            await writer.cancel()
            throw error
        }
    }

    /// Writes what `next` gives until it gives nothing.
    private func write(to place: FileRoots.Place, _ next: () async throws -> [UInt8]) async throws {
        let roots = roots
        let writing = try await blocking.run { try roots.create(place) }
        do {
            while true {
                let piece = try await next()
                if piece.isEmpty { break }
                try await blocking.run { try roots.write(piece, to: writing) }
            }
        } catch {
            roots.cancel(writing)
            throw error
        }
        try await blocking.run { try roots.finish(writing) }
    }
}

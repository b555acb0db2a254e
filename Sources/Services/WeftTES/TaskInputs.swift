import WeftFormats
package import WeftModel
import WeftStorage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Turns the inputs of tasks into inputs of jobs: contents and files become blobs.
struct TaskInputs: Sendable {
    let blobs: any BlobStore
    let roots: FileRoots
    let blocking: Blocking

    private static let pieceBytes = 1 << 20

    /// Throws ``InvalidDocument`` with every input that cannot be had.
    func resolve(_ task: TaskDocument) async throws -> [Input] {
        var inputs: [Input] = []
        var problems: [Problem] = []
        for (index, input) in task.inputs.enumerated() {
            let field = "inputs[\(index)]"
            do {
                inputs += try await resolve(input, field)
            } catch let error as InvalidDocument {
                problems += error.problems
            } catch let error as FileRoots.Failure {
                problems.append(Problem(field: "\(field).url", message: "\(error)"))
            }
            if inputs.count > JobLimits.files - 3 {
                problems.append(
                    Problem(field: field, message: "there are more than \(JobLimits.files - 3) files in all"))
                break
            }
        }
        guard problems.isEmpty else { throw InvalidDocument(problems) }
        return inputs
    }

    private func resolve(_ input: TaskDocument.Input, _ field: String) async throws -> [Input] {
        let path = "tes" + input.path
        let url = input.url ?? ""
        if let content = input.content, !(content.isEmpty && !url.isEmpty) {
            return [Input(path: path, source: try await blob(Array(content.utf8)))]
        }
        func refuse(_ message: String) -> InvalidDocument {
            InvalidDocument([Problem(field: "\(field).url", message: message)])
        }
        if let file = FileRoots.path(in: url) {
            let place = try roots.place(of: file)
            guard input.type == .directory else { return [Input(path: path, source: try await read(place))] }
            let roots = roots
            let places = try await blocking.run { try roots.files(below: place, most: JobLimits.files) }
            var inputs: [Input] = []
            let base = input.path.hasSuffix("/") ? String(path.dropLast()) : path
            for inner in places {
                let names = inner.names.dropFirst(place.names.count).joined(separator: "/")
                inputs.append(Input(path: "\(base)/\(names)", source: try await read(inner)))
            }
            return inputs
        }
        guard input.type == .file else { throw refuse("expected a directory of file://; others have no directories") }
        if let digest = WeftURL.digest(in: url) { return [Input(path: path, source: .blob(digest))] }
        if url.hasPrefix("http://") || url.hasPrefix("https://") {
            return [Input(path: path, source: .url(url, digest: nil))]
        }
        throw refuse(
            "expected file://, http://, https:// or weft://sha256:…; \(url.prefix { $0 != ":" }.prefix(20)) is not read here"
        )
    }

    private func blob(_ bytes: [UInt8]) async throws -> InputSource {
        bytes.count <= 4096 ? .inline(bytes) : .blob(try await blobs.put(bytes).digest)
    }

    private func read(_ place: FileRoots.Place) async throws -> InputSource {
        let roots = roots
        let file = try await blocking.run { try roots.openFile(place) }
        defer { close(file) }
        let writer = try await blobs.makeWriter()
        do {
            while true {
                let piece = try await blocking.run { try Self.read(file) }
                if piece.isEmpty { break }
                try await writer.write(piece)
            }
            return .blob(try await writer.finish(expecting: nil).digest)
        } catch {
            await writer.cancel()
            throw error
        }
    }

    static func read(_ file: Int32) throws -> [UInt8] {
        while true {
            var count = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: pieceBytes) { buffer, filled in
                #if canImport(Glibc)
                    count = Glibc.read(file, buffer.baseAddress!, pieceBytes)
                #elseif canImport(Musl)
                    count = Musl.read(file, buffer.baseAddress!, pieceBytes)
                #elseif canImport(Darwin)
                    count = Darwin.read(file, buffer.baseAddress!, pieceBytes)
                #endif
                filled = max(0, count)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileRoots.Failure.failed("cannot read: \(String(cString: strerror(errno)))") }
            return bytes
        }
    }
}

/// Blobs as URLs: `weft://sha256:` and the digits.
package enum WeftURL {
    package static let scheme = "weft"

    package static func digest(in url: String) -> Digest? {
        for prefix in ["weft://", "weft:"] where url.hasPrefix(prefix) {
            return Digest(text: String(url.dropFirst(prefix.count)))
        }
        return nil
    }

    /// Whether outputs with this URL stay where they are, as blobs: `weft:` or `weft://`.
    static func isStore(_ url: String) -> Bool { url == "weft:" || url == "weft://" }

    static func url(of digest: Digest) -> String { "weft://\(digest)" }
}

package import WeftModel
package import WeftStorage

/// Files one after the other, as the runner's script writes them: for each a line with its size in bytes and its name, and
/// then its bytes. Their order, and so the bytes of the whole, depend on nothing but names and contents.
package struct FileArchiveReader {
    package struct Entry: Hashable, Sendable {
        package var name: String
        package var sizeBytes: Int64
    }

    package enum Failure: Error, Hashable, CustomStringConvertible {
        case damaged

        package var description: String { "what the task left is not what its script writes" }
    }

    /// Of a line with size and name.
    private static let lineBytes = 8 << 10
    private static let pieceBytes = 1 << 20

    private let store: any BlobStore
    private let blob: BlobReference
    private var offset: Int64 = 0
    private var buffer: ArraySlice<UInt8> = []
    /// Of the entry that was begun.
    private var left: Int64 = 0

    package init(_ blob: BlobReference, in store: any BlobStore) {
        self.blob = blob
        self.store = store
    }

    /// The next file; what was not read of the one before is passed over. nil at the end. Throws ``Failure``.
    package mutating func next() async throws -> Entry? {
        while left > 0 { _ = try await read() }
        guard try await fill() else { return nil }
        var line: [UInt8] = []
        while true {
            guard try await fill(), line.count < Self.lineBytes, let byte = buffer.popFirst() else {
                throw Failure.damaged
            }
            if byte == UInt8(ascii: "\n") { break }
            line.append(byte)
        }
        guard let space = line.firstIndex(of: UInt8(ascii: " ")),
            let size = Int64(String(decoding: line[..<space], as: UTF8.self)), size >= 0,
            let name = String(validating: line[(space + 1)...], as: UTF8.self), !name.isEmpty
        else { throw Failure.damaged }
        left = size
        return Entry(name: name, sizeBytes: size)
    }

    /// More bytes of the file that was begun; none at its end.
    package mutating func read() async throws -> [UInt8] {
        guard left > 0 else { return [] }
        guard try await fill() else { throw Failure.damaged }
        let piece = Array(buffer.prefix(Int(min(left, Int64(buffer.count)))))
        buffer = buffer.dropFirst(piece.count)
        left -= Int64(piece.count)
        return piece
    }

    /// Whether there is anything more.
    private mutating func fill() async throws -> Bool {
        guard buffer.isEmpty else { return true }
        guard offset < blob.sizeBytes else { return false }
        let bytes = try await store.read(blob.digest, offset: offset, length: Self.pieceBytes)
        guard !bytes.isEmpty else { throw BlobError.damaged(blob.digest) }
        offset += Int64(bytes.count)
        buffer = bytes[...]
        return true
    }
}

/// How a task's executors went, as its script wrote it.
package struct RunReport: Hashable, Sendable {
    package struct Executor: Hashable, Sendable {
        package var startTime: String
        package var endTime: String
        package var exitCode: Int32
        package var standardOutput: String?
        package var standardError: String?
    }

    package var executors: [Executor] = []

    /// A report larger than any that the script writes.
    private static let sizeMax = Int64(TaskDocument.executorsMax) * Int64(2 * RunnerScript.tailBytes + 4096)

    /// Throws ``FileArchiveReader/Failure``: a payload could have written something else in its place.
    package init(reading blob: BlobReference, in store: any BlobStore) async throws {
        guard blob.sizeBytes <= Self.sizeMax else { throw FileArchiveReader.Failure.damaged }
        var reader = FileArchiveReader(blob, in: store)
        while let entry = try await reader.next() {
            var bytes: [UInt8] = []
            while true {
                let piece = try await reader.read()
                if piece.isEmpty { break }
                bytes += piece
            }
            let text = String(decoding: bytes, as: UTF8.self)
            let parts = entry.name.split(separator: "/")
            guard parts.count == 2, let index = Int(parts[1]) else { throw FileArchiveReader.Failure.damaged }
            switch parts[0] {
            case "executor":
                let words = text.split(whereSeparator: { $0 == " " || $0 == "\n" }).map(String.init)
                guard index == executors.count, index < TaskDocument.executorsMax, words.count == 3,
                    let code = Int32(words[2]), words[0].utf8.count <= 40, words[1].utf8.count <= 40
                else { throw FileArchiveReader.Failure.damaged }
                executors.append(Executor(startTime: words[0], endTime: words[1], exitCode: code))
            case "stdout" where executors.indices.contains(index): executors[index].standardOutput = text
            case "stderr" where executors.indices.contains(index): executors[index].standardError = text
            default: throw FileArchiveReader.Failure.damaged
            }
        }
    }
}

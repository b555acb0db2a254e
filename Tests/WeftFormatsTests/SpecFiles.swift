import Foundation
import Testing

/// The job files under `Specs/`, each with what is expected of it in a file beside it.
struct SpecFile: CustomTestStringConvertible, Sendable {
    var url: URL

    var testDescription: String { url.lastPathComponent }
    var expectation: URL { url.appendingPathExtension("expect") }

    func bytes() throws -> [UInt8] { Array(try Data(contentsOf: url)) }

    static func all(_ folder: String) -> [SpecFile] {
        let directory = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Specs/\(folder)")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.path())) ?? []
        return names.sorted().filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".json") }
            .map { SpecFile(url: directory.appending(path: $0)) }
    }

    /// Compares with the expectation. With `WEFT_RECORD_SPECS` set, writes it instead (then read the diff).
    func expect(_ text: String) throws -> (actual: String, expected: String) {
        if ProcessInfo.processInfo.environment["WEFT_RECORD_SPECS"] != nil {
            try Data(text.utf8).write(to: expectation)
        }
        return (text, String(decoding: try Data(contentsOf: expectation), as: UTF8.self))
    }
}

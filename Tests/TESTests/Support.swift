import Foundation
import WeftFormats
import WeftModel
import WeftTES

func task(_ json: String) throws -> TaskDocument { try TaskDocument(document: JSONText.parse(Array(json.utf8))) }

func problems(_ body: () throws -> Void) -> [Problem] {
    do {
        try body()
        return []
    } catch { return (error as? InvalidDocument)?.problems ?? [Problem(field: "?", message: "\(error)")] }
}

/// A directory that is gone afterwards.
func withDirectory<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    let url = FileManager.default.temporaryDirectory.appending(path: "weft-tes-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: url) }
    return try await body(url.resolvingSymlinksInPath().path)
}

import Foundation

/// What Weft is compared with and that is compiled for it: it lies in the sources that this program was built from.
enum RawSource {
    /// The folder of the sources in which there is this file; nil where this program has gone elsewhere.
    static func root(of source: String) -> String? {
        var root = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        for _ in 0..<6 {
            root.deleteLastPathComponent()
            if FileManager.default.fileExists(atPath: root.appendingPathComponent(source).path) { return root.path }
        }
        return nil
    }
}

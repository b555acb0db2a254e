import Glibc

package struct ShellError: Error, CustomStringConvertible {
    package let script: String
    package let output: String

    package init(script: String, output: String) { (self.script, self.output) = (script, output) }

    package var description: String { "\(script): \(output)" }
}

/// Runs a script; throws when it fails.
package func shell(_ script: String) throws {
    let status = system(script)
    guard status == 0 else { throw ShellError(script: script, output: "it ended with status \(status)") }
}

package func shellSucceeds(_ script: String) -> Bool { system(script) == 0 }

/// What a script writes to standard output.
package func shellOutput(_ script: String) -> String {
    guard let stream = popen(script, "r") else { return "" }
    defer { pclose(stream) }
    var text: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4096)
    while true {
        let count = fread(&piece, 1, piece.count, stream)
        guard count > 0 else { return String(decoding: text, as: UTF8.self) }
        text += piece[..<count]
    }
}

func write(_ text: String, to path: String) throws {
    guard let file = fopen(path, "we") else { throw ShellError(script: path, output: "it cannot be written") }
    let count = fputs(text, file)
    guard fclose(file) == 0, count >= 0 else { throw ShellError(script: path, output: "it cannot be written") }
}

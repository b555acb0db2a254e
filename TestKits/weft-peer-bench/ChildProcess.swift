import Foundation

/// A program that runs beside this one.
final class ChildProcess: Sendable {
    private let process: Process
    private let output: Pipe

    private init(_ process: Process, _ output: Pipe) {
        self.process = process
        self.output = output
    }

    var id: Int32 { process.processIdentifier }

    static func start(_ program: String, _ arguments: [String]) throws -> ChildProcess {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        return ChildProcess(process, output)
    }

    /// The first line that it prints. Blocks.
    func firstLine() throws -> String {
        var line = Data()
        while let byte = try output.fileHandleForReading.read(upToCount: 1), byte != Data([10]) {
            if byte.isEmpty { throw BenchError("the program ended") }
            line += byte
        }
        return String(decoding: line, as: UTF8.self)
    }

    func stop() {
        process.terminate()
        process.waitUntilExit()
    }
}

import Foundation
import Testing

/// The system's C++ compilers, as the emulation uses them.
enum Compiler {
    static let header = Library.root + "/Sources/Execution/KernelRunner/emulation"

    /// Those that are here.
    static let names = ["g++", "clang++"].filter { (try? run(["/usr/bin/env", $0, "--version"]).status) == 0 }

    static let options = [
        "-std=c++20", "-O2", "-fPIC", "-fno-exceptions", "-fno-rtti", "-ffp-contract=off", "-fstack-clash-protection",
        "-fno-strict-aliasing", "-pthread", "-Wall", "-Wextra", "-Werror", "-Wno-unknown-pragmas",
        "-Wno-unused-parameter",
        "-I", header, "-x", "c++",
    ]

    struct Ended {
        var status: Int32
        /// Standard output and error.
        var text: String
    }

    /// Runs a program to its end and returns what it said, at most 64 KiB of it.
    static func run(_ arguments: [String]) throws -> Ended {
        let process = Process()
        process.executableURL = URL(filePath: arguments[0])
        process.arguments = Array(arguments.dropFirst())
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let said = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        let code = process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
        return Ended(status: code, text: String(decoding: said.prefix(64 << 10), as: UTF8.self))
    }

    /// Compiles `source` to `target`; the test fails with what the compiler says.
    static func compile(_ source: String, to target: String, by compiler: String, _ more: [String]) throws {
        let ended = try run(["/usr/bin/env", compiler] + options + more + [source, "-o", target])
        try #require(ended.status == 0, "\(compiler): \(ended.text.prefix(2000))")
    }

    /// A folder that is gone with everything in it after `body`.
    static func inFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.path + "/weft-kernels-\(UInt64.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try body(folder)
    }
}

import Glibc
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
        var ends: [Int32] = [0, 0]
        let made = pipe2(&ends, O_CLOEXEC)
        try #require(made == 0)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        words.append(nil)
        var variables: [UnsafeMutablePointer<CChar>?] = ["PATH", "TMPDIR"].compactMap { name in
            getenv(name).map { strdup("\(name)=\(String(cString: $0))") }
        }
        variables.append(nil)
        defer { for word in words + variables { free(word) } }
        var process: pid_t = 0
        let spawned = posix_spawn(&process, arguments[0], &actions, nil, words, variables)
        close(ends[1])
        defer { close(ends[0]) }
        try #require(spawned == 0)
        var text: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(ends[0], &piece, piece.count)
            if count <= 0 { break }
            if text.count < 64 << 10 { text += piece[0..<count] }
        }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        let code = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
        return Ended(status: code, text: String(decoding: text, as: UTF8.self))
    }

    /// Compiles `source` to `target`; the test fails with what the compiler says.
    static func compile(_ source: String, to target: String, by compiler: String, _ more: [String]) throws {
        let ended = try run(["/usr/bin/env", compiler] + options + more + [source, "-o", target])
        try #require(ended.status == 0, "\(compiler): \(ended.text.prefix(2000))")
    }

    /// A folder that is gone with everything in it after `body`.
    static func inFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
        var template = Array("/tmp/weft-kernels-XXXXXX".utf8CString)
        let made = mkdtemp(&template)
        try #require(made != nil)
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { _ = try? run(["/bin/rm", "-rf", folder]) }
        return try body(folder)
    }
}

/// A module that is made to break the engine, or is none.
struct HostileModule: Sendable {
    /// How it may end. Nothing else is an end of the payload's own.
    enum End: String, Sendable {
        case trap = "a trap: status 134"
        case notExecutable = "not executable"
        case outOfMemory = "out of memory"
        case timedOut = "timed out"
        case anyOfItsOwn = "an end of its own: a status, a trap, a limit, not executable"
    }

    let name: String
    /// In a few words, for people.
    let tries: String
    let end: End
    let modules: [[UInt8]]

    init(_ name: String, _ tries: String, _ end: End, _ modules: [UInt8]...) {
        self.init(name, tries, end, all: modules)
    }

    init(_ name: String, _ tries: String, _ end: End, all modules: [[UInt8]]) {
        (self.name, self.tries, self.end, self.modules) = (name, tries, end, modules)
    }

    /// As docs/attacks.md has it.
    var row: String { "| `\(name)` | \(tries) | \(end.rawValue) |" }

    static let all = endless + trapping + greedy + malformed + wronglyLinked + misusing

    // MARK: without end

    private static let endless = [
        HostileModule("endless-loop", "runs for ever", .timedOut, simple(body: [0x03, 0x40, 0x0c, 0, 0x0b])),
        HostileModule(
            "endless-start", "runs for ever before it has begun, in its start function", .timedOut,
            simple(body: [0x03, 0x40, 0x0c, 0, 0x0b], start: 0)),
        HostileModule("endless-recursion", "calls itself for ever", .trap, simple(body: [0x10, 0])),
    ]

    // MARK: traps

    private static let trapping = [
        HostileModule("unreachable", "does what must not be reached", .trap, simple(body: [0x00])),
        HostileModule(
            "impossible-numbers", "divides by zero, and converts what is no number", .trap,
            simple(body: [0x41, 1, 0x41, 0, 0x6d, 0x1a]), simple(body: [0x43, 0, 0, 0xc0, 0x7f, 0xa8, 0x1a]),
            simple(body: TinyModule.constant(-0x8000_0000) + [0x41, 0x7f, 0x6d, 0x1a])),
        HostileModule(
            "memory-out-of-bounds", "reads and writes past its memory, by the largest offsets there are", .trap,
            simple(body: TinyModule.constant(-4) + [0x28, 2, 0, 0x1a]),
            simple(body: TinyModule.constant(-1) + [0x41, 0, 0x36, 2, 0xff, 0xff, 0xff, 0xff, 0x0f]),
            simple(body: [0x41, 0, 0x41, 0] + TinyModule.constant(-1) + [0xfc, 0x0b, 0]),
            simple(body: TinyModule.constant(-1) + [0x41, 0, 0x41, 10, 0xfc, 0x0a, 0, 0])),
        HostileModule(
            "indirect-calls", "calls functions by numbers that stand for none", .trap,
            simple(body: [0x41, 0, 0x11, 0, 0], table: [0x70, 0, 1]),
            simple(body: TinyModule.constant(1_000_000) + [0x11, 0, 0], table: [0x70, 0, 1]),
            simple(body: TinyModule.constant(-1) + [0x11, 0, 0], table: [0x70, 0, 1])),
        HostileModule(
            "data-out-of-bounds", "has data beyond its memory", .anyOfItsOwn,
            simple(
                body: [], data: [0] + TinyModule.constant(65530) + [0x0b] + vector([UInt8](repeating: 1, count: 10))),
            simple(body: [], data: [0] + TinyModule.constant(-1) + [0x0b] + vector([1]))),
    ]

    // MARK: too much

    private static let greedy = [
        HostileModule(
            "large-memory", "begins with four gibibytes", .outOfMemory, simple(body: [], memory: [0, 0x80, 0x80, 4])),
        HostileModule(
            "larger-memory", "begins with more than 32 bits can name", .notExecutable,
            simple(body: [], memory: [0, 0x81, 0x80, 4])),
        HostileModule(
            "large-tables", "begins with, or grows to, a table of four thousand million places", .anyOfItsOwn,
            simple(body: [], table: [0x70, 0, 0xff, 0xff, 0xff, 0xff, 0x0f]),
            simple(
                body: [0xd0, 0x70] + TinyModule.constant(0x7fff_ffff) + [0xfc, 0x0f, 0, 0x1a], table: [0x70, 0, 1]),
            simple(
                body: [0x03, 0x40, 0xd0, 0x70] + TinyModule.constant(1_000_000)
                    + [0xfc, 0x0f, 0, 0x41, 0x7f, 0x47, 0x0d, 0, 0x0b], table: [0x70, 0, 1])),
        HostileModule(
            "many-locals", "has a function with as many variables as can be said", .notExecutable,
            simple(body: [], locals: [1, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7e]),
            simple(body: [], locals: [2, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7e, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7e])),
        HostileModule(
            "most-locals", "has a function with 50000 variables", .anyOfItsOwn,
            simple(body: [], locals: [1, 0xd0, 0x86, 3, 0x7e])),
        HostileModule("many-functions", "has 200000 functions", .anyOfItsOwn, manyFunctions(200_000)),
        HostileModule(
            "deep-blocks", "has 100000 blocks within each other", .anyOfItsOwn,
            simple(
                body: [UInt8]((0..<100_000).flatMap { _ in [0x02, 0x40] as [UInt8] })
                    + [UInt8](repeating: 0x0b, count: 100_000))),
        HostileModule(
            "wide-branch", "has a branch with 400000 targets", .anyOfItsOwn,
            simple(
                body: [0x02, 0x40, 0x41, 0, 0x0e] + TinyModule.number(400_000)
                    + [UInt8](repeating: 0, count: 400_001) + [0x0b])),
        HostileModule(
            "long-function", "has a function of four megabytes", .anyOfItsOwn,
            simple(body: (0..<1_300_000).flatMap { _ in [0x41, 1, 0x1a] as [UInt8] })),
    ]

    // MARK: not modules

    private static let malformed = [
        HostileModule(
            "truncated", "ends in the middle, at one byte after another", .notExecutable,
            all: stride(from: 0, to: TinyModule.hello.bytes.count - 1, by: 9).map {
                Array(TinyModule.hello.bytes[..<$0])
            }),
        HostileModule("changed-bits", "has bits changed, 48 times", .anyOfItsOwn, all: (0..<48).map(changed)),
        HostileModule(
            "huge-counts", "says that it has four thousand million types, functions, exports, bytes", .notExecutable,
            all: [1, 2, 3, 4, 6, 7, 9, 10, 11].map { id in
                header + [id, 5, 0xff, 0xff, 0xff, 0xff, 0x0f]
            } + [header + [1, 0xff, 0xff, 0xff, 0xff, 0x0f, 1]]),
        HostileModule(
            "malformed-numbers", "has numbers with more digits than there can be", .notExecutable,
            header + [1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00], header + [1, 6, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]),
        HostileModule(
            "odd-sections", "has parts that are unknown, double, out of order", .notExecutable,
            header + [99, 1, 0], header + [1, 4, 1, 0x60, 0, 0, 1, 4, 1, 0x60, 0, 0],
            header + [3, 2, 1, 0, 1, 4, 1, 0x60, 0, 0],
            header + [0, 3, 2, 0xff, 0xfe]),
        HostileModule(
            "other-files", "is a program, a text, an archive, a component, of another version", .notExecutable,
            Array("\u{7f}ELF".utf8) + [2, 1, 1, 0], Array("(module (func (export \"_start\")))".utf8),
            [0x1f, 0x8b, 8, 0],
            [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0], [0, 0x61, 0x73, 0x6d, 2, 0, 0, 0], Array("#!/bin/sh\n".utf8)),
        HostileModule(
            "wrong-code", "has code that does not fit its types, or is cut off", .notExecutable,
            simple(body: [0x1a]), simple(body: [0x41, 1]), simple(body: [0x10, 9]), simple(body: [0x20, 7, 0x1a]),
            simple(body: [0xff]), simple(body: [0x02, 0x40]), simple(body: [0x0c, 99])),
    ]

    // MARK: what it wants of others

    private static let wronglyLinked = [
        HostileModule(
            "unknown-imports", "wants functions, memories, tables that nobody has", .notExecutable,
            all: [
                importing("env", "fork", [0, 0]), importing("env", "memory", [2, 0, 1]),
                importing("env", "t", [1, 0x70, 0, 1]),
                importing("env", "g", [3, 0x7f, 0]), importing("wasi_unstable", "fd_write", [0, 0]),
                importing("", "", [0, 0]),
                importing("wasi:sockets/tcp@0.2.0", "start-connect", [0, 0]), importing("env", "memory", [2, 3, 1, 1]),
                importing("wasi_snapshot_preview1", "sock_open", [0, 0]),
                importing("wasi_snapshot_preview1", "proc_exec", [0, 0]),
            ]),
        HostileModule(
            "other-signatures", "wants functions of WASI with other parameters", .notExecutable,
            importing("wasi_snapshot_preview1", "fd_write", [0, 0]),
            importing("wasi_snapshot_preview1", "proc_exit", [0, 0]),
            importing("wasi_snapshot_preview1", "random_get", [2, 0, 1])),
        HostileModule(
            "no-start", "has no _start, or one that is no function, or wants something", .notExecutable,
            simple(body: [], export: "main"), simple(body: [], exports: [vector(Array("_start".utf8)) + [2, 0]]),
            simple(body: [], exports: [vector(Array("_start".utf8)) + [0, 0], vector(Array("_start".utf8)) + [0, 0]])),
        HostileModule(
            "odd-memories", "has several memories, large ones, shared ones", .anyOfItsOwn,
            simple(body: [], memory: [4, 1]), simple(body: [], memory: [3, 1, 1]),
            simple(body: [], memory: [0, 1], memories: 2),
            simple(body: [], memory: [5, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f])),
    ]

    // MARK: WASI

    private static let misusing = [
        HostileModule(
            "wild-pointers", "gives every function of WASI pointers past its memory", .anyOfItsOwn,
            all: functions.flatMap { function in
                [-16, 0x7fff_ffff, 65535].map { calling(function, pointer: $0) }
            }),
        HostileModule(
            "no-memory", "calls WASI without a memory, or with a function in its place", .anyOfItsOwn,
            withoutMemory(exports: []), withoutMemory(exports: [vector(Array("memory".utf8)) + [0, 1]])),
        HostileModule(
            "odd-statuses", "ends with a status that no process can have", .anyOfItsOwn,
            TinyModule.exit(-1).bytes, TinyModule.exit(1 << 30).bytes, TinyModule.exit(256).bytes),
        HostileModule(
            "signals", "raises signals", .anyOfItsOwn,
            all: [9, 6, 31, 40, 44].map { calling(("proc_raise", "i"), pointer: $0) }),
    ]
}

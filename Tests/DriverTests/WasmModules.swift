#if canImport(Glibc)
    import Glibc
#endif

/// Modules that are put together byte by byte, so that tests need no compiler.
struct TinyModule {
    /// Functions of WASI with the count of their 32-bit parameters; `-1` is clock_time_get, whose second has 64 bits.
    var imports: [(module: String, name: String, parameters: Int, hasResult: Bool)] = []
    var memoryPages = 1
    var data: [(offset: Int, bytes: [UInt8])] = []
    /// Of `_start`: instructions without the `end`.
    var body: [UInt8] = []
    var startName = "_start"

    mutating func wasi(_ name: String, _ parameters: Int, hasResult: Bool = true) {
        imports.append(("wasi_snapshot_preview1", name, parameters, hasResult))
    }

    static func number(_ value: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = UInt64(value)
        repeat {
            let part = UInt8(rest & 0x7f)
            rest >>= 7
            bytes.append(rest == 0 ? part : part | 0x80)
        } while rest != 0
        return bytes
    }

    static func signed(_ value: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = value
        while true {
            let part = UInt8(truncatingIfNeeded: rest & 0x7f)
            rest >>= 7
            let isLast = (rest == 0 && part & 0x40 == 0) || (rest == -1 && part & 0x40 != 0)
            bytes.append(isLast ? part : part | 0x80)
            if isLast { return bytes }
        }
    }

    private static func vector(_ bytes: [UInt8]) -> [UInt8] { number(bytes.count) + bytes }
    private static func section(_ id: UInt8, _ items: [[UInt8]]) -> [UInt8] {
        [id] + vector(number(items.count) + items.flatMap(\.self))
    }

    var bytes: [UInt8] {
        let types = imports.map { item -> [UInt8] in
            let parameters =
                item.parameters < 0 ? [0x7f, 0x7e, 0x7f] : [UInt8](repeating: 0x7f, count: item.parameters)
            return [0x60] + Self.vector(parameters) + Self.vector(item.hasResult ? [0x7f] : [])
        }
        let imported = imports.enumerated().map { index, item in
            Self.vector(Array(item.module.utf8)) + Self.vector(Array(item.name.utf8)) + [0] + Self.number(index)
        }
        let code = Self.number(0) + body + [0x0b]
        return [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
            + Self.section(1, types + [[0x60, 0, 0]])
            + Self.section(2, imported)
            + Self.section(3, [Self.number(imports.count)])
            + Self.section(5, [[0] + Self.number(memoryPages)])
            + Self.section(
                7,
                [
                    Self.vector(Array("memory".utf8)) + [2, 0],
                    Self.vector(Array(startName.utf8)) + [0] + Self.number(imports.count),
                ])
            + Self.section(10, [Self.vector(code)])
            + Self.section(
                11, data.map { [0] + Self.constant($0.offset) + [0x0b] + Self.vector($0.bytes) })
    }

    static func constant(_ value: Int) -> [UInt8] { [0x41] + signed(value) }
    static func call(_ function: Int, _ arguments: Int..., drops: Bool = true) -> [UInt8] {
        arguments.flatMap(constant) + [0x10] + number(function) + (drops ? [0x1a] : [])
    }
    static func little(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }

    // MARK: the modules

    static var hello: TinyModule {
        var module = TinyModule()
        module.wasi("fd_write", 4)
        module.data = [(0, little(8) + little(6) + Array("hello\n".utf8))]
        module.body = call(0, 1, 0, 1, 32)
        return module
    }

    static func exit(_ status: Int) -> TinyModule {
        var module = TinyModule()
        module.wasi("proc_exit", 1, hasResult: false)
        module.body = call(0, status, drops: false)
        return module
    }

    /// `loop br 0 end`
    static let endless = TinyModule(body: [0x03, 0x40, 0x0c, 0, 0x0b])
    static let trap = TinyModule(body: [0x00])

    /// Writes for ever.
    static var flood: TinyModule {
        var module = hello
        module.body = [0x03, 0x40] + call(0, 1, 0, 1, 32) + [0x0c, 0, 0x0b]
        return module
    }

    /// Grows its memory by a page until it is refused, writes to the last byte of each, and gives the count of pages in
    /// units of 16 as its status.
    static var greedy: TinyModule {
        var module = TinyModule()
        module.wasi("proc_exit", 1, hasResult: false)
        let write: [UInt8] =
            [0x3f, 0, 0x41] + signed(65536) + [0x6c] + constant(1) + [0x6b] + constant(7) + [0x3a, 0, 0]
        let grow: [UInt8] = constant(1) + [0x40, 0] + constant(-1) + [0x47, 0x0d, 0]
        module.body =
            [0x03, 0x40] + write + grow + [0x0b] + [0x3f, 0] + constant(4) + [0x76] + [0x10, 0]
        return module
    }

    /// Writes 32 random bytes, two looks at the clock, and numbers that floating point made of the random bytes,
    /// not-a-numbers of unspecified bits among them.
    static var numbers: TinyModule {
        var module = TinyModule()
        module.wasi("fd_write", 4)
        module.wasi("random_get", 2)
        module.wasi("clock_time_get", -1)
        func load(_ at: Int) -> [UInt8] { constant(0) + [0x2b, 3] + number(at) }
        func store(_ at: Int, _ value: [UInt8]) -> [UInt8] { constant(0) + value + [0x39, 3] + number(at) }
        func clock(_ id: Int, _ at: Int) -> [UInt8] {
            constant(id) + [0x42, 0] + constant(at) + [0x10, 2, 0x1a]
        }
        let binary: [UInt8] = [0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5]
        module.data = [(0, little(64) + little(32 + 16 + 64))]
        module.body = call(1, 64, 32) + clock(0, 96) + clock(1, 104)
        for (index, operation) in binary.enumerated() {
            module.body += store(
                112 + 8 * index, load(64 + 8 * (index % 4)) + load(64 + 8 * ((index + 1) % 4)) + [operation])
        }
        // The root of the first, and zero divided by zero with its sign turned twice.
        let zero: [UInt8] = [0x44] + [UInt8](repeating: 0, count: 8)
        module.body += store(160, load(64) + [0x9f]) + store(168, zero + zero + [0xa3])
        module.body += call(0, 1, 0, 1, 8)
        return module
    }
}

/// SplitMix64, once more, from its paper: what `random_get` has to give.
struct ExpectedRandom {
    var state: UInt64
    mutating func bytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            state &+= 0x9e37_79b9_7f4a_7c15
            var value = state
            value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
            value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
            value ^= value >> 31
            bytes += (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        return Array(bytes.prefix(count))
    }
}

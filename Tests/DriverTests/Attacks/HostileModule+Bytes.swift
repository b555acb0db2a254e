/// How such modules are put together, byte by byte.
extension HostileModule {
    static let header: [UInt8] = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
    static func vector(_ bytes: [UInt8]) -> [UInt8] { TinyModule.number(bytes.count) + bytes }
    static func section(_ id: UInt8, _ items: [[UInt8]]) -> [UInt8] {
        [id] + vector(TinyModule.number(items.count) + items.flatMap(\.self))
    }

    /// One function without parameters, a memory, and what else it takes.
    static func simple(
        body: [UInt8], locals: [UInt8] = [0], table: [UInt8]? = nil, memory: [UInt8] = [0, 1], memories: Int = 1,
        export: String = "_start", exports: [[UInt8]]? = nil, start: Int? = nil, data: [UInt8]? = nil
    ) -> [UInt8] {
        let names = exports ?? [vector(Array("memory".utf8)) + [2, 0], vector(Array(export.utf8)) + [0, 0]]
        var bytes = header + section(1, [[0x60, 0, 0]]) + section(3, [[0]])
        if let table { bytes += section(4, [table]) }
        bytes += section(5, Array(repeating: memory, count: memories)) + section(7, names)
        if let start { bytes += [8] + vector(TinyModule.number(start)) }
        bytes += section(10, [vector(locals + body + [0x0b])])
        if let data { bytes += section(11, [data]) }
        return bytes
    }

    static func manyFunctions(_ count: Int) -> [UInt8] {
        header + section(1, [[0x60, 0, 0]]) + section(3, Array(repeating: [0], count: count))
            + section(7, [vector(Array("_start".utf8)) + [0, 0]])
            + section(10, Array(repeating: [2, 0, 0x0b], count: count))
    }

    /// Imports one thing; functions have the type without parameters.
    static func importing(_ module: String, _ name: String, _ what: [UInt8]) -> [UInt8] {
        let function = TinyModule.number(what[0] == 0 ? 1 : 0)
        return header + section(1, [[0x60, 0, 0]])
            + section(2, [vector(Array(module.utf8)) + vector(Array(name.utf8)) + what]) + section(3, [[0]])
            + section(7, [vector(Array("_start".utf8)) + [0] + function]) + section(10, [[2, 0, 0x0b]])
    }

    /// WASI preview 1: `i` for a parameter of 32 bits, `I` for one of 64. All but `proc_exit` have a result.
    static let functions: [(name: String, parameters: String)] = [
        ("args_get", "ii"), ("args_sizes_get", "ii"), ("environ_get", "ii"), ("environ_sizes_get", "ii"),
        ("clock_res_get", "ii"), ("clock_time_get", "iIi"), ("fd_advise", "iIIi"), ("fd_allocate", "iII"),
        ("fd_close", "i"), ("fd_datasync", "i"), ("fd_fdstat_get", "ii"), ("fd_fdstat_set_flags", "ii"),
        ("fd_fdstat_set_rights", "iII"), ("fd_filestat_get", "ii"), ("fd_filestat_set_size", "iI"),
        ("fd_filestat_set_times", "iIIi"), ("fd_pread", "iiiIi"), ("fd_prestat_get", "ii"),
        ("fd_prestat_dir_name", "iii"),
        ("fd_pwrite", "iiiIi"), ("fd_read", "iiii"), ("fd_readdir", "iiiIi"), ("fd_renumber", "ii"),
        ("fd_seek", "iIii"),
        ("fd_sync", "i"), ("fd_tell", "ii"), ("fd_write", "iiii"), ("path_create_directory", "iii"),
        ("path_filestat_get", "iiiii"), ("path_filestat_set_times", "iiiiIIi"), ("path_link", "iiiiiii"),
        ("path_open", "iiiiiIIii"), ("path_readlink", "iiiiii"), ("path_remove_directory", "iii"),
        ("path_rename", "iiiiii"),
        ("path_symlink", "iiiii"), ("path_unlink_file", "iii"), ("poll_oneoff", "iiii"), ("random_get", "ii"),
        ("sock_accept", "iii"), ("sock_recv", "iiiiii"), ("sock_send", "iiiii"), ("sock_shutdown", "ii"),
    ]

    /// Calls a function with the pointer for every parameter but the first, which is a directory's descriptor.
    static func calling(_ function: (name: String, parameters: String), pointer: Int) -> [UInt8] {
        let types = function.parameters.map { $0 == "i" ? 0x7f : 0x7e } as [UInt8]
        var body: [UInt8] = []
        for (index, kind) in function.parameters.enumerated() {
            let isDescriptor = index == 0 && (function.name.hasPrefix("fd") || function.name.hasPrefix("path"))
            let value = isDescriptor ? 3 : pointer
            body += [kind == "i" ? 0x41 : 0x42] + TinyModule.signed(value)
        }
        return header + section(1, [[0x60] + vector(types) + vector([0x7f]), [0x60, 0, 0]])
            + section(2, [vector(Array("wasi_snapshot_preview1".utf8)) + vector(Array(function.name.utf8)) + [0, 0]])
            + section(3, [[1]]) + section(5, [[0, 1]])
            + section(7, [vector(Array("memory".utf8)) + [2, 0], vector(Array("_start".utf8)) + [0, 1]])
            + section(10, [vector([0] + body + [0x10, 0, 0x1a, 0x0b])])
    }

    static func withoutMemory(exports: [[UInt8]]) -> [UInt8] {
        header + section(1, [[0x60, 4, 0x7f, 0x7f, 0x7f, 0x7f, 1, 0x7f], [0x60, 0, 0]])
            + section(2, [vector(Array("wasi_snapshot_preview1".utf8)) + vector(Array("fd_write".utf8)) + [0, 0]])
            + section(3, [[1]]) + section(7, exports + [vector(Array("_start".utf8)) + [0, 1]])
            + section(10, [vector([0] + TinyModule.call(0, 1, 0, 1, 32) + [0x0b])])
    }

    /// Of a module that works; the same for the same number.
    static func changed(_ number: Int) -> [UInt8] {
        var bytes = TinyModule.numbers.bytes
        var state = UInt64(number) &* 0x9e37_79b9_7f4a_7c15 | 1
        for _ in 0...(number % 4) {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            bytes[8 + Int(state % UInt64(bytes.count - 8))] ^= UInt8(1 << (state >> 61))
        }
        return bytes
    }
}

import WeftModel

/// The local files that become a job's inputs.
package enum JobInputs {
    package struct File: Sendable, Hashable {
        /// Where the payload finds it, relative to its working directory.
        package var path: String
        package var local: String
        package var isExecutable: Bool
        package var sizeBytes: Int64

        package init(path: String, local: String, isExecutable: Bool, sizeBytes: Int64) {
            self.path = path
            self.local = local
            self.isExecutable = isExecutable
            self.sizeBytes = sizeBytes
        }
    }

    /// A job takes no more.
    package static let most = 256

    /// Reads `path` or `path=local` arguments; directories stand for every file below them.
    /// Throws ``CLIError`` for what is not there, for paths that leave the working directory, and for too many files.
    package static func gather(_ arguments: [String]) throws -> [File] {
        var files: [File] = []
        for argument in arguments {
            let pair = Pair.parse(argument)
            let local = pair?.value ?? argument
            let path = pair?.name ?? defaultPath(for: argument)
            guard let safe = RelativePath.checked(path) else {
                throw CLIError(
                    .usage, "--input \(argument): `\(path)` must be a path below the working directory",
                    hint: "say where it goes with --input path=local")
            }
            try add(local, as: safe, to: &files)
        }
        return files
    }

    /// `../data/x.csv` and `/data/x.csv` arrive as `x.csv`, `data/x.csv` as it is.
    private static func defaultPath(for local: String) -> String {
        if let safe = RelativePath.checked(local) { return safe }
        return local.split(separator: "/").last.map(String.init) ?? local
    }

    private static func add(_ local: String, as path: String, to files: inout [File]) throws {
        switch Files.kind(local) {
        case .file(let isExecutable, let sizeBytes):
            files.append(File(path: path, local: local, isExecutable: isExecutable, sizeBytes: sizeBytes))
            guard files.count <= most else {
                throw CLIError(
                    .usage, "more than \(most) input files", hint: "put them into an archive and unpack it in the job")
            }
        case .directory:
            for name in try Files.list(local) { try add("\(local)/\(name)", as: "\(path)/\(name)", to: &files) }
        case .other: throw CLIError(.usage, "\(local) is neither a file nor a directory")
        case nil: throw CLIError(.usage, "there is no file \(local)")
        }
    }
}

/// Paths that stay below where they start.
package enum RelativePath {
    /// The path without `.` and empty components; nil when it is absolute, empty, or has `..`.
    package static func checked(_ path: String) -> String? {
        guard !path.hasPrefix("/"), !path.utf8.contains(0) else { return nil }
        let parts = path.split(separator: "/").filter { $0 != "." }
        guard !parts.isEmpty, !parts.contains("..") else { return nil }
        return parts.joined(separator: "/")
    }
}

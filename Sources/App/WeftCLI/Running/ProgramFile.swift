import WeftModel

/// A program of this machine that goes along with a job.
enum ProgramFile {
    /// The file that a command names and nobody else puts in place: a relative path with a slash can only be one of the
    /// job's own files.
    static func named(by command: [String], besides files: [JobInputs.File]) -> JobInputs.File? {
        guard let program = command.first, program.contains("/"), let path = RelativePath.checked(program),
            !files.contains(where: { $0.path == path }), case .file(_, let sizeBytes)? = Files.kind(program)
        else { return nil }
        return JobInputs.File(path: path, local: program, isExecutable: true, sizeBytes: sizeBytes)
    }

    /// `program` is sent along under its own name. Throws ``CLIError`` when it is not a file.
    static func sent(_ program: String) throws -> JobInputs.File {
        guard case .file(_, let sizeBytes)? = Files.kind(program), let name = program.split(separator: "/").last else {
            throw CLIError(
                .usage, "there is no file \(program) here to send along",
                hint: "a command of the node goes after --, as in: weft run -- \(program)")
        }
        return JobInputs.File(path: String(name), local: program, isExecutable: true, sizeBytes: sizeBytes)
    }
}

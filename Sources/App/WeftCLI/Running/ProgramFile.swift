import WeftModel

/// A program of this machine that goes along with a job.
enum ProgramFile {
    /// What a program's ELF header says that it is built for; nil for scripts and what is not known.
    ///
    /// Fields and numbers: System V ABI, chapter 4 (`e_ident`, `e_machine`), and its processor supplements.
    static func architecture(ofHeader bytes: [UInt8]) -> String? {
        guard bytes.count >= 20, bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46]), bytes[5] == 1 else { return nil }
        switch (bytes[4], UInt16(bytes[18]) | UInt16(bytes[19]) << 8) {
        case (2, 62): return "x86_64"
        case (2, 183): return "arm64"
        case (2, 243): return "riscv64"
        case (1, 40): return "arm"
        default: return nil
        }
    }

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

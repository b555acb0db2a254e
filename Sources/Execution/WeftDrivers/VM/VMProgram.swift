import WeftModel

/// Whether a command can run in a machine that has nothing but busybox, found out before one is started.
enum VMProgram {
    /// Throws ``AttemptFailure`` that says why not.
    static func check(
        _ command: [String], for wanted: ProgramArchitecture?, in workspace: Workspace, applets: Set<String>
    ) throws {
        let native = ProgramArchitecture.amd64
        if let wanted, wanted != native {
            throw AttemptFailure(
                .notExecutable, "virtual machines run programs for \(native), not for \(wanted): use the process driver"
            )
        }
        guard let name = command.first, !name.isEmpty else {
            throw AttemptFailure(.notExecutable, "the command is empty")
        }
        guard let place = Workspace.placeOfProgram(name) else { return try checkApplet(name, applets) }
        guard case .file(let file) = try workspace.findOutput(place) else {
            throw AttemptFailure(.notExecutable, "\(name) is not among the job's files")
        }
        switch try ProgramFile(file) {
        case .program(let header): try check(header, name)
        case .script(let interpreter, _):
            guard let second = Workspace.placeOfProgram(interpreter) else {
                return try checkApplet(interpreter, applets)
            }
            guard case .file(let file) = try workspace.findOutput(second),
                case .program(let header) = try ProgramFile(file)
            else { return }
            try check(header, "\(interpreter), which is to run \(name),")
        case .other: break
        }
    }

    private static func check(_ header: ELFHeader, _ name: String) throws {
        guard header.architecture == .amd64 else {
            let what = header.architecture.map { "for \($0)" } ?? "for another processor"
            throw AttemptFailure(.notExecutable, "\(name) is built \(what), and virtual machines run x86_64")
        }
        if let loader = header.loader {
            throw AttemptFailure(
                .notExecutable,
                "\(name) is linked dynamically (it needs \(loader)), and there are no libraries in a "
                    + "virtual machine: link it statically")
        }
    }

    private static func checkApplet(_ name: String, _ applets: Set<String>) throws {
        let last = name.split(separator: "/").last.map(String.init) ?? name
        let isThere =
            name.utf8.contains(UInt8(ascii: "/")) ? ["/bin/\(last)", "/usr/bin/\(last)"].contains(name) : true
        guard !isThere || !applets.contains(last) else { return }
        let there = applets.isEmpty ? "and this node has no busybox for it" : "only busybox's commands are, in /bin"
        throw AttemptFailure(
            .notExecutable,
            "\(name) is not in a virtual machine (\(there)): bring a statically linked program among the job's files")
    }
}

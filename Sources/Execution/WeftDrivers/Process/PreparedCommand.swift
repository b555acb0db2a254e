import WeftModel
import WeftSandbox

/// A command as it is really executed: with its emulator, if it needs one; or another driver's command, in place of a
/// payload's own.
struct PreparedCommand: Sendable {
    var arguments: [String]
    /// The whole environment; what every payload gets, with the order's, if nil.
    var environment: [String: String]?
    /// What the sandbox shows besides what every payload sees; without a wall there are no binds.
    var binds: [SandboxBind] = []
    /// What an end means, where it means something else than for a payload.
    var ending: @Sendable (SandboxEnd) -> RunEnd?

    /// What the kernel can run as it is.
    init(
        native arguments: [String], environment: [String: String]? = nil, binds: [SandboxBind] = [],
        ending: @escaping @Sendable (SandboxEnd) -> RunEnd? = { _ in nil }
    ) {
        self.arguments = arguments
        self.environment = environment
        self.binds = binds
        self.ending = ending
    }

    /// Looks at the program in the working directory and finds what runs it. Throws ``AttemptFailure`` when it is built
    /// for something else than `architecture` says, or for what this node cannot run.
    init(
        _ command: [String], for architecture: ProgramArchitecture?, in workspace: Workspace, emulators: Emulators,
        isOpen: Bool
    ) throws {
        let openDirectory = isOpen ? workspace.payloadDirectory : nil
        guard let name = command.first else { throw AttemptFailure(.notExecutable, "the command is empty") }
        self.init(native: command)
        guard let found = try Self.look(name, in: workspace, openDirectory) else {
            try Self.require(ProgramArchitecture.native, architecture, name)
            return
        }
        switch found.kind {
        case .program(let header):
            try adopt(header, found, name, architecture, emulators, isOpen: isOpen)
        case .script(let interpreter, let argument):
            // Followed once: an interpreter that is a script itself is the kernel's business.
            guard let second = try Self.look(interpreter, in: workspace, openDirectory),
                case .program(let header) = second.kind
            else {
                try Self.require(ProgramArchitecture.native, architecture, "\(name) (run by \(interpreter))")
                return
            }
            let whole = [interpreter] + [argument].compactMap(\.self) + command
            guard found.isExecutable else { return }
            try adopt(
                header, second, "\(interpreter), which is to run \(name),", architecture, emulators, isOpen: isOpen,
                emulated: whole)
        case .other:
            guard let architecture else { return }
            throw AttemptFailure(
                .notExecutable, "\(name) is neither a program nor a script, but was to be one for \(architecture)")
        }
    }

    private struct Found {
        var kind: ProgramFile
        var isExecutable: Bool
    }

    private static func look(_ name: String, in workspace: Workspace, _ openDirectory: String?) throws -> Found? {
        guard let place = Workspace.placeOfProgram(name, openDirectory: openDirectory) else { return nil }
        // What is not there, or no file, the kernel will refuse in its own words.
        guard case .file(let file) = try workspace.findOutput(place) else { return nil }
        return Found(kind: try ProgramFile(file), isExecutable: file.isExecutable)
    }

    private static func require(
        _ actual: ProgramArchitecture?, _ wanted: ProgramArchitecture?, _ name: String
    ) throws {
        guard let wanted, wanted != actual else { return }
        let what = actual.map { "for \($0)" } ?? "for another processor"
        throw AttemptFailure(.notExecutable, "\(name) is built \(what), not for \(wanted) as the job says")
    }

    private mutating func adopt(
        _ header: ELFHeader, _ found: Found, _ name: String, _ wanted: ProgramArchitecture?, _ emulators: Emulators,
        isOpen: Bool, emulated: [String]? = nil
    ) throws {
        try Self.require(header.architecture, wanted, name)
        // A program without execute permission is not made executable by an emulator.
        guard header.architecture != ProgramArchitecture.native, found.isExecutable else { return }
        guard let architecture = header.architecture else {
            throw AttemptFailure(.notExecutable, "\(name) is built for a processor that Weft does not know")
        }
        guard let emulator = emulators[architecture] else {
            // Without walls the kernel may know another way (32-bit programs, binfmt_misc).
            if isOpen { return }
            throw AttemptFailure(
                .refused,
                "\(name) is built for \(architecture), and this node runs \(emulators.list) only; "
                    + "its owner can install qemu-user-static")
        }
        if let loader = header.loader {
            throw AttemptFailure(
                .notExecutable,
                "\(name) is built for \(architecture) and needs the loader \(loader), which emulated "
                    + "programs have not: link it statically")
        }
        let path = isOpen ? emulator.hostPath : Emulator.sandboxPath
        arguments = [path] + (emulated ?? arguments)
        if !isOpen { binds.append(SandboxBind(hostPath: emulator.hostPath, sandboxPath: Emulator.sandboxPath)) }
    }
}

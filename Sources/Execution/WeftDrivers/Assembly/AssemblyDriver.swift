import Synchronization
import WeftModel
import WeftSandbox

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Assembles and links source inside the sandbox, then runs the program as the process driver would.
package final class AssemblyDriver: Driver {
    package let name = "assembly"
    let process: ProcessDriver
    let toolchain: AssemblyToolchain?
    let stateDirectory: String
    private let programs = Mutex(AssembledPrograms())

    /// What assembler and linker may use beyond what the job itself may: they are not the job's choice.
    private static let buildMemoryBytes: Int64 = 256 << 20
    private static let buildDiskBytes: Int64 = 64 << 20
    private static let buildTimeout = Duration.seconds(60)
    private static let programBytesMax: Int64 = 32 << 20
    private static let messageBytesMax = 2048

    static let programPath = "/.weft/program"
    private static let includePath = "/.weft/inputs"
    private static let sourceName = "weft-source.s"

    /// - Parameters:
    ///   - process: runs assembler, linker and result; shut down by its owner.
    ///   - toolchain: what ``AssemblyToolchain/find(in:)`` found.
    ///   - stateDirectory: a directory of the worker's that is this driver's alone; made if missing.
    package init(process: ProcessDriver, toolchain: AssemblyToolchain?, stateDirectory: String) {
        self.process = process
        self.toolchain = toolchain
        self.stateDirectory = stateDirectory
    }

    /// What source can be written for here: what can be both assembled and run, this machine's own processor first.
    package var architectures: [String] {
        guard let toolchain else { return [] }
        return process.emulators.architectures.filter { toolchain[$0] != nil }.map(\.rawValue)
    }

    package func run(_ order: RunOrder, in workspace: Workspace, log: @escaping LogSink) async -> RunReport {
        do {
            guard case .assembly(let path, let name, let arguments) = order.payload else {
                throw AttemptFailure(.refused, "the assembly driver runs no \(order.payload.driver) payloads")
            }
            let (architecture, tools) = try choose(name)
            let source = try AssemblySource(path: path, in: workspace)
            return try await workspace.withDirectoryBeside("build") { build in
                try await run(source, architecture, tools, arguments, order, in: workspace, build: build, log: log)
            }
        } catch let failure as AttemptFailure {
            return RunReport(end: .failed(failure))
        } catch let failure as BuildFailure {
            return failure.report
        } catch {
            return RunReport(end: .failed(AttemptFailure(.sandboxFailed, "\(error)")))
        }
    }

    private func choose(_ name: String) throws -> (ProgramArchitecture, AssemblyToolchain.Tools) {
        guard let architecture = ProgramArchitecture(named: name), AssemblyToolchain.targets.contains(architecture)
        else {
            let known = AssemblyToolchain.targets.map(\.rawValue).joined(separator: ", ")
            throw AttemptFailure(
                .notExecutable, "there is no assembly for \(name.debugDescription); known are \(known)")
        }
        guard architectures.contains(architecture.rawValue), let tools = toolchain?[architecture] else {
            throw AttemptFailure(
                .refused, "this node assembles and runs \(architectures.joined(separator: ", ")), not \(architecture)")
        }
        return (architecture, tools)
    }

    private func run(
        _ source: AssemblySource, _ architecture: ProgramArchitecture, _ tools: AssemblyToolchain.Tools,
        _ arguments: [String], _ order: RunOrder, in workspace: Workspace, build: Workspace, log: @escaping LogSink
    ) async throws -> RunReport {
        let key = AssembledPrograms.Key(source: source.bytes, architecture: architecture)
        var program = source.hasNeighbours ? nil : programs.withLock { $0.take(key) }
        if program == nil {
            let made = try await make(source, architecture, tools, order, in: workspace, build: build)
            if !source.hasNeighbours { programs.withLock { $0.keep(made, for: key) } }
            program = made
        }
        // Written by the worker, where nothing that has run could reach it.
        try FileTree.removeContents(of: build.payloadDirectory)
        let path = build.payloadDirectory + "/program"
        try build.write(program ?? [], to: path, isExecutable: true)
        var command = PreparedCommand(
            native: [Self.programPath] + arguments,
            binds: [SandboxBind(hostPath: path, sandboxPath: Self.programPath)])
        if architecture != ProgramArchitecture.native, let emulator = process.emulators[architecture] {
            command.arguments.insert(Emulator.sandboxPath, at: 0)
            command.binds.append(SandboxBind(hostPath: emulator.hostPath, sandboxPath: Emulator.sandboxPath))
        }
        // The program lies at a path of this attempt's own, so that no other could use its cell.
        var order = order
        order.reuse = nil
        return await process.run(command, order, in: workspace, log: log)
    }

    // MARK: assembling

    /// An end of assembler or linker, with what they said.
    private struct BuildFailure: Error { var report: RunReport }

    private func make(
        _ source: AssemblySource, _ architecture: ProgramArchitecture, _ tools: AssemblyToolchain.Tools,
        _ order: RunOrder, in workspace: Workspace, build: Workspace
    ) async throws -> [UInt8] {
        try build.write(source.bytes, to: build.payloadDirectory + "/" + Self.sourceName, isExecutable: false)
        var binds = tools.binds
        var include: [String] = []
        if source.hasNeighbours {
            // Its parent is the worker's alone, so this opens it for none but the sandbox.
            guard chmod(workspace.payloadDirectory, 0o755) == 0 else {
                throw SystemError("cannot show the working directory to the assembler")
            }
            binds.append(SandboxBind(hostPath: workspace.payloadDirectory, sandboxPath: Self.includePath))
            let nearest = source.folder.isEmpty ? [] : ["\(Self.includePath)/\(source.folder)"]
            include = (nearest + [Self.includePath]).flatMap { ["-I", $0] }
        }
        let assemble = tools.assembler + include + ["-o", "program.o", Self.sourceName]
        let link =
            tools.linker
            + [
                "-static", "-nostdlib", "-z", "noexecstack", "--fatal-warnings", "-e", "_start", "-o", "program",
                "program.o",
            ]
        var buildOrder = RunOrder(
            order.payload, resources: order.resources, timeout: min(order.timeout, Self.buildTimeout))
        buildOrder.resources.memoryBytes = max(order.resources.memoryBytes, Self.buildMemoryBytes)
        buildOrder.resources.diskBytes = Self.buildDiskBytes
        for (step, command) in [("assembled", assemble), ("linked", link)] {
            let report = await process.run(
                PreparedCommand(native: command, binds: binds), buildOrder, in: build, log: { _ in true })
            guard report.end == .exited(0) else {
                throw BuildFailure(report: explain(report, step: step, source))
            }
        }
        return try take(from: build, architecture)
    }

    /// What came of it, which somebody hostile may have had a hand in.
    private func take(from build: Workspace, _ architecture: ProgramArchitecture) throws -> [UInt8] {
        guard case .file(let file) = try build.findOutput("program") else {
            throw AttemptFailure(.notExecutable, "it cannot be linked: the linker left no program")
        }
        guard file.sizeBytes <= Self.programBytesMax else {
            throw AttemptFailure(
                .notExecutable, "the program that came of it is larger than \(Self.programBytesMax >> 20) MiB")
        }
        let header = try ELFHeader(sizeBytes: file.sizeBytes) { try file.read(offset: $0, length: $1) }
        guard header?.architecture == architecture else {
            throw AttemptFailure(.notExecutable, "what came of it is no program for \(architecture)")
        }
        return try file.read(offset: 0, length: Int(file.sizeBytes))
    }

    private func explain(_ report: RunReport, step: String, _ source: AssemblySource) -> RunReport {
        let said = scrub(String(decoding: report.standardError.bytes(), as: UTF8.self), source)
        var result = RunReport(end: report.end, usage: report.usage)
        result.standardError.append(Array(said.utf8))
        switch report.end {
        case .cancelled: break
        case .failed(let failure):
            result.end = .failed(
                AttemptFailure(failure.kind, "\(source.name) was not \(step): \(failure.message)"))
        case .exited(let status):
            var words = Self.beginning(of: said)
            if words.isEmpty { words = "it ended with status \(status)" }
            result.end = .failed(AttemptFailure(.notExecutable, "\(source.name) cannot be \(step): \(words)"))
        }
        return result
    }

    /// The names of files as the submitter knows them.
    private func scrub(_ text: String, _ source: AssemblySource) -> String {
        var result = text.replacing(Self.sourceName, with: source.name)
        if !source.folder.isEmpty {
            result = result.replacing("\(Self.includePath)/\(source.folder)/", with: "\(source.folder)/")
        }
        result = result.replacing("\(Self.includePath)/", with: "").replacing("/.weft/toolchain/", with: "")
        return String(result.unicodeScalars.filter { $0 == "\n" || $0.properties.generalCategory != .control })
    }

    /// Whole lines, as many as a message may have.
    private static func beginning(of text: String) -> String {
        var result = ""
        for line in text.split(separator: "\n") {
            guard result.utf8.count + line.utf8.count < messageBytesMax else {
                return result.isEmpty ? String(line.prefix(messageBytesMax / 4)) + " …" : result + "\n…"
            }
            result += (result.isEmpty ? "" : "\n") + line
        }
        return result
    }
}

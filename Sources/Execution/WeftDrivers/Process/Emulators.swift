package import WeftModel
import WeftSandbox

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A program that runs programs of another processor: qemu's user mode, statically linked.
package struct Emulator: Sendable, Hashable {
    package var architecture: ProgramArchitecture
    package var hostPath: String
    /// What a program that does nothing took under it.
    package var startup: Duration

    /// Where payloads find it, read-only.
    static let sandboxPath = "/.weft/emulator"
}

/// The emulators of this machine, each found and tried.
package struct Emulators: Sendable, Hashable {
    package static let none = Emulators(found: [:])

    /// Where they are looked for unless told otherwise.
    package static let usualFolders = ["/usr/bin", "/usr/local/bin"]

    private let found: [ProgramArchitecture: Emulator]

    private init(found: [ProgramArchitecture: Emulator]) { self.found = found }

    package subscript(architecture: ProgramArchitecture) -> Emulator? { found[architecture] }

    /// What programs can be built for here: this machine's own processor first, then what is emulated.
    package var architectures: [ProgramArchitecture] {
        [ProgramArchitecture.native].compactMap(\.self)
            + ProgramArchitecture.allCases.filter { found[$0] != nil && $0 != ProgramArchitecture.native }
    }

    /// ``architectures`` for people.
    var list: String { architectures.map(\.rawValue).joined(separator: ", ") }

    /// Looks for emulators and runs a tiny program under each, behind the wall that payloads run behind. One that does
    /// not work is left out.
    ///
    /// - Parameters:
    ///   - folders: where to look, in order of preference.
    ///   - directory: the worker's own, for a short-lived file; it has to exist.
    package static func find(
        wall: ProcessDriver.Wall, in folders: [String] = Emulators.usualFolders, directory: String,
        user: UInt32 = ProcessDriver.payloadUser
    ) async -> Emulators {
        var found: [ProgramArchitecture: Emulator] = [:]
        for architecture in ProgramArchitecture.allCases where architecture != ProgramArchitecture.native {
            guard let path = locate(architecture, in: folders) else { continue }
            let trial = EmulatorTrial(architecture: architecture, emulatorPath: path, directory: directory, user: user)
            guard let startup = await trial.run(wall) else { continue }
            found[architecture] = Emulator(architecture: architecture, hostPath: path, startup: startup)
        }
        return Emulators(found: found)
    }

    /// An emulator that needs nothing beside it: a dynamically linked one would take its libraries from the payload's view.
    private static func locate(_ architecture: ProgramArchitecture, in folders: [String]) -> String? {
        for folder in folders {
            for name in ["qemu-\(architecture.emulatorName)-static", "qemu-\(architecture.emulatorName)"] {
                let path = folder + "/" + name
                guard access(path, X_OK) == 0, let resolved = realPath(path) else { continue }
                if ELFHeader.isStaticAndNative(resolved) { return resolved }
            }
        }
        return nil
    }
}

/// Whether an emulator works here, found out by using it.
private struct EmulatorTrial {
    let architecture: ProgramArchitecture
    let emulatorPath: String
    let directory: String
    let user: UInt32

    private static let programPath = "/.weft/trial"
    private static let runs = 3

    /// The median time of a few runs; nil when any of them did not do as it should.
    func run(_ wall: ProcessDriver.Wall) async -> Duration? {
        let path = "\(directory)/emulator-trial-\(architecture)"
        unlink(path)
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o755)
        guard file >= 0 else { return nil }
        defer { unlink(path) }
        let program = TinyProgram.bytes(architecture)
        let isWritten = program.withUnsafeBytes { (try? writeAll(file, $0)) != nil }
        close(file)
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        guard isWritten, null >= 0 else { return nil }
        defer { close(null) }
        var times: [Duration] = []
        for _ in 0..<Self.runs {
            let clock = ContinuousClock()
            let start = clock.now
            guard await runOnce(wall, path, null) else { return nil }
            times.append(clock.now - start)
        }
        return times.sorted()[Self.runs / 2]
    }

    private func runOnce(_ wall: ProcessDriver.Wall, _ path: String, _ null: Int32) async -> Bool {
        var spec = SandboxSpec(
            arguments: [], standardInput: null, standardOutput: null, standardError: null,
            limits: SandboxLimits(
                memoryBytes: 256 << 20, cpuMillis: 1000, processCount: 16, temporaryBytes: 1 << 20,
                wallTime: .seconds(10)),
            user: user)
        do {
            switch wall {
            case .sandbox(let launcher):
                spec.arguments = [Emulator.sandboxPath, Self.programPath]
                spec.binds = [
                    SandboxBind(hostPath: emulatorPath, sandboxPath: Emulator.sandboxPath),
                    SandboxBind(hostPath: path, sandboxPath: Self.programPath),
                ]
                return try await launcher.run(spec).end == .exited(code: TinyProgram.status)
            case .none(let processes):
                spec.arguments = [emulatorPath, path]
                return try await processes.run(spec, stop: RunStop()).end == .exited(code: TinyProgram.status)
            }
        } catch {
            return false
        }
    }
}

package import WeftModel
import WeftSandbox

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// An assembler and a linker of this machine, for one or several processors.
package struct AssemblyToolchain: Sendable, Hashable {
    /// What makes a program for one processor, as it is called in the sandbox.
    struct Tools: Sendable, Hashable {
        /// The assembler and its options; options for include folders, output and source follow.
        var assembler: [String]
        var linker: [String]
        /// How the two are brought in, where they are not among what every sandbox shows.
        var binds: [SandboxBind]
    }

    /// Processors that source can be written for.
    package static let targets: [ProgramArchitecture] = [.amd64, .arm64, .riscv64]

    /// What it is, for people.
    package let label: String
    private let tools: [ProgramArchitecture: Tools]

    subscript(architecture: ProgramArchitecture) -> Tools? { tools[architecture] }

    package var architectures: [ProgramArchitecture] { Self.targets.filter { tools[$0] != nil } }

    private static let folder = "/.weft/toolchain"

    /// Looks for clang with lld, which serve all processors, and then for GNU `as` and `ld`, which serve one each. Nil
    /// when there is neither. `folders` come first, then `PATH`, then the usual places.
    package static func find(in folders: [String] = []) -> AssemblyToolchain? {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        let all =
            folders + path.split(separator: ":").map(String.init)
            + ["/usr/bin", "/usr/local/bin", "/opt/swift/usr/bin", "/usr/lib/llvm/bin"]
        // Together in one folder, so that they are of one release.
        for folder in all where folder.hasPrefix("/") {
            guard let clang = executable(folder + "/clang"), let linker = executable(folder + "/ld.lld") else {
                continue
            }
            return AssemblyToolchain(
                label: clang.split(separator: "/").last.map { "\($0) and lld" } ?? "clang and lld",
                tools: Dictionary(uniqueKeysWithValues: targets.map { ($0, llvm(clang, linker, $0)) }))
        }
        return findGNU()
    }

    private static func llvm(_ clang: String, _ linker: String, _ architecture: ProgramArchitecture) -> Tools {
        // Bound one by one: what else lies beside them is not the payload's to see.
        Tools(
            assembler: [
                "\(folder)/clang", "--target=\(triple(architecture))", "-c", "-x", "assembler",
                "-fno-caret-diagnostics", "-fno-color-diagnostics",
            ],
            linker: ["\(folder)/ld.lld", "--color-diagnostics=never"],
            binds: [
                SandboxBind(hostPath: clang, sandboxPath: "\(folder)/clang"),
                SandboxBind(hostPath: linker, sandboxPath: "\(folder)/ld.lld"),
            ])
    }

    /// GNU's tools below `/usr`, which every sandbox shows.
    package static func findGNU() -> AssemblyToolchain? {
        var found: [ProgramArchitecture: Tools] = [:]
        for architecture in targets {
            let prefixes = ["\(triple(architecture))-"] + (architecture == ProgramArchitecture.native ? [""] : [])
            for prefix in prefixes where found[architecture] == nil {
                let names = ["/usr/bin/\(prefix)as", "/usr/bin/\(prefix)ld"]
                guard names.allSatisfy({ access($0, X_OK) == 0 }) else { continue }
                found[architecture] = Tools(assembler: [names[0]], linker: [names[1]], binds: [])
            }
        }
        return found.isEmpty ? nil : AssemblyToolchain(label: "GNU as and ld", tools: found)
    }

    private static func triple(_ architecture: ProgramArchitecture) -> String {
        architecture == .arm64 ? "aarch64-linux-gnu" : "\(architecture)-linux-gnu"
    }

    /// The file behind a name, symbolic links resolved: only that is bound.
    private static func executable(_ path: String) -> String? {
        access(path, X_OK) == 0 ? realPath(path) : nil
    }
}

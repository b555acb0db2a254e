import WeftModel
import WeftSandbox

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What kernels of one kind are compiled and run with on this machine, and where that is inside the sandbox.
package struct KernelTools: Sendable, Hashable {
    /// Overrides where the runner's executable is.
    package static let runnerVariable = "WEFT_KERNEL_RUNNER"
    /// Overrides where the emulation's headers are.
    package static let emulationVariable = "WEFT_EMULATION"
    /// Overrides which C++ compiler makes emulated kernels.
    package static let compilerVariable = "WEFT_CXX"
    /// Where NVRTC's library is, if the loader does not find it.
    package static let nvrtcVariable = "WEFT_NVRTC"
    /// A folder of CUDA's own headers.
    package static let cudaIncludeVariable = "WEFT_CUDA_INCLUDE"

    /// A folder of libraries that come before those that the loader finds.
    package static let librariesVariable = "WEFT_KERNEL_LIBRARIES"

    /// Why kernels cannot be run, and what to do about it.
    package struct Missing: Error, Hashable, Sendable {
        package var reason: String
        package var hint: String
    }

    /// The runner's executable on the host.
    let runner: String
    /// What the sandbox shows besides the runner.
    private(set) var binds: [SandboxBind]
    /// What the runner finds in its environment.
    private(set) var environment: [String: String]
    /// What an artefact depends on besides the source: the compiler, its version.
    let identity: String

    /// Throws what is missing.
    package static func find(
        _ backend: KernelBackend, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(Missing) -> KernelTools {
        let here = directoryOfExecutable() ?? "."
        let path = environment[runnerVariable] ?? here + "/weft-kernel"
        guard let runner = realPath(path), access(runner, X_OK) == 0 else {
            throw Missing(
                reason: "\(path) is missing",
                hint: "install weft-kernel beside weft, or let \(runnerVariable) be its path")
        }
        var tools: KernelTools
        switch backend {
        case .opencl: tools = openCL(runner, environment)
        case .cuda: tools = cuda(runner, environment)
        case .hip: tools = hip(runner, environment)
        case .levelZero: tools = levelZero(runner)
        case .emulated: return try emulation(runner, here, environment)
        }
        if let folder = environment[librariesVariable].flatMap({ realPath($0) }) {
            tools.binds.append(SandboxBind(hostPath: folder, sandboxPath: "/weft/libraries"))
            tools.environment["LD_LIBRARY_PATH"] = "/weft/libraries"
        }
        return tools
    }

    private static func openCL(_ runner: String, _ environment: [String: String]) -> KernelTools {
        // PoCL does not start where it cannot see which processors there are.
        let processors = "/sys/devices/system/cpu"
        let binds =
            access(processors, R_OK) == 0 ? [SandboxBind(hostPath: processors, sandboxPath: processors)] : []
        // PoCL keeps what it compiles in a cache; this one ends with the run.
        return KernelTools(
            runner: runner, binds: binds, environment: ["POCL_CACHE_DIR": "/tmp/weft-pocl"],
            identity: identity(of: ["libOpenCL.so.1", "libpocl.so.2", "libnvidia-opencl.so.1", "libamdocl64.so"]))
    }

    private static func cuda(_ runner: String, _ environment: [String: String]) -> KernelTools {
        var binds: [SandboxBind] = []
        var variables: [String: String] = [:]
        if let library = environment[nvrtcVariable].flatMap({ realPath($0) }) {
            // Its built-in functions are a library beside it.
            let (folder, name) = parts(of: library)
            binds.append(SandboxBind(hostPath: folder, sandboxPath: "/weft/nvrtc"))
            variables[nvrtcVariable] = "/weft/nvrtc/\(name)"
        }
        if let folder = environment[cudaIncludeVariable].flatMap({ realPath($0) }) {
            binds.append(SandboxBind(hostPath: folder, sandboxPath: "/weft/cuda"))
            variables[cudaIncludeVariable] = "/weft/cuda"
        }
        let compiler = environment[nvrtcVariable].map { [$0] } ?? ["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"]
        return KernelTools(
            runner: runner, binds: binds, environment: variables, identity: identity(of: compiler + ["libcuda.so.1"]))
    }

    private static func hip(_ runner: String, _ environment: [String: String]) -> KernelTools {
        KernelTools(
            runner: runner, binds: [], environment: [:],
            identity: identity(of: ["libamdhip64.so.7", "libamdhip64.so.6", "libamdhip64.so.5"]))
    }

    private static func levelZero(_ runner: String) -> KernelTools {
        // Intel's driver would keep what it compiles below the home directory, which is the job's own.
        KernelTools(
            runner: runner, binds: [], environment: ["NEO_CACHE_PERSISTENT": "0"],
            identity: identity(of: ["libze_loader.so.1", "libze_intel_gpu.so.1", "libigc.so.2", "libigc.so.1"]))
    }

    private static func emulation(
        _ runner: String, _ here: String, _ environment: [String: String]
    ) throws(Missing) -> KernelTools {
        let folders =
            environment[emulationVariable].map { [$0] } ?? [
                here + "/weft_weft-kernel.resources/emulation", here + "/weft-emulation",
                here + "/../share/weft/emulation",
            ]
        guard
            let headers = folders.lazy.compactMap({ realPath($0) }).first(where: {
                access($0 + "/cuda_emulation.h", R_OK) == 0
            })
        else {
            throw Missing(
                reason: "the emulation's headers are missing: \(folders[0])",
                hint:
                    "install the folder emulation beside weft as weft-emulation, or let \(emulationVariable) be its path"
            )
        }
        // Only what lies below /usr finds its own parts inside the sandbox.
        let compilers =
            environment[compilerVariable].map { [$0] } ?? ["/usr/bin/g++", "/usr/bin/clang++", "/usr/bin/c++"]
        guard let compiler = compilers.first(where: { access($0, X_OK) == 0 && $0.hasPrefix("/usr/") }) else {
            throw Missing(
                reason: "there is no C++ compiler below /usr", hint: "install g++ (Debian: apt-get install g++)")
        }
        return KernelTools(
            runner: runner, binds: [SandboxBind(hostPath: headers, sandboxPath: "/weft/emulation")],
            environment: [
                emulationVariable: "/weft/emulation", compilerVariable: compiler, "PATH": "/usr/bin:/bin",
                "TMPDIR": "/tmp",
                "LC_ALL": "C",
            ], identity: "\(compiler) \(FileState(of: realPath(compiler) ?? compiler).map { "\($0)" } ?? "")")
    }

    /// The same for a run without a wall, where there are the host's own paths.
    var openEnvironment: [String: String] {
        environment.mapValues { value in
            guard let bind = binds.first(where: { value.hasPrefix($0.sandboxPath) }) else { return value }
            return bind.hostPath + value.dropFirst(bind.sandboxPath.utf8.count)
        }
    }

    /// What the libraries are like now, so that another version finds nothing of this one.
    private static func identity(of names: [String]) -> String {
        let folders = [
            "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib", "/opt/rocm/lib",
        ]
        return names.flatMap { name in name.hasPrefix("/") ? [name] : folders.map { "\($0)/\(name)" } }
            .compactMap { path in realPath(path).flatMap { FileState(of: $0) }.map { "\(path) \($0)" } }
            .joined(separator: "; ")
    }

    private static func parts(of path: String) -> (folder: String, name: String) {
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        return (String(path[..<slash]), String(path[slash...].dropFirst()))
    }
}

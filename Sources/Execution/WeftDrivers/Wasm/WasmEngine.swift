import WeftModel
import WeftSandbox

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What modules are run with on this machine.
package enum WasmEngine: Sendable, Hashable {
    /// wasmtime's library, and the program that opens it inside the sandbox.
    case wasmtime(library: String, runner: String)
    /// The interpreter of a Swift toolchain: no fuel, no limit of a module's own memory, no deterministic mode.
    case wasmkit(executable: String)

    /// Overrides where wasmtime's library is.
    package static let libraryVariable = "WEFT_WASMTIME"
    /// Overrides where the runner's executable is.
    package static let runnerVariable = "WEFT_WASM_RUNNER"

    /// Why there is none, and what to do about it.
    package struct Missing: Error, Hashable, Sendable {
        package var reason: String
        package var hint: String
    }

    /// Where engines are looked for.
    package struct Places: Sendable {
        /// As the worker has it.
        package var environment: [String: String]
        /// The directory of this executable.
        package var executableDirectory: String
        package var workingDirectory: String
        /// Where systems keep libraries.
        package var libraryDirectories: [String]

        package init(
            environment: [String: String], executableDirectory: String, workingDirectory: String,
            libraryDirectories: [String] = Self.usualLibraryDirectories
        ) {
            self.environment = environment
            self.executableDirectory = executableDirectory
            self.workingDirectory = workingDirectory
            self.libraryDirectories = libraryDirectories
        }

        package static let usualLibraryDirectories: [String] = {
            #if arch(x86_64)
                let triple = "x86_64-linux-gnu"
            #elseif arch(arm64)
                let triple = "aarch64-linux-gnu"
            #else
                let triple = "riscv64-linux-gnu"
            #endif
            return [
                "/usr/local/lib", "/opt/wasmtime/lib", "/usr/lib/\(triple)", "/usr/lib64", "/usr/lib", "/lib/\(triple)",
            ]
        }()

        /// As this process finds them.
        package static func current() -> Places {
            var environment: [String: String] = [:]
            for name in [WasmEngine.libraryVariable, WasmEngine.runnerVariable, "PATH"] {
                if let value = getenv(name) { environment[name] = String(cString: value) }
            }
            return Places(
                environment: environment, executableDirectory: directoryOfExecutable() ?? "",
                workingDirectory: realPath(".") ?? "/")
        }
    }

    /// wasmtime where it can be used, otherwise WasmKit. Whether it works is the probe's to say.
    package static func find(in places: Places = .current()) -> Result<WasmEngine, Missing> {
        var missing: Missing
        switch (findLibrary(in: places), findRunner(in: places)) {
        case (.success(let library), .success(let runner)):
            return .success(.wasmtime(library: library, runner: runner))
        case (.failure(let reason), _), (_, .failure(let reason)):
            missing = reason
        }
        for directory in (places.environment["PATH"] ?? "").split(separator: ":") where directory.first == "/" {
            if let path = realPath("\(directory)/wasmkit"), access(path, X_OK) == 0 {
                return .success(.wasmkit(executable: path))
            }
        }
        missing.reason += "; nor is there wasmkit in PATH"
        return .failure(missing)
    }

    private static func findLibrary(in places: Places) -> Result<String, Missing> {
        if let named = places.environment[libraryVariable] {
            if let path = realPath(named), access(path, R_OK) == 0 { return .success(path) }
            return .failure(
                Missing(
                    reason: "\(libraryVariable) names \(named), which cannot be read",
                    hint: "let \(libraryVariable) be the path of libwasmtime.so, or unset it"))
        }
        let wheels = [places.workingDirectory, places.executableDirectory, places.executableDirectory + "/.."]
            .flatMap { wheelLibraries(below: $0 + "/.build/drivers") }
        // Beside the build's own folder: `.build/release/weft` finds `.build/drivers`.
        let besideBuild = ["/../drivers", "/../../drivers"].flatMap {
            wheelLibraries(below: places.executableDirectory + $0)
        }
        let candidates = places.libraryDirectories.map { $0 + "/libwasmtime.so" } + wheels + besideBuild
        for candidate in candidates {
            if let path = realPath(candidate), access(path, R_OK) == 0 { return .success(path) }
        }
        return .failure(
            Missing(
                reason: "wasmtime's library is not installed here",
                hint: "run scripts/setup-drivers.sh wasm; or install wasmtime's C API, version 50 or later, "
                    + "and let \(libraryVariable) be the path of its libwasmtime.so"))
    }

    private static func findRunner(in places: Places) -> Result<String, Missing> {
        let path = places.environment[runnerVariable] ?? places.executableDirectory + "/weft-wasm"
        if let path = realPath(path), access(path, X_OK) == 0 { return .success(path) }
        return .failure(
            Missing(
                reason: "\(path) is missing",
                hint: "install weft-wasm beside weft, or let \(runnerVariable) be its path"))
    }

    /// In a virtual environment: `ANY/lib/pythonX/site-packages/wasmtime/linux-ARCH/_libwasmtime.so`.
    private static func wheelLibraries(below folder: String) -> [String] {
        #if arch(x86_64)
            let platform = "linux-x86_64"
        #elseif arch(arm64)
            let platform = "linux-aarch64"
        #else
            let platform = "linux-riscv64"
        #endif
        return FileTree.names(in: folder, limit: 1000).sorted().flatMap { environment in
            FileTree.names(in: "\(folder)/\(environment)/lib", limit: 1000).sorted().map { python in
                "\(folder)/\(environment)/lib/\(python)/site-packages/wasmtime/\(platform)/_libwasmtime.so"
            }
        }
    }
}

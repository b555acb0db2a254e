import WeftModel
import WeftSandbox

/// How weft-wasm is called.
struct Wasmtime: Sendable {
    let library: String
    let runner: String
    let hasWall: Bool

    /// What the compiler writes, in its working directory.
    static let compiledName = "compiled"
    /// What modules are called by themselves.
    static let moduleName = "module.wasm"

    private static let folder = "/weft"
    private var runnerInside: String { hasWall ? Self.folder + "/weft-wasm" : runner }
    private var libraryInside: String { hasWall ? Self.folder + "/libwasmtime.so" : library }

    /// What a module is compiled for; two modes with the same text share their compiled modules.
    static func configuration(_ mode: WasmMode) -> String {
        mode.isDeterministic ? "deterministic" : mode.fuel != nil ? "fuel" : "plain"
    }

    func compile(
        _ module: WasmDriver.Module, _ order: RunOrder, in workspace: Workspace,
        ending: @escaping @Sendable (SandboxEnd) -> RunEnd?
    ) -> PreparedCommand {
        let moduleInside = hasWall ? Self.folder + "/module.wasm" : module.path
        var arguments = [runnerInside, "compile", libraryInside, moduleInside, Self.compiledName]
        if module.mode.isDeterministic {
            arguments += ["--deterministic", "0"]
        } else if module.mode.fuel != nil {
            arguments += ["--fuel", "0"]
        }
        if order.resources.cpuMillis > 1000 { arguments.append("--parallel") }
        return PreparedCommand(
            native: arguments, environment: [:],
            binds: binds([SandboxBind(hostPath: module.path, sandboxPath: moduleInside)]), ending: ending)
    }

    func run(
        _ compiled: String, _ module: WasmDriver.Module, _ order: RunOrder,
        ending: @escaping @Sendable (SandboxEnd) -> RunEnd?
    ) -> PreparedCommand {
        let compiledInside = hasWall ? Self.folder + "/compiled" : compiled
        var arguments = [runnerInside, "run", libraryInside, compiledInside]
        if module.mode.isDeterministic { arguments += ["--deterministic", "\(module.mode.seed)"] }
        // The runner takes 0 for no limit; nobody means that by none.
        if let fuel = module.mode.fuel { arguments += ["--fuel", "\(max(1, fuel))"] }
        arguments += ["--memory", "\(Self.moduleMemory(order.resources.memoryBytes))", "--", Self.moduleName]
        arguments += module.arguments
        return PreparedCommand(
            native: arguments, environment: Self.environment(order),
            binds: binds([SandboxBind(hostPath: compiled, sandboxPath: compiledInside)]), ending: ending)
    }

    /// What is left for the module itself: a matter of the order alone, so that it is the same on every machine.
    static func moduleMemory(_ memoryBytes: Int64) -> Int64 {
        max(memoryBytes - WasmDriver.engineBytes, memoryBytes / 2)
    }

    /// In the environment, which other users of the machine cannot read, and under names that mean nothing to the
    /// loader: a payload must not have code of its own loaded beside the engine.
    private static func environment(_ order: RunOrder) -> [String: String] {
        var environment = ["HOME": "/work", "LANG": "C.UTF-8", "TMPDIR": "/work"]
        environment.merge(order.environment) { $1 }
        return Dictionary(uniqueKeysWithValues: environment.map { ("WEFT_WASM_ENV_" + $0.key, $0.value) })
    }

    private func binds(_ more: [SandboxBind]) -> [SandboxBind] {
        guard hasWall else { return [] }
        return [
            SandboxBind(hostPath: runner, sandboxPath: runnerInside),
            SandboxBind(hostPath: library, sandboxPath: libraryInside),
        ] + more
    }
}

/// How the wasmkit command is called. It interprets, and limits nothing itself: the wall's limits are all there are.
struct WasmKit: Sendable {
    let executable: String
    let hasWall: Bool

    func command(_ module: WasmDriver.Module, _ order: RunOrder) throws -> PreparedCommand {
        if module.mode.isDeterministic {
            throw AttemptFailure(.refused, Self.refusal("has no deterministic mode"))
        }
        if module.mode.fuel != nil { throw AttemptFailure(.refused, Self.refusal("does not count fuel")) }
        // It takes variables as arguments only, which every user of the machine can read.
        if !order.environment.isEmpty {
            throw AttemptFailure(.refused, Self.refusal("cannot be given an environment that stays private"))
        }
        let arguments = ["run", "--dir", ".", hasWall ? Self.moduleInside : module.path] + module.arguments
        return command(arguments, module: module.path)
    }

    func version(module: String) -> PreparedCommand { command(["--version"], module: module) }

    private static let executableInside = "/weft/usr/bin/wasmkit"
    private static let moduleInside = "/weft/module.wasm"

    private func command(_ arguments: [String], module: String) -> PreparedCommand {
        guard hasWall else { return PreparedCommand(native: [executable] + arguments, environment: [:]) }
        // It finds the libraries of its toolchain by where it is itself.
        let libraries = "/" + executable.split(separator: "/").dropLast(2).joined(separator: "/") + "/lib/swift/linux"
        var binds = [
            SandboxBind(hostPath: executable, sandboxPath: Self.executableInside),
            SandboxBind(hostPath: module, sandboxPath: Self.moduleInside),
        ]
        if realPath(libraries) != nil {
            binds.append(SandboxBind(hostPath: libraries, sandboxPath: "/weft/usr/lib/swift/linux"))
        }
        return PreparedCommand(native: [Self.executableInside] + arguments, environment: [:], binds: binds)
    }

    private static func refusal(_ what: String) -> String {
        "the WebAssembly engine of this node is WasmKit, which \(what); nodes with wasmtime can run the job"
    }
}

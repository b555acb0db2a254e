package import WeftModel

/// What a driver runs, with everything it needs in files of this host.
package enum RunPayload: Sendable, Hashable {
    /// A native program or script. `architecture` says what a program must be built for; nil takes what its header says.
    case process(command: [String], architecture: String? = nil)
    /// Source in the assembler's language, assembled and linked beside the payload's working directory, then run.
    /// `architecture` is `x86_64`, `arm64` or `riscv64`; `sourcePath` names a file that may be read and not changed.
    case assembly(sourcePath: String, architecture: String, arguments: [String])
    /// A WASI preview 1 module; `modulePath` names a file that may be read and not changed.
    case wasm(modulePath: String, arguments: [String], mode: WasmMode)
    /// A command in a container; the working directory is `/work` there.
    case container(image: ContainerImage, command: [String])
    /// Kernels; `sourcePath` names a file that may be read and not changed, and the program's files lie in the working
    /// directory.
    case kernel(sourcePath: String, program: KernelProgram)

    /// The name of the driver that runs it without further wishes, as jobs and node profiles spell it.
    package var driver: String {
        switch self {
        case .process: "process"
        case .assembly: "assembly"
        case .wasm: "wasm"
        case .container: "container"
        case .kernel: "kernel"
        }
    }
}

/// How a module runs.
package struct WasmMode: Sendable, Hashable {
    /// Same module, same input, same answer, on whatever machine: work is counted instead of time, not-a-number has one bit
    /// pattern, the clock moves only when it is looked at, and random numbers come from ``seed``.
    package var isDeterministic: Bool
    /// Where random numbers start when ``isDeterministic``.
    package var seed: UInt64
    /// Units of work (about one per instruction; versions of the engine may differ) after which the module is stopped; not
    /// limited if nil.
    package var fuel: UInt64?

    package init(isDeterministic: Bool = false, seed: UInt64 = 0, fuel: UInt64? = nil) {
        self.isDeterministic = isDeterministic
        self.seed = seed
        self.fuel = fuel
    }
}

/// Where a container's image comes from.
package enum ContainerImage: Sendable, Hashable {
    /// A reference as registries spell it (`alpine`, `alpine:3.20`, `host/path@sha256:…`), and when it is pulled.
    case reference(String, pull: ContainerPayload.Pull)
    /// A tar of an OCI image layout, or one made by `docker save`; a file that may be read and not changed.
    case archive(path: String)
}

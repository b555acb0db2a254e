/// What runs. One case per kind; the drivers of a node say which kinds they run.
package enum Payload: Hashable, Sendable {
    case process(ProcessPayload)
    case assembly(AssemblyPayload)
    case wasm(WasmPayload)
    case container(ContainerPayload)
    case kernel(KernelPayload)

    /// The kind, as jobs and node profiles spell it: also the name of the driver that runs it without further wishes.
    package var driver: String {
        switch self {
        case .process: "process"
        case .assembly: "assembly"
        case .wasm: "wasm"
        case .container: "container"
        case .kernel: "kernel"
        }
    }

    /// Every kind, in the order of ``JobSpec``'s documentation.
    package static let drivers = ["process", "assembly", "wasm", "container", "kernel"]

    /// The processor that it is written for, where the payload itself says so.
    package var architecture: String? {
        guard case .assembly(let assembly) = self else { return nil }
        return assembly.architecture.rawValue
    }
}

/// A native program or script.
package struct ProcessPayload: Hashable, Sendable {
    /// Program and arguments; the program is looked up in `PATH`, or below the working directory if it has a slash.
    package var command: [String]
    /// Bytes given on standard input; none if nil.
    package var standardInput: InputSource?

    package init(command: [String], standardInput: InputSource? = nil) {
        self.command = command
        self.standardInput = standardInput
    }
}

/// A program in the assembler's language, in GNU syntax, that is assembled and linked where it runs.
package struct AssemblyPayload: Hashable, Sendable {
    package enum Architecture: String, Hashable, Sendable, CaseIterable {
        case x86 = "x86_64"
        case arm64, riscv64
    }

    package var source: InputSource
    package var architecture: Architecture
    /// Without the program's name.
    package var arguments: [String]
    /// Bytes given on standard input; none if nil.
    package var standardInput: InputSource?

    package init(
        source: InputSource, architecture: Architecture, arguments: [String] = [], standardInput: InputSource? = nil
    ) {
        self.source = source
        self.architecture = architecture
        self.arguments = arguments
        self.standardInput = standardInput
    }
}

/// A WebAssembly module for WASI preview 1.
package struct WasmPayload: Hashable, Sendable {
    package var module: InputSource
    /// Without the program's name.
    package var arguments: [String]
    /// Bytes given on standard input; none if nil.
    package var standardInput: InputSource?
    /// Same module, same input, same answer, on whatever machine: clock and random numbers are the seeded kind.
    package var isDeterministic: Bool
    /// Where random numbers start when ``isDeterministic``; 0 otherwise.
    package var seed: UInt64
    /// Units of work (about one per instruction) after which the module is stopped, at least 1; not limited if nil.
    package var fuel: UInt64?

    package init(
        module: InputSource, arguments: [String] = [], standardInput: InputSource? = nil, isDeterministic: Bool = false,
        seed: UInt64 = 0, fuel: UInt64? = nil
    ) {
        self.module = module
        self.arguments = arguments
        self.standardInput = standardInput
        self.isDeterministic = isDeterministic
        self.seed = seed
        self.fuel = fuel
    }
}

/// A command in a container.
package struct ContainerPayload: Hashable, Sendable {
    package enum Image: Hashable, Sendable {
        /// As registries spell it; see ``ImageReference``.
        case reference(String)
        /// A tar of an OCI image layout, or one made by `docker save`.
        case archive(InputSource)
    }

    /// When an image that is given by reference is fetched from its registry.
    package enum Pull: String, Hashable, Sendable, CaseIterable {
        case always, missing, never
    }

    package var image: Image
    /// Program and arguments; the image's own when empty.
    package var command: [String]
    /// Bytes given on standard input; none if nil.
    package var standardInput: InputSource?
    /// ``Pull/missing`` for an archive.
    package var pull: Pull

    package init(
        image: Image, command: [String] = [], standardInput: InputSource? = nil, pull: Pull = .missing
    ) {
        self.image = image
        self.command = command
        self.standardInput = standardInput
        self.pull = pull
    }
}

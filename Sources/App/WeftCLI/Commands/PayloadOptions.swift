import ArgumentParser
import WeftModel

/// What `weft run` runs, where that is not a command on the node itself.
struct PayloadOptions: ParsableArguments {
    @Option(help: .init("Run the command in a container of this image, for example alpine:3.20.", valueName: "image"))
    var image: String?

    @Option(
        help: .init("In a container of this image: a tar of an OCI layout, or of docker save.", valueName: "file"),
        completion: .file(extensions: ["tar"]))
    var imageArchive: String?

    @Option(
        help: .init("When the image is fetched: always, missing (the default) or never.", valueName: "when"),
        completion: .list(ContainerPayload.Pull.allCases.map(\.rawValue)))
    var pull: String?

    @Option(
        help: .init("Run a WebAssembly module for WASI preview 1; its arguments follow --.", valueName: "file"),
        completion: .file(extensions: ["wasm"]))
    var wasm: String?

    @Flag(help: "With --wasm: the same answer on every machine; clock and random numbers are the seeded kind.")
    var deterministic = false

    @Option(help: .init("With --deterministic: where random numbers start; 0 by default.", valueName: "n"))
    var seed: UInt64?

    @Option(help: .init("With --wasm: stop it after so many units of work.", valueName: "n"))
    var fuel: UInt64?

    @Option(
        help: .init(
            "Assemble and run a source in GNU syntax, for --arch or this machine's processor.", valueName: "file"),
        completion: .file(extensions: ["s", "S", "asm"]))
    var asm: String?

    @OptionGroup var kernels: KernelOptions

    /// The local file whose bytes run; nil where they are a command or an image's.
    var codeFile: String? { wasm ?? asm ?? imageArchive ?? kernels.kernel }
    var isNative: Bool { image == nil && codeFile == nil }

    func validate() throws {
        let given = [
            ("--image", image), ("--image-archive", imageArchive), ("--wasm", wasm), ("--asm", asm),
            ("--kernel", kernels.kernel),
        ]
        .filter { $0.1 != nil }.map(\.0)
        guard given.count <= 1 else {
            throw ValidationError("\(given.joined(separator: " and ")) exclude each other: a job runs one thing")
        }
        if pull != nil, image == nil { throw ValidationError("--pull goes with --image") }
        if wasm == nil {
            if deterministic { throw ValidationError("--deterministic goes with --wasm") }
            if fuel != nil { throw ValidationError("--fuel goes with --wasm") }
        }
        if seed != nil, !deterministic { throw ValidationError("--seed goes with --deterministic") }
    }
}

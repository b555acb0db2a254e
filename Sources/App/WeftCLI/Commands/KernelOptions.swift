import ArgumentParser
import WeftModel

/// What `weft run --kernel` runs.
struct KernelOptions: ParsableArguments {
    @Option(
        help: .init(
            "Run a kernel of this source: OpenCL C, CUDA C, HIP or SPIR-V by its name's end.", valueName: "file"),
        completion: .file(extensions: ["cl", "cu", "hip", "spv"]))
    var kernel: String?

    @Option(
        help: .init("With --kernel: opencl, cuda, hip or spirv, where the name does not say.", valueName: "language"),
        completion: .list(KernelLanguage.allCases.map(\.rawValue)))
    var language: String?

    @Option(help: .init("With --kernel: the kernel's name in the source.", valueName: "name"))
    var entry: String?

    @Option(help: .init("With --kernel: how many blocks (work groups): 64, or 8,8 or 4,4,4.", valueName: "n"))
    var grid: String?

    @Option(help: .init("With --kernel: how many threads (work items) a block has; 1 by default.", valueName: "n"))
    var block: String?

    @Option(help: .init("With --kernel: memory shared by a block beyond what the source declares.", valueName: "bytes"))
    var sharedBytes: Int64?

    @Option(
        name: .customLong("arg"),
        help: .init(
            """
            With --kernel, once for each of its arguments, in order: in=FILE, inout=FILE:OUT, out=FILE:float32[1024], \
            scratch=float32[1024], float32=0.5, int32=7, local=BYTES. FILE is NumPy's if it ends in .npy; of bare \
            numbers say which: in=FILE:float32[32,32].
            """, valueName: "argument"))
    var arguments: [String] = []

    @Option(
        name: [.customLong("define"), .customShort("D")],
        help: .init("With --kernel: a macro.", valueName: "name=value"))
    var defines: [String] = []

    @Flag(help: "With --kernel: exactness may be traded for speed.")
    var fastMath = false

    @Flag(help: "With --kernel: CUDA C may run on a processor, emulated.")
    var emulated = false

    func validate() throws {
        guard kernel == nil else {
            if entry == nil { throw ValidationError("--kernel needs --entry: the kernel's name in the source") }
            if grid == nil { throw ValidationError("--kernel needs --grid: how many blocks there are") }
            return
        }
        let given = [
            ("--language", language != nil), ("--entry", entry != nil), ("--grid", grid != nil),
            ("--block", block != nil), ("--shared-bytes", sharedBytes != nil), ("--arg", !arguments.isEmpty),
            ("--define", !defines.isEmpty), ("--fast-math", fastMath), ("--emulated", emulated),
        ]
        if let first = given.first(where: { $0.1 }) { throw ValidationError("\(first.0) goes with --kernel") }
    }
}

import WeftModel
import WeftSandbox

extension VMDriver {
    /// Files that are given to a payload; they lie in memory twice while the machine starts.
    private static let inputBytesMax: Int64 = 256 << 20

    /// What every machine has in its initial file system.
    func writeCommonImage(_ path: String, _ assets: VMAssets, _ parts: Parts) throws {
        var image = try GuestImage(creating: path)
        for folder in ["bin", "weft", "weft/modules", "weft/files", "usr"] { try image.directory(folder) }
        try image.link("usr/bin", to: "../bin")
        try image.file("init", try Self.original(assets.guestPath), isExecutable: true)
        if let busybox = assets.busyboxPath {
            try image.file("bin/busybox", try Self.original(busybox), isExecutable: true)
            for applet in parts.applets where applet != "busybox" { try image.link("bin/\(applet)", to: "busybox") }
        }
        for (path, module) in zip(assets.modulePaths, parts.modules) {
            try image.file(String(module.dropFirst()), try Self.original(path), isExecutable: false)
        }
        try image.finish()
    }

    /// The machine's initial file system: what every machine has, and what is this payload's. Returns its size.
    func writeImage(
        _ path: String, _ command: [String], _ order: RunOrder, _ parts: Parts, in workspace: Workspace,
        memoryBytes: Int64, diskBytes: Int64
    ) throws -> Int64 {
        var image = try GuestImage(creating: path)
        try image.archive(try ProducedFile(reading: keptPath(Self.commonImageName)))
        var environment = SandboxSpec.defaultEnvironment
        environment["PATH"] = "/bin:/usr/bin"
        environment.merge(order.environment) { $1 }
        var given: Int64 = 0
        var input: ProducedFile?
        if let path = order.standardInputPath {
            let file = try ProducedFile(reading: path)
            input = file
            given += file.sizeBytes
        }
        let guestOrder = GuestOrder(
            arguments: command, environment: environment, modules: parts.modules, memoryBytes: memoryBytes,
            processCount: Self.processCount, diskBytes: diskBytes, temporaryBytes: min(64 << 20, memoryBytes / 2),
            hasInput: input != nil)
        try image.file("weft/order", try guestOrder.encoded())
        if let input { try image.file("weft/input", input, isExecutable: false) }
        try addFiles(to: &image, below: "", in: workspace, &given)
        try image.finish()
        return image.sizeBytes
    }

    /// What the worker has put into the working directory; nothing has run there yet.
    private func addFiles(
        to image: inout GuestImage, below folder: String, in workspace: Workspace, _ given: inout Int64, depth: Int = 0
    ) throws {
        guard depth <= 64 else { throw AttemptFailure(.refused, "the job's files are nested too deep") }
        let directory = workspace.payloadDirectory + (folder.isEmpty ? "" : "/" + folder)
        for name in FileTree.names(in: directory, limit: 65536).sorted() {
            let path = folder.isEmpty ? name : folder + "/" + name
            switch try workspace.findOutput(path) {
            case .file(let file):
                given += file.sizeBytes
                guard given <= Self.inputBytesMax else {
                    throw AttemptFailure(
                        .refused,
                        "the job's files are larger than the \(Self.inputBytesMax >> 20) MiB that a virtual "
                            + "machine takes")
                }
                try image.file("weft/files/" + path, file, isExecutable: file.isExecutable)
            case .missing: break
            case .unsuitable:
                try image.directory("weft/files/" + path)
                try addFiles(to: &image, below: path, in: workspace, &given, depth: depth + 1)
            }
        }
    }
}

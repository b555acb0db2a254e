/// One command to run inside a sandbox, and everything it may see and use.
package struct SandboxSpec: Sendable {
    /// What a task finds in its environment unless the spec says otherwise.
    package static let defaultEnvironment = [
        "HOME": "/work", "LANG": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin", "TMPDIR": "/tmp",
    ]

    /// The command and its arguments. A name without a slash is looked up in the `PATH` of `environment`.
    package var arguments: [String]
    /// The whole environment: nothing is inherited.
    package var environment: [String: String]
    /// A directory of the host, bound writable at `/work`, where the task starts. Without one it starts at `/`.
    ///
    /// When the worker is root, `run` gives the directory and all it holds to the task's user.
    /// What is in it afterwards was written by the task: do not follow symbolic links in it, do not block on a fifo.
    package var workingDirectory: String?
    /// Descriptors the task gets as 0, 1 and 2: pipes, `/dev/null`, or files. The caller keeps, and closes, its copies.
    ///
    /// Give away nothing of value: the task may change a file that it holds open and that belongs to its user (without
    /// root that is the worker's user). For input that must stay as it is, use a pipe. Never give a directory or a socket.
    package var standardInput: Int32
    package var standardOutput: Int32
    package var standardError: Int32
    package var limits: SandboxLimits
    package var network: SandboxNetwork
    /// Absolute host paths the task finds, read-only, at the same place.
    package var readOnlyPaths: [String]
    /// Further host paths, where they appear, and what may be done with them.
    package var binds: [SandboxBind]
    /// The user and group of the task when the worker is root; one per slot keeps slots apart. Otherwise the worker's own.
    package var user: UInt32
    /// Lets the run share a cell with others, one after the other; nil: a cell of its own.
    package var reuse: SandboxReuse?
    /// Holds the run still when it is told to; its clock stands still meanwhile.
    package var pause: RunPause?
    /// Of a run without walls: whether somebody else holds it still, so that only its clock is to follow ``pause``.
    package var isHeldElsewhere = false

    package init(
        arguments: [String],
        environment: [String: String] = SandboxSpec.defaultEnvironment,
        workingDirectory: String? = nil,
        standardInput: Int32,
        standardOutput: Int32,
        standardError: Int32,
        limits: SandboxLimits = SandboxLimits(),
        network: SandboxNetwork = .none,
        readOnlyPaths: [String] = [],
        binds: [SandboxBind] = [],
        user: UInt32 = 65534,
        reuse: SandboxReuse? = nil,
        pause: RunPause? = nil
    ) {
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.standardInput = standardInput
        self.standardOutput = standardOutput
        self.standardError = standardError
        self.limits = limits
        self.network = network
        self.readOnlyPaths = readOnlyPaths
        self.binds = binds
        self.user = user
        self.reuse = reuse
        self.pause = pause
    }
}

/// Which runs may follow each other in one cell: those of the same key that agree in everything but command,
/// environment, working directory, descriptors and wall time.
package struct SandboxReuse: Sendable, Hashable {
    /// Stands for whoever the runs belong to. Nothing is known to be shared by what follows each other in a cell, but
    /// with different keys nothing could be.
    package var key: String
    /// A directory, the worker's own, below which the working directories lie. Runs do not see it.
    package var workRoot: String

    package init(key: String, workRoot: String) {
        self.key = key
        self.workRoot = workRoot
    }
}

/// What a sandbox may use. `nil` is "no limit of its own".
package struct SandboxLimits: Sendable, Hashable, Codable {
    /// Memory of all processes together, their page cache, `/tmp` and `/dev/shm` included. At least 4 MiB.
    package var memoryBytes: Int64?
    /// Processor time per second: 1000 is one processor.
    package var cpuMillis: Int64?
    /// Processes and threads at once, the sandbox's own init included.
    package var processCount: Int64?
    /// The size of any one file.
    package var fileSizeBytes: Int64?
    /// What the working directory may occupy in all, as it was found included. Watched, not prevented: it can be
    /// exceeded for about 100 ms before the sandbox is killed.
    package var diskBytes: Int64?
    /// The size of `/tmp`, and again of `/dev/shm`. They live in memory.
    package var temporaryBytes: Int64
    /// Open descriptors per process.
    package var openFiles: Int64?
    /// How long it may run.
    package var wallTime: Duration?

    package init(
        memoryBytes: Int64? = nil, cpuMillis: Int64? = nil, processCount: Int64? = nil, fileSizeBytes: Int64? = nil,
        diskBytes: Int64? = nil, temporaryBytes: Int64 = 64 << 20, openFiles: Int64? = 1024, wallTime: Duration? = nil
    ) {
        self.memoryBytes = memoryBytes
        self.cpuMillis = cpuMillis
        self.processCount = processCount
        self.fileSizeBytes = fileSizeBytes
        self.diskBytes = diskBytes
        self.temporaryBytes = temporaryBytes
        self.openFiles = openFiles
        self.wallTime = wallTime
    }
}

/// Which limit is meant, where one is reported on.
package enum SandboxLimit: String, Sendable, Hashable, Codable, CaseIterable {
    case memory, cpu, processes, fileSize, disk, temporary, openFiles, wallTime, network
}

package enum SandboxNetwork: String, Sendable, Hashable, Codable {
    /// Unix sockets within the sandbox, nothing else.
    case none
    /// A loopback interface of its own; no way out.
    case loopback
}

/// A host path inside the sandbox.
package struct SandboxBind: Sendable, Hashable {
    package enum Access: Sendable, Hashable {
        case readOnly
        case readWrite
        /// A device node, such as a GPU's, usable as its mode and owner allow.
        case device
    }

    package var hostPath: String
    package var sandboxPath: String
    package var access: Access

    package init(hostPath: String, sandboxPath: String, access: Access = .readOnly) {
        self.hostPath = hostPath
        self.sandboxPath = sandboxPath
        self.access = access
    }
}

extension SandboxSpec {
    /// Finds what could never work, before anything is started.
    func validate() throws(SandboxError) {
        func require(
            _ condition: Bool, _ field: String, _ message: @autoclosure () -> String
        ) throws(SandboxError) {
            if !condition { throw .invalidSpec(field: field, message: message()) }
        }
        try require(arguments.first?.isEmpty == false, "arguments", "must name a command")
        try require(arguments.allSatisfy { !$0.utf8.contains(0) }, "arguments", "must not contain a NUL byte")
        for (name, value) in environment {
            let isName = !name.isEmpty && !name.utf8.contains(0) && !name.utf8.contains(UInt8(ascii: "="))
            try require(isName && !value.utf8.contains(0), "environment", "\(name) is not a possible variable")
        }
        let paths =
            binds.flatMap { [$0.hostPath, $0.sandboxPath] } + readOnlyPaths
            + [workingDirectory, reuse?.workRoot].compactMap { $0 }
        for path in paths {
            try require(path.utf8.first == UInt8(ascii: "/"), "path", "\(path) must be absolute")
            try require(!path.utf8.contains(0), "path", "must not contain a NUL byte")
        }
        for path in binds.map(\.sandboxPath) + readOnlyPaths {
            let parts = path.split(separator: "/")
            let isPlain = !parts.isEmpty && !parts.contains("..") && !parts.contains(".")
            try require(isPlain && parts[0] != "proc", "path", "\(path) cannot be bound into a sandbox")
        }
        try require(user > 0 && user < UInt32.max - 1, "user", "must be neither root nor the invalid user")
        try limits.validate()
    }
}

extension SandboxLimits {
    func validate() throws(SandboxError) {
        func require(_ value: Int64?, atLeast least: Int64, _ field: String) throws(SandboxError) {
            guard let value, value < least else { return }
            throw .invalidSpec(field: "limits.\(field)", message: "is \(value), must be at least \(least)")
        }
        try require(memoryBytes, atLeast: 4 << 20, "memoryBytes")
        try require(cpuMillis, atLeast: 10, "cpuMillis")
        try require(processCount, atLeast: 2, "processCount")
        try require(fileSizeBytes, atLeast: 1, "fileSizeBytes")
        try require(diskBytes, atLeast: 1, "diskBytes")
        try require(temporaryBytes, atLeast: 4096, "temporaryBytes")
        try require(openFiles, atLeast: 8, "openFiles")
        if let wallTime, wallTime < .milliseconds(1) {
            throw .invalidSpec(field: "limits.wallTime", message: "must be at least a millisecond")
        }
    }
}

/// How a sandbox ended.
package enum SandboxEnd: Sendable, Hashable {
    case exited(code: Int32)
    case signalled(signal: Int32)
    case timedOut
    /// The kernel killed one of its processes, or all of them, for want of memory within the limit.
    case outOfMemory
    /// The working directory grew past `diskBytes`.
    case outOfDisk
    case cancelled
    /// The sandbox could not be set up, or the command could not be executed (`step` is "exec").
    case failed(step: String, errno: Int32, message: String)
}

/// What a sandbox used, all its processes together. `nil` where this machine cannot tell.
package struct SandboxUsage: Sendable, Hashable {
    package var wall: Duration
    package var cpuUser: Duration
    package var cpuSystem: Duration
    /// The highest total at once; without a memory control group, the highest of any one process.
    package var peakMemoryBytes: Int64?
    /// What the working directory occupied at the end.
    package var diskBytes: Int64?
    package var processPeak: Int64?

    package init(
        wall: Duration = .zero, cpuUser: Duration = .zero, cpuSystem: Duration = .zero, peakMemoryBytes: Int64? = nil,
        diskBytes: Int64? = nil, processPeak: Int64? = nil
    ) {
        self.wall = wall
        self.cpuUser = cpuUser
        self.cpuSystem = cpuSystem
        self.peakMemoryBytes = peakMemoryBytes
        self.diskBytes = diskBytes
        self.processPeak = processPeak
    }
}

package struct SandboxReport: Sendable, Hashable {
    package var end: SandboxEnd
    package var usage: SandboxUsage
    /// Limits that the spec asked for and this machine could not enforce.
    package var unenforced: [SandboxLimit]

    package init(end: SandboxEnd, usage: SandboxUsage = SandboxUsage(), unenforced: [SandboxLimit] = []) {
        self.end = end
        self.usage = usage
        self.unenforced = unenforced
    }
}

/// Why nothing was run at all.
package enum SandboxError: Error, Hashable, CustomStringConvertible {
    /// The spec asks for something that can never be; `field` says where.
    case invalidSpec(field: String, message: String)
    /// There is no launcher, or it cannot be started.
    case launcherUnavailable(message: String)
    /// This operating system has no sandbox yet.
    case unsupported(message: String)
    case shutDown

    package var description: String {
        switch self {
        case .invalidSpec(let field, let message): "sandbox spec: \(field) \(message)"
        case .launcherUnavailable(let message): "sandbox launcher: \(message)"
        case .unsupported(let message): message
        case .shutDown: "the sandbox launcher has been shut down"
        }
    }
}

/// What isolation this machine offers, found out by trying.
package struct SandboxCapabilities: Sendable, Hashable, Codable {
    package enum Mode: String, Sendable, Hashable, Codable {
        /// The worker is root: tasks run as another user, no user namespace is needed.
        case root
        /// The worker is an ordinary user: tasks run in a user namespace.
        case rootless
        /// Nothing can be run; `unavailable` says why.
        case unavailable
    }

    /// Something that is, or is not, as one would wish.
    package struct Finding: Sendable, Hashable, Codable {
        package var name: String
        package var isAvailable: Bool
        /// What provides it, or why it is missing.
        package var detail: String
        /// What a person can do about it.
        package var hint: String?

        package init(name: String, isAvailable: Bool, detail: String, hint: String? = nil) {
            self.name = name
            self.isAvailable = isAvailable
            self.detail = detail
            self.hint = hint
        }
    }

    package var mode: Mode
    package var unavailable: Finding?
    package var kernelRelease: String
    package var controlGroups: ControlGroupLayout.Version
    package var features: [Finding]
    /// One for each `SandboxLimit`, by its name: whether it can be enforced.
    package var limits: [Finding]
    /// The median time from asking for `/bin/true` to its report.
    package var startupMicroseconds: Int64?

    package init(
        mode: Mode, unavailable: Finding? = nil, kernelRelease: String, controlGroups: ControlGroupLayout.Version,
        features: [Finding] = [], limits: [Finding] = [], startupMicroseconds: Int64? = nil
    ) {
        self.mode = mode
        self.unavailable = unavailable
        self.kernelRelease = kernelRelease
        self.controlGroups = controlGroups
        self.features = features
        self.limits = limits
        self.startupMicroseconds = startupMicroseconds
    }

    package func enforces(_ limit: SandboxLimit) -> Bool {
        limits.contains { $0.name == limit.rawValue && $0.isAvailable }
    }
}

/// How long sandboxes take to run nothing.
package struct SandboxStartup: Sendable, Hashable, Codable {
    package var runs: Int
    package var p50Microseconds: Int64
    package var p99Microseconds: Int64

    package init(runs: Int, p50Microseconds: Int64, p99Microseconds: Int64) {
        self.runs = runs
        self.p50Microseconds = p50Microseconds
        self.p99Microseconds = p99Microseconds
    }
}

import WeftDrivers
package import WeftModel
package import WeftSandbox
package import WeftWorker

/// What `weft doctor` finds: the members of ``SandboxCapabilities``, and beside them `drivers`.
package struct DoctorReport: Encodable, Sendable {
    package var capabilities: SandboxCapabilities
    package var drivers: [DriverFinding]

    private enum CodingKeys: String, CodingKey { case drivers }

    package init(capabilities: SandboxCapabilities, drivers: [DriverFinding]) {
        self.capabilities = capabilities
        self.drivers = drivers
    }

    package func encode(to encoder: any Encoder) throws {
        try capabilities.encode(to: encoder)
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(drivers, forKey: .drivers)
    }
}

/// One way to run payloads: what it offers here, or why it cannot be had.
package struct DriverFinding: Codable, Hashable, Sendable {
    package var name: String
    /// The kinds of payload that it runs.
    package var payloads: [String]
    package var isAvailable: Bool
    // What follows is there for one that is available …
    package var version: String?
    package var isolation: Isolation?
    /// What programs may be built for, native ones first; this machine's own alone when empty.
    package var architectures: [String]?
    package var enforced: [Limit]?
    /// How long a payload takes that does nothing.
    package var startupMicroseconds: Int64?
    // … and this for one that is not.
    package var reason: String?
    package var hint: String?

    package init(_ tried: TriedDriver) {
        name = tried.driver.name
        payloads = tried.driver.payloads
        switch tried.availability {
        case .available(let version, let startup, let enforced, let isolation, let architectures):
            isAvailable = true
            self.version = version.isEmpty ? nil : version
            self.isolation = isolation
            self.architectures = architectures
            self.enforced = enforced.sorted()
            startupMicroseconds = startup.microseconds
        case .unavailable(let reason, let hint):
            isAvailable = false
            self.reason = reason
            self.hint = hint.isEmpty ? nil : hint
        }
    }

    /// On one line, for a table.
    package var finding: SandboxCapabilities.Finding {
        guard isAvailable else {
            return SandboxCapabilities.Finding(
                name: name, isAvailable: false, detail: reason ?? "it cannot be used here", hint: hint)
        }
        var parts: [String] = []
        if let version { parts.append(version) }
        if payloads != [name] { parts.append("runs \(payloads.joined(separator: ", "))") }
        if let isolation { parts.append("wall \(isolation.rawValue)") }
        if let architectures, !architectures.isEmpty { parts.append(architectures.joined(separator: ", ")) }
        if let startupMicroseconds { parts.append("starts in \(Humanize.duration(microseconds: startupMicroseconds))") }
        if let enforced {
            let limits = enforced.map(\.rawValue).joined(separator: ", ")
            let missing = Limit.allCases.filter { !enforced.contains($0) }.sorted().map(\.rawValue)
            parts.append(limits.isEmpty ? "enforces nothing" : "enforces \(limits)")
            if !limits.isEmpty, !missing.isEmpty {
                parts.append("does not enforce \(missing.joined(separator: ", "))")
            }
        }
        return SandboxCapabilities.Finding(name: name, isAvailable: true, detail: parts.joined(separator: "; "))
    }
}

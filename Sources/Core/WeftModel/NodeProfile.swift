/// What a worker says of its machine when it joins.
package struct NodeProfile: Hashable, Sendable, Codable {
    /// For people; the host's name by default.
    package var name: String
    /// `linux`, `macos`, …
    package var operatingSystem: String
    /// `x86_64`, `arm64`, …
    package var architecture: String
    /// What the owner offers, in all.
    package var capacity: Resources
    package var drivers: [DriverProfile]
    package var labels: [String: String]
    /// Nodes of one owner never check each other's answers; empty when not stated.
    package var owner: String
    package var isolation: Isolation
    /// The limits that its sandbox enforces.
    package var enforced: [Limit]
    /// Why a limit or driver is missing, one sentence each.
    package var notes: [String]
    /// The version of Weft it runs.
    package var version: String

    package init(
        name: String, operatingSystem: String, architecture: String, capacity: Resources, drivers: [DriverProfile],
        labels: [String: String] = [:], owner: String = "", isolation: Isolation = .process,
        enforced: [Limit] = Limit.allCases, notes: [String] = [], version: String = ""
    ) {
        self.name = name
        self.operatingSystem = operatingSystem
        self.architecture = architecture
        self.capacity = capacity
        self.drivers = drivers
        self.labels = labels
        self.owner = owner
        self.isolation = isolation
        self.enforced = enforced
        self.notes = notes
        self.version = version
    }
}

/// One way to run payloads that a node offers.
package struct DriverProfile: Hashable, Sendable, Codable {
    package var name: String
    package var version: String

    package init(name: String, version: String = "") {
        self.name = name
        self.version = version
    }
}

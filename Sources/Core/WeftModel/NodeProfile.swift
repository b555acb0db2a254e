/// What a worker says of its machine when it joins.
package struct NodeProfile: Hashable, Sendable, Codable {
    /// For people; the host's name by default.
    package var name: String
    /// `linux`, `macos`, …
    package var operatingSystem: String
    /// `x86_64`, `arm64`, …
    package var architecture: String
    /// The processor's model, as the system has it; empty where that is not known.
    package var processor: String
    /// What the owner offers, in all.
    package var capacity: Resources
    package var drivers: [DriverProfile]
    package var labels: [String: String]
    /// Nodes of one owner never check each other's answers; empty when not stated.
    package var owner: String
    /// The wall of drivers that state none of their own.
    package var isolation: Isolation
    /// The limits that drivers enforce which state no wall of their own.
    package var enforced: [Limit]
    /// Why a limit or driver is missing, one sentence each.
    package var notes: [String]
    /// The version of Weft it runs.
    package var version: String
    /// Whose work the owner takes; everybody's if empty.
    package var submitters: [String]
    /// The peer ids of those whose signature the owner asks for on code, any one of them; none is asked for if empty.
    package var signers: [String]
    /// Why the owner's rules give the node no work at present; it works if empty.
    package var paused: String
    /// The devices that it offers besides its processor, and those that it had to take out of use; ``capacity`` has the
    /// numbers of the former.
    package var devices: [DeviceProfile]
    /// How fast the machine is, measured by itself; nil before it was.
    package var benchmark: HardwareBenchmark?

    package init(
        name: String, operatingSystem: String, architecture: String, capacity: Resources, drivers: [DriverProfile],
        labels: [String: String] = [:], owner: String = "", isolation: Isolation = .process,
        enforced: [Limit] = Limit.allCases, notes: [String] = [], version: String = "",
        submitters: [String] = [], signers: [String] = [], paused: String = "", processor: String = "",
        devices: [DeviceProfile] = [], benchmark: HardwareBenchmark? = nil
    ) {
        self.name = name
        self.operatingSystem = operatingSystem
        self.architecture = architecture
        self.processor = processor
        self.capacity = capacity
        self.drivers = drivers
        self.labels = labels
        self.owner = owner
        self.isolation = isolation
        self.enforced = enforced
        self.notes = notes
        self.version = version
        self.submitters = submitters
        self.signers = signers
        self.paused = paused
        self.devices = devices
        self.benchmark = benchmark
    }

    /// Reads what other builds wrote, too: an older one has no word of the owner's rules; a wall of a newer one that
    /// this one has no word for counts as none, a limit is left out.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        name = try fields.decode(String.self, forKey: .name)
        operatingSystem = try fields.decode(String.self, forKey: .operatingSystem)
        architecture = try fields.decode(String.self, forKey: .architecture)
        capacity = try fields.decode(Resources.self, forKey: .capacity)
        drivers = try fields.decode([DriverProfile].self, forKey: .drivers)
        labels = try fields.decode([String: String].self, forKey: .labels)
        owner = try fields.decode(String.self, forKey: .owner)
        isolation = Isolation(offered: try fields.decode(String.self, forKey: .isolation))
        enforced = try fields.decode([String].self, forKey: .enforced).compactMap(Limit.init(rawValue:))
        notes = try fields.decode([String].self, forKey: .notes)
        version = try fields.decode(String.self, forKey: .version)
        submitters = try fields.decodeIfPresent([String].self, forKey: .submitters) ?? []
        signers = try fields.decodeIfPresent([String].self, forKey: .signers) ?? []
        paused = try fields.decodeIfPresent(String.self, forKey: .paused) ?? ""
        processor = try fields.decodeIfPresent(String.self, forKey: .processor) ?? ""
        devices = try fields.decodeIfPresent([DeviceProfile].self, forKey: .devices) ?? []
        benchmark = try fields.decodeIfPresent(HardwareBenchmark.self, forKey: .benchmark)
    }

    /// Whether the owner takes work of this submitter.
    package func takes(workOf submitter: String) -> Bool { submitters.isEmpty || submitters.contains(submitter) }
}

/// One way to run payloads that a node offers.
package struct DriverProfile: Hashable, Sendable, Codable {
    package var name: String
    package var version: String
    /// The kinds of payload that it runs; never empty.
    package var payloads: [String]
    /// The wall around what it runs; the node's if nil.
    package var isolation: Isolation?
    /// What programs may be built for: what the machine runs by itself first, then what is emulated. The node's own
    /// alone when empty.
    package var architectures: [String]
    /// The limits that hold here; the node's if ``isolation`` is nil.
    package var enforced: [Limit]
    /// Whether it shows directories at absolute paths: see ``Mount``.
    package var mounts: Bool

    /// `payloads` nil: those that the driver has its name from.
    package init(
        name: String, version: String = "", payloads: [String]? = nil, isolation: Isolation? = nil,
        architectures: [String] = [], enforced: [Limit] = [], mounts: Bool = false
    ) {
        self.name = name
        self.version = version
        self.payloads = payloads.flatMap { $0.isEmpty ? nil : $0 } ?? [name]
        self.isolation = isolation
        self.architectures = architectures
        self.enforced = enforced
        self.mounts = mounts
    }

    /// Reads what an older build wrote, which says of a driver no more than its name and version, and what a newer one
    /// wrote.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            name: try fields.decode(String.self, forKey: .name),
            version: try fields.decode(String.self, forKey: .version),
            payloads: try fields.decodeIfPresent([String].self, forKey: .payloads),
            isolation: try fields.decodeIfPresent(String.self, forKey: .isolation).map { Isolation(offered: $0) },
            architectures: try fields.decodeIfPresent([String].self, forKey: .architectures) ?? [],
            enforced: (try fields.decodeIfPresent([String].self, forKey: .enforced) ?? [])
                .compactMap(Limit.init(rawValue:)),
            mounts: try fields.decodeIfPresent(Bool.self, forKey: .mounts) ?? false)
    }
}

extension NodeProfile {
    /// What kind of machine it is: nodes of one class are taken to round alike and to have the same libraries. Made of what
    /// the worker reports: system, architecture, processor, devices (by kind where it says no more), and versions of
    /// drivers.
    package var hardwareClass: String {
        let devices = (self.devices.isEmpty ? capacity.devices.map(\.kind) : self.devices.map(\.hardwareClass)).sorted()
        let software = drivers.map { $0.version.isEmpty ? $0.name : "\($0.name) \($0.version)" }.sorted()
        return ([operatingSystem, architecture, processor] + devices + software).filter { !$0.isEmpty }
            .joined(separator: ", ")
    }

    /// Whether its owner lets code run that these have signed.
    package func accepts(signedBy signers: [NodeID]) -> Bool {
        self.signers.isEmpty || signers.contains { self.signers.contains($0.text) }
    }

    /// What a note says of a driver that cannot be used: ``excuse(for:)`` finds it again.
    ///
    /// - Parameter reason: what is the matter, and what could be done about it.
    package static func excuse(ofDriver name: String, for payloads: [String], _ reason: String) -> String {
        let kinds = payloads.filter { $0 != name }
        return "driver \(name)\(kinds.isEmpty ? "" : " (\(kinds.joined(separator: ", ")))"): \(reason)"
    }

    /// The reason that ``excuse(ofDriver:for:_:)`` gives until it is known whether the driver can be used.
    package static let beingTried = "it is being tried"

    /// Why this node lacks a driver of that name; or else one for that kind of payload, or with that wall, which names say
    /// at their end (`docker-gvisor`). Nil if its notes do not say.
    package func excuse(for wanted: String) -> String? {
        var nearest: String?
        for note in notes where note.hasPrefix("driver ") {
            guard let colon = note.firstIndex(of: ":") else { continue }
            let words = note[..<colon].dropFirst("driver ".count).split { " (),".contains($0) }
            let reason = String(note[note.index(after: colon)...].drop { $0 == " " })
            if words.first.map(String.init) == wanted { return reason }
            if words.contains(where: { $0 == wanted || $0.hasSuffix("-\(wanted)") }) { nearest = nearest ?? reason }
        }
        return nearest
    }
}

extension Isolation {
    /// What somebody else offers: a wall that this build has no word for counts as none, so that nobody relies on it.
    package init(offered name: String) { self = Isolation(rawValue: name) ?? .none }
}

/// When, for whom and with how much a machine works: what its owner wrote into `worker.yaml`.
package struct OwnerRules: Hashable, Sendable {
    /// It works within any of these; always if there are none.
    package var hours: [WorkHours] = []
    /// It works once nobody has touched the machine for so long.
    package var idleInputSeconds: Int64?
    /// It works while others than Weft use no more than so much of all processors.
    package var idleLoadPercent: Int64?
    /// At most so much is offered, whatever the settings say.
    package var cpuMillis: Int64?
    package var memoryBytes: Int64?
    package var diskBytes: Int64?
    /// It stops above so many degrees Celsius, and goes on ``coolingDegrees`` below.
    package var maxTemperature: Double?
    package var mainsPowerOnly = false
    /// Whose work is taken, as coordinators name them; everybody's if empty.
    package var submitters: [String] = []
    /// Peer ids of the coordinators that are let in where they come by themselves; all if empty.
    package var coordinators: [String] = []
    /// The drivers that are used; all that work if empty.
    package var drivers: [String] = []
    /// Peer ids, of whom one must have signed what runs; nobody has to if empty.
    package var signers: [String] = []
    /// What is frozen for so long is handed back, so that others do it.
    package var handBackAfterSeconds: Int64 = 60

    package static let coolingDegrees = 5.0
    /// Of ``handBackAfterSeconds``: coordinators wait for no longer than a quarter of an hour.
    static let handBackSeconds: ClosedRange<Int64> = 0...600

    package init() {}

    /// Whether anything depends on what a sensor says.
    package var isAlwaysOpen: Bool {
        hours.isEmpty && idleInputSeconds == nil && idleLoadPercent == nil && maxTemperature == nil && !mainsPowerOnly
    }

    /// What is left of what a machine has.
    package func limit(_ capacity: Resources) -> Resources {
        var capacity = capacity
        if let cpuMillis { capacity.cpuMillis = min(capacity.cpuMillis, cpuMillis) }
        if let memoryBytes { capacity.memoryBytes = min(capacity.memoryBytes, memoryBytes) }
        if let diskBytes { capacity.diskBytes = min(capacity.diskBytes, diskBytes) }
        return capacity
    }
}

extension OwnerRules {
    private static func key(_ key: String, _ summary: String) -> FieldRule { FieldRule(key, summary, .object([])) }

    static let fields: [FieldRule] = [
        key("hours", "When it works, in local time."), key("only_when_idle", "What counts as idle."),
        key("limits", "What is offered at most."), key("max_temperature", "In degrees Celsius."),
        key("mains_power_only", "Not on battery."), key("submitters", "Whose work is taken."),
        key("coordinators", "Which coordinators may come by themselves, by their peer ids."),
        key("drivers", "Which drivers are used."), key("require_signed_by", "Whose signature code needs."),
        key("hand_back_after", "How long work stays frozen here."),
    ]
    static let idleFields = [
        key("input", "How long nobody has touched the machine."), key("load", "What others use of it at most."),
    ]
    static let limitFields = [
        key("cpus", "Processors."), key("memory", "Bytes of memory."), key("disk", "Bytes of working directories."),
    ]

    /// Reads the document of a rules file; an empty one has no rules.
    ///
    /// - Throws: ``InvalidDocument`` with everything that is wrong with it.
    package init(document: Document) throws(InvalidDocument) {
        var reader = SpecReader()
        self.init()
        if let fields = reader.members(document, at: "", fields: Self.fields) {
            hours = reader.hours(fields["hours"], at: "hours")
            readIdle(fields["only_when_idle"], &reader)
            readLimits(fields["limits"], &reader)
            maxTemperature = reader.degrees(fields["max_temperature"], at: "max_temperature")
            mainsPowerOnly = reader.bool(fields["mains_power_only"], at: "mains_power_only") ?? false
            submitters = reader.names(fields["submitters"], at: "submitters", of: "submitters")
            coordinators = reader.names(fields["coordinators"], at: "coordinators", of: "peer ids")
            for coordinator in coordinators where !Words.isPeerID(coordinator) {
                reader.report(
                    "coordinators",
                    "expected peer ids such as 12D3KooW…, as `weft peer info` prints them, not "
                        + "\"\(coordinator.prefix(40))\"")
            }
            drivers = reader.names(fields["drivers"], at: "drivers", of: "drivers")
            signers = reader.names(fields["require_signed_by"], at: "require_signed_by", of: "peer ids")
            // A name that nobody can sign with would be found out only when nothing runs any more.
            for signer in signers where !Words.isPeerID(signer) {
                reader.report(
                    "require_signed_by",
                    "expected peer ids such as 12D3KooW…, as `weft sign --id` prints them, not \"\(signer.prefix(40))\""
                )
            }
            let patience = reader.duration(
                fields["hand_back_after"], at: "hand_back_after", in: Self.handBackSeconds)
            if let patience { handBackAfterSeconds = patience }
        }
        if !reader.problems.isEmpty { throw InvalidDocument(reader.problems) }
    }

    private mutating func readIdle(_ document: Document?, _ reader: inout SpecReader) {
        guard let fields = reader.members(document, at: "only_when_idle", fields: Self.idleFields) else { return }
        if fields.isEmpty { reader.report("only_when_idle", "expected input, load or both, for example {load: 30%}") }
        idleInputSeconds = reader.duration(fields["input"], at: "only_when_idle.input", in: 1...86_400)
        idleLoadPercent = reader.percent(fields["load"], at: "only_when_idle.load")
    }

    private mutating func readLimits(_ document: Document?, _ reader: inout SpecReader) {
        guard let fields = reader.members(document, at: "limits", fields: Self.limitFields) else { return }
        cpuMillis = reader.cpus(fields["cpus"], at: "limits.cpus")
        memoryBytes = reader.size(fields["memory"], at: "limits.memory", in: JobLimits.memoryBytes)
        diskBytes = reader.size(fields["disk"], at: "limits.disk", in: JobLimits.diskBytes)
    }
}

extension SpecReader {
    /// A text or a list of texts.
    fileprivate mutating func texts(
        _ document: Document?, at path: String, of noun: String
    ) -> [(value: Document, path: String)] {
        if case .string? = document { return [(document ?? .null, path)] }
        return list(document, at: path, count: 1...256, of: noun) ?? []
    }

    fileprivate mutating func hours(_ document: Document?, at path: String) -> [WorkHours] {
        var result: [WorkHours] = []
        for (element, field) in texts(document, at: path, of: "hours") {
            guard let text = line(element == .null ? "" : element, at: field, count: 1...100) else { continue }
            if let hours = WorkHours(text) {
                result.append(hours)
            } else {
                report(field, "expected days, hours or both, like `mon-fri 22:00-07:00`, `sat,sun` or `12:00-13:00`")
            }
        }
        return result
    }

    fileprivate mutating func names(_ document: Document?, at path: String, of noun: String) -> [String] {
        var result: [String] = []
        for (element, field) in texts(document, at: path, of: noun) {
            guard let name = line(element == .null ? "" : element, at: field, count: 1...256) else { continue }
            if result.contains(name) { report(field, "comes twice") } else { result.append(name) }
        }
        return result
    }

    /// `30%` or 30.
    fileprivate mutating func percent(_ document: Document?, at path: String) -> Int64? {
        guard case .string(let text)? = document else { return integer(document, at: path, in: 0...100) }
        let number = text.hasSuffix("%") ? text.dropLast() : text[...]
        guard let value = Quantities.digits(number) else {
            report(path, "expected a share of all processors like 30%")
            return nil
        }
        return check(value, at: path, in: 0...100)
    }

    fileprivate mutating func degrees(_ document: Document?, at path: String) -> Double? {
        guard let value = number(document, at: path, "degrees Celsius like 80") else { return nil }
        guard (20...150).contains(value) else {
            report(path, "expected 20 to 150 degrees Celsius")
            return nil
        }
        return value
    }
}

import WeftFormats
import WeftModel
import WeftWorker

/// The owner's rules, and what comes of them, for people and programs.
struct RulesView: Encodable {
    struct Idle: Encodable { var inputSeconds: Int64?, loadPercent: Int64? }
    struct Limits: Encodable { var cpuMillis: Int64?, memoryBytes: Int64?, diskBytes: Int64? }
    struct Pause: Encodable { var until: Timestamp? }

    /// What the sensors say now; the words in place of a value say why there is none.
    struct Sensors: Encodable {
        var localTime: String
        var othersLoadPercent: String
        var inputIdle: String
        var temperature: String
        var power: String

        init(_ readings: Readings) {
            func words<Value>(_ reading: Reading<Value>, _ text: (Value) -> String) -> String {
                switch reading {
                case .value(let value): text(value)
                case .missing(let why): "none: \(why)"
                }
            }
            localTime = readings.local.description
            othersLoadPercent = words(readings.othersLoadPercent) { "\(Int($0.rounded()))%" }
            inputIdle = words(readings.inputIdleSeconds) { $0 == .max ? "nobody is there" : "for \($0) s" }
            temperature = words(readings.temperature) { "\(($0 * 10).rounded() / 10) °C" }
            power = words(readings.isOnMains) { $0 ? "mains" : "battery" }
        }
    }

    var file: String?
    var hasFile: Bool?
    var problems: [Problem] = []
    var hours: [String]
    var onlyWhenIdle: Idle
    var limits: Limits
    var maxTemperature: Double?
    var mainsPowerOnly: Bool
    var submitters: [String]
    var coordinators: [String]
    var drivers: [String]
    var requireSignedBy: [String]
    var handBackAfterSeconds: Int64
    var pause: Pause?
    var sensors: Sensors?
    /// What the worker that runs here says of itself.
    var worker: OwnerStatus?

    init(_ rules: OwnerRules) {
        hours = rules.hours.map(\.description)
        onlyWhenIdle = Idle(inputSeconds: rules.idleInputSeconds, loadPercent: rules.idleLoadPercent)
        limits = Limits(cpuMillis: rules.cpuMillis, memoryBytes: rules.memoryBytes, diskBytes: rules.diskBytes)
        maxTemperature = rules.maxTemperature
        mainsPowerOnly = rules.mainsPowerOnly
        submitters = rules.submitters
        coordinators = rules.coordinators
        drivers = rules.drivers
        requireSignedBy = rules.signers
        handBackAfterSeconds = rules.handBackAfterSeconds
    }

    func details() -> Details {
        var details = Details()
        if let file { details.add("Rules", hasFile == true ? file : "none (\(file) is not there)") }
        for problem in problems { details.add("Problem", problem.description, .bad) }
        details.add("Hours", hours.isEmpty ? "always" : hours.joined(separator: "; "))
        details.add("Input idle", onlyWhenIdle.inputSeconds.map { "for \($0) s" })
        details.add("Load of others", onlyWhenIdle.loadPercent.map { "at most \($0)%" })
        details.add("Processors", limits.cpuMillis.map { "at most \(Humanize.cpu(millis: $0))" })
        details.add("Memory", limits.memoryBytes.map { "at most \(Humanize.bytes($0))" })
        details.add("Disk", limits.diskBytes.map { "at most \(Humanize.bytes($0))" })
        details.add("Temperature", maxTemperature.map { "at most \($0) °C" })
        details.add("Power", mainsPowerOnly ? "mains only" : nil)
        details.add("Lets in", coordinators.isEmpty ? nil : coordinators.joined(separator: ", "))
        details.add("Works for", submitters.isEmpty ? nil : submitters.joined(separator: ", "))
        details.add("Drivers", drivers.isEmpty ? nil : drivers.joined(separator: ", "))
        details.add("Code signed by", requireSignedBy.isEmpty ? nil : requireSignedBy.joined(separator: ", "))
        details.add("Hands back", "what is frozen for \(handBackAfterSeconds) s")
        if let pause {
            details.add("Pause", pause.until.map { "until \($0)" } ?? "until `weft worker resume`", .warning)
        }
        if let sensors {
            details.add("Now", sensors.localTime)
            details.add("Now: load", sensors.othersLoadPercent)
            details.add("Now: input idle", sensors.inputIdle)
            details.add("Now: temperature", sensors.temperature)
            details.add("Now: power", sensors.power)
        }
        if let worker {
            details.add(
                "Worker", worker.paused.map { "paused: \($0); \(worker.frozen) stand still" } ?? "works",
                worker.paused == nil ? .good : .warning)
            details.add("Worker says", worker.problem, .bad)
        } else if file != nil {
            details.add("Worker", "none runs here")
        }
        return details
    }
}

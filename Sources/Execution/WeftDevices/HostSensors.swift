import Synchronization
package import WeftModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Tells a rule keeper the state of the machine.
package protocol Sensors: Sendable {
    /// Looks at what the rules ask for, and at nothing else. May take some milliseconds.
    ///
    /// - Parameter elsewhere: processor time of payloads that are no descendants of this process, up to now.
    func read(for rules: OwnerRules, payloadsElsewhere elsewhere: Duration) -> Readings
}

/// The sensors of this machine, read from the kernel's files.
///
/// Nothing here is a guess: what cannot be read is ``Reading/missing(_:)``, with the reason.
package final class HostSensors: Sensors {
    private let root: String
    private let now: @Sendable () -> Instant
    private let local: @Sendable (Instant) -> LocalTime
    private let load: LoadSensor
    private let input: InputSensor

    /// - Parameters:
    ///   - root: where the machine's `/sys`, `/proc` and `/dev` are; tests have their own.
    ///   - now: the wall clock.
    ///   - local: the same as clocks on the wall show it; by this machine's time zone, as it is then, if nil.
    package init(
        root: String = "", now: @escaping @Sendable () -> Instant, local: (@Sendable (Instant) -> LocalTime)? = nil
    ) {
        self.root = root
        self.now = now
        self.local = local ?? Self.localTime
        load = LoadSensor(root: root)
        input = InputSensor(root: root)
    }

    package func read(for rules: OwnerRules, payloadsElsewhere elsewhere: Duration) -> Readings {
        let now = now()
        var readings = Readings(now: now, local: local(now))
        if rules.idleLoadPercent != nil { readings.othersLoadPercent = load.read(elsewhere: elsewhere) }
        if rules.idleInputSeconds != nil { readings.inputIdleSeconds = input.read(now: now) }
        if rules.maxTemperature != nil { readings.temperature = temperature() }
        if rules.mainsPowerOnly { readings.isOnMains = isOnMains() }
        return readings
    }

    /// Everything that can be read here.
    package func readAll() -> Readings {
        let now = now()
        return Readings(
            now: now, local: local(now), othersLoadPercent: load.read(elsewhere: .zero),
            inputIdleSeconds: input.read(now: now), temperature: temperature(), isOnMains: isOnMains())
    }

    private static func localTime(_ moment: Instant) -> LocalTime {
        // Somebody who travels changes the time zone while this process runs.
        tzset()
        var seconds = time_t(moment.microseconds / 1_000_000)
        var parts = tm()
        localtime_r(&seconds, &parts)
        return LocalTime(weekday: (Int(parts.tm_wday) + 6) % 7, minute: Int(parts.tm_hour) * 60 + Int(parts.tm_min))
    }

    // MARK: temperature

    /// The hottest of all thermal zones and hardware monitors (sysfs-class-thermal, sysfs-class-hwmon): thousandths of
    /// a degree Celsius. What is not plausible is no measurement.
    func temperature() -> Reading<Double> {
        let zones = names(in: "/sys/class/thermal").filter { $0.hasPrefix("thermal_zone") }
            .map { "/sys/class/thermal/\($0)/temp" }
        let monitors = names(in: "/sys/class/hwmon").flatMap { monitor in
            names(in: "/sys/class/hwmon/\(monitor)").filter { $0.hasPrefix("temp") && $0.hasSuffix("_input") }
                .map { "/sys/class/hwmon/\(monitor)/\($0)" }
        }
        let degrees = (zones + monitors).compactMap { number($0) }.filter { (1...200_000).contains($0) }
            .map { Double($0) / 1000 }
        guard let hottest = degrees.max() else { return .missing("no temperature sensor is seen here") }
        return .value(hottest)
    }

    // MARK: power

    /// A machine without a battery of its own has no other power (sysfs-class-power).
    private func isOnMains() -> Reading<Bool> {
        guard exists("/sys/class") else { return .missing("power supplies are not seen here") }
        var batteries: [String] = []
        for supply in names(in: "/sys/class/power_supply") {
            let path = "/sys/class/power_supply/\(supply)"
            // A mouse has a battery, too.
            guard word(path + "/scope") != "Device" else { continue }
            if word(path + "/type") == "Battery" {
                batteries.append(path)
            } else if number(path + "/online") ?? 0 > 0 {
                return .value(true)
            }
        }
        if batteries.isEmpty { return .value(true) }
        return .value(batteries.allSatisfy { ["Charging", "Full", "Not charging"].contains(word($0 + "/status")) })
    }

    // MARK: files

    private func names(in directory: String) -> [String] { HostFiles.names(in: root + directory) }
    private func exists(_ path: String) -> Bool { access(root + path, F_OK) == 0 }
    private func word(_ path: String) -> String? {
        HostFiles.read(root + path).map { String($0.prefix { $0 != "\n" }) }
    }
    private func number(_ path: String) -> Int64? { word(path).flatMap { Int64($0) } }
}

/// Small files of the kernel.
enum HostFiles {
    static func names(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    static func read(_ path: String, limit: Int = 16_384) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            while count < limit {
                #if canImport(Glibc)
                    let got = Glibc.read(descriptor, buffer.baseAddress! + count, limit - count)
                #elseif canImport(Musl)
                    let got = Musl.read(descriptor, buffer.baseAddress! + count, limit - count)
                #elseif canImport(Darwin)
                    let got = Darwin.read(descriptor, buffer.baseAddress! + count, limit - count)
                #endif
                guard got > 0 else { return }
                count += got
            }
        }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }
}

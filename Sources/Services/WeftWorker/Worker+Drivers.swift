import Logging
import WeftDrivers
import WeftModel

/// The drivers: each is offered as soon as it has been tried.
extension Worker {
    /// How long the first driver has the machine for itself, and for the first work that it brings.
    private static let headStart = Duration.milliseconds(50)

    /// Tries the first one, then all others at once; returns when all have been, and all that could be found out later is
    /// known.
    func tryDrivers() async {
        guard let first = allDrivers.first else { return logger.error("there are no drivers, so no work is taken") }
        take(TriedDriver(driver: first, availability: await first.probe()), at: 0)
        // Cut short when the worker stops; so are the trials.
        try? await environment.sleep(Self.headStart)
        await withTaskGroup(of: (Int, TriedDriver)?.self) { tasks in
            for (index, driver) in allDrivers.enumerated().dropFirst() {
                tasks.addTask { (index, TriedDriver(driver: driver, availability: await driver.probe())) }
            }
            tasks.addTask { await Self.further(first, at: 0) }
            for await result in tasks {
                guard let (index, tried) = result else { continue }
                let isFirst = self.tried[index] == nil
                take(tried, at: index)
                if isFirst { tasks.addTask { await Self.further(tried.driver, at: index) } }
            }
        }
        if usableDrivers.isEmpty { logger.error("no driver can be used, so no work is taken") }
    }

    private static func further(_ driver: any Driver, at index: Int) async -> (Int, TriedDriver)? {
        await driver.probeFurther().map { (index, TriedDriver(driver: driver, availability: $0)) }
    }

    private func take(_ tried: TriedDriver, at index: Int) {
        self.tried[index] = tried
        let name = tried.driver.name
        switch tried.availability {
        case .available(_, _, _, let isolation, _) where isolation < configuration.isolation:
            logger.notice("driver is not used", metadata: ["driver": "\(name)", "reason": "\(weakness(isolation))"])
        case .available(_, let startup, let enforced, let isolation, _):
            if name == "process" { machine.enforced = enforced.sorted() }
            logger.info(
                "driver ready", metadata: ["driver": "\(name)", "isolation": "\(isolation)", "startup": "\(startup)"])
        case .unavailable(let reason, let hint):
            // Without the others a worker does much; without this one, what most jobs are made of is missing.
            logger.log(
                level: name == "process" ? .error : .info, "driver cannot be used, so none of its work is taken",
                metadata: ["driver": "\(name)", "reason": "\(reason)", "hint": "\(hint)"])
        }
        // What comes before the greeting goes with it.
        if runner != nil { renewProfile() }
        wake()
    }

    /// Those that can be used and whose walls are strong enough for the owner, in the order of all.
    var usableDrivers: [TriedDriver] {
        tried.compactMap(\.self).filter { tried in
            guard case .available(_, _, _, let isolation, _) = tried.availability else { return false }
            return isolation >= configuration.isolation
        }
    }

    /// Why the others are missing, one sentence each.
    var driverNotes: [String] {
        zip(allDrivers, tried).compactMap { driver, tried in
            guard let tried else {
                return NodeProfile.excuse(ofDriver: driver.name, for: driver.payloads, NodeProfile.beingTried)
            }
            if case .available(_, _, _, let isolation, _) = tried.availability, isolation < configuration.isolation {
                return NodeProfile.excuse(ofDriver: driver.name, for: driver.payloads, weakness(isolation))
            }
            return tried.note
        }
    }

    private func weakness(_ isolation: Isolation) -> String {
        "its wall is `\(isolation)`, and the owner wants `\(configuration.isolation)` at least"
    }
}

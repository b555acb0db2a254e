/// What a job wants of the driver that runs it.
package struct DriverWish: Hashable, Sendable {
    /// The kind of payload.
    package var payload: String
    /// What programs are built for; whatever the node has if nil.
    package var architecture: String?
    /// The weakest wall accepted.
    package var isolation: Isolation
    /// Limits that must hold.
    package var enforced: [Limit]
    /// Drivers, or kinds of payload, that the node has to have. Where drivers of these names run the payload, one of them
    /// does.
    package var drivers: [String]
    /// Whether directories are to be at absolute paths, too: see ``Mount``.
    package var hasMounts: Bool
    /// The drivers that are able to run it, by name, the preferred one first; any that runs this kind of payload if empty.
    package var able: [String]

    package init(
        payload: String, architecture: String? = nil, isolation: Isolation = .process, enforced: [Limit] = [],
        drivers: [String] = [], hasMounts: Bool = false, able: [String] = []
    ) {
        self.payload = payload
        self.architecture = architecture
        self.isolation = isolation
        self.enforced = enforced
        self.drivers = drivers
        self.hasMounts = hasMounts
        self.able = able
    }
}

extension DriverWish {
    fileprivate func isRunnable(by driver: DriverProfile) -> Bool {
        driver.payloads.contains(payload) && (able.isEmpty || able.contains(driver.name))
    }

    /// Lower is preferred.
    fileprivate func rank(_ driver: DriverProfile) -> Int { able.firstIndex(of: driver.name) ?? 0 }

    /// The kind of payload, for people.
    package var kind: String {
        able.isEmpty ? payload : "\(payload) (\(able.joined(separator: ", ")))"
    }
}

/// A driver of a node that can run what is wanted.
package struct DriverChoice: Hashable, Sendable {
    /// In the profile's list.
    package var index: Int
    /// Whether the machine's processor is not what the payload is built for.
    package var isEmulated: Bool

    package init(index: Int, isEmulated: Bool) {
        self.index = index
        self.isEmulated = isEmulated
    }
}

/// What a driver lacks for a wish.
package enum DriverShortfall: Hashable, Sendable {
    case payload, architecture, isolation
    /// It cannot show directories at absolute paths.
    case mounts
    case enforced(Limit)
    /// The node has none of that name or for that kind of payload.
    case driver(String)
}

extension NodeProfile {
    /// The driver to take: one that emulates nothing before one that emulates, then the weakest wall that is strong enough,
    /// which is the cheapest. Nil if none will do. Coordinators match by it, and workers choose by it.
    package func driver(for wish: DriverWish) -> DriverChoice? {
        guard wish.drivers.allSatisfy(hasDriver) else { return nil }
        var best: DriverChoice?
        var wall = Isolation.none
        let isNamed = namesItsDriver(wish)
        for index in drivers.indices where canRun(wish, on: drivers[index], isNamed: isNamed) {
            let choice = DriverChoice(index: index, isEmulated: wish.architecture.map { $0 != architecture } ?? false)
            let offered = drivers[index].isolation ?? isolation
            if let best {
                let (rank, bestRank) = (wish.rank(drivers[index]), wish.rank(drivers[best.index]))
                if (choice.isEmulated ? 1 : 0, offered, rank) >= (best.isEmulated ? 1 : 0, wall, bestRank) { continue }
            }
            best = choice
            wall = offered
        }
        return best
    }

    private func hasDriver(_ name: String) -> Bool {
        drivers.contains { $0.name == name || $0.payloads.contains(name) }
    }

    /// Whether one of the drivers that are named runs this kind of payload: then no other will do.
    private func namesItsDriver(_ wish: DriverWish) -> Bool {
        !wish.drivers.isEmpty
            && drivers.contains { wish.drivers.contains($0.name) && wish.isRunnable(by: $0) }
    }

    private func canRun(_ wish: DriverWish, on driver: DriverProfile, isNamed: Bool) -> Bool {
        wish.isRunnable(by: driver) && (!isNamed || wish.drivers.contains(driver.name))
            && (driver.isolation ?? isolation) >= wish.isolation && runs(wish.architecture, on: driver)
            && (!wish.hasMounts || mounts(with: driver))
            && wish.enforced.allSatisfy((driver.isolation == nil ? enforced : driver.enforced).contains)
    }

    /// It takes a mount namespace, which only walls have.
    private func mounts(with driver: DriverProfile) -> Bool {
        driver.mounts && (driver.isolation ?? isolation) >= .process
    }

    private func runs(_ wanted: String?, on driver: DriverProfile) -> Bool {
        guard let wanted else { return true }
        return driver.architectures.isEmpty ? wanted == architecture : driver.architectures.contains(wanted)
    }

    /// What the driver that comes closest lacks; empty if one will do.
    package func shortfalls(for wish: DriverWish) -> [DriverShortfall] {
        let isNamed = namesItsDriver(wish)
        let candidates = drivers.filter {
            wish.isRunnable(by: $0) && (!isNamed || wish.drivers.contains($0.name))
        }
        let nearest = candidates.map { shortfalls(of: $0, for: wish) }.min { $0.count < $1.count } ?? [.payload]
        return nearest + wish.drivers.filter { !hasDriver($0) }.map(DriverShortfall.driver)
    }

    private func shortfalls(of driver: DriverProfile, for wish: DriverWish) -> [DriverShortfall] {
        var found: [DriverShortfall] = []
        if !runs(wish.architecture, on: driver) { found.append(.architecture) }
        if (driver.isolation ?? isolation) < wish.isolation { found.append(.isolation) }
        if wish.hasMounts, !mounts(with: driver) { found.append(.mounts) }
        let limits = driver.isolation == nil ? enforced : driver.enforced
        return found + wish.enforced.filter { !limits.contains($0) }.map(DriverShortfall.enforced)
    }

    /// The strongest wall of the drivers that have all that is wanted but perhaps the wall; nil if there are none.
    package func strongestWall(for wish: DriverWish) -> Isolation? {
        var wish = wish
        wish.isolation = .none
        let isNamed = namesItsDriver(wish)
        return drivers.filter { canRun(wish, on: $0, isNamed: isNamed) }.map { $0.isolation ?? isolation }.max()
    }
}

extension Payload {
    /// Empty where the kind says enough.
    fileprivate func ableDrivers(required drivers: [String]) -> [String] {
        guard case .kernel(let kernel) = self else { return [] }
        return kernel.program.drivers(required: drivers)
    }
}

extension JobSpec {
    package var driverWish: DriverWish {
        DriverWish(
            payload: payload.driver, architecture: payload.architecture ?? requirements.architecture,
            isolation: requirements.isolation, enforced: requirements.enforced, drivers: requirements.drivers,
            hasMounts: !mounts.isEmpty, able: payload.ableDrivers(required: requirements.drivers))
    }
}

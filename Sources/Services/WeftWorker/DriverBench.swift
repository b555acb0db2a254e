package import WeftDrivers
import WeftModel
import WeftWire

/// A driver and what came of trying it.
package struct TriedDriver: Sendable {
    package let driver: any Driver
    package let availability: DriverAvailability

    /// Tries all of them at once, and gives them back in their order.
    package static func tryAll(_ drivers: [any Driver]) async -> [TriedDriver] {
        await withTaskGroup(of: (Int, DriverAvailability).self) { tasks in
            for (index, driver) in drivers.enumerated() { tasks.addTask { (index, await everything(of: driver)) } }
            var found = [DriverAvailability?](repeating: nil, count: drivers.count)
            for await (index, availability) in tasks { found[index] = availability }
            return zip(drivers, found).map { driver, availability in
                guard let availability else { preconditionFailure("every driver that was tried has answered") }
                return TriedDriver(driver: driver, availability: availability)
            }
        }
    }

    private static func everything(of driver: any Driver) async -> DriverAvailability {
        let first = await driver.probe()
        return await driver.probeFurther() ?? first
    }

    /// For a node's profile; nil where it cannot be used.
    var profile: DriverProfile? {
        guard case .available(let version, _, let enforced, let isolation, let architectures) = availability else {
            return nil
        }
        return DriverProfile(
            name: driver.name, version: version, payloads: driver.payloads, isolation: isolation,
            architectures: architectures, enforced: enforced.sorted(), mounts: driver.mounts)
    }

    /// Why it cannot be used and what could be done about it, for a node's profile: one sentence. Nil if it can.
    var note: String? {
        guard case .unavailable(let reason, let hint) = availability else { return nil }
        return NodeProfile.excuse(
            ofDriver: driver.name, for: driver.payloads, reason + (hint.isEmpty ? "" : "; \(hint)"))
    }
}

/// The drivers that a worker uses, and which of them runs what.
struct DriverBench: Sendable {
    /// What the coordinator knows; its drivers are those of `drivers`, in the same order.
    let profile: NodeProfile
    let drivers: [any Driver]

    init(profile: NodeProfile, drivers: [any Driver]) {
        precondition(profile.drivers.count == drivers.count, "every driver has its line in the profile")
        self.profile = profile
        self.drivers = drivers
    }

    /// The one that the coordinator had in mind when it chose this node; nil if none will do.
    func driver(for order: AssignmentOrder) -> (any Driver)? {
        profile.driver(for: order.driverWish).map { drivers[$0.index] }
    }

    /// Why none of them will do, as a part of a sentence. The coordinator should have known; that it is asked again here
    /// is what a submitter's wish for a wall rests on.
    func objection(to order: AssignmentOrder) -> String? {
        let wish = order.driverWish
        guard profile.driver(for: wish) == nil else { return nil }
        let lacking = profile.shortfalls(for: wish).map { shortfall in
            switch shortfall {
            case .payload: "this worker has no driver for \(wish.kind) payloads"
            case .architecture:
                "it is built for \(wish.architecture ?? ""); this worker is \(profile.architecture) and does not emulate it"
            case .isolation:
                "it wants isolation `\(wish.isolation)`; this worker offers "
                    + "`\(profile.strongestWall(for: wish) ?? .none)` for \(wish.payload) payloads"
            case .mounts:
                "it wants directories at other paths, which no driver of this worker for \(wish.payload) payloads shows"
            case .driver(let name): "it wants the driver \(name), which this worker does not have"
            case .enforced(let limit): "it wants the limit on \(limit.rawValue) enforced, which this worker cannot"
            }
        }
        return lacking.joined(separator: "; ")
    }
}

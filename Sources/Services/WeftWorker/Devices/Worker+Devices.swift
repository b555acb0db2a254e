import Logging
import WeftDevices
import WeftDrivers
import WeftModel

/// What a worker knows of its machine's devices.
struct DeviceState {
    /// As they were found last.
    var found: [DeviceReport] = []
    /// Why some are out of use, by their names, besides what was found.
    var lost: [String: String] = [:]
    var notes: [String] = []
    /// How often they were found.
    var generation = 0

    /// What the coordinator is told of them.
    var profiles: [DeviceProfile] {
        found.filter(\.isOffered).prefix(DeviceShelf.limit).map { device in
            var profile = device.profile
            if let reason = lost[device.id] { profile.fault = reason }
            return profile
        }
    }

    /// How many of each kind can be used.
    var counts: [DeviceRequest] { DeviceShelf(profiles).untouched }
}

/// The devices: found, given, and taken out of use when they fail.
extension Worker {
    /// Looks until the calling task is cancelled.
    func watchDevices() async {
        guard let deviceWatch else { return }
        var signature: String?
        while !Task.isCancelled {
            let now = deviceWatch.signature()
            if now != signature {
                signature = now
                await findDevices(deviceWatch)
            }
            let faults = deviceWatch.faults()
            if !faults.isEmpty {
                var lost: [String: String] = [:]
                for device in devices.found {
                    if let reason = device.pciAddress.flatMap({ faults[$0] }) { lost[device.id] = reason }
                }
                lose(lost)
            }
            do { try await environment.sleep(deviceWatch.interval) } catch { return }
        }
    }

    private func findDevices(_ watch: DeviceWatch) async {
        let found = await watch.find()
        guard !Task.isCancelled else { return }
        let gone = devices.found.filter { old in
            !found.devices.contains { $0.id == old.id && $0.pciAddress == old.pciAddress && $0.uuid == old.uuid }
        }
        devices.found = found.devices
        devices.generation += 1
        // One that is no longer there, or is there again, is looked at anew.
        devices.lost = devices.lost.filter { lost in found.devices.contains { $0.id == lost.key } }
        devices.notes = found.backends.filter { $0.state == .broken }.map { backend in
            "devices: \(backend.name): \(backend.reason ?? "it does not work")"
        }
        for device in found.devices where device.isOffered {
            logger.info(
                "device",
                metadata: [
                    "id": "\(device.id)", "model": "\(device.model)", "fault": "\(device.fault ?? "none")",
                    "backends": "\(device.backends.map(\.name).joined(separator: ","))",
                ])
        }
        if runner != nil { renewProfile() }
        for device in gone {
            for attempt in ledger.holders(of: device.id) {
                giveBack(attempt, because: "its device \(device.id) is gone")
            }
        }
    }

    /// Takes devices out of use, with the reason, and gives back what runs on them. They are tried anew when the worker
    /// starts again.
    func lose(_ lost: [String: String]) {
        let news = lost.filter { devices.lost[$0.key] == nil }
        guard !news.isEmpty else { return }
        for (id, reason) in news {
            devices.lost[id] = reason
            logger.error("a device is lost", metadata: ["device": "\(id)", "reason": "\(reason)"])
        }
        // The coordinator hears of it before it hears of the attempts, so that it places none of them here again.
        if runner != nil { renewProfile() }
        for (id, reason) in news {
            for attempt in ledger.holders(of: id) { giveBack(attempt, because: "its device \(id) was lost: \(reason)") }
        }
    }

    /// What an attempt that holds its resources has of the devices.
    func granted(to attempt: AttemptID) -> [GrantedDevice] {
        (ledger.grants[attempt] ?? []).compactMap { grant in
            devices.found.first { $0.id == grant.device }.map { GrantedDevice($0, shareBytes: grant.shareBytes) }
        }
    }
}

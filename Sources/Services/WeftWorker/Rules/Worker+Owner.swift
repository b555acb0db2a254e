import Logging
import WeftDrivers
import WeftFormats
import WeftModel
import WeftSandbox
import WeftWire

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What a worker knows of its owner's wishes.
struct OwnerState {
    var rules = OwnerRules()
    var keeper = RuleKeeper()
    /// What is wrong with the rules file now.
    var problem: String?
    /// Why nothing is to run; nil while it works.
    var reason: String?
    var pausedSince: ContinuousClock.Instant?
    var hasHandedBack = false
    var since = Instant(microseconds: 0)
    var said: OwnerStatus?
    var hasComplained = false
    /// Of payloads that have ended and were no descendants of this process.
    var cpuElsewhere = Duration.zero
}

/// The owner's rules: heard, kept, and told to the coordinator.
extension Worker {
    /// How often rules, pause and sensors are looked at: what runs is to stand still soon, and where nothing does there is time.
    private static let lookInterval = (working: Duration.milliseconds(200), idle: Duration.milliseconds(500))

    /// Keeps looking until the calling task is cancelled.
    func heedOwner() async {
        while true {
            let interval = attempts.isEmpty ? Self.lookInterval.idle : Self.lookInterval.working
            do { try await environment.sleep(interval) } catch { return }
            await askOwner()
        }
    }

    /// Looks once, and does what follows.
    func askOwner() async {
        guard let watch else { return }
        let elsewhere = attempts.values.reduce(owner.cpuElsewhere) { $0 + $1.pause.cpuElsewhere }
        let look = await watch.look(payloadsElsewhere: elsewhere)
        var isNews = false
        if look.problem != owner.problem {
            owner.problem = look.problem
            isNews = true
            if let problem = look.problem {
                logger.error(
                    "the owner's rules make no sense; those before them hold", metadata: ["problem": "\(problem)"])
            }
        }
        if look.rules != owner.rules {
            owner.rules = look.rules
            isNews = true
            logger.notice("the owner's rules have changed")
        }
        let reason = owner.keeper.verdict(look.rules, look.readings, manual: look.pause).reason
        if reason != owner.reason {
            heed(reason)
            isNews = true
        }
        if isNews { renewProfile() }
        if reason != nil { holdStill() } else { startWaiting() }
        await tellStatus(pause: look.pause)
    }

    private func heed(_ reason: String?) {
        let wasPaused = owner.reason != nil
        owner.reason = reason
        owner.since = environment.now()
        wake()
        if let reason {
            disturbances += 1
            if !wasPaused {
                owner.pausedSince = .now
                owner.hasHandedBack = false
            }
            logger.notice("paused", metadata: ["reason": "\(reason)", "running": "\(attempts.count)"])
        } else {
            owner.pausedSince = nil
            logger.notice("working again", metadata: ["running": "\(attempts.count)"])
            for attempt in attempts.values { attempt.pause.resume() }
        }
    }

    /// What runs stands still; what waits goes back at once, what is frozen for long later.
    private func holdStill() {
        let reason = "its node is paused by its owner: \(owner.reason ?? "")"
        for attempt in attempts.values { attempt.pause.pause() }
        let unbegun = waiting
        waiting = []
        for id in unbegun { giveBack(id, because: reason) }
        guard let since = owner.pausedSince, !owner.hasHandedBack,
            since.duration(to: .now) >= .seconds(owner.rules.handBackAfterSeconds)
        else { return }
        owner.hasHandedBack = true
        if !attempts.isEmpty { logger.notice("handing back", metadata: ["attempts": "\(attempts.count)"]) }
        for id in attempts.keys { giveBack(id, because: reason) }
    }

    /// What this worker is by its machine, its drivers and its owner's rules; says so to the coordinator if that is news.
    func renewProfile() {
        var profile = machine
        let rules = owner.rules
        profile.capacity = rules.limit(machine.capacity)
        profile.devices = devices.profiles
        profile.capacity.devices = devices.counts
        let used = usableDrivers.filter { rules.drivers.isEmpty || rules.drivers.contains($0.driver.name) }
        profile.drivers = used.compactMap(\.profile)
        profile.notes += driverNotes + devices.notes + ownerNotes()
        profile.submitters = rules.submitters
        profile.signers = rules.signers
        profile.paused = String((owner.reason ?? "").prefix(1000))
        guard profile != self.profile || runner == nil else { return }
        self.profile = profile
        ledger.resize(to: profile.capacity, devices: profile.devices)
        runner = AttemptRunner(
            node: id, bench: DriverBench(profile: profile, drivers: used.map(\.driver)), workspaces: workspaces,
            cache: cache, inlet: inlet, outbox: outbox, environment: environment, tamper: tamper,
            deviceLost: { [weak self] in await self?.lose($0) })
        if isLinked { outbox.post(Message(.profile(profile.wire))) }
    }

    private func ownerNotes() -> [String] {
        var notes: [String] = []
        if let problem = owner.problem {
            notes.append("owner's rules: not valid, so those before them hold: \(problem.prefix(1000))")
        }
        let names = allDrivers.map(\.name)
        for name in owner.rules.drivers where !names.contains(name) {
            notes.append("owner's rules: drivers: there is no driver \(name.debugDescription) here")
        }
        return notes
    }

    private func tellStatus(pause: ManualPause?) async {
        guard let watch else { return }
        let status = OwnerStatus(
            process: getpid(), node: id, paused: owner.reason, since: Timestamp(owner.since), pauseName: pause?.id,
            frozen: owner.reason == nil ? 0 : attempts.values.count { $0.task != nil }, problem: owner.problem)
        guard status != owner.said else { return }
        owner.said = status
        let trouble = await watch.say(status)
        if let trouble, !owner.hasComplained {
            owner.hasComplained = true
            logger.error("the commands on this machine cannot be answered", metadata: ["reason": "\(trouble)"])
        }
    }
}

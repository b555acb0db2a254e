import WeftEngine
import WeftModel

/// How a worker treats the tasks it is given.
enum Behaviour: Hashable {
    case honest
    /// Takes this many times as long.
    case slow(Int64)
    /// Answers at once, with what some other task's answer would be.
    case lazy
    /// Every now and then invents an answer.
    case liar(permille: Int)
    case alwaysWrong
    /// Gives the same wrong answer as the others of its group.
    case colluder(group: UInt64)
    /// Its sandbox fails every time.
    case broken

    var isHonest: Bool {
        switch self {
        case .honest, .slow, .broken: true
        case .lazy, .liar, .alwaysWrong, .colluder: false
        }
    }
}

struct WorkerPlan {
    var id: NodeID
    var profile: NodeProfile
    var behaviour: Behaviour
    /// How often an attempt ends by a failure that is nobody's lie.
    var failurePermille = 0
    var startsAt: Int64 = 0
}

/// What a job's payload does when it is run honestly.
enum Nature {
    case succeeds, exitsWithFailure, takesTooLong
}

struct JobPlan {
    var spec: JobSpec
    var specDigest: Digest
    /// What its answers are made of.
    var content: UInt64
    var submitter: String
    var nature: Nature
    var isFeasible: Bool
    var submitsAt: Int64
    var cancelsAfter: Int64?
    /// Work of one task on an honest node, in microseconds.
    var work: ClosedRange<Int64>
}

/// A world as its seed has it: everything but the order in which chance strikes.
struct Plan {
    var configuration = EngineConfiguration()
    var faults: Set<Fault> = []
    var workers: [WorkerPlan] = []
    var jobs: [JobPlan] = []
    var grants: [GrantPlan] = []
    /// When all faults stop, in microseconds.
    var healsAt: Int64
    /// Mean time between two faults.
    var faultInterval: Int64
    var latency: ClosedRange<Int64>

    init(random: inout Random, defect: PlantedDefect?) {
        let isBig = random.chance(permille: 10)
        // Swarm testing: a world with few kinds of faults goes deeper into their combinations than one with all.
        let share = random.pick([150, 350, 600, 900])
        for fault in Fault.allCases where random.chance(permille: share) { faults.insert(fault) }
        healsAt = random.between(4, isBig ? 60 : 25) * 1_000_000
        faultInterval = random.pick([100_000, 400_000, 1_500_000])
        latency = 50...random.pick([500, 5_000, 100_000])
        configuration.plantedDefect = defect
        configuration.leaseDuration = .milliseconds(random.pick([1500, 3000, 15000]))
        configuration.timeoutGrace = .milliseconds(random.pick([500, 3000, 30000]))
        configuration.revocationGrace = .milliseconds(random.pick([500, 3000, 10000]))
        configuration.recoveryGrace = .milliseconds(random.pick([200, 1500, 4000]))
        configuration.stragglerFloor = .milliseconds(random.pick([10, 200, 2000]))
        configuration.checkPatience = .milliseconds(random.pick([100, 3000]))
        configuration.trustSeed = random.next()
        configuration.trustHalfLife = .seconds(random.pick([1, 1_000_000]))
        configuration.maxOpenTasks = random.pick([2, 8, 4096])
        configuration.maxUnfinishedJobs = random.pick([8, 100_000])
        planWorkers(isBig ? 20 + random.below(60) : 2 + random.below(9), &random)
        planJobs(isBig ? 20 + random.below(60) : 1 + random.below(12), isBig: isBig, &random)
        planRepetitions(&random)
    }

    /// Some jobs come once more, so that they can be given the answers of the first time.
    private mutating func planRepetitions(_ random: inout Random) {
        for first in jobs where random.chance(permille: 250) {
            var again = first
            again.spec.idempotencyKey = first.spec.idempotencyKey.map { $0 + "-again" }
            again.specDigest = digest(of: random.next())
            again.submitsAt = min(healsAt, first.submitsAt + random.between(0, healsAt / 2))
            again.cancelsAfter = nil
            if random.chance(permille: 300) {
                again.spec.verification = verification(&random, isFeasible: first.isFeasible)
            }
            jobs.append(again)
        }
    }

    private mutating func planWorkers(_ count: Int, _ random: inout Random) {
        let lies = random.pick([0, 0, 150, 400, 700])
        let failures = faults.contains(.attemptFailure) ? random.pick([20, 100, 300]) : 0
        let sharedOwners = random.pick([0, 0, 3, 6])
        for number in 0..<count {
            let owner =
                sharedOwners > 0 && random.chance(permille: 500) ? "owner-\(random.below(sharedOwners))" : ""
            let isLiar = faults.contains(.wrongAnswer) && random.chance(permille: lies)
            let behaviour =
                isLiar
                ? random.pick([.lazy, .liar(permille: 300), .alwaysWrong, .colluder(group: 1), .colluder(group: 1)])
                : random.pick([Behaviour.honest, .honest, .honest, .honest, .slow(4), .slow(30)])
            let isBroken = failures > 0 && random.chance(permille: 60)
            workers.append(
                WorkerPlan(
                    id: NodeID("node-\(number)"),
                    profile: Plan.profile(
                        "node-\(number)", cpus: random.between(1, 4), owner: owner,
                        zone: random.pick(["a", "b"]), gpus: random.below(3)),
                    behaviour: isBroken ? .broken : behaviour, failurePermille: failures,
                    startsAt: random.chance(permille: 700) ? random.between(0, 50_000) : random.between(0, healsAt)))
        }
    }

    static func profile(_ name: String, cpus: Int64, owner: String, zone: String, gpus: Int) -> NodeProfile {
        NodeProfile(
            name: name, operatingSystem: "linux", architecture: "x86_64",
            capacity: Resources(
                cpuMillis: cpus * 1000, memoryBytes: cpus << 30, diskBytes: cpus << 32,
                devices: gpus > 0 ? [DeviceRequest(kind: "gpu", count: gpus)] : []),
            drivers: [DriverProfile(name: "process")], labels: ["zone": zone], owner: owner)
    }

    private mutating func planJobs(_ count: Int, isBig: Bool, _ random: inout Random) {
        let submitters = random.pick([1, 2, 4])
        let priorities = random.pick([[0], [0], [-10, 0, 10]])
        for number in 0..<count {
            let content = random.next()
            let submitter = "submitter-\(random.below(submitters))"
            let nature: Nature =
                random.chance(permille: 80)
                ? random.pick([.exitsWithFailure, .takesTooLong]) : .succeeds
            let isFeasible = random.chance(permille: 950)
            // Tasks that use up all their time, again and again, are few and short: the world must come to an end.
            let timeout = min(random.pick([1, 2, 10]), nature == .takesTooLong ? 2 : 10)
            let slowest: Int64 = nature == .takesTooLong ? 20_000_000 : random.pick([20_000, 200_000, 800_000])
            let work = (nature == .takesTooLong ? 15_000_000 : 1000)...slowest
            let spec = JobSpec(
                name: "job-\(number)", payload: .process(ProcessPayload(command: ["work"])),
                array: random.chance(permille: 600)
                    ? ArrayRange(
                        first: UInt32(random.below(3)),
                        count: UInt32(min(1 + random.below(isBig ? 80 : 16), nature == .takesTooLong ? 8 : 80)))
                    : nil,
                resources: resources(&random),
                requirements: requirements(isFeasible: isFeasible, &random),
                verification: verification(&random, isFeasible: isFeasible), retries: random.below(4),
                timeoutSeconds: timeout,
                priority: random.pick(priorities),
                idempotencyKey: random.chance(permille: 800) ? "key-\(number)" : nil)
            jobs.append(
                JobPlan(
                    spec: spec, specDigest: digest(of: content), content: content, submitter: submitter,
                    nature: nature, isFeasible: isFeasible, submitsAt: random.between(0, healsAt * 3 / 4),
                    cancelsAfter: faults.contains(.cancellation) && random.chance(permille: 250)
                        ? random.between(0, 4_000_000) : nil,
                    work: work))
        }
    }

    private func resources(_ random: inout Random) -> Resources {
        switch random.below(5) {
        case 0: Resources(cpuMillis: 500)
        case 1: Resources(cpuMillis: 1000, devices: [DeviceRequest(kind: "gpu", count: 1)])
        default: Resources(cpuMillis: 1000)
        }
    }

    private func requirements(isFeasible: Bool, _ random: inout Random) -> Requirements {
        guard isFeasible else { return Requirements(labels: ["zone": "nowhere"]) }
        return random.chance(permille: 200) ? Requirements(labels: ["zone": "a"]) : Requirements()
    }

    private func verification(_ random: inout Random, isFeasible: Bool) -> Verification {
        var verification = replication(&random)
        if random.chance(permille: 250) { verification.comparator = .numeric(NumericRule(Tolerance(absolute: 1))) }
        if isFeasible, random.chance(permille: 100) { verification.needsSameHardware = true }
        return verification
    }

    private func replication(_ random: inout Random) -> Verification {
        switch random.below(10) {
        case 9: Verification(spotCheck: ErrorRate(notBelow: random.pick([0.1, 0.5, 1])))
        case 0, 1: Verification(replicas: 1)
        case 2: Verification(replicas: 2, quorum: 2, maxReplicas: 3)
        case 3: Verification(replicas: 3, quorum: 2, maxReplicas: 3)
        case 4: Verification(replicas: 3, quorum: 3, maxReplicas: 7)
        case 5: Verification(replicas: 2, quorum: 1, maxReplicas: 2)
        case 6, 7: Verification(maxError: random.pick([1e-2, 1e-3, 1e-4].map { ErrorRate(notBelow: $0) }))
        default: Verification(replicas: 3)
        }
    }
}

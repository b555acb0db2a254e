import WeftEngine
import WeftModel

/// A whole deployment inside one thread: coordinator, disk, network, workers and clients, on virtual time.
///
/// Nothing in here looks at a clock or walks a dictionary in its own order; the same seed gives the same run.
final class World {
    let seed: UInt64
    let plan: Plan
    var random: Random
    /// Virtual microseconds since the world began.
    var clock: Int64 = 0
    var queue = EventQueue()
    var isHealed = false

    var journal = ReferenceJournal()
    var shell: Shell?
    /// Coordinator processes so far.
    var incarnation = 0
    /// The coordinator's wall clock minus virtual time; moves only between two incarnations.
    var wallOffset: Int64 = 1_700_000_000_000_000
    var armedCrash: ArmedCrash?
    /// Until when commits take long.
    var diskSlowUntil: Int64 = 0

    var workers: [Worker] = []
    var workerIndexes: [NodeID: Int] = [:]
    var links: [LinkState] = []
    var clients: [Client] = []
    var jobsByDigest: [Digest: Int] = [:]
    /// Grants of the plan that were answered.
    var grantsDone: Set<Int> = []

    var auditor: Auditor
    var log = EventLog()
    var faultCounts = [Int](repeating: 0, count: Fault.allCases.count)
    var steps = 0
    var eventCount = 0
    var failure: String?
    private let traceLimit: Int
    private var trace: [String] = []

    init(seed: UInt64, defect: PlantedDefect?, traceLimit: Int) {
        self.seed = seed
        self.traceLimit = traceLimit
        random = Random(seed: seed)
        var plan = Plan(random: &random, defect: defect)
        plan.planCredits(seed: seed)
        self.plan = plan
        auditor = Auditor(configuration: plan.configuration)
        for (index, worker) in plan.workers.enumerated() { add(worker, at: index) }
        for (index, job) in plan.jobs.enumerated() {
            clients.append(Client())
            jobsByDigest[job.specDigest] = index
            schedule(.submit(job: index), at: job.submitsAt)
        }
        for (index, grant) in plan.grants.enumerated() { schedule(.askForGrant(index), at: grant.asksAt) }
        schedule(.heal, at: plan.healsAt)
        schedule(.fault, at: random.between(0, plan.faultInterval * 2))
        startCoordinator()
    }

    func add(_ worker: WorkerPlan, at index: Int) {
        workers.append(Worker(plan: worker, profile: worker.profile))
        workerIndexes[worker.id] = index
        auditor.add(worker)
        schedule(.workerStarts(worker: index), at: clock + worker.startsAt)
    }

    func schedule(_ happening: Happening, at time: Int64) { queue.insert(happening, at: time) }
    func schedule(_ happening: Happening, in delay: Int64) { queue.insert(happening, at: clock + delay) }

    /// Runs until everything is finished, something is wrong, or the time is up.
    func run() {
        // Enough for every attempt that hangs to be given up, and its task to be run again, several times.
        let limit = plan.healsAt + 400_000_000
        while failure == nil, let next = queue.next() {
            clock = next.at
            guard clock < limit else {
                fail("not finished \((limit - plan.healsAt) / 1_000_000) s after the faults stopped: \(unfinished())")
                break
            }
            eventCount += 1
            happen(next.happening)
            if isHealed, failure == nil, isFinished {
                auditAtEnd()
                break
            }
        }
    }

    private func happen(_ happening: Happening) {
        switch happening {
        case .batch(let incarnation): if incarnation == self.incarnation { runBatch() }
        case .committed(let incarnation): if incarnation == self.incarnation { finishCommit() }
        case .tick(let incarnation): if incarnation == self.incarnation { tick() }
        case .restart: startCoordinator()
        case .up(let link, let message): deliver(message, by: link)
        case .down(let link, let message): deliver(message, by: link)
        case .coordinatorNotices(let link): coordinatorNotices(link)
        case .workerNotices(let link): workerNotices(link)
        case .replay(let result): if shell != nil { receive(.event(.attemptEnded(result))) }
        case .connect(let worker, let life): if isCurrent(worker, life) { connect(worker) }
        case .heartbeat(let worker, let life): if isCurrent(worker, life) { heartbeat(worker) }
        case .compared(let incarnation, let task, let pairs):
            if incarnation == self.incarnation { compare(pairs, of: task) }
        case .attemptEnds(let worker, let life, let lease): if isCurrent(worker, life) { endAttempt(lease, on: worker) }
        case .attemptStopped(let worker, let life, let lease):
            if isCurrent(worker, life) { stopAttempt(lease, on: worker) }
        case .workerStarts(let worker): startWorker(worker)
        case .submit(let job): submit(job)
        case .request(let job): if shell != nil { receive(.submission(job, lookUp(job))) }
        case .reply(let job, let outcome): hearReply(outcome, job)
        case .askForGrant(let grant): askForGrant(grant)
        case .cancel(let id): if shell != nil { receive(.event(.cancelled(id, reason: "the client gave up"))) }
        case .fault: if !isHealed { injectFault() }
        case .heal: heal()
        case .ownerDecides(let worker, let life): if isCurrent(worker, life) { decideAsOwner(worker) }
        case .handsBack(let worker, let life, let pause):
            if isCurrent(worker, life) { handBack(worker, pause: pause) }
        case .undrain(let node): if shell != nil { receive(.event(.nodeDrained(node, false))) }
        }
    }

    private func isCurrent(_ worker: Int, _ life: Int) -> Bool { workers[worker].isUp && workers[worker].life == life }

    func isEnabled(_ fault: Fault) -> Bool { !isHealed && plan.faults.contains(fault) }

    /// Whether an enabled fault strikes now; counted if it does.
    func strikes(_ fault: Fault, permille: Int) -> Bool {
        guard isEnabled(fault), random.chance(permille: permille) else { return false }
        count(fault)
        return true
    }

    func count(_ fault: Fault) { faultCounts[fault.rawValue] += 1 }

    func fail(_ message: String) {
        guard failure == nil else { return }
        failure = message
        note("FAILED: \(message)")
    }

    func note(_ text: @autoclosure () -> String) {
        guard traceLimit > 0 else { return }
        if trace.count >= traceLimit { trace.removeFirst(max(1, traceLimit / 4)) }
        let fraction = String(clock % 1_000_000 + 1_000_000).dropFirst()
        trace.append("\(clock / 1_000_000).\(fraction) \(text())")
    }

    var report: SimulationReport {
        SimulationReport(
            seed: seed, failure: failure, virtualMicroseconds: clock, events: eventCount, steps: steps,
            restarts: Int(journal.epoch) - 1, tasksEnded: auditor.tasksEnded, tasksCached: auditor.tasksCached,
            faults: faultCounts, logHash: log.hash, movements: auditor.books.counts, trace: trace)
    }
}

/// Where the coordinator will crash next, relative to a commit.
enum ArmedCrash {
    case beforeCommit
    /// After this many of the actions.
    case afterCommit(actions: Int)
}

/// A number over everything that the engine decided, in order.
struct EventLog {
    private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func mix(_ value: UInt64) { hash = scramble(hash ^ value) }

    mutating func mix(_ text: String) {
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }

    mutating func mix(_ id: AttemptID) {
        mix(id.task.job.number)
        mix(UInt64(id.task.index) << 16 | UInt64(id.replica))
        mix(id.lease.number)
    }

    mutating func mix(_ step: Step, at clock: Int64) {
        mix(UInt64(bitPattern: clock))
        mix(UInt64(step.changes.count))
        for action in step.actions {
            switch action {
            case .assign(let node, let id):
                mix(1)
                mix(node.text)
                mix(id)
            case .revoke(let node, let id, let reason):
                mix(2)
                mix(node.text)
                mix(id)
                mix(reason)
            case .acknowledge(let node, let id):
                mix(3)
                mix(node.text)
                mix(id)
            case .disconnect(let node, let session, _):
                mix(4)
                mix(node.text)
                mix(session)
            case .compare(let task, let pairs):
                mix(6)
                mix(task.job.number << 32 | UInt64(task.index))
                mix(UInt64(pairs.count))
            case .publish(let notice):
                mix(5)
                if case .taskEnded(let record) = notice {
                    mix(record.id.job.number << 32 | UInt64(record.id.index))
                    mix(record.state.rawValue)
                    mix(UInt64(bitPattern: record.endedAt.microseconds))
                }
            }
        }
    }
}

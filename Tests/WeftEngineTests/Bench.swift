import Testing
import WeftEngine
import WeftModel

/// An engine on a bench: events in, exact actions out. Time moves when told.
struct Bench {
    var engine: Engine
    var now = Instant(microseconds: 1_000_000_000)
    /// Everything committed so far, for restarts.
    private(set) var changes: [Change] = []
    private var sessions: UInt64 = 0

    init(_ configuration: EngineConfiguration = EngineConfiguration(), restoring snapshot: Snapshot = Snapshot()) {
        engine = Engine(configuration: configuration, restoring: snapshot, at: now)
    }

    /// Handles one batch and checks that the engine is sound afterwards.
    @discardableResult
    mutating func handle(_ events: Event..., sourceLocation: SourceLocation = #_sourceLocation) -> Step {
        let step = engine.handle(events, at: now)
        #expect(engine.violations() == [], sourceLocation: sourceLocation)
        changes += step.changes
        return step
    }

    mutating func wait(_ duration: Duration) { now = now + duration }

    /// Lets time pass in ticks of 100 ms, during which the connected nodes named are heard.
    @discardableResult
    mutating func pass(_ duration: Duration, hearing nodes: [NodeID] = []) -> [Action] {
        var actions: [Action] = []
        let end = now + duration
        while now < end {
            now = min(end, now + .milliseconds(100))
            var events: [Event] = [.tick]
            for node in nodes { events.insert(.nodeHeard(node, session: session(of: node)), at: 0) }
            let step = engine.handle(events, at: now)
            changes += step.changes
            actions += step.actions
        }
        #expect(engine.violations() == [])
        return actions
    }

    private var sessionOf: [NodeID: UInt64] = [:]

    func session(of node: NodeID) -> UInt64 { sessionOf[node] ?? 0 }

    @discardableResult
    mutating func join(
        _ name: String, cpus: Int64 = 1, owner: String = "", running: [AttemptID] = [], finished: [AttemptID] = [],
        change: (inout NodeProfile) -> Void = { _ in }
    ) -> Step {
        sessions += 1
        sessionOf[NodeID(name)] = sessions
        var profile = Bench.profile(name, cpus: cpus, owner: owner)
        change(&profile)
        return handle(
            .nodeJoined(
                NodeArrival(
                    node: NodeID(name), profile: profile, session: sessions, running: running, finished: finished)))
    }

    static func profile(_ name: String, cpus: Int64 = 1, owner: String = "") -> NodeProfile {
        NodeProfile(
            name: name, operatingSystem: "linux", architecture: "x86_64",
            capacity: Resources(cpuMillis: cpus * 1000, memoryBytes: cpus << 30, diskBytes: cpus << 32),
            drivers: [DriverProfile(name: "process")], owner: owner)
    }

    @discardableResult
    mutating func submit(_ spec: JobSpec, by submitter: String = "ada") -> Step {
        handle(.submitted(JobSubmission(spec: spec, specDigest: answer(0), submitter: submitter)))
    }

    /// The node reports `answer` (or a failure) of an attempt.
    @discardableResult
    mutating func finish(
        _ attempt: AttemptID, on node: String, _ answer: Digest?, failure: AttemptFailure? = nil, status: Int32 = 0
    ) -> Step {
        handle(.attemptEnded(result(attempt, on: node, answer, failure: failure, status: status)))
    }

    func result(
        _ attempt: AttemptID, on node: String, _ answer: Digest?, failure: AttemptFailure? = nil, status: Int32 = 0
    ) -> AttemptResult {
        AttemptResult(
            attempt: attempt, node: NodeID(node),
            outcome: failure.map(Outcome.failed) ?? .completed(Completion(exitStatus: status)), answer: answer,
            startedAt: now, finishedAt: now)
    }

    /// The engine of a coordinator that started anew over what was committed.
    mutating func restart(after pause: Duration = .seconds(1), with changed: EngineConfiguration? = nil) {
        wait(pause)
        let configuration = changed ?? engine.configuration
        engine = Engine(
            configuration: configuration, restoring: Bench.snapshot(changes, epoch: engine.epoch + 1), at: now)
        #expect(engine.violations() == [])
    }

    private static func snapshot(_ changes: [Change], epoch: UInt64) -> Snapshot {
        var jobs: [JobID: JobRecord] = [:]
        var tasks: [TaskID: TaskRecord] = [:]
        var nodes: [NodeID: NodeRecord] = [:]
        var results: [AttemptResult] = []
        var trust: TrustSnapshot?
        var movements: [Movement] = []
        for change in changes {
            switch change {
            case .jobSubmitted(let record): jobs[record.id] = record
            case .jobMoved(let id, let state, _, _, _): jobs[id]!.state = state
            case .taskEnded(let record): if tasks[record.id] == nil { tasks[record.id] = record }
            case .resultArrived(let result):
                if !results.contains(where: { $0.attempt == result.attempt }) { results.append(result) }
            case .nodeChanged(let record): nodes[record.id] = record.replacing(nodes[record.id])
            case .nodePerformed(let node, let performance): nodes[node]!.performance = performance
            case .creditsMoved(let moved): movements += moved
            case .tokenChanged, .logGrew, .cacheEntered, .cacheTrimmed, .cacheRevoked, .cacheRefused, .webhook: break
            case .trustChanged(let snapshot):
                let kept = trust?.standings ?? []
                let others = kept.filter { old in
                    !snapshot.standings.contains { $0.node == old.node && $0.driver == old.driver }
                }
                trust = TrustSnapshot(record: snapshot.record, standings: others + snapshot.standings)
            }
        }
        let unfinished = jobs.values.filter { !$0.state.isFinal }.sorted { $0.id < $1.id }.map { record in
            UnfinishedJob(
                record: record, ended: tasks.values.filter { $0.id.job == record.id }.sorted { $0.id < $1.id },
                results: results.filter { $0.attempt.task.job == record.id && tasks[$0.attempt.task] == nil })
        }
        return Snapshot(
            epoch: epoch, lastJob: jobs.keys.max()?.number ?? 0, jobs: unfinished, nodes: Array(nodes.values),
            trust: trust, ledger: LedgerRecord(of: movements))
    }
}

func spec(
    _ name: String = "work", tasks: UInt32 = 1, replicas: Int = 1, quorum: Int? = nil, maxReplicas: Int? = nil,
    priority: Int = 0, retries: Int = 2, key: String? = nil, cpuMillis: Int64 = 1000
) -> JobSpec {
    JobSpec(
        name: name, payload: .process(ProcessPayload(command: ["true"])),
        array: tasks == 1 ? nil : ArrayRange(first: 0, count: tasks), resources: Resources(cpuMillis: cpuMillis),
        verification: Verification(replicas: replicas, quorum: quorum, maxReplicas: maxReplicas), retries: retries,
        priority: priority, idempotencyKey: key)
}

func answer(_ value: UInt8) -> Digest { Digest(bytes: [UInt8](repeating: value, count: 32))! }

func attempt(_ job: UInt64, _ index: UInt32 = 0, replica: UInt16 = 0, lease: UInt64, epoch: UInt64 = 1) -> AttemptID {
    AttemptID(
        task: TaskID(job: JobID(job), index: index), replica: replica, lease: LeaseID(epoch: epoch, sequence: lease))
}

func task(_ job: UInt64, _ index: UInt32 = 0) -> TaskID { TaskID(job: JobID(job), index: index) }

extension Step {
    /// Assignments in order.
    var assignments: [AttemptID] { actions.placed.map(\.attempt) }
    var places: [String] { actions.placed.map { "\($0.attempt.task)→\($0.node)" } }
    /// Without notices: what goes to the nodes.
    var orders: [Action] { actions.filter { if case .publish = $0 { false } else { true } } }
    var ends: [TaskRecord] { changes.compactMap { if case .taskEnded(let record) = $0 { record } else { nil } } }
}

extension [Action] {
    /// Assignments in order, and to whom.
    var placed: [(node: NodeID, attempt: AttemptID)] {
        compactMap { if case .assign(let node, let attempt) = $0 { (node, attempt) } else { nil } }
    }
}

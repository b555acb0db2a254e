import WeftEngine
import WeftModel

/// An engine with nodes that do as they are told, in simulated time.
struct Farm {
    private(set) var engine: Engine
    private var now = Instant(microseconds: 1_000_000_000)
    private var sessions: UInt64 = 0

    /// With so many nodes of so many cores each.
    init(nodes: Int = 0, cores: Int64 = 1) {
        engine = Engine(restoring: Snapshot(), at: now)
        var arrivals: [Event] = []
        for number in 0..<nodes { arrivals.append(arrival(of: number, cores: cores)) }
        _ = handle(arrivals)
    }

    /// Hands over a batch a millisecond after the one before.
    mutating func handle(_ events: [Event]) -> Step {
        now = now + .milliseconds(1)
        return engine.handle(events, at: now)
    }

    /// The same, measured.
    mutating func handle(_ events: [Event], cost: inout Cost) -> Step {
        now = now + .milliseconds(1)
        return cost.count(events.count) { engine.handle(events, at: now) }
    }

    /// Lets the engine drop what it keeps of its last step.
    mutating func settle() { _ = handle([]) }

    mutating func arrival(of number: Int, cores: Int64 = 1) -> Event {
        sessions += 1
        return .nodeJoined(
            NodeArrival(
                node: Farm.node(number),
                profile: NodeProfile(
                    name: "node-\(number)", operatingSystem: "linux", architecture: "x86_64",
                    capacity: Resources(cpuMillis: cores * 1000, memoryBytes: cores << 30, diskBytes: cores << 32),
                    drivers: [DriverProfile(name: "process")]),
                session: sessions))
    }

    /// Identities are as long as real ones: too long to be kept without an allocation.
    static func node(_ number: Int) -> NodeID {
        let digits = String(number)
        return NodeID(
            "12D3KooWQ8v9nSBWyJGkqkdHh6kXbQZ4mGT1jCzU2x7p" + String(repeating: "0", count: 8 - digits.count) + digits)
    }

    static func submission(tasks: UInt32 = 1, replicas: Int = 1) -> Event {
        let spec = JobSpec(
            name: "work", payload: .process(ProcessPayload(command: ["/bin/true"])),
            array: tasks == 1 ? nil : ArrayRange(first: 0, count: tasks),
            resources: Resources(cpuMillis: 1000, memoryBytes: 64 << 20, diskBytes: 64 << 20),
            verification: Verification(replicas: replicas))
        return .submitted(JobSubmission(spec: spec, specDigest: answer, submitter: "ada"))
    }

    static let answer = Digest(bytes: [UInt8](repeating: 7, count: 32))!

    func started(_ assignment: Assignment) -> Event { .attemptStarted(assignment.attempt, assignment.node) }

    /// The same answer from everybody. A task that ran for a second is none of those that nodes get beforehand.
    func ended(_ assignment: Assignment, after duration: Duration = .seconds(1)) -> Event {
        .attemptEnded(
            AttemptResult(
                attempt: assignment.attempt, node: assignment.node, outcome: .completed(Completion(exitStatus: 0)),
                answer: Farm.answer, startedAt: now, finishedAt: now + duration))
    }
}

struct Assignment {
    var node: NodeID
    var attempt: AttemptID
}

extension Step {
    var assignments: [Assignment] {
        actions.compactMap {
            if case .assign(let node, let attempt) = $0 { Assignment(node: node, attempt: attempt) } else { nil }
        }
    }
}

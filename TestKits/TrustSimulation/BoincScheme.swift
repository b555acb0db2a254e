import SeededNumbers

/// Adaptive replication as BOINC describes it (D. Anderson, "Adaptive replication", BOINC's documentation): of each host
/// the consecutive valid results of replicated jobs are counted, CV. A host with CV < 10 is not trusted; others are trusted
/// with probability 1 - 1/CV. Jobs of hosts that are not trusted are replicated until two answers agree; an invalid one
/// sets CV to 0.
struct BoincScheme: Scheme {
    static let threshold = 10
    static let maxReplicas = 8

    private struct Job {
        var isReplicated: Bool
        var votes: [(node: Int, answer: Answer)] = []
    }

    private var consecutiveValid: [Int]
    private var jobs: [Int: Job] = [:]
    private var random: SeededRandom

    init(nodes: Int, seed: UInt64) {
        consecutiveValid = [Int](repeating: 0, count: nodes)
        random = SeededRandom(seed: seed)
    }

    func gate(open: Int) -> Gate { .begin }
    func isExcluded(_ node: Int) -> Bool { false }
    mutating func drain(_ desk: inout Desk) {}
    mutating func canary(_ node: Int, isRight: Bool, _ desk: inout Desk) {}

    func checkRate(of node: Int) -> Double {
        let valid = consecutiveValid[node]
        return valid < Self.threshold ? 1 : 1 / Double(valid)
    }

    mutating func began(_ task: Int, on node: Int, _ desk: inout Desk) {
        let isReplicated = random.fraction() < checkRate(of: node)
        jobs[task] = Job(isReplicated: isReplicated)
        if isReplicated { desk.asked.append((task, 1)) }
    }

    mutating func answered(_ task: Int, by node: Int, _ answer: Answer, _ desk: inout Desk) {
        guard var job = jobs[task] else { return }
        if !job.isReplicated {
            jobs[task] = nil
            return desk.accepted.append((task, answer))
        }
        job.votes.append((node, answer))
        if job.votes.count(where: { $0.answer == answer }) == 2 {
            for vote in job.votes {
                if vote.answer == answer { consecutiveValid[vote.node] += 1 } else { consecutiveValid[vote.node] = 0 }
            }
            jobs[task] = nil
            return desk.accepted.append((task, answer))
        }
        jobs[task] = job
        if job.votes.count == Self.maxReplicas {
            jobs[task] = nil
            desk.refused.append(task)
        } else if job.votes.count >= 2 {
            desk.asked.append((task, 1))
        }
    }
}

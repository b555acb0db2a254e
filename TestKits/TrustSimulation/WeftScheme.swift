import WeftModel
import WeftTrust

/// Weft's own verification: the very book that a coordinator keeps.
struct WeftScheme: Scheme {
    private var book: TrustBook
    private let policy: TrustPolicy
    private let members: [Member]
    private struct Task {
        var ballot: Ballot
        /// Replicas under way.
        var outstanding = 1
        var answers = 0
        /// Decided by votes, not yet released.
        var isDecided = false
    }

    /// By number; nil when it is not open.
    private var open: [Task?]
    private var codes = AnswerCodes()

    init(nodes: Int, tasks: Int, maxError: Double, seed: UInt64) {
        var book = TrustBook(seed: seed)
        members = (0..<nodes).map { book.enrol(NodeID("node-\($0)"), driver: "process") }
        self.book = book
        policy = TrustPolicy(maxError: maxError)
        open = [Task?](repeating: nil, count: tasks)
    }

    func isExcluded(_ node: Int) -> Bool { book.isExcluded(members[node]) }
    func checkRate(of node: Int) -> Double { book.checkRate(of: members[node], under: policy) }

    func gate(open: Int) -> Gate {
        if book.refusal != nil { return .refuse }
        return open < book.maxTasks ? .begin : .wait
    }

    mutating func began(_ task: Int, on node: Int, _ desk: inout Desk) {
        open[task] = Task(ballot: Ballot(task: TaskID(job: JobID(1), index: UInt32(task))))
    }

    mutating func answered(_ task: Int, by node: Int, _ answer: Answer, _ desk: inout Desk) {
        guard open[task] != nil else { return }
        open[task]!.ballot.add(codes.digest(of: answer), of: members[node], order: open[task]!.answers)
        open[task]!.outstanding -= 1
        open[task]!.answers += 1
        evaluate(task, &desk)
    }

    mutating func canary(_ node: Int, isRight: Bool, _ desk: inout Desk) {
        carryOut(book.canary(members[node], isRight: isRight), &desk)
    }

    mutating func drain(_ desk: inout Desk) {
        carryOut(book.closeBatches(), &desk)
    }

    private mutating func evaluate(_ task: Int, _ desk: inout Desk) {
        guard let (ballot, outstanding) = open[task].map({ ($0.ballot, $0.outstanding) }), !open[task]!.isDecided
        else { return }
        switch book.decide(ballot, under: policy, outstanding: outstanding) {
        case .wait:
            break
        case .accept(let answer, let bound):
            open[task]!.isDecided = true
            carryOut(book.settle(ballot, as: answer, bound: bound, under: policy), &desk)
        case .ask(let count, _):
            open[task]!.outstanding += count
            desk.asked.append((task, count))
        case .hold:
            carryOut(book.hold(ballot, under: policy), &desk)
        case .cannotBeMet:
            open[task] = nil
            desk.refused.append(task)
            carryOut(book.giveUp(ballot.task), &desk)
            if book.refusal != nil { refuseAll(&desk) }
        }
    }

    private mutating func carryOut(_ consequences: Consequences, _ desk: inout Desk) {
        for struck in consequences.struck {
            open[Int(struck.task.index)]?.ballot.strike(struck.member)
            open[Int(struck.task.index)]?.isDecided = false
        }
        for task in consequences.drawn { open[Int(task.index)]?.ballot.isDrawn = true }
        for release in consequences.released where open[Int(release.task.index)] != nil {
            desk.accepted.append((Int(release.task.index), codes.answer(of: release.answer)))
            open[Int(release.task.index)] = nil
        }
        for (task, _) in consequences.refused where open[Int(task.index)] != nil {
            desk.refused.append(Int(task.index))
            open[Int(task.index)] = nil
        }
        for struck in consequences.struck { evaluate(Int(struck.task.index), &desk) }
        for task in consequences.drawn { evaluate(Int(task.index), &desk) }
    }

    private mutating func refuseAll(_ desk: inout Desk) {
        for task in open.indices where open[task] != nil {
            open[task] = nil
            desk.refused.append(task)
        }
    }
}

/// Digests that stand for answers.
private struct AnswerCodes {
    private let right = Digest(bytes: [UInt8](repeating: 0, count: 32))!
    private var digests: [Answer: Digest] = [:]
    private var answers: [Digest: Answer] = [:]

    mutating func digest(of answer: Answer) -> Digest {
        if answer == .right { return right }
        if let known = digests[answer] { return known }
        var bytes = [UInt8](repeating: 0, count: 32)
        for position in 0..<8 { bytes[position] = UInt8(truncatingIfNeeded: answer.code >> (8 * position)) }
        let digest = Digest(bytes: bytes)!
        digests[answer] = digest
        answers[digest] = answer
        return digest
    }

    func answer(of digest: Digest) -> Answer { digest == right ? .right : answers[digest]! }
}

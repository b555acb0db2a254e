import WeftModel
import WeftTrust

/// Weft's own verification: the very book that a coordinator keeps.
struct WeftScheme: Scheme {
    private var book: TrustBook
    private let policy: TrustPolicy
    private let members: [Member]
    private var ballots: [Int: Ballot] = [:]
    private var outstanding: [Int: Int] = [:]
    private var asked: [Int: Int] = [:]
    /// Decided by votes, not yet released.
    private var decided: Set<Int> = []
    private var codes = AnswerCodes()
    private var isDraining = false

    init(nodes: Int, maxError: Double, seed: UInt64) {
        var book = TrustBook(seed: seed)
        members = (0..<nodes).map { book.enrol(NodeID("node-\($0)"), driver: "process") }
        self.book = book
        policy = TrustPolicy(maxError: maxError)
    }

    func isExcluded(_ node: Int) -> Bool { book.isExcluded(members[node]) }
    func checkRate(of node: Int) -> Double { book.checkRate(of: members[node], under: policy) }

    func gate(open: Int) -> Gate {
        if book.refusal != nil { return .refuse }
        return open < book.maxTasks ? .begin : .wait
    }

    mutating func began(_ task: Int, on node: Int, _ desk: inout Desk) {
        ballots[task] = Ballot(task: taskID(task))
        outstanding[task] = 1
    }

    mutating func answered(_ task: Int, by node: Int, _ answer: Answer, _ desk: inout Desk) {
        guard ballots[task] != nil else { return }
        outstanding[task]! -= 1
        let order = asked[task, default: 0]
        asked[task] = order + 1
        ballots[task]!.add(codes.digest(of: answer), of: members[node], order: order)
        evaluate(task, &desk)
    }

    mutating func canary(_ node: Int, isRight: Bool, _ desk: inout Desk) {
        carryOut(book.canary(members[node], isRight: isRight), &desk)
    }

    mutating func drain(_ desk: inout Desk) {
        isDraining = true
        carryOut(book.closeBatches(), &desk)
    }

    private mutating func evaluate(_ task: Int, _ desk: inout Desk) {
        guard let ballot = ballots[task], !decided.contains(task) else { return }
        switch book.decide(ballot, under: policy, outstanding: outstanding[task]!) {
        case .wait:
            break
        case .accept(let answer, let bound):
            decided.insert(task)
            carryOut(book.settle(ballot, as: answer, bound: bound, under: policy), &desk)
        case .ask(let count, _):
            outstanding[task]! += count
            desk.asked.append((task, count))
        case .hold:
            carryOut(book.hold(ballot, under: policy), &desk)
            if isDraining { carryOut(book.closeBatches(), &desk) }
        case .cannotBeMet:
            carryOut(book.withdraw(ballot.task), &desk)
            forget(task)
            desk.refused.append(task)
            if book.refusal != nil { refuseAll(&desk) }
        }
    }

    private mutating func carryOut(_ consequences: Consequences, _ desk: inout Desk) {
        for struck in consequences.struck {
            ballots[Int(struck.task.index)]?.strike(struck.member)
            decided.remove(Int(struck.task.index))
        }
        for task in consequences.drawn { ballots[Int(task.index)]?.isDrawn = true }
        for release in consequences.released {
            let task = Int(release.task.index)
            desk.accepted.append((task, codes.answer(of: release.answer)))
            forget(task)
        }
        for task in consequences.struck.map(\.task) + consequences.drawn { evaluate(Int(task.index), &desk) }
    }

    private mutating func refuseAll(_ desk: inout Desk) {
        for task in ballots.keys.sorted() {
            forget(task)
            desk.refused.append(task)
        }
    }

    private mutating func forget(_ task: Int) {
        ballots[task] = nil
        outstanding[task] = nil
        asked[task] = nil
        decided.remove(task)
    }

    private func taskID(_ task: Int) -> TaskID { TaskID(job: JobID(1), index: UInt32(task)) }
}

/// Digests that stand for answers.
private struct AnswerCodes {
    private var digests: [Answer: Digest] = [:]
    private var answers: [Digest: Answer] = [:]

    mutating func digest(of answer: Answer) -> Digest {
        if let known = digests[answer] { return known }
        var bytes = [UInt8](repeating: 0, count: 32)
        for position in 0..<8 { bytes[position] = UInt8(truncatingIfNeeded: answer.code >> (8 * position)) }
        let digest = Digest(bytes: bytes)!
        digests[answer] = digest
        answers[digest] = answer
        return digest
    }

    func answer(of digest: Digest) -> Answer { answers[digest]! }
}

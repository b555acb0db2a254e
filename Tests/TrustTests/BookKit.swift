import WeftModel
import WeftTrust

/// A book with members of their own groups, and words for what happens to it.
struct BookKit {
    var book: TrustBook
    var members: [Member] = []
    let policy: TrustPolicy
    private var nextTask: UInt32 = 0
    /// Answers of tasks that were released, in the order of their release.
    private(set) var released: [TaskID: Digest] = [:]
    private(set) var releases = 0
    private(set) var ballots: [TaskID: Ballot] = [:]

    static let right = digest(0)
    static let lie = digest(1)

    static func digest(_ number: UInt8) -> Digest { Digest(bytes: [UInt8](repeating: number, count: 32))! }

    init(
        members count: Int, maxError: Double = 1e-3, seed: UInt64 = 1,
        configuration: TrustConfiguration = TrustConfiguration(), keys: (Int) -> [String] = { _ in [] }
    ) {
        book = TrustBook(configuration: configuration, seed: seed)
        policy = TrustPolicy(maxError: maxError)
        for number in 0..<count {
            members.append(book.enrol(NodeID("node-\(number)"), driver: "process", keys: keys(number)))
        }
    }

    /// A pool that is known, of members who are believed.
    static func proven(members count: Int, maxError: Double = 1e-3, answers: Int = 40) -> BookKit {
        var kit = BookKit(members: count, maxError: maxError)
        for round in 0..<answers * count / 8 {
            kit.settle((0..<8).map { ((round * 8 + $0) % count, right) }, as: right)
        }
        return kit
    }

    mutating func task() -> TaskID {
        nextTask += 1
        return TaskID(job: JobID(1), index: nextTask)
    }

    mutating func ballot(_ votes: [(member: Int, answer: Digest)]) -> Ballot {
        var ballot = Ballot(task: task())
        for (order, vote) in votes.enumerated() { ballot.add(vote.answer, of: members[vote.member], order: order) }
        return ballot
    }

    /// A verdict, whatever the book would have said.
    @discardableResult mutating func settle(_ votes: [(member: Int, answer: Digest)], as answer: Digest) -> Consequences
    {
        let ballot = ballot(votes)
        ballots[ballot.task] = ballot
        return carryOut(book.settle(ballot, as: answer, bound: 0, under: policy))
    }

    /// One answer of a believed member.
    @discardableResult mutating func hold(_ member: Int, _ answer: Digest) -> TaskID {
        let ballot = ballot([(member, answer)])
        ballots[ballot.task] = ballot
        carryOut(book.hold(ballot, under: policy))
        return ballot.task
    }

    @discardableResult mutating func carryOut(_ consequences: Consequences) -> Consequences {
        for struck in consequences.struck { ballots[struck.task]?.strike(struck.member) }
        for task in consequences.drawn { ballots[task]?.isDrawn = true }
        for release in consequences.released {
            precondition(released[release.task] == nil, "\(release.task) was released twice")
            released[release.task] = release.answer
            releases += 1
            ballots[release.task] = nil
        }
        return consequences
    }

    /// Lets honest members answer what is drawn, until nothing more is.
    mutating func check(by checkers: [Int], truth: Digest = right) {
        var progress = true
        while progress {
            progress = false
            for task in ballots.values.filter({ $0.isDrawn }).map(\.task).sorted() {
                guard var ballot = ballots[task] else { continue }
                for checker in checkers where ballot.votes.count < 12 {
                    ballot.add(truth, of: members[checker], order: ballot.votes.count + ballot.struck.count)
                    if case .accept(let answer, let bound) = book.decide(ballot, under: policy) {
                        ballot.isDrawn = false
                        ballots[task] = ballot
                        carryOut(book.settle(ballot, as: answer, bound: bound, under: policy))
                        progress = true
                        break
                    }
                }
            }
        }
    }
}

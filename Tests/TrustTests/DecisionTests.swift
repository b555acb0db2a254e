import Testing
import WeftModel
import WeftTrust

@Suite struct DecisionTests {
    @Test func verdictsDoNotDependOnTheOrderOfArrival() {
        var kit = BookKit.proven(members: 16)
        for split in 0...6 {
            let votes = (0..<6).map { (member: $0, answer: $0 < split ? BookKit.lie : BookKit.right, order: $0) }
            let task = kit.task()
            var decisions: Set<Decision> = []
            for rotation in 0..<6 {
                for isReversed in [false, true] {
                    var arrived = Array(votes[rotation...] + votes[..<rotation])
                    if isReversed { arrived.reverse() }
                    var ballot = Ballot(task: task)
                    for vote in arrived { ballot.add(vote.answer, of: kit.members[vote.member], order: vote.order) }
                    decisions.insert(kit.book.decide(ballot, under: kit.policy))
                }
            }
            #expect(decisions.count == 1)
        }
    }

    @Test func aSecondVoteOfAMemberDoesNotCount() {
        var kit = BookKit.proven(members: 16)
        var ballot = kit.ballot([(0, BookKit.lie)])
        let before = kit.book.decide(ballot, under: kit.policy)
        let isSecondCounted = ballot.add(BookKit.lie, of: kit.members[0], order: 1)
        #expect(!isSecondCounted)
        #expect(kit.book.decide(ballot, under: kit.policy) == before)
        ballot.strike(kit.members[0])
        let isLaterCounted = ballot.add(BookKit.lie, of: kit.members[0], order: 2)
        #expect(!isLaterCounted)
        #expect(ballot.votes.isEmpty)
    }

    @Test func membersOfOneOwnerOrNetworkHaveOneVote() {
        var kit = BookKit(members: 40) { $0 < 4 ? ["owner:a"] : $0 < 8 ? ["network:b"] : [] }
        let together = kit.ballot([(0, BookKit.lie), (1, BookKit.lie), (2, BookKit.lie), (3, BookKit.lie)])
        let alone = kit.ballot([(0, BookKit.lie)])
        #expect(asked(kit, together) == asked(kit, alone))
        #expect(kit.book.group(of: kit.members[0]) == kit.book.group(of: kit.members[3]))
        #expect(kit.book.group(of: kit.members[0]) != kit.book.group(of: kit.members[4]))
        // Who shares an owner with one and a network with the other makes them one group.
        let link = kit.book.enrol(NodeID("link"), driver: "process", keys: ["owner:a", "network:b"])
        #expect(kit.book.group(of: kit.members[0]) == kit.book.group(of: kit.members[7]))
        #expect(kit.book.group(of: link) == kit.book.group(of: kit.members[7]))
    }

    /// How many more votes are asked for.
    private func asked(_ kit: BookKit, _ ballot: Ballot) -> Int? {
        if case .ask(let count, _) = kit.book.decide(ballot, under: kit.policy) { count } else { nil }
    }

    @Test(arguments: [1e-2, 1e-3, 1e-4])
    func newcomersAreDecidedByVotesThatHostileGroupsCannotHave(maxError: Double) {
        var kit = BookKit(members: 300, maxError: maxError)
        var votes: [(Int, Digest)] = []
        while true {
            votes.append((votes.count, BookKit.right))
            guard case .accept(_, let bound) = kit.book.decide(kit.ballot(votes), under: kit.policy) else { continue }
            // All of so many drawn from 300, of whom 100 are hostile.
            let allHostile = (0..<votes.count).reduce(1.0) { $0 * Double(100 - $1) / Double(300 - $1) }
            #expect(allHostile <= maxError)
            #expect(bound <= maxError)
            #expect(bound >= allHostile - 1e-12)
            break
        }
    }

    @Test func moreVotesForAnAnswerNeverMakeItLessCertain() {
        var kit = BookKit.proven(members: 32)
        for dissenters in 0...3 {
            var last = 1.0
            for supporters in 1...10 {
                let votes =
                    (0..<dissenters).map { ($0 + 20, BookKit.lie) } + (0..<supporters).map { ($0, BookKit.right) }
                guard case .accept(let answer, let bound) = kit.book.decide(kit.ballot(votes), under: kit.policy),
                    answer == BookKit.right
                else { continue }
                #expect(bound <= last)
                last = bound
            }
            #expect(last < 1)
        }
    }

    @Test func aHandfulOfNodesIsEnoughWhenTheHostileCannotBeMore() {
        // Of six groups at most two are hostile, so three alike are right.
        var kit = BookKit(members: 6)
        let three = kit.ballot([(0, BookKit.right), (1, BookKit.right), (2, BookKit.right)])
        #expect(kit.book.decide(three, under: kit.policy) == .accept(BookKit.right, bound: 0))
    }

    @Test func tooFewGroupsSaySo() {
        var kit = BookKit(members: 1)
        let one = kit.ballot([(0, BookKit.right)])
        #expect(kit.book.decide(one, under: kit.policy) == .cannotBeMet(.tooFewGroups(1)))
    }

    @Test func aVoteThatGoesOnForEverEndsWithoutAVerdict() {
        var kit = BookKit(members: 100)
        let votes = (0..<24).map { ($0, $0 % 2 == 0 ? BookKit.right : BookKit.lie) }
        let decision = kit.book.decide(kit.ballot(votes), under: kit.policy)
        #expect(decision == .cannotBeMet(.noAgreement(votes: 24, answers: 2)))
    }

    @Test func aPoolThatContradictsTheAssumptionIsRefused() {
        var kit = BookKit(members: 100)
        for round in 0..<10 {
            kit.settle((0..<10).map { (round * 10 + $0, $0 < 6 ? BookKit.lie : BookKit.right) }, as: BookKit.lie)
        }
        #expect(kit.released.isEmpty)
        #expect(kit.book.refusal == .tooManyHostile(convicted: 40, examined: 100))
        let fresh = Ballot(task: kit.task())
        #expect(kit.book.decide(fresh, under: kit.policy) == .cannotBeMet(kit.book.refusal!))
    }

    @Test func canariesUnmaskAMajority() {
        var kit = BookKit(members: 100)
        for member in 0..<40 { kit.carryOut(kit.book.canary(kit.members[member], isRight: member % 5 == 0)) }
        #expect(kit.book.refusal == .tooManyHostile(convicted: 32, examined: 40))
    }
}

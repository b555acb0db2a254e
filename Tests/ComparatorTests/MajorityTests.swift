import SeededNumbers
import Testing
import WeftEngine
import WeftModel

/// An answer whose digest starts with this byte.
func answer(_ number: UInt8) -> Digest { Digest(bytes: [number] + [UInt8](repeating: 0, count: 31))! }

@Suite struct MajorityTests {
    private typealias Votes = [Majority<Int>.Vote]

    private func find(
        _ votes: [(Int, UInt8)], quorum: Int, _ agreeing: Set<Set<UInt8>>
    ) -> Majority<Int> {
        Majority.find(votes: votes.map { Majority.Vote($0.0, answer($0.1)) }, quorum: quorum) { one, other in
            one == other || agreeing.contains([one.bytes[0], other.bytes[0]])
        }
    }

    /// The example of docs/comparators.md: A ~ B, B ~ C, A ≁ C.
    @Test func theMiddleOfAChainStandsForAll() {
        let majority = find([(1, 0xA), (2, 0xB), (3, 0xC)], quorum: 3, [[0xA, 0xB], [0xB, 0xC]])
        #expect(majority.medoid == answer(0xB))
        #expect(majority.agreeing == [1, 2, 3] && majority.dissenting.isEmpty && majority.isDecided)
    }

    @Test func withoutItsMiddleAChainIsNoMajority() {
        let majority = find([(1, 0xA), (3, 0xC)], quorum: 2, [[0xA, 0xB], [0xB, 0xC]])
        #expect(!majority.isDecided && majority.missing == 1 && majority.votes == 2)
    }

    @Test func theEndOfAChainIsInTheMinority() {
        // A ~ B ~ C ~ D: the balls of B and C have three votes each; B has the smaller digest, and D is not in its ball.
        let majority = find(
            [(4, 0xD), (3, 0xC), (2, 0xB), (1, 0xA)], quorum: 3, [[0xA, 0xB], [0xB, 0xC], [0xC, 0xD]])
        #expect(majority.medoid == answer(0xB))
        #expect(majority.agreeing == [1, 2, 3] && majority.dissenting == [4])
    }

    @Test func whoIsMerelyNearDoesNotTakeThePlaceOfEqualAnswers() {
        let majority = find([(1, 9), (2, 9), (3, 1)], quorum: 3, [[9, 1]])
        #expect(majority.medoid == answer(9) && majority.isDecided)
    }

    @Test func noVoteCountsTwice() {
        let majority = find([(1, 5), (1, 5), (1, 5)], quorum: 2, [])
        #expect(!majority.isDecided && majority.votes == 1)
        // Of two answers the one with the smaller digest counts, whichever came first.
        #expect(find([(1, 5), (1, 3), (2, 3)], quorum: 2, []).isDecided)
        #expect(find([(1, 3), (2, 5), (1, 5)], quorum: 2, []).isDecided == false)
    }

    @Test func anAnswerThatIsNotLikeItselfHasNoBall() {
        let votes = [Majority.Vote(1, answer(1)), .init(2, answer(1)), .init(3, answer(2))]
        let majority = Majority<Int>.find(votes: votes, quorum: 2) { one, other in
            one != answer(1) && other != answer(1)
        }
        #expect(majority.medoid == answer(2) && majority.agreeing == [3] && majority.dissenting == [1, 2])
        #expect(!majority.isDecided)
        let none = Majority<Int>.find(votes: votes, quorum: 2) { _, _ in false }
        #expect(none.medoid == nil && none.missing == 2 && none.dissenting == [1, 2, 3])
        #expect(Majority<Int>.find(votes: [], quorum: 1) { _, _ in true }.votes == 0)
    }

    @Test func eachPairIsAskedOnce() {
        var asked: [Agreements.Pair: Int] = [:]
        let votes: Votes = (0..<20).map { Majority.Vote($0, answer(UInt8($0 % 7))) }
        _ = Majority.find(votes: votes, quorum: 3) { one, other in
            asked[Agreements.Pair(one, other), default: 0] += 1
            return true
        }
        #expect(asked.count == 28 && asked.values.allSatisfy { $0 == 1 })
    }

    @Test func whatIsKnownOfAgreementIsKept() {
        var agreements = Agreements()
        let pair = Agreements.Pair(answer(2), answer(1))
        #expect(agreements.unknown(among: [answer(2), answer(1), answer(2)]).count == 3)
        agreements.record(pair, agrees: true)
        agreements.record(Agreements.Pair(answer(1), answer(2)), agrees: false)
        #expect(agreements.agree(answer(1), answer(2)) && agreements.agree(answer(2), answer(1)))
        #expect(!agreements.agree(answer(1), answer(1)))
        #expect(agreements.unknown(among: [answer(1), answer(2)]).map(\.first) == [answer(1), answer(2)])
    }
}

/// Votes for numbers that agree within a distance: not transitive, as real answers are not.
@Suite struct MajorityPropertyTests {
    private struct World {
        var votes: [Majority<Int>.Vote]
        var quorum: Int
        var reach: Int
        /// Answers that are not even like themselves.
        var broken: Set<Digest>

        init(_ random: inout SeededRandom) {
            let spread = 1 + random.below(20)
            votes = (0..<random.below(12)).map { Majority.Vote($0, answer(UInt8(random.below(spread)))) }
            quorum = 1 + random.below(7)
            reach = random.below(4)
            broken = random.below(4) == 0 ? [answer(UInt8(random.below(spread)))] : []
        }

        func agree(_ one: Digest, _ other: Digest) -> Bool {
            !broken.contains(one) && !broken.contains(other)
                && abs(Int(one.bytes[0]) - Int(other.bytes[0])) <= reach
        }

        func find(_ votes: [Majority<Int>.Vote]) -> Majority<Int> {
            Majority.find(votes: votes, quorum: quorum, agree: agree)
        }
    }

    @Test func theVerdictDoesNotDependOnTheOrderOfArrival() {
        var random = SeededRandom(seed: 11)
        for _ in 0..<20_000 {
            let world = World(&random)
            let verdict = world.find(world.votes)
            for _ in 0..<3 {
                let shuffled = world.votes.shuffled(using: &random)
                holds(world.find(shuffled) == verdict)
                // Repeated messages change nothing.
                holds(world.find(shuffled + shuffled.prefix(3)) == verdict)
            }
        }
    }

    @Test func everyVoteCountsOnceAndTheBallIsTheLargest() {
        var random = SeededRandom(seed: 12)
        for _ in 0..<20_000 {
            let world = World(&random)
            let verdict = world.find(world.votes)
            holds((verdict.agreeing + verdict.dissenting).sorted() == world.votes.map(\.voter))
            let sizes = world.votes.map { vote in world.votes.count { world.agree($0.answer, vote.answer) } }
            holds(verdict.agreeing.count == sizes.max() ?? 0)
            guard let medoid = verdict.medoid else { continue }
            let ball = world.votes.filter { world.agree($0.answer, medoid) }.map(\.voter)
            holds(verdict.agreeing == ball && !ball.isEmpty)
            holds(verdict.isDecided == (ball.count >= world.quorum))
        }
    }

    @Test func moreVotesNeverUndoAQuorum() {
        var random = SeededRandom(seed: 13)
        for _ in 0..<20_000 {
            let world = World(&random)
            var before = world.find([])
            for count in 1...max(1, world.votes.count) {
                let now = world.find(Array(world.votes.prefix(count)))
                holds(!before.isDecided || now.isDecided)
                holds(now.missing <= before.missing)
                before = now
            }
        }
    }

    @Test func whatIsFoundOutLaterNeverUndoesAQuorum() {
        var random = SeededRandom(seed: 14)
        for _ in 0..<5000 {
            let world = World(&random)
            var agreements = Agreements()
            var wasDecided = false
            for pair in agreements.unknown(among: world.votes.map(\.answer)).shuffled(using: &random) {
                agreements.record(pair, agrees: world.agree(pair.first, pair.second))
                let verdict = Majority.find(votes: world.votes, quorum: world.quorum, agree: agreements.agree)
                holds(!wasDecided || verdict.isDecided)
                wasDecided = verdict.isDecided
            }
            holds(agreements.unknown(among: world.votes.map(\.answer)).isEmpty)
            holds(
                Majority.find(votes: world.votes, quorum: world.quorum, agree: agreements.agree)
                    == world.find(world.votes))
        }
    }
}

import Testing
import WeftModel
import WeftTrust

@Suite struct EvidenceTests {
    @Test func agreementNeverLowersTrustAndDisagreementNeverRaisesIt() {
        var kit = BookKit.proven(members: 16)
        for member in 0..<8 {
            let before = kit.book.errorBound(of: kit.members[member])
            kit.settle([(member, BookKit.right), (15, BookKit.right), (14, BookKit.right)], as: BookKit.right)
            #expect(kit.book.errorBound(of: kit.members[member]) <= before)
        }
        for member in 0..<4 {
            let before = kit.book.errorBound(of: kit.members[member])
            kit.settle([(member, BookKit.lie), (15, BookKit.right), (14, BookKit.right)], as: BookKit.right)
            #expect(kit.book.errorBound(of: kit.members[member]) >= before)
            #expect(!kit.book.isBelieved(kit.members[member]))
        }
    }

    @Test func estimatesAreMonotoneAndForget() {
        var estimate = BetaEstimate()
        var last = estimate.upperBound(prior: 1 / 3.0, weight: 3)
        for _ in 0..<1000 {
            estimate.record(failed: false, memory: 1 << 20)
            let bound = estimate.upperBound(prior: 1 / 3.0, weight: 3)
            #expect(bound <= last)
            last = bound
        }
        // Exact: 1 - 0.05^(1 / 1001) = 0.0030.
        #expect(abs(last - 0.003) < 0.001)
        estimate.record(failed: true, memory: 1 << 20)
        #expect(estimate.upperBound(prior: 1 / 3.0, weight: 3) > last)
        estimate.halve()
        #expect(estimate.trials == 500)
        #expect(estimate.failures == 1)
    }

    @Test func aSuddenChangeIsSeenThroughALongGoodRecord() {
        var estimate = BetaEstimate()
        for _ in 0..<100_000 { estimate.record(failed: false, memory: 1 << 20) }
        for _ in 0..<3 { estimate.record(failed: true, memory: 1 << 20) }
        #expect(estimate.mean(prior: 0.3, weight: 3) > 0.01)
    }

    @Test func whoIsCaughtTwiceIsGivenNoMoreWork() {
        var kit = BookKit.proven(members: 16)
        for _ in 0..<2 {
            #expect(!kit.book.isExcluded(kit.members[3]))
            kit.settle([(3, BookKit.lie), (15, BookKit.right), (14, BookKit.right)], as: BookKit.right)
        }
        #expect(kit.book.isExcluded(kit.members[3]))
    }

    @Test func aLongTimeOfGoodWorkOutweighsOneMistake() {
        var kit = BookKit.proven(members: 16)
        kit.settle([(3, BookKit.lie), (15, BookKit.right), (14, BookKit.right)], as: BookKit.right)
        for answer in 0..<80 {
            #expect(!kit.book.isBelieved(kit.members[3]), "after \(answer) answers")
            kit.settle([(3, BookKit.right), (15, BookKit.right), (14, BookKit.right)], as: BookKit.right)
        }
        #expect(kit.book.isBelieved(kit.members[3]))
    }

    @Test func newcomersEarnByVerifiedAnswersAlone() {
        var kit = BookKit(members: 200)
        #expect(kit.book.checkRate(of: kit.members[0], under: kit.policy) == 1)
        for number in 1..<10 {
            kit.settle([(0, BookKit.right)] + (1..<8).map { (number * 8 + $0, BookKit.right) }, as: BookKit.right)
            #expect(!kit.book.isBelieved(kit.members[0]))
        }
        kit.settle([(0, BookKit.right), (1, BookKit.right)], as: BookKit.right)
        #expect(kit.book.isBelieved(kit.members[0]))
        // And even then not more than the account can bear.
        #expect(kit.book.checkRate(of: kit.members[0], under: kit.policy) == 1)
    }

    @Test func aBookThatWasKeptGoesOnAsItWas() {
        let kit = BookKit.proven(members: 16, maxError: 1e-2, answers: 400)
        let again = TrustBook(restoring: kit.book.record, standings: kit.book.standings, seed: 1)
        #expect(again.record == kit.book.record)
        #expect(again.standings == kit.book.standings)
        for member in kit.members {
            #expect(again.errorBound(of: member) == kit.book.errorBound(of: member))
            #expect(
                again.checkRate(of: member, under: kit.policy) == kit.book.checkRate(of: member, under: kit.policy))
        }
    }
}

import Testing
import WeftModel
import WeftTrust

@Suite struct BatchTests {
    /// A pool that has earned: at 1e-2, checks have become rare.
    private static func earned() -> BookKit { BookKit.proven(members: 16, maxError: 1e-2, answers: 1600) }

    @Test func aBatchIsReleasedWhenItsSampleAndTheNextOnesAreConfirmed() {
        var kit = Self.earned()
        let rate = kit.book.checkRate(of: kit.members[0], under: kit.policy)
        #expect(rate < 0.25)
        let before = kit.releases
        var held: [TaskID] = []
        while !kit.ballots.values.contains(where: { $0.isDrawn }) { held.append(kit.hold(0, BookKit.right)) }
        #expect(held.count >= 8)
        kit.check(by: [8, 9])
        #expect(kit.releases == before, "it waits for the next batch")
        while !kit.ballots.values.contains(where: { $0.isDrawn }) { _ = kit.hold(0, BookKit.right) }
        kit.check(by: [10, 11])
        for task in held { #expect(kit.released[task] == BookKit.right) }
    }

    @Test func whatALiarHeldIsDecidedAnew() {
        var kit = Self.earned()
        var held: [TaskID] = []
        while !kit.ballots.values.contains(where: { $0.isDrawn }) { held.append(kit.hold(0, BookKit.lie)) }
        kit.check(by: [8, 9, 10, 11, 12])
        for task in held {
            #expect(kit.released[task] != BookKit.lie)
            if let ballot = kit.ballots[task] { #expect(!ballot.votes.contains { $0.member == kit.members[0] }) }
        }
        #expect(!kit.book.isBelieved(kit.members[0]))
    }

    @Test func theLastBatchIsReleasedByItself() {
        var kit = Self.earned()
        let held = (0..<5).map { _ in kit.hold(0, BookKit.right) }
        kit.carryOut(kit.book.closeBatches(under: kit.policy))
        kit.check(by: [8, 9])
        for task in held { #expect(kit.released[task] == BookKit.right) }
    }

    @Test func whoIsCheckedDependsOnTheSeedAlone() {
        func drawn(seed: UInt64) -> [TaskID] {
            var kit = BookKit(members: 40, maxError: 1e-2, seed: seed)
            for round in 0..<2000 {
                kit.settle((0..<8).map { ((round * 8 + $0) % 40, BookKit.right) }, as: BookKit.right)
            }
            while !kit.ballots.values.contains(where: { $0.isDrawn }) { kit.hold(0, BookKit.right) }
            return kit.ballots.values.filter(\.isDrawn).map(\.task).sorted()
        }
        #expect(drawn(seed: 1) == drawn(seed: 1))
        #expect(Set((1...8).map(drawn(seed:))).count > 4)
    }

    @Test func checkersAreDrawnEvenly() {
        let lottery = Lottery(seed: 3)
        var counts = [Int](repeating: 0, count: 10)
        for index in 0..<5000 {
            let task = TaskID(job: JobID(1), index: UInt32(index))
            for votes in 1...2 { counts[lottery.candidate(of: 10, for: task, votes: votes)] += 1 }
        }
        #expect(counts.allSatisfy { (850...1150).contains($0) })
    }

    @Test func aWithdrawnTaskLeavesItsBatch() {
        var kit = Self.earned()
        var held: [TaskID] = []
        while !kit.ballots.values.contains(where: { $0.isDrawn }) { held.append(kit.hold(0, BookKit.right)) }
        for task in held {
            let isDrawn = kit.ballots[task]!.isDrawn
            kit.carryOut(kit.book.withdraw(task, heldBy: isDrawn ? nil : kit.members[0]))
        }
        kit.carryOut(kit.book.closeBatches())
        for task in held { #expect(kit.released[task] == nil) }
    }
}

@Suite struct ChargeTests {
    /// The account's theorem, over all small batches: m lies among n answers, c of them drawn, each draw finding a lie with
    /// probability d. Where exactly one is found, (n / (c d) - 1) is charged. In expectation that is at least the number of
    /// lies that are released where none is found.
    @Test(arguments: [1.0, 0.9, 2.0 / 3])
    func whatIsChargedCoversWhatIsReleased(power: Double) {
        for size in 2...12 {
            for sample in 1...size {
                for lies in 1...size {
                    var charged = 0.0
                    var released = 0.0
                    for drawn in 0...min(lies, sample) where sample - drawn <= size - lies {
                        let likelihood =
                            choose(lies, drawn) * choose(size - lies, sample - drawn) / choose(size, sample)
                        let missed = (0..<drawn).reduce(1.0) { product, _ in product * (1 - power) }
                        released += likelihood * missed * Double(lies)
                        guard drawn > 0 else { continue }
                        let foundOne = Double(drawn) * power * missed / (power < 1 ? 1 - power : 1)
                        let exactlyOne = power < 1 ? foundOne : (drawn == 1 ? 1 : 0)
                        charged += likelihood * exactlyOne * (Double(size) / (Double(sample) * power) - 1)
                    }
                    // Where all are drawn nothing is held: what accomplices confirmed there is bounded by the votes.
                    guard sample < size else { continue }
                    #expect(charged >= released - 1e-9, "\(lies) of \(size), \(sample) drawn: \(charged) < \(released)")
                }
            }
        }
    }

    private func choose(_ count: Int, _ picked: Int) -> Double {
        guard picked <= count else { return 0 }
        return (0..<picked).reduce(1.0) { $0 * Double(count - $1) / Double(picked - $1) }
    }
}

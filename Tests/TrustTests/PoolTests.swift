import Testing
import TrustSimulation

/// A sample of `make sim-trust`.
@Suite struct PoolTests {
    @Test func theSameSeedGivesTheSameRun() {
        for kind in SchemeKind.all {
            let pool = Pool.all.first { $0.name == "20% mixed" }!
            let first = TrustSimulator.run(pool, kind, nodes: 60, tasks: 2000, seed: 7)
            #expect(first == TrustSimulator.run(pool, kind, nodes: 60, tasks: 2000, seed: 7))
            #expect(first != TrustSimulator.run(pool, kind, nodes: 60, tasks: 2000, seed: 8))
        }
    }

    /// All seeds together, as the bound is one in expectation.
    @Test(arguments: Pool.all.filter(\.isHonestMajority))
    func theBoundIsMet(pool: Pool) {
        for maxError in [1e-2, 1e-3] {
            let tallies = (1...3).map {
                TrustSimulator.run(pool, .weft(maxError: maxError), nodes: 100, tasks: 6000, seed: $0)
            }
            let wrong = tallies.reduce(0) { $0 + $1.wrong }
            let accepted = tallies.reduce(0) { $0 + $1.accepted }
            #expect(accepted == 18_000)
            #expect(Double(wrong) <= maxError * Double(accepted), "\(pool.name) at \(maxError): \(wrong) wrong")
        }
    }

    @Test func sixNodesOfWhomTwoLie() {
        for conduct in [Conduct.alwaysWrong, .colluder, .sometimesWrong(permille: 200), .lazy] {
            let pool = Pool("6 nodes", hostilePermille: 334, [conduct])
            for seed in 1...5 as ClosedRange<UInt64> {
                let tally = TrustSimulator.run(pool, .weft(maxError: 1e-3), nodes: 6, tasks: 200, seed: seed)
                #expect(tally.wrong == 0, "\(conduct), seed \(seed)")
                #expect(tally.accepted == 200, "\(conduct), seed \(seed)")
            }
        }
    }

    @Test func aColludingMajorityIsRefused() {
        let pool = Pool.all.first { $0.name == "60% colluders" }!
        for seed in 1...5 as ClosedRange<UInt64> {
            let tally = TrustSimulator.run(pool, .weft(maxError: 1e-3), nodes: 100, tasks: 2000, seed: seed)
            #expect(tally.accepted == 0)
            #expect(tally.refused == 2000)
        }
    }

    @Test func canariesUnmaskAMajorityThatVotesDoNot() {
        let pool = Pool.all.first { $0.name == "80% and canaries" }!
        let tally = TrustSimulator.run(pool, .weft(maxError: 1e-3), nodes: 100, tasks: 2000, seed: 1)
        #expect(tally.wrong == 0)
        #expect(tally.refused == 2000)
    }
}

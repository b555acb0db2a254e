import Testing
import WeftEngine
import WeftModel

/// What owners' rules do to the coordinator's decisions.
@Suite struct OwnerTests {
    private func profiled(
        _ bench: inout Bench, _ name: String, cpus: Int64 = 1, change: (inout NodeProfile) -> Void = { _ in }
    ) -> Step {
        var profile = Bench.profile(name, cpus: cpus)
        change(&profile)
        return bench.handle(.nodeProfiled(NodeID(name), session: bench.session(of: NodeID(name)), profile))
    }

    @Test func aPausedNodeGetsNothingUntilItGoesOn() {
        var bench = Bench()
        bench.join("a")
        let paused = profiled(&bench, "a") { $0.paused = "it is hot" }
        #expect(
            paused.actions == [
                .publish(.nodeChanged(NodeID("a"), name: "a", score: 50, isDraining: false, paused: "it is hot"))
            ])
        #expect(bench.submit(spec()).places == [])
        let why = bench.engine.explain(JobID(1), task: nil)
        #expect(why?.kind == .notNow)
        #expect(why?.summary == "the only node that can run it is paused by its owner: it is hot")
        #expect(why?.reasons.map(\.message) == ["paused by its owner: it is hot"])
        #expect(profiled(&bench, "a").places == ["1.0→a"])
    }

    @Test func whatIsFrozenIsNotOverdue() {
        var bench = Bench()
        bench.join("a")
        var job = spec()
        job.timeoutSeconds = 10
        bench.submit(job)
        bench.pass(.seconds(5), hearing: [NodeID("a")])
        _ = profiled(&bench, "a") { $0.paused = "x" }
        #expect(bench.pass(.seconds(100), hearing: [NodeID("a")]).isEmpty)
        _ = profiled(&bench, "a")
        // 10 s and a grace of 30, of which 5 are over.
        #expect(bench.pass(.seconds(34), hearing: [NodeID("a")]).isEmpty)
        #expect(!bench.pass(.seconds(2), hearing: [NodeID("a")]).isEmpty)
    }

    @Test func nobodyHoldsWorkFrozenForEver() {
        var configuration = EngineConfiguration()
        configuration.longestPause = .seconds(20)
        var bench = Bench(configuration)
        bench.join("a")
        bench.join("b")
        #expect(bench.submit(spec()).places == ["1.0→a"])
        _ = profiled(&bench, "a") { $0.paused = "x" }
        let actions = bench.pass(.seconds(21), hearing: [NodeID("a"), NodeID("b")])
        #expect(actions.contains(.assign(NodeID("b"), attempt(1, lease: 2))))
    }

    @Test func whatIsHandedBackCostsNeitherTheTaskNorTheNode() {
        var configuration = EngineConfiguration()
        configuration.maxLosses = 1
        var bench = Bench(configuration)
        bench.join("a")
        bench.submit(spec())
        for number in 1...5 {
            _ = profiled(&bench, "a") { $0.paused = "x" }
            let back = AttemptFailure(.nodeLost, "paused")
            #expect(bench.finish(attempt(1, lease: UInt64(number)), on: "a", nil, failure: back).ends.isEmpty)
            #expect(profiled(&bench, "a").places == ["1.0→a"])
        }
    }

    @Test func capacityThatShrinksBelowWhatIsHeldFreesNothingUntilEnoughHasEnded() {
        var configuration = EngineConfiguration()
        configuration.maxPrefetch = 0
        var bench = Bench(configuration)
        bench.join("a", cpus: 3)
        #expect(bench.submit(spec(tasks: 6)).assignments.count == 3)
        #expect(profiled(&bench, "a", cpus: 1).places == [])
        #expect(bench.engine.node(NodeID("a"))?.free.cpuMillis == -2000)
        #expect(bench.finish(attempt(1, 0, lease: 1), on: "a", answer(1)).places == [])
        #expect(bench.finish(attempt(1, 1, lease: 2), on: "a", answer(1)).places == [])
        #expect(bench.finish(attempt(1, 2, lease: 3), on: "a", answer(1)).assignments.count == 1)
        #expect(profiled(&bench, "a", cpus: 3).assignments.count == 2)
    }

    @Test func anOwnerChoosesWhoseWorkIsTaken() {
        var bench = Bench()
        bench.join("a") { $0.submitters = ["ann"] }
        #expect(bench.submit(spec(), by: "bob").places == [])
        let why = bench.engine.explain(JobID(1), task: nil)
        #expect(why?.kind == .neverHere)
        #expect(why?.reasons.map(\.message) == ["its owner takes no work of bob"])
        #expect(bench.submit(spec(), by: "ann").places == ["2.0→a"])
        #expect(bench.join("b").places == ["1.0→b"])
    }

    @Test func aProfileOfAnOldLinkIsNotHeeded() {
        var bench = Bench()
        bench.join("a")
        var profile = Bench.profile("a")
        profile.paused = "x"
        #expect(bench.handle(.nodeProfiled(NodeID("a"), session: 0, profile)).actions.isEmpty)
        #expect(bench.handle(.nodeProfiled(NodeID("z"), session: 1, profile)).actions.isEmpty)
        #expect(bench.submit(spec()).places == ["1.0→a"])
    }
}

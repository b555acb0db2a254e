import Testing
import WeftEngine
import WeftModel

@Suite struct OrderTests {
    @Test func higherPriorityRunsFirst() {
        var bench = Bench()
        bench.submit(spec("low", priority: -1))
        bench.submit(spec("high", priority: 5))
        bench.submit(spec("middle"))
        #expect(bench.join("a", cpus: 3).places == ["2.0→a", "3.0→a", "1.0→a"])
    }

    @Test func ofEqualPriorityWhoHoldsLeastIsNext() {
        var bench = Bench()
        bench.submit(spec(tasks: 4), by: "ada")
        bench.submit(spec(tasks: 4), by: "bob")
        #expect(bench.join("a", cpus: 4).places == ["1.0→a", "2.0→a", "1.1→a", "2.1→a"])
    }

    @Test func ofOneSubmitterTheOlderJobIsFirst() {
        var bench = Bench()
        bench.submit(spec(tasks: 2))
        bench.submit(spec(tasks: 2))
        #expect(bench.join("a", cpus: 3).places == ["1.0→a", "1.1→a", "2.0→a"])
    }

    @Test func whatIsBegunIsFinishedBeforeMoreIsBegun() {
        var bench = Bench()
        bench.submit(spec(tasks: 2, replicas: 2, quorum: 2))
        #expect(bench.join("a").places == ["1.0→a"])
        #expect(bench.join("b", cpus: 2).places == ["1.0→b", "1.1→b"])
    }

    @Test func aClockThatWentBackDoesNotChangeTheOrder() {
        var bench = Bench()
        bench.submit(spec("older"))
        bench.restart()
        bench.wait(.seconds(-3600))
        bench.submit(spec("younger"))
        bench.wait(.seconds(3610))
        #expect(bench.join("a", cpus: 2).places == ["1.0→a", "2.0→a"])
    }

    @Test func workSpreadsOverTheNodes() {
        var bench = Bench()
        for name in ["a", "b", "c"] { bench.join(name, cpus: 2) }
        #expect(bench.submit(spec(tasks: 3)).places == ["1.0→a", "1.1→b", "1.2→c"])
    }

    /// Jobs whose replicas wait for owners who are not there must not keep younger ones from running.
    @Test func aLaneFullOfStuckJobsLetsOthersPass() {
        var bench = Bench()
        bench.join("a", cpus: 100)
        for _ in 0..<70 { bench.submit(spec(replicas: 2, quorum: 2, cpuMillis: 1000)) }
        bench.submit(spec("last"))
        let places = bench.pass(.seconds(1), hearing: [NodeID("a")])
        let isPlaced = bench.engine.attempts(of: task(71)).count == 1
        #expect(isPlaced, "\(places)")
    }

    /// More nodes of one owner than are looked at for one replica: the one of another owner is still found.
    @Test func manyNodesOfOneOwnerDoNotHideAnother() {
        var bench = Bench()
        for number in 0..<700 { bench.join("farm-\(number)", owner: "farm") }
        bench.submit(spec(replicas: 2, quorum: 2))
        bench.join("other")
        bench.pass(.milliseconds(500))
        #expect(bench.engine.attempts(of: task(1)).count == 2)
    }
}

import Testing
import WeftEngine
import WeftModel

@Suite struct NodeTests {
    @Test func aSilentNodeLosesItsWork() {
        var bench = Bench()
        bench.join("a")
        bench.submit(spec())
        #expect(bench.pass(.milliseconds(14_900)).isEmpty)
        let actions = bench.pass(.milliseconds(100))
        let failure = AttemptFailure(.nodeLost, "its node was silent for too long")
        #expect(
            actions == [
                .publish(.nodeLeft(NodeID("a"), name: "a", reason: "it was silent for too long")),
                .disconnect(NodeID("a"), session: 1, reason: "no heartbeat"),
                .publish(.attemptEnded(attempt(1, lease: 1), NodeID("a"), failure: failure)),
            ])
        #expect(bench.join("b").places == ["1.0→b"])
    }

    @Test func aHeartbeatKeepsTheLease() {
        var bench = Bench()
        bench.join("a")
        bench.submit(spec())
        #expect(bench.pass(.seconds(60), hearing: [NodeID("a")]).isEmpty)
    }

    @Test func aLostLinkCostsNothingWhenTheNodeIsBackInTime() {
        var bench = Bench()
        bench.join("a")
        bench.submit(spec())
        let running = attempt(1, lease: 1)
        bench.handle(.nodeLeft(NodeID("a"), session: 1, reason: "reset", drained: false))
        bench.pass(.seconds(10))
        let back = bench.join("a", running: [running])
        #expect(back.actions == [.publish(.nodeJoined(NodeID("a"), name: "a"))])
        #expect(bench.finish(running, on: "a", answer(1)).ends.count == 1)
    }

    @Test func whatANodeComesBackWithoutIsRunAgain() {
        var bench = Bench()
        bench.join("a")
        bench.submit(spec())
        let back = bench.join("a")
        #expect(
            back.orders == [
                .disconnect(NodeID("a"), session: 1, reason: "the node has opened a newer link"),
                .assign(NodeID("a"), attempt(1, lease: 2)),
            ])
    }

    @Test func theEndOfAnOldLinkDoesNotEndTheNewOne() {
        var bench = Bench()
        bench.join("a")
        bench.submit(spec())
        bench.join("a", running: [attempt(1, lease: 1)])
        let late = bench.handle(.nodeLeft(NodeID("a"), session: 1, reason: "reset", drained: false))
        #expect(late.actions.isEmpty)
        #expect(bench.engine.node(NodeID("a"))?.isConnected == true)
    }

    @Test func workThatWasGivenToAnotherIsRevokedWhenItsNodeIsBack() {
        var bench = Bench()
        bench.join("a")
        bench.submit(spec())
        bench.pass(.seconds(15))
        bench.join("b")
        let back = bench.join("a", running: [attempt(1, lease: 1)])
        #expect(
            back.orders == [.revoke(NodeID("a"), attempt(1, lease: 1), reason: "nobody waits for it any more")])
    }

    @Test func aDrainingNodeFinishesWhatItHasAndGetsNoMore() {
        var bench = Bench()
        bench.join("a", cpus: 2)
        bench.submit(spec())
        let step = bench.handle(.nodeDrained(NodeID("a"), true))
        #expect(
            step.actions == [.publish(.nodeChanged(NodeID("a"), name: "a", score: 50, isDraining: true, paused: ""))])
        #expect(bench.submit(spec()).assignments.isEmpty)
        #expect(bench.finish(attempt(1, lease: 1), on: "a", answer(1)).assignments.isEmpty)
        #expect(bench.handle(.nodeDrained(NodeID("a"), false)).assignments == [attempt(2, lease: 2)])
    }

    @Test func aNodeIsGivenOnlyWhatItHas() {
        var bench = Bench()
        bench.join("a", cpus: 2) { $0.capacity.devices = [DeviceRequest(kind: "gpu", count: 1)] }
        var render = spec("render", tasks: 2, cpuMillis: 500)
        render.resources.devices = [DeviceRequest(kind: "gpu", count: 1)]
        #expect(bench.submit(render).assignments == [attempt(1, 0, lease: 1)])
        #expect(bench.submit(spec(tasks: 2)).assignments == [attempt(2, 0, lease: 2)])
        #expect(bench.finish(attempt(1, 0, lease: 1), on: "a", answer(1)).assignments == [attempt(1, 1, lease: 3)])
    }

    @Test func moreNodesThanTheBoundAreTurnedAway() {
        var configuration = EngineConfiguration()
        configuration.maxNodes = 1
        var bench = Bench(configuration)
        bench.join("a")
        let step = bench.join("b")
        #expect(
            step.actions == [
                .disconnect(NodeID("b"), session: 2, reason: "this coordinator knows too many nodes")
            ])
        #expect(step.changes.isEmpty)
    }
}

import Testing
import WeftEngine
import WeftModel

/// Nodes that have a job's inputs are preferred among those that would do as well.
@Suite struct DataTests {
    private func spec(needing blob: UInt8?, tasks: UInt32 = 1) -> JobSpec {
        JobSpec(
            name: "work", payload: .process(ProcessPayload(command: ["true"])),
            array: tasks == 1 ? nil : ArrayRange(first: 0, count: tasks),
            inputs: blob.map { [Input(path: "data", source: .blob(answer($0)))] } ?? [],
            resources: Resources(cpuMillis: 1000), verification: Verification(replicas: 1))
    }

    /// Where the one task goes, and its attempt ends.
    private func run(_ spec: JobSpec, on bench: inout Bench) -> String? {
        guard let (node, attempt) = bench.submit(spec).actions.placed.first else { return nil }
        bench.finish(attempt, on: node.text, answer(1))
        return node.text
    }

    @Test func aNodeThatHasTheInputsIsPreferred() throws {
        var bench = Bench()
        for name in ["a", "b"] { bench.join(name) }
        // While the first node is busy the data goes to the other one.
        let (busy, filler) = try #require(bench.submit(spec(needing: nil)).actions.placed.first)
        #expect(busy == NodeID("a"))
        #expect(run(spec(needing: 7), on: &bench) == "b")
        bench.finish(filler, on: "a", answer(1))
        // What needs other data, or none, goes to the first one as ever.
        #expect(run(spec(needing: nil), on: &bench) == "a")
        #expect(run(spec(needing: 8), on: &bench) == "a")
        for _ in 0..<3 { #expect(run(spec(needing: 7), on: &bench) == "b") }
    }

    @Test func aNodeWithoutRoomIsNotWaitedFor() {
        var bench = Bench()
        for name in ["a", "b"] { bench.join(name) }
        let first = run(spec(needing: 7), on: &bench)
        #expect(Set(bench.submit(spec(needing: 7, tasks: 2)).actions.placed.map(\.node.text)) == ["a", "b"])
        #expect(first != nil)
    }

    @Test func onlyANodeThatWorksOnItMayReadAJobsData() throws {
        var bench = Bench()
        for name in ["a", "b"] { bench.join(name) }
        let (node, attempt) = try #require(bench.submit(spec(needing: 7)).actions.placed.first)
        let other = NodeID(node.text == "a" ? "b" : "a")
        #expect(bench.engine.mayRead(answer(7), node))
        #expect(!bench.engine.mayRead(answer(8), node))
        #expect(!bench.engine.mayRead(answer(7), other))
        #expect(!bench.engine.mayRead(answer(7), NodeID("stranger")))
        bench.finish(attempt, on: node.text, answer(1))
        #expect(!bench.engine.mayRead(answer(7), node))
    }
}

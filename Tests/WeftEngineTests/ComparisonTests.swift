import Testing
import WeftEngine
import WeftModel

/// Jobs whose answers may agree without being equal, spot checks, and replicas on equal machines.
@Suite struct ComparisonTests {
    private let names = ["a", "b", "c", "d", "e"]

    private func lease(_ number: UInt64) -> AttemptID { attempt(1, replica: UInt16(number - 1), lease: number) }

    private func bench(nodes: Int, _ verification: Verification) -> Bench {
        var bench = Bench()
        for name in names.prefix(nodes) { bench.join(name) }
        var spec = spec()
        spec.verification = verification
        bench.submit(spec)
        return bench
    }

    private static let tolerant = OutputComparator.numeric(NumericRule(Tolerance(absolute: 1)))

    private func tolerant(_ replicas: Int, quorum: Int? = nil, most: Int? = nil) -> Verification {
        Verification(replicas: replicas, quorum: quorum, maxReplicas: most, comparator: Self.tolerant)
    }

    private func pair(_ one: UInt8, _ other: UInt8) -> Agreements.Pair { Agreements.Pair(answer(one), answer(other)) }

    private func asked(_ step: Step) -> [Agreements.Pair] {
        step.actions.flatMap { action -> [Agreements.Pair] in
            if case .compare(_, let pairs) = action { pairs } else { [] }
        }
    }

    /// Says that answers agree whose numbers differ by one at most.
    @discardableResult
    private func compare(_ step: Step, in bench: inout Bench) -> Step {
        let findings = asked(step).map { ($0, abs(Int($0.first.bytes[0]) - Int($0.second.bytes[0])) <= 1) }
        return bench.handle(.compared(task(1), Dictionary(uniqueKeysWithValues: findings)))
    }

    @Test func answersThatAreAlikeMakeAQuorum() throws {
        var bench = bench(nodes: 3, tolerant(3, quorum: 2, most: 3))
        let first = bench.finish(lease(1), on: "a", answer(10))
        #expect(asked(first) == [pair(10, 10)])
        #expect(compare(first, in: &bench).ends.isEmpty)
        let second = bench.finish(lease(2), on: "b", answer(11))
        #expect(second.ends.isEmpty)
        #expect(Set(asked(second)) == [pair(10, 11), pair(11, 11)])
        let end = compare(second, in: &bench)
        let record = try #require(end.ends.first)
        #expect(record.verdict == .agreed && record.answer == answer(10) && record.alike == [answer(11)])
        #expect(record.dissenters == 0)
        // To judge the third would take a comparison: it is stopped instead.
        #expect(end.orders.contains(.revoke(NodeID("c"), lease(3), reason: "the task has ended")))
        for name in ["a", "b"] { #expect(bench.engine.node(NodeID(name))?.record.reputation.agreements == 1) }
    }

    @Test func theMiddleOfAChainStandsForIt() throws {
        var bench = bench(nodes: 3, tolerant(3, quorum: 3, most: 3))
        for (number, value) in [(1, 12), (2, 10), (3, 11)] as [(UInt64, UInt8)] {
            let step = bench.finish(lease(number), on: names[Int(number) - 1], answer(value))
            let end = compare(step, in: &bench)
            guard number == 3 else { continue }
            let record = try #require(end.ends.first)
            #expect(record.answer == answer(11) && record.alike == [answer(10), answer(12)])
        }
    }

    @Test func anAnswerThatIsLikeNothingFindsNoQuorum() throws {
        var bench = bench(nodes: 3, tolerant(2, quorum: 2, most: 3))
        let first = bench.finish(lease(1), on: "a", answer(10))
        #expect(asked(first) == [pair(10, 10)])
        #expect(bench.handle(.compared(task(1), [pair(10, 10): false])).assignments.count == 1)
        // The same bytes again are known to agree with nothing: two of three cannot come about any more.
        let record = try #require(bench.finish(lease(2), on: "b", answer(10)).ends.first)
        #expect(record.verdict == .disagreed && record.dissenters == 2)
        #expect(record.reason?.contains("like even itself") == true)
    }

    @Test func afterARestartEverythingIsComparedAnew() {
        var bench = bench(nodes: 2, tolerant(2, quorum: 2, most: 2))
        bench.finish(lease(1), on: "a", answer(10))
        bench.finish(lease(2), on: "b", answer(11))
        bench.restart()
        bench.join("a")
        let back = bench.join("b")
        #expect(Set(asked(back)) == [pair(10, 10), pair(10, 11), pair(11, 11)])
        #expect(compare(back, in: &bench).ends.map(\.verdict) == [.agreed])
    }

    @Test func whatWasNotAskedForIsNotBelieved() {
        var bench = bench(nodes: 2, tolerant(2, quorum: 2, most: 3))
        bench.finish(lease(1), on: "a", answer(10))
        #expect(bench.handle(.compared(task(1), [pair(10, 40): true])).ends.isEmpty)
        #expect(bench.handle(.compared(task(7), [pair(10, 40): true])).ends.isEmpty)
    }

    @Test(arguments: [0, 1] as [UInt64]) func underABudgetAnswersThatAreAlikeAreOne(offset: UInt64) throws {
        var pool = BudgetTests.Pool(Bench(), nodes: 8)
        var spec = spec(tasks: 60)
        spec.verification = Verification(comparator: Self.tolerant, maxError: ErrorRate(notBelow: 1e-2))
        var records: [TaskRecord] = []
        var waiting = [pool.bench.submit(spec)]
        var answers = 0
        while let step = waiting.popLast() {
            records += step.ends
            for case .compare(let task, let pairs) in step.actions {
                let findings = pairs.map { ($0, abs(Int($0.first.bytes[0]) - Int($0.second.bytes[0])) <= 1) }
                waiting.append(pool.bench.handle(.compared(task, Dictionary(uniqueKeysWithValues: findings))))
            }
            for (node, attempt) in step.actions.placed {
                answers += 1
                pool.bench.wait(.milliseconds(50))
                // Two answers, alike, in turn.
                let value = UInt8((attempt.lease.number &+ offset) % 2 + 10)
                waiting.append(pool.bench.finish(attempt, on: node.text, answer(value)))
            }
        }
        #expect(records.count == 60)
        #expect(records.allSatisfy { $0.verdict == .agreed && $0.dissenters == 0 && $0.errorBound != nil })
        #expect(answers < 60 * 4)
    }

    /// Nodes are gone with a task for a while, another one answers it, and then they come back with an answer that is like it.
    @Test func whoAnswersLateButAlikeIsNotTakenForALiar() {
        var pool = BudgetTests.Pool(Bench(), nodes: 8)
        var spec = spec(tasks: 200)
        spec.verification = Verification(comparator: Self.tolerant, maxError: ErrorRate(notBelow: 1e-2))
        var records: [TaskRecord] = []
        var late: [(node: NodeID, attempt: AttemptID)] = []
        var placed = 0
        var waiting = [pool.bench.submit(spec)]
        while let step = waiting.popLast() {
            records += step.ends
            for case .compare(let task, let pairs) in step.actions {
                let findings = pairs.map { ($0, abs(Int($0.first.bytes[0]) - Int($0.second.bytes[0])) <= 1) }
                waiting.append(pool.bench.handle(.compared(task, Dictionary(uniqueKeysWithValues: findings))))
            }
            for (node, attempt) in step.actions.placed {
                placed += 1
                pool.bench.wait(.milliseconds(50))
                guard !placed.isMultiple(of: 5) else {
                    let session = pool.bench.session(of: node)
                    waiting.append(
                        pool.bench.handle(.nodeLeft(node, session: session, reason: "gone", drained: true)))
                    waiting.append(pool.bench.join(node.text))
                    late.append((node, attempt))
                    continue
                }
                waiting.append(pool.bench.finish(attempt, on: node.text, answer(10)))
            }
            if late.count > 2 || waiting.isEmpty, !late.isEmpty {
                let (node, attempt) = late.removeFirst()
                waiting.append(pool.bench.finish(attempt, on: node.text, answer(11)))
            }
        }
        #expect(records.count == 200)
        #expect(records.allSatisfy { $0.verdict == .agreed && $0.dissenters == 0 })
        #expect(records.contains { !$0.alike.isEmpty })
        for number in 0..<8 {
            let reputation = pool.bench.engine.node(NodeID("n\(number)"))?.record.reputation
            #expect(reputation?.disagreements == 0)
        }
    }

    // MARK: Spot checks

    /// How many of 1000 tasks get a second answer, with a node that always lies among those who answer.
    private func spotChecks(_ share: Double, liar: Bool = false) -> (checked: Int, wrong: Int, bench: Bench) {
        var bench = Bench()
        for name in names { bench.join(name) }
        var spec = spec(tasks: 1000)
        spec.verification = Verification(spotCheck: ErrorRate(notBelow: share))
        var votes: [TaskID: Int] = [:]
        var wrong = 0
        var waiting = [bench.submit(spec)]
        while let step = waiting.popLast() {
            wrong += step.ends.count { $0.answer != answer(1) }
            for (node, attempt) in step.actions.placed {
                votes[attempt.task, default: 0] += 1
                let isLie = liar && node.text == "a"
                waiting.append(bench.finish(attempt, on: node.text, answer(isLie ? 2 : 1)))
            }
        }
        #expect(votes.count == 1000)
        return (votes.values.count { $0 > 1 }, wrong, bench)
    }

    @Test func spotChecksAreAsManyAsAskedFor() {
        #expect((60...145).contains(spotChecks(0.1).checked))
        #expect(spotChecks(1).checked == 1000)
    }

    @Test func aSpotCheckFindsALiar() {
        let all = spotChecks(1, liar: true)
        #expect(all.wrong == 0)
        let some = spotChecks(0.2, liar: true)
        #expect(some.bench.engine.node(NodeID("a"))!.record.reputation.score < 20)
        #expect(some.wrong < 100)
    }

    // MARK: Equal machines

    private func bench(_ processors: [String]) -> Bench {
        var bench = Bench()
        for (name, processor) in zip(names, processors) { bench.join(name) { $0.processor = processor } }
        var spec = spec()
        spec.verification = Verification(replicas: 2, quorum: 2, needsSameHardware: true)
        bench.submit(spec)
        return bench
    }

    @Test func replicasRunOnEqualMachines() {
        let bench = bench(["old", "new", "old", "new"])
        let placed = bench.engine.attempts(of: task(1)).map(\.node.text)
        #expect([["a", "c"], ["b", "d"]].contains(placed.sorted()))
    }

    @Test func whereThereAreTooFewOfAKindItWaitsAndSaysSo() throws {
        var bench = bench(["old", "new"])
        #expect(bench.engine.attempts(of: task(1)).isEmpty)
        let explanation = try #require(bench.engine.explain(JobID(1), task: nil))
        #expect(explanation.kind == .neverHere)
        #expect(explanation.summary.contains("equal machines"))
        #expect(bench.join("c") { $0.processor = "new" }.places.count == 2)
    }

    @Test func whenThereAreNoneLeftAnyMachineWillDo() {
        var bench = bench(["old", "old", "new"])
        #expect(bench.engine.attempts(of: task(1)).map(\.node.text).sorted() == ["a", "b"])
        bench.finish(lease(1), on: "a", answer(1))
        bench.handle(.nodeLeft(NodeID("b"), session: bench.session(of: NodeID("b")), reason: "gone", drained: true))
        bench.pass(.seconds(30), hearing: [NodeID("a"), NodeID("c")])
        #expect(bench.engine.attempts(of: task(1)).isEmpty)
        bench.pass(bench.engine.configuration.checkPatience, hearing: [NodeID("a"), NodeID("c")])
        #expect(bench.engine.attempts(of: task(1)).map(\.node.text) == ["c"])
    }
}

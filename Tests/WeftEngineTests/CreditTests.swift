import Testing
import WeftEngine
import WeftLedger
import WeftModel

/// Who pays whom, through the engine.
@Suite struct CreditTests {
    /// One credit for a second of processor time, and at least a hundredth for an answer.
    private static func bench() -> Bench {
        var configuration = EngineConfiguration()
        configuration.prices = try? PriceList(
            perCPUSecond: Credits(text: "1")!, minimumCharge: Credits(text: "0.01")!)
        return Bench(configuration)
    }

    private static func granted(_ amount: String, to name: String = "ada") -> Bench {
        var bench = bench()
        bench.grant(amount, to: name)
        return bench
    }

    /// Two processors for ten seconds: an attempt costs at most 10, a job with one replica and no retries no more.
    private static func job(replicas: Int = 1, quorum: Int? = nil, retries: Int = 0, tasks: UInt32 = 1) -> JobSpec {
        var spec = spec(tasks: tasks, replicas: replicas, quorum: quorum, maxReplicas: replicas, retries: retries)
        spec.timeoutSeconds = 10
        return spec
    }

    @Test func nothingMovesWithoutPrices() {
        var bench = Bench()
        bench.join("a")
        bench.submit(spec())
        let step = bench.finish(attempt(1, lease: 1), on: "a", answer(1))
        #expect(!step.changes.contains { if case .creditsMoved = $0 { true } else { false } })
        #expect(bench.engine.ledger == Ledger())
    }

    @Test func aJobThatCannotBePaidForIsRefusedWithoutATrace() {
        var bench = Self.granted("9.999999")
        let refused = bench.submit(Self.job())
        #expect(
            refused.submissions == [
                .unaffordable(available: Credits(text: "9.999999")!, needed: Credits(text: "10")!)
            ])
        #expect(refused.changes.isEmpty)
        #expect(refused.actions.isEmpty)
        bench.grant("0.000001", key: "second")
        // A refused job has used no number.
        #expect(bench.submit(Self.job()).submissions == [.accepted(JobID(1))])
        #expect(bench.balance("submitter:ada") == "0")
        #expect(bench.balance("escrow:1") == "10")
    }

    @Test func aJobThatCostsMoreThanCanBeCountedIsRefused() {
        var bench = Self.granted("1000")
        var huge = Self.job(replicas: 64, tasks: 100_000_000)
        huge.timeoutSeconds = 10_000_000
        #expect(bench.submit(huge).submissions == [.uncountable])
    }

    @Test func whoAgreedIsPaidAndTheRestGoesBack() {
        var bench = Self.granted("100")
        for name in ["a", "b", "c"] { bench.join(name) }
        let placed = bench.submit(Self.job(replicas: 3, quorum: 2)).assignments
        bench.wait(.seconds(4))
        bench.finish(placed[0], on: "a", answer(1), usedSeconds: 2)
        bench.finish(placed[1], on: "b", answer(2), usedSeconds: 3)
        #expect(bench.balance("node:a") == "0", "nothing is paid before the verdict")
        bench.finish(placed[2], on: "c", answer(1), usedSeconds: 1)
        #expect(bench.balance("node:a") == "2")
        #expect(bench.balance("node:b") == "0", "a wrong answer earns nothing")
        #expect(bench.balance("node:c") == "1")
        #expect(bench.balance("submitter:ada") == "97")
        #expect(bench.engine.ledger.openJobs.isEmpty)
        #expect(
            bench.moved.map(\.identity.description) == [
                "grant:first", "escrow:1", "payment:1.0@\(placed[0].lease)", "payment:1.0@\(placed[2].lease)",
                "refund:1",
            ])
    }

    @Test func useIsBoundedByTheTimeLimitAndByWhatWasSeen() {
        var bench = Self.granted("100")
        for name in ["a", "b"] { bench.join(name) }
        let placed = bench.submit(Self.job(replicas: 2, quorum: 2)).assignments
        bench.wait(.seconds(3))
        bench.finish(placed[0], on: "a", answer(1), usedSeconds: 1_000_000)
        bench.wait(.seconds(30))
        bench.finish(placed[1], on: "b", answer(1), usedSeconds: 1_000_000)
        #expect(bench.balance("node:a") == "3", "it ran for three seconds on one processor")
        #expect(bench.balance("node:b") == "10", "its time limit is ten seconds")
    }

    @Test func aLateAnswerThatAgreesIsPaidAndHoldsTheBooksOpen() {
        var bench = Self.granted("100")
        for name in ["a", "b", "c"] { bench.join(name) }
        let placed = bench.submit(Self.job(replicas: 3, quorum: 2)).assignments
        bench.wait(.seconds(1))
        bench.finish(placed[0], on: "a", answer(1), usedSeconds: 1)
        bench.finish(placed[1], on: "b", answer(1), usedSeconds: 1)
        #expect(bench.engine.ledger.openJobs == [JobID(1)])
        bench.wait(.seconds(1))
        let last = bench.finish(placed[2], on: "c", answer(1), usedSeconds: 2)
        #expect(bench.balance("node:c") == "2")
        #expect(bench.balance("submitter:ada") == "96")
        #expect(last.changes.last.map { if case .creditsMoved(let all) = $0 { all.count == 2 } else { false } } == true)
    }

    @Test func failuresEarnNothing() {
        var bench = Self.granted("100")
        bench.join("a")
        let placed = bench.submit(Self.job()).assignments
        bench.finish(placed[0], on: "a", nil, failure: AttemptFailure(.timedOut, "too long"))
        #expect(bench.balance("node:a") == "0")
        #expect(bench.balance("submitter:ada") == "100")
    }

    @Test func aCancelledJobIsRefunded() {
        var bench = Self.granted("100")
        bench.join("a")
        bench.submit(Self.job(tasks: 3))
        bench.wait(.seconds(1))
        bench.finish(attempt(1, 0, lease: 1), on: "a", answer(1), usedSeconds: 1)
        bench.handle(.cancelled(JobID(1), reason: "enough"))
        #expect(bench.balance("node:a") == "1")
        #expect(bench.balance("submitter:ada") == "99")
        #expect(bench.engine.ledger.openJobs.isEmpty)
    }

    @Test func booksGoOnAfterARestart() {
        var bench = Self.granted("100")
        for name in ["a", "b"] { bench.join(name) }
        let placed = bench.submit(Self.job(replicas: 2, quorum: 2)).assignments
        bench.wait(.seconds(2))
        bench.finish(placed[0], on: "a", answer(1), usedSeconds: 2)
        bench.restart()
        #expect(bench.balance("escrow:1") == "20")
        bench.join("b", running: [placed[1]])
        bench.join("a")
        bench.wait(.seconds(4))
        bench.finish(placed[1], on: "b", answer(1), usedSeconds: 5)
        #expect(bench.balance("node:a") == "2", "what was used before the restart is known after it")
        #expect(bench.balance("node:b") == "5", "of an adopted attempt the submission bounds what is believed")
        #expect(bench.balance("submitter:ada") == "93")
        bench.restart()
        #expect(bench.balance("submitter:ada") == "93")
        #expect(bench.submit(Self.job()).submissions == [.accepted(JobID(2))])
    }

    @Test func booksThatALateAnswerHeldOpenAreClosedAfterARestart() {
        var bench = Self.granted("100")
        for name in ["a", "b", "c"] { bench.join(name) }
        let placed = bench.submit(Self.job(replicas: 3, quorum: 2)).assignments
        bench.wait(.seconds(1))
        bench.finish(placed[0], on: "a", answer(1), usedSeconds: 1)
        bench.finish(placed[1], on: "b", answer(1), usedSeconds: 1)
        bench.restart()
        #expect(bench.engine.ledger.openJobs == [JobID(1)])
        bench.handle(.tick)
        #expect(bench.engine.ledger.openJobs.isEmpty)
        #expect(bench.balance("submitter:ada") == "98")
    }

    @Test func withoutPricesAnOldEscrowGoesBackWhole() {
        var bench = Self.granted("100")
        bench.join("a")
        bench.submit(Self.job())
        var configuration = bench.engine.configuration
        configuration.prices = nil
        bench.restart(with: configuration)
        bench.join("a")
        bench.pass(.seconds(2), hearing: [NodeID("a")])
        bench.finish(attempt(1, lease: 1, epoch: 2), on: "a", answer(1), usedSeconds: 1)
        #expect(bench.balance("node:a") == "0")
        #expect(bench.balance("submitter:ada") == "100")
    }

    @Test func aGrantIsMadeOnce() {
        var bench = Self.bench()
        #expect(
            bench.grant("5").grants.map { (try? $0.get()).map { if case .made = $0 { true } else { false } } } == [true]
        )
        let again = bench.grant("7")
        #expect(again.grants.map { (try? $0.get())?.movement.amount.description } == ["5"])
        #expect(again.changes.isEmpty)
        let wrong = bench.grant("0", key: "other")
        #expect(wrong.grants == [.failure(.notPositive(.zero))])
    }

    /// Caught again and again, a node loses what it was paid for answers that were accepted on its word.
    @Test func aNodeThatIsFoundLyingPaysBackWhatItGotOfOpenJobs() {
        var configuration = EngineConfiguration()
        configuration.prices = try? PriceList(minimumCharge: Credits(text: "1")!)
        var bench = Bench(configuration)
        bench.grant("1000000")
        // Honest until it is believed, and then a liar.
        var isLiar = false
        var pool = BudgetTests.Pool(bench, nodes: 9, liars: ["n8"]) { node, task in
            isLiar ? digest(1000 + Int(task.index) * 100 + 8) : BudgetTests.Pool.truth(task)
        }
        pool.submit(tasks: 4000, maxError: 1e-2)
        pool.run(answers: 2000)
        let before = pool.bench.engine.ledger.balance(of: .node(NodeID("n8")))
        #expect(before > .zero)
        isLiar = true
        pool.run()
        #expect(pool.bench.engine.counters.reversed > .zero)
        #expect(pool.bench.engine.ledger.balance(of: .node(NodeID("n8"))) < before)
        #expect(pool.bench.engine.ledger.isBalanced())
        #expect(pool.bench.engine.ledger.openJobs.isEmpty)
        #expect(pool.tally.refused + pool.tally.right + pool.tally.wrong == 4000)
    }
}

extension Bench {
    @discardableResult
    mutating func grant(_ amount: String, to name: String = "ada", key: String = "first") -> Step {
        handle(
            .granted(
                Grant(
                    submitter: name, amount: Credits(text: amount)!, reason: "a test", by: "admin", key: key,
                    askedAt: now)))
    }

    func balance(_ account: String) -> String {
        engine.ledger.balance(of: Account(text: account)!).description
    }

    /// Everything that was committed of the books.
    var moved: [Movement] {
        changes.flatMap { if case .creditsMoved(let movements) = $0 { movements } else { [] as [Movement] } }
    }

    /// An answer by a node that says it worked on one processor for so long.
    @discardableResult
    mutating func finish(_ attempt: AttemptID, on node: String, _ answer: Digest, usedSeconds: Int64) -> Step {
        var result = result(attempt, on: node, answer)
        let used = usedSeconds * 1_000_000
        result.usage = Usage(wallMicroseconds: used, cpuMicroseconds: used)
        return handle(.attemptEnded(result))
    }
}

import Testing
import WeftCoordinator
import WeftFormats
import WeftLedger
import WeftModel
import WeftStorage

@Suite struct CreditTests {
    @Test func withoutPricesThereAreNoBooks() async throws {
        try await Bench.run { bench in
            let job = try await bench.coordinator.submit(bench.spec(), submitter: "ann").job
            #expect(job.credits == nil)
            #expect(await bench.coordinator.stats().credits == nil)
            do {
                _ = try await bench.coordinator.account(.submitter("ann"))
                Issue.record("there is an account")
            } catch RequestError.notFound(let why) {
                #expect(why.contains("without prices"))
            }
            let request = GrantRequest(submitter: "ann", amount: Amount(Credits(microCredits: 1)), reason: "x")
            await #expect(throws: RequestError.self) {
                try await bench.coordinator.grant(request, key: nil, by: "admin")
            }
        }
    }

    @Test func aJobIsRefusedUntilItsSubmitterHasWhatItCanCost() async throws {
        var configuration = CoordinatorConfiguration()
        configuration.prices = try PriceList(minimumCharge: Credits(microCredits: 1_000_000))
        try await Bench.run(configuration: configuration) { bench in
            let coordinator = bench.coordinator
            _ = try await coordinator.createToken(name: "ann", role: .submitter)
            do {
                _ = try await coordinator.submit(bench.spec(key: "k"), submitter: "ann")
                Issue.record("accepted")
            } catch RequestError.unaffordable(_, let shortage) {
                // One replica and two retries.
                #expect(shortage == BudgetShortage(available: .zero, needed: Credits(microCredits: 3_000_000)))
            }
            let request = GrantRequest(
                submitter: "ann", amount: Amount(Credits(microCredits: 4_000_000)), reason: "a start")
            let first = try await coordinator.grant(request, key: "g", by: "admin")
            let again = try await coordinator.grant(request, key: "g", by: "admin")
            #expect(first.created && !again.created && first.movement == again.movement)
            for wrong in [
                GrantRequest(submitter: "eve", amount: request.amount, reason: "x"),
                GrantRequest(submitter: "ann", amount: Amount(.zero), reason: "x"),
                GrantRequest(submitter: "ann", amount: request.amount, reason: ""),
            ] {
                await #expect(throws: RequestError.self) {
                    try await coordinator.grant(wrong, key: nil, by: "admin")
                }
            }
            let job = try await coordinator.submit(bench.spec(key: "k"), submitter: "ann").job
            #expect(job.credits?.reserved.description == "3")
            #expect(job.credits?.refunded == nil)
            let cancelled = try await coordinator.cancel(job.id, reason: "enough")
            #expect(cancelled.credits?.refunded?.description == "3")
            let listed = try await coordinator.jobs(JobQuery()).map(\.credits)
            #expect(listed == [cancelled.credits])
            let statement = try await coordinator.statement(StatementQuery(account: .submitter("ann")))
            #expect(statement.items.map(\.balance.description) == ["4", "1", "4"])
            #expect(try await coordinator.account(.submitter("ann")).reserved?.description == "0")
        }
    }

    /// Somebody has changed the journal by hand: no coordinator goes on from that.
    @Test func booksThatDoNotBalanceAreRefused() async throws {
        let journal = MemoryJournal()
        let escrow = Movement(
            sequence: 1, from: .submitter("ann"), to: .escrow(JobID(1)), amount: Credits(microCredits: 5),
            cause: .escrow(JobID(1)), at: Instant(microseconds: 1))
        try await journal.commit([.creditsMoved([escrow])])
        do {
            try await Bench.run(journal: journal) { _ in Issue.record("it has started") }
        } catch JournalError.unreadable(let why) {
            #expect(why == "its books of credits are damaged: account submitter:ann is not as a ledger leaves it")
        }
    }
}

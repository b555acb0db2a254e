import Testing
import WeftLedger
import WeftModel

@Suite struct BudgetTests {
    @Test func aGrantComesOutOfTheIssuance() throws {
        var kit = LedgerKit()
        let entry = try kit.grant(100)
        #expect(kit.anna == 100)
        #expect(kit.ledger.balance(of: .issuance) == Credits(microCredits: -100_000_000))
        #expect(kit.ledger.granted == 100)
        #expect(entry == .made(kit.movements[0]))
        #expect(kit.movements[0].sequence == 1)
        #expect(kit.movements[0].cause == .grant(key: "first", reason: "a start", by: "root"))
        #expect(kit.movements[0].identity.description == "grant:first")
    }

    @Test func aRepeatedGrantIsAnsweredAsTheFirstTime() throws {
        var kit = LedgerKit()
        let first = try kit.grant(100).movement
        kit.pass(days: 29)
        let before = kit.ledger
        #expect(try kit.grant(5, to: "bert") == .known(first))
        #expect(kit.ledger == before)
    }

    @Test func aGrantThatMayBeForgottenIsRefused() throws {
        var kit = LedgerKit()
        try kit.grant(100)
        kit.pass(days: 61)
        try kit.grant(1, key: "second")
        let asked = Instant(microseconds: kit.now.microseconds - 61 * 86_400_000_000)
        #expect(throws: LedgerError.outsideWindow(asked)) { try kit.grant(100, askedDaysAgo: 61) }
        #expect(throws: LedgerError.self) { try kit.grant(100, askedDaysAgo: -31) }
        #expect(kit.anna == 101)
    }

    @Test func nothingIsGrantedBeyondWhatCanBeCounted() throws {
        var kit = LedgerKit()
        try kit.grant(.greatest)
        #expect(throws: LedgerError.tooMuchGranted(left: .zero)) { try kit.grant(1, to: "bert", key: "second") }
        try kit.reserve(.greatest)
        try kit.pay(.greatest)
        #expect(kit.node == .greatest)
        #expect(throws: LedgerError.tooMuchGranted(left: .zero)) {
            try kit.grant(Credits(microCredits: 1), to: "bert", key: "second")
        }
        #expect(kit.ledger.isBalanced())
    }

    @Test(arguments: [Credits.zero, Credits(microCredits: -1), Credits(microCredits: .min)])
    func nothingIsNoAmount(amount: Credits) throws {
        var kit = try LedgerKit.withJob()
        let before = kit.ledger
        #expect(throws: LedgerError.notPositive(amount)) { try kit.grant(amount, key: "second") }
        #expect(throws: LedgerError.notPositive(amount)) { try kit.reserve(amount, for: JobID(8)) }
        #expect(throws: LedgerError.notPositive(amount)) { try kit.topUp(amount) }
        if amount < .zero { #expect(throws: LedgerError.notPositive(amount)) { try kit.pay(amount) } }
        #expect(kit.ledger == before)
    }

    @Test func aBudgetThatDoesNotReachSaysWhatIsMissing() throws {
        var kit = LedgerKit()
        try kit.grant(100)
        let error = LedgerError.insufficient(submitter: "anna", balance: 100, wanted: 130, missing: 30)
        #expect(throws: error) { try kit.reserve(130) }
        #expect(error.description == "130 credits are needed, and anna has 100: 30 are missing")
        #expect(throws: LedgerError.insufficient(submitter: "bert", balance: 0, wanted: 1, missing: 1)) {
            try kit.reserve(1, of: "bert")
        }
        #expect(kit.ledger.lastJob == JobID(0), "a refused job may be asked for again")
        try kit.grant(30, key: "second")
        try kit.reserve(130)
        #expect(kit.anna == 0)
        #expect(kit.ledger.accountCount == 1, "an empty account takes no memory")
    }

    @Test func aRepeatedReservationIsAnsweredAsTheFirstTime() throws {
        var kit = try LedgerKit.withJob()
        let before = kit.ledger
        #expect(try kit.reserve(99, of: "bert") == .known(kit.movements[1]))
        #expect(kit.ledger == before)
    }

    @Test func aJobIsReservedForOnce() throws {
        var kit = try LedgerKit.withJob()
        try kit.close()
        #expect(throws: LedgerError.jobClosed(LedgerKit.job)) { try kit.reserve(40) }
        #expect(throws: LedgerError.jobClosed(JobID(5))) { try kit.reserve(40, for: JobID(5)) }
    }

    @Test func anEscrowCanBeToppedUp() throws {
        var kit = try LedgerKit.withJob()
        let first = try kit.topUp(10).movement
        #expect(kit.held == 50)
        #expect(try kit.topUp(33) == .known(first))
        try kit.topUp(5, key: "still more")
        #expect(kit.held == 55)
        #expect(kit.anna == 45)
        #expect(throws: LedgerError.insufficient(submitter: "anna", balance: 45, wanted: 50, missing: 5)) {
            try kit.topUp(50, key: "too much")
        }
        #expect(throws: LedgerError.noEscrow(JobID(8))) { try kit.topUp(1, for: JobID(8)) }
        try kit.close()
        #expect(throws: LedgerError.jobClosed(LedgerKit.job)) { try kit.topUp(10) }
    }

    @Test func topUpsAreBounded() throws {
        var kit = try LedgerKit.withJob()
        for number in 0..<Ledger.maxTopUps { try kit.topUp(Credits(microCredits: 1), key: "\(number)") }
        let error = LedgerError.tooManyTopUps(LedgerKit.job, most: Ledger.maxTopUps)
        #expect(throws: error) { try kit.topUp(1, key: "one more") }
        #expect(error.description == "job 7 was topped up 1000 times, which is the most there is")
    }
}

import Testing
import WeftLedger
import WeftModel

@Suite struct PaymentTests {
    @Test func agreeingReplicasAreEachPaid() throws {
        var kit = try LedgerKit.withJob()
        try kit.pay(3, lease: 1)
        try kit.pay(4, lease: 2, to: NodeID("node-2"))
        #expect(kit.node == 3)
        #expect(kit.ledger.balance(of: .node(NodeID("node-2"))) == 4)
        #expect(kit.held == 33)
        let work = PaidWork(task: LedgerKit.task, node: LedgerKit.node, lease: LeaseID(1), payer: "anna")
        #expect(kit.movements[2].cause == .payment(work, asked: 3))
        #expect(kit.movements[2].identity == .payment(LedgerKit.task, LeaseID(1)))
        #expect(kit.movements[2].identity.description == "payment:7.3@1")
    }

    @Test func anEmptyEscrowPaysWhatItHolds() throws {
        var kit = try LedgerKit.withJob()
        let part = try kit.pay(50, lease: 1)
        #expect(part.paid == 40)
        #expect(part.shortfall == 10)
        #expect(part.made?.shortfall == 10)
        let nothing = try kit.pay(5, lease: 2)
        #expect(nothing.paid == 0)
        #expect(nothing.made?.amount == 0)
        #expect(nothing.made?.shortfall == 5)
        let escrow = try #require(kit.ledger.escrow(of: LedgerKit.job))
        #expect(escrow.submitter == "anna")
        #expect(escrow.held == 0)
        #expect(escrow.unpaid == 15)
    }

    @Test func whatIsUnpaidIsCountedNoFurtherThanItCanBe() throws {
        var kit = try LedgerKit.withJob()
        try kit.pay(.greatest, lease: 1)
        try kit.pay(.greatest, lease: 2)
        #expect(kit.ledger.escrow(of: LedgerKit.job)?.unpaid == .greatest)
    }

    @Test func aRepeatedPaymentIsAnsweredAsTheFirstTime() throws {
        var kit = try LedgerKit.withJob()
        let amounts: [Credits] = [30, 20, 5]
        let first = try amounts.enumerated().map { try kit.pay($1, lease: UInt64($0)) }
        try kit.topUp(60)
        let before = kit.ledger
        for (lease, amount) in amounts.enumerated() {
            let again = try kit.pay(amount, lease: UInt64(lease))
            #expect(again.paid == first[lease].paid)
            #expect(again.shortfall == first[lease].shortfall)
            #expect(again.made == nil)
        }
        #expect(kit.ledger == before)
    }

    @Test func whatCostsNothingMovesNothing() throws {
        var kit = try LedgerKit.withJob()
        let payment = try kit.pay(0)
        #expect(payment.made == nil)
        #expect(payment.shortfall == 0)
        #expect(kit.movements.count == 2)
    }

    @Test func theRestIsRefundedAndThatIsFinal() throws {
        var kit = try LedgerKit.withJob()
        try kit.pay(15)
        let refund = try kit.close()
        #expect(refund?.amount == 25)
        #expect(refund?.cause == .refund(LedgerKit.job))
        #expect(kit.anna == 85)
        let before = kit.ledger
        #expect(throws: LedgerError.jobClosed(LedgerKit.job)) { try kit.pay(1, lease: 2) }
        #expect(throws: LedgerError.jobClosed(LedgerKit.job)) { try kit.pay(15) }
        #expect(try kit.close() == nil)
        #expect(kit.ledger == before)
        #expect(kit.ledger.escrow(of: LedgerKit.job) == nil)
        #expect(throws: LedgerError.noEscrow(JobID(8))) { try kit.close(JobID(8)) }
        #expect(throws: LedgerError.noEscrow(JobID(8))) { try kit.pay(1, for: TaskID(job: JobID(8), index: 0)) }
    }

    @Test func aJobThatUsedEverythingIsClosedByALineOfNothing() throws {
        var kit = try LedgerKit.withJob()
        try kit.pay(40)
        #expect(try kit.close()?.amount == 0)
        #expect(try Ledger(replaying: kit.movements) == kit.ledger)
    }

    @Test func aReversedPaymentGoesBackIntoTheEscrow() throws {
        var kit = try LedgerKit.withJob()
        let payment = try #require(try kit.pay(15).made)
        let reversal = try kit.reverse(payment).movement
        #expect(reversal.amount == 15)
        #expect(reversal.to == .escrow(LedgerKit.job))
        #expect(reversal.identity.description == "reversal:3")
        #expect(kit.held == 40)
        #expect(kit.node == 0)
        #expect(try kit.pay(15).made == nil, "the lease was paid for, whatever came of it")
        #expect(try kit.reverse(payment) == .known(reversal))
    }

    @Test func aPaymentOfAClosedJobIsReversedToItsSubmitter() throws {
        var kit = try LedgerKit.withJob()
        let payment = try #require(try kit.pay(15).made)
        try kit.close()
        #expect(try kit.reverse(payment).movement.to == .submitter("anna"))
        #expect(kit.anna == 100)
    }

    @Test func onlyWhatANodeHasIsTakenBack() throws {
        var kit = try LedgerKit.withJob()
        let one = try #require(try kit.pay(15, lease: 1).made)
        var forged = try #require(try kit.pay(5, lease: 2).made)
        try kit.reverse(one)
        // The node has 5 left; 9 are asked for by a line that this ledger never wrote.
        forged = Movement(
            sequence: forged.sequence, from: forged.from, to: forged.to, amount: 9, cause: forged.cause,
            at: forged.at)
        let reversal = try kit.reverse(forged).movement
        #expect(reversal.amount == 5)
        #expect(reversal.shortfall == 4)
        #expect(kit.node == 0)
    }

    @Test func onlyPaymentsOfLateAreReversed() throws {
        var kit = try LedgerKit.withJob()
        let payment = try #require(try kit.pay(15).made)
        #expect(throws: LedgerError.notAPayment(sequence: 1)) { try kit.reverse(kit.movements[0]) }
        let later = Movement(
            sequence: 99, from: payment.from, to: payment.to, amount: 15, cause: payment.cause, at: payment.at)
        #expect(throws: LedgerError.notAPayment(sequence: 99)) { try kit.reverse(later) }
        kit.pass(days: 31)
        #expect(throws: LedgerError.outsideWindow(payment.at)) { try kit.reverse(payment) }
        #expect(kit.node == 15)
    }

    @Test func everyErrorSaysWhatIsWrong() {
        let errors: [LedgerError] = [
            .notPositive(0), .insufficient(submitter: "a", balance: 1, wanted: 3, missing: 2),
            .tooMuchGranted(left: 1), .jobClosed(JobID(1)), .noEscrow(JobID(1)), .tooManyTopUps(JobID(1), most: 2),
            .outsideWindow(Instant(microseconds: 0)), .notAPayment(sequence: 1),
        ]
        #expect(Set(errors.map(\.description)).count == errors.count)
        #expect(errors[0].description == "expected an amount above 0, not 0")
    }
}

import Testing
import WeftLedger
import WeftModel

@Suite struct StatementTests {
    /// Ten payments of 1 to 10 credits, a day apart.
    private static func kit() throws -> LedgerKit {
        var kit = LedgerKit()
        try kit.grant(100)
        try kit.reserve(60)
        for number in 1...10 {
            kit.pass(days: 1)
            try kit.pay(Credits(integerLiteral: Int64(number)), lease: UInt64(number))
        }
        try kit.close()
        return kit
    }

    @Test func aStatementHasTheBalanceAfterEachLine() throws {
        let kit = try Self.kit()
        let statement = try AccountStatement(of: .submitter("anna"), in: kit.movements, limit: 100)
        #expect(statement.opening == 0)
        #expect(statement.lines.map(\.balance) == [100, 40, 45])
        #expect(statement.lines.map(\.change) == [100, Credits(microCredits: -60_000_000), 5])
        #expect(statement.next == nil)
    }

    @Test(arguments: 1...12) func pagesFollowOneAnother(limit: Int) throws {
        let kit = try Self.kit()
        let account = Account.escrow(LedgerKit.job)
        let whole = try AccountStatement(of: account, in: kit.movements, limit: 100)
        var lines: [AccountStatement.Line] = []
        var cursor: AccountStatement.Cursor? = .start
        while let from = cursor {
            let page = try AccountStatement(of: account, in: kit.movements, from: from, limit: limit)
            #expect(page.lines.count == limit || page.next == nil)
            #expect(page.opening == lines.last?.balance ?? 0)
            lines += page.lines
            cursor = page.next
        }
        #expect(lines == whole.lines)
        #expect(lines.last?.balance == 0)
    }

    @Test func aPeriodOpensWithWhatWasThereBefore() throws {
        let kit = try Self.kit()
        let start = kit.movements[4].at
        let period = start..<kit.movements[7].at
        let statement = try AccountStatement(of: .node(LedgerKit.node), in: kit.movements, period: period, limit: 100)
        #expect(statement.opening == 3)
        #expect(statement.lines.map(\.balance) == [6, 10, 15])
        let page = try AccountStatement(of: .node(LedgerKit.node), in: kit.movements, period: period, limit: 2)
        let next = try #require(page.next)
        let rest = try AccountStatement(
            of: .node(LedgerKit.node), in: kit.movements, from: next, period: period, limit: 2)
        #expect(rest.opening == 10)
        #expect(rest.lines.map(\.balance) == [15])
        #expect(rest.next == nil)
    }

    @Test func theIssuanceHasAStatementToo() throws {
        let statement = try AccountStatement(of: .issuance, in: try Self.kit().movements, limit: 1)
        #expect(statement.lines.map(\.balance.description) == ["-100"])
    }

    @Test func balancesBeyondCountingAreAnError() throws {
        var kit = LedgerKit()
        try kit.grant(.greatest)
        #expect(throws: CreditOverflow()) {
            let from = AccountStatement.Cursor(sequence: 0, balance: 1)
            _ = try AccountStatement(of: .submitter("anna"), in: kit.movements, from: from, limit: 1)
        }
    }
}

import SeededNumbers
import Testing
import WeftLedger
import WeftModel

@Suite struct CreditsTests {
    @Test(arguments: [
        ("0", 0, "0"), ("12.5", 12_500_000, "12.5"), ("0.000001", 1, "0.000001"), ("-0.5", -500_000, "-0.5"),
        ("007.100000", 7_100_000, "7.1"), ("-0", 0, "0"), ("9223372036854.775807", Int64.max, "9223372036854.775807"),
        ("-9223372036854.775808", Int64.min, "-9223372036854.775808"),
    ])
    func amountsAreReadExactly(text: String, microCredits: Int64, printed: String) {
        #expect(Credits(text: text)?.microCredits == microCredits)
        #expect(Credits(microCredits: microCredits).description == printed)
    }

    @Test(arguments: [
        "", "-", ".", "12.", ".5", "1e3", "+1", " 1", "1 ", "1,5", "0.0000001", "1.2.3", "--1", "٣", "NaN", "0x1",
        "9223372036854.775808", "-9223372036854.775809", "99999999999999999999999999",
    ])
    func whatIsNoAmountIsNotRead(text: String) { #expect(Credits(text: text) == nil) }

    @Test func whatIsPrintedIsReadAsTheSameAmount() {
        var random = SeededRandom(seed: 1)
        for _ in 0..<20_000 {
            let amount = Credits(microCredits: Int64(bitPattern: random.next()) >> random.below(63))
            if Credits(text: amount.description) != amount { Issue.record("\(amount.microCredits)") }
        }
    }

    @Test func overflowIsAnError() throws {
        let least = Credits(microCredits: .min)
        let one = Credits(microCredits: 1)
        #expect(throws: CreditOverflow()) { try Credits.greatest.adding(one) }
        #expect(throws: CreditOverflow()) { try least.subtracting(one) }
        #expect(throws: CreditOverflow()) { try Credits.zero.subtracting(least) }
        #expect(throws: CreditOverflow()) { try least.multiplied(by: -1) }
        #expect(throws: CreditOverflow()) { try Credits.greatest.multiplied(by: 2) }
        #expect(try Credits.greatest.adding(least).microCredits == -1)
        #expect(try one.multiplied(by: .max) == .greatest)
        #expect(CreditOverflow().description == "the amount is beyond 9223372036854.775807 credits")
    }
}

@Suite struct AccountTests {
    @Test(arguments: ["issuance", "submitter:anna", "submitter:a:b", "escrow:42", "node:12D3KooW"])
    func accountsAreReadAsTheyArePrinted(text: String) { #expect(Account(text: text)?.description == text) }

    @Test(arguments: ["", "anna", "submitter:", "node:", "escrow:0", "escrow:x", "bank:1", "issuance:1"])
    func whatIsNoAccountIsNotRead(text: String) { #expect(Account(text: text) == nil) }
}

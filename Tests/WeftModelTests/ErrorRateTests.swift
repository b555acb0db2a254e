import Testing
import WeftModel

@Suite struct ErrorRateTests {
    @Test(arguments: [
        ("0", 0, "0"), ("1", 1_000_000_000, "1"), ("0.001", 1_000_000, "0.001"), ("1e-3", 1_000_000, "0.001"),
        ("1E-6", 1000, "0.000001"), ("25e-2", 250_000_000, "0.25"), ("0.000000001", 1, "0.000000001"),
        ("1e-9", 1, "0.000000001"), ("0.10", 100_000_000, "0.1"), ("10e-1", 1_000_000_000, "1"),
        ("0.0010000000000", 1_000_000, "0.001"), ("00.5", 500_000_000, "0.5"),
    ])
    func textsAreRead(_ text: String, perBillion: Int, canonical: String) throws {
        let rate = try #require(ErrorRate(text: text))
        #expect(rate.perBillion == perBillion)
        #expect(rate.text == canonical)
        #expect(ErrorRate(text: canonical) == rate)
    }

    @Test(arguments: [
        "", ".", "1.", ".5", "-0.1", "+0.1", "1.1", "2", "1e1", "1e-10", "1e", "e-3", "1e-3e-3", "0.0000000001", "٠.١",
        "0x1",
        "0.1 ", "1e--3", "99999999999999999999", "1,5", "1e-03x", "NaN",
    ])
    func whatIsNoShareIsNotRead(_ text: String) {
        #expect(ErrorRate(text: text) == nil)
    }

    @Test func everyRateIsWrittenAndReadBack() {
        for perBillion in stride(from: 0, through: 1_000_000_000, by: 999_983) {
            let rate = ErrorRate(perBillion: perBillion)!
            #expect(ErrorRate(text: rate.text) == rate)
        }
    }

    @Test func sharesAreRoundedUp() {
        #expect(ErrorRate(notBelow: 1e-3).perBillion == 1_000_000)
        #expect(ErrorRate(notBelow: 1.0000000001e-9).perBillion == 2)
        #expect(ErrorRate(notBelow: -1).perBillion == 0)
        #expect(ErrorRate(notBelow: .infinity).perBillion == 1_000_000_000)
        #expect(ErrorRate(notBelow: .nan).perBillion == 1_000_000_000)
    }
}

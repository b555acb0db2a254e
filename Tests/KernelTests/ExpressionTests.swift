import Testing
import WeftKernels

struct ExpressionTests {
    @Test(
        arguments: [
            ("2 + 3 * 4", 14), ("(2 + 3) * 4", 20), ("10 - 4 - 3", 3), ("2 / 4", 0.5), ("ceildiv(n, 256)", 4),
            ("min(n, 5) + max(1, 2)", 7), ("mod(7, 3) + mod(0 - 1, 2)", 2), ("log2(n)", 9), ("log2(512)", 9),
            ("if(n, 1, 2) + if(n - 1000, 10, 20)", 21), ("sqrt(16)", 4), ("2e-6 * 1e6", 2), ("1.5", 1.5),
        ] as [(String, Double)])
    func formulasGiveWhatArithmeticSays(text: String, value: Double) throws {
        #expect(try Expression(text).value(["n": 1000]) == value)
    }

    @Test(arguments: [
        "", "1 +", "(1", "1)", "1 2", "f(1)", "min(1)", "min(1, 2, 3)", "n..1", "1e999", "$", "a.b",
        String(repeating: "(", count: 30) + "1" + String(repeating: ")", count: 30),
        String(repeating: "1+", count: 200) + "1",
    ])
    func whatIsNoFormulaIsRefused(text: String) {
        #expect(throws: Expression.Problem.self) { try Expression(text).value(["n": 1]) }
    }

    @Test func namesNeedValuesAndResultsMustBeNumbers() throws {
        #expect(throws: Expression.Problem.self) { try Expression("m + 1").value(["n": 1]) }
        #expect(throws: Expression.Problem.self) { try Expression("1 / n").value(["n": 0]) }
        #expect(throws: Expression.Problem.self) { try Expression("n / 2").whole(["n": 3], in: 0...10) }
        #expect(throws: Expression.Problem.self) { try Expression("n").whole(["n": 11], in: 0...10) }
        #expect(try Expression("a * b_2 + a").names == ["a", "b_2"])
    }
}

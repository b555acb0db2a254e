import Testing
import WeftModel

@testable import WeftComparators

@Suite struct JSONComparisonTests {
    private let close = numeric(0.01)

    @Test func numbersAnywhereAreComparedUnderTheTolerance() throws {
        let left = #"{"loss": [0.5, {"val": 1e-3}], "epoch": 3, "name": "a"}"#
        let right = #"{ "name" : "a" , "epoch": 3.0, "loss": [0.5049, {"val": 0.0019}] }"#
        let comparison = try close.compare(left, right)
        #expect(comparison.agrees)
        #expect(abs((comparison.measure?.value ?? 0) - 0.0049) < 1e-12)
    }

    @Test func theFirstDifferenceIsToldWithPlaceAndValues() throws {
        let comparison = try close.compare(#"{"a/b": [1, 2], "c": "x"}"#, #"{"a/b": [1, 2.5], "c": "y"}"#)
        #expect(comparison.difference?.place == "/a~1b/1")
        #expect(comparison.difference?.left == "2")
        #expect(comparison.difference?.right == "2.5")
        #expect(comparison.differences == 2)
        #expect("\(comparison)" == "/a~1b/1: 2 and 2.5; allowed: 0.01 (2 differences)")
    }

    @Test(arguments: [
        ("1", "true"), ("null", "0"), (#""1""#, "1"), ("[1]", "[1,1]"), ("{}", "[]"), (#"{"a":1}"#, #"{"b":1}"#),
        (#""a""#, #""b""#), ("[1e999]", "[1e998]"), ("[9007199254740993]", "[9007199254740992]"), ("[NaN]", "[NaN]"),
        ("[Infinity]", "[-Infinity]"), ("[true]", "[false]"), (#"["\ud800"]"#, #"["\ud801"]"#), ("{}", #"{"":0}"#),
    ])
    func theseDiffer(_ left: String, _ right: String) throws {
        let comparator = numeric(0.5, .json)
        #expect(try !comparator.compare(left, right).agrees)
        #expect(try comparator.compare(left, right) == comparator.compare(right, left).swapped)
    }

    @Test(arguments: [
        ("1", "1.0"), ("-0", "0"), (#"{"a":1,"b":2}"#, #"{"b":2,"a":1}"#), (#""\u0041\n""#, #""A\u000a""#),
        (#""\ud83d\ude00""#, "\"😀\""), ("[1e999]", "[1e999]"), ("[Infinity]", "[Infinity]"), ("[]", " [ ] "),
        (#"{"\u0061": {}}"#, #"{"a":{}}"#),
    ])
    func theseAgree(_ left: String, _ right: String) throws {
        #expect(try numeric(0, .json).compare(left, right).agrees)
    }

    @Test func nansAgreeWhereTheRuleSaysSo() throws {
        #expect(try numeric(nan: .equal).compare("[NaN]", "[NaN]").agrees)
        #expect(try !numeric(nan: .equal).compare("[NaN]", "[1]").agrees)
    }

    @Test(arguments: [
        ("", "expected a value"), ("[1", "expected , or ]"), ("[1,]", "expected a value"), ("{\"a\" 1}", "expected :"),
        ("{a: 1}", "key in double quotes"), ("[01]", "expected , or ]"), ("[1.]", "expected a digit"),
        ("[-]", "expected a digit"), ("[\"a]", "inside a string"), ("[\"\\x\"]", "no such escape"),
        ("[\"\\u12g4\"]", "hexadecimal"), ("[1] 2", "end of the text"), ("[tru]", "expected true"),
        ("{\"a\":1,\"a\":1}", "comes twice"), ("{\"a\":1,\"\\u0061\":1}", "comes twice"), ("[\"\u{1}\"]", "control"),
        ("{\"a\":1,}", "key in double quotes"), ("[-Inf]", "expected -Infinity"), ("]", "expected a value"),
    ])
    func aBadTextIsTold(_ text: String, _ words: String) {
        let comparator = numeric(0, .json)
        let problem = comparator.problem(with: Array(text.utf8)) ?? "none"
        // The text that ends where a value is expected says so in other words.
        #expect(problem.contains(words) || (text.isEmpty && problem.contains("ends where a value")), "\(problem)")
    }

    @Test func nestingIsBounded() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        let deepest = nested(ComparatorLimits.jsonDepth)
        #expect(try numeric().compare(deepest, deepest).agrees)
        let problem = numeric().problem(with: nested(ComparatorLimits.jsonDepth + 1))
        #expect(problem?.contains("nested deeper") == true)
        let hostile = [UInt8](repeating: UInt8(ascii: "["), count: 10_000_000)
        #expect(numeric().problem(with: hostile)?.contains("nested deeper") == true)
    }

    @Test func aMetricIsFoundByNameOrPointer() throws {
        let left = #"{"accuracy": 0.87, "val": [{"f1": 0.5}], "a/b": 1, "time": 17}"#
        let right = #"{"time": 99, "accuracy": 0.875, "val": [{"f1": 0.9}], "a/b": 1}"#
        func metric(_ name: String) -> OutputComparator { .metric(MetricRule(name, Tolerance(absolute: 0.01))) }
        #expect(try metric("accuracy").compare(left, right).agrees)
        #expect(try metric("/accuracy").compare(left, right).agrees)
        #expect(try metric("a/b").compare(left, right).agrees)
        #expect(try metric("/a~1b").compare(left, right).agrees)
        let comparison = try metric("/val/0/f1").compare(left, right)
        #expect("\(comparison)" == "/val/0/f1: 0.5 and 0.9; allowed: 0.01")
        for missing in ["none", "/val/1/f1", "/val/00/f1", "/val/f1", "/accuracy/x", "/", "", "/val/-"] {
            #expect(metric(missing).problem(with: Array(left.utf8))?.contains("nothing at") == true)
        }
        #expect(metric("val").problem(with: Array(left.utf8))?.contains("a list at \"val\" is not a number") == true)
    }
}

@Suite struct CSVComparisonTests {
    @Test func numbersInCellsAreComparedUnderTheTolerance() throws {
        let left = "name,loss\r\nfirst, 0.5\r\n\"se\"\"co,nd\",1e3\r\n"
        let right = "name,loss\nfirst,0.504\n\"se\"\"co,nd\",\"1000.009\""
        #expect(try numeric(0.01).compare(left, right).agrees)
        #expect("\(try numeric(0.001).compare(left, right))".hasPrefix("row 2, column 2: \" 0.5\" and \"0.504\""))
    }

    @Test(arguments: [
        ("a", "b"), ("1", "one"), ("1,2", "1"), ("1\n2", "1"), ("a ", "a"), ("", "a"), ("\n", ""), ("nan", "nan"),
        ("1e999", "2e999"), ("\"a\"\"\"", "a"),
    ])
    func theseDiffer(_ left: String, _ right: String) throws {
        let comparator = numeric(0.5, .csv)
        #expect(try !comparator.compare(left, right).agrees)
        #expect(try comparator.compare(left, right) == comparator.compare(right, left).swapped)
    }

    @Test(arguments: [
        ("a", "a\n"), ("a", "\"a\""), ("1", "+1.0"), ("inf", "INFINITY"), ("a\"b", "a\"b"), ("", ""),
        ("\u{FEFF}a", "a"), ("a\rb", "a\rb"), ("\"\"", "\n"), ("a\r\n", "a\n"), ("a,\n", "a,"),
    ])
    func theseAgree(_ left: String, _ right: String) throws {
        #expect(try numeric(0, .csv).compare(left, right).agrees)
    }

    @Test func damageIsSeenWhereverItIs() {
        #expect(numeric().problem(with: Array("a,\"b".utf8))?.contains("inside a quoted cell") == true)
        #expect(numeric().problem(with: Array("\"a\"b".utf8))?.contains("after a quoted cell") == true)
        // Past the end of the other one, too.
        #expect(throws: ComparisonError.self) { try numeric().compare("a", "a\nb\n\"c") }
        #expect(throws: ComparisonError.self) { try numeric().compare("a\nb\n\"c", "a") }
    }

    @Test func aRowIsBounded() {
        let commas = [UInt8](repeating: UInt8(ascii: ","), count: ComparatorLimits.csvCells)
        #expect(numeric().problem(with: commas)?.contains("cells in a row") == true)
    }
}

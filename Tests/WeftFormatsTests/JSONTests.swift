import SeededNumbers
import Testing
import WeftFormats
import WeftModel

@Suite struct JSONTests {
    private func parse(_ text: String) throws -> Document { try JSONText.parse(Array(text.utf8)) }
    private func canonical(_ text: String) throws -> String {
        String(decoding: CanonicalJSON.encode(try parse(text)), as: UTF8.self)
    }

    @Test func valuesKeepTheirOrderAndKind() throws {
        let document = try parse(#" {"b": [1, -2.5, true, null], "a": "x\u00e9\n\ud83d\ude00"} "#)
        #expect(document == ["b": [1, .number(-2.5), true, .null], "a": "xé\n😀"])
    }

    @Test(arguments: [
        ("0", Document.integer(0)), ("-0", .integer(0)), ("9223372036854775807", .integer(.max)),
        ("-9223372036854775808", .integer(.min)), ("9223372036854775808", .number(9.223372036854775808e18)),
        ("1.0", .number(1)), ("1e2", .number(100)), ("1E-2", .number(0.01)), ("0.1e+1", .number(1)),
    ])
    func numbersAreIntegersWhereTheyCanBe(_ text: String, _ value: Document) throws {
        #expect(try parse(text) == value)
    }

    @Test(arguments: [
        "", " ", "{", "[", "[1", "[1,", "[1,]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "'a'", "\"a", "\"\\x\"",
        "\"\\u12\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"", "\"\\ud800\\n\"", "\"\u{01}\"", "01", "-",
        "+1", ".5", "1.", "1e", "1e+", "0x1", "NaN", "Infinity", "1e999", "tru", "nul", "true false", "[1 2]",
        "{\"a\":1 \"b\":2}", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "\u{FEFF}1", "// x\n1", "[1]x",
    ])
    func otherTextsAreRefused(_ text: String) {
        #expect(throws: InvalidDocument.self) { try parse(text) }
    }

    @Test func aProblemNamesItsLineAndColumn() throws {
        let error = try #require(throws: InvalidDocument.self) { try parse("{\n  \"é\": [1,\n  ?]}") }
        #expect(error.description.hasPrefix("line 3, column 3: expected a value"))
        let second = try #require(throws: InvalidDocument.self) { try parse("[\"é\" 1]") }
        #expect(second.description.hasPrefix("line 1, column 6: "))
    }

    @Test func limitsAreKept() {
        let limits = TextLimits(maxBytes: 40, maxDepth: 3, maxValues: 5)
        #expect(throws: Never.self) { try JSONText.parse(Array("[[[1]]]".utf8), limits: limits) }
        #expect(throws: InvalidDocument.self) { try JSONText.parse(Array("[[[[1]]]]".utf8), limits: limits) }
        #expect(throws: InvalidDocument.self) { try JSONText.parse(Array("[1,2,3,4,5]".utf8), limits: limits) }
        #expect(throws: InvalidDocument.self) {
            try JSONText.parse(Array(repeating: 0x20, count: 41), limits: limits)
        }
        #expect(throws: InvalidDocument.self) { try JSONText.parse(Array(repeating: 0x5B, count: 1_000_000)) }
    }

    /// RFC 8785, section 3.2.2 to 3.2.3, and appendix B.
    @Test(arguments: [
        (
            "[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001]",
            "[333333333.3333333,1e+30,4.5,0.002,1e-27]"
        ),
        (
            "[56.0, 1e20, 1e21, 123456789012345680000.0, 0.000001, 0.0000001, -1.5e-10]",
            "[56,100000000000000000000,1e+21,123456789012345680000,0.000001,1e-7,-1.5e-10]"
        ),
        (
            "[5e-324, 1.7976931348623157e308, 9007199254740992.0, 295147905179352830000.0, -0.0]",
            "[5e-324,1.7976931348623157e+308,9007199254740992,295147905179352830000,0]"
        ),
        ("[9.999999999999997e22, 1e23, 0.1, 100.125, 1.0e-5]", "[9.999999999999997e+22,1e+23,0.1,100.125,0.00001]"),
        (#""\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/\u007f""#, "\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\u{7F}\""),
        (
            #"{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}"#,
            "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\u{FB33}\":3}"
        ),
        ("{ \"b\" : [ ] , \"a\" : { } }", "{\"a\":{},\"b\":[]}"),
    ])
    func theCanonicalFormIsThatOfTheRFC(_ text: String, _ expected: String) throws {
        #expect(try canonical(text) == expected)
        #expect(try canonical(expected) == expected)
    }

    @Test func prettyTextReadsBackInTheSameOrder() throws {
        let document: Document = ["b": [1, ["c": .null]], "a": [], "d": ["e": "x"]]
        let text = CanonicalJSON.encodePretty(document)
        #expect(try JSONText.parse(text) == document)
        #expect(String(decoding: text, as: UTF8.self).hasPrefix("{\n  \"b\": [\n    1,\n    {\n      \"c\": null\n"))
    }

    @Test func randomDocumentsSurviveTheirCanonicalForm() throws {
        var random = SeededRandom(seed: 7)
        for _ in 0..<2000 {
            let bytes = CanonicalJSON.encode(random.document(depth: 4))
            #expect(CanonicalJSON.encode(try JSONText.parse(bytes)) == bytes)
        }
    }
}

@Suite struct YAMLTests {
    private func parse(_ text: String) throws -> Document { try YAMLText.parse(Array(text.utf8)) }

    private static let scalars: [(String, Document)] = [
        ("~", Document.null), ("null", .null), ("true", true), ("True", true), ("no", "no"), ("yes", "yes"),
        ("on", "on"), ("12", 12), ("-12", -12), ("+5", 5), ("0o17", 15), ("0x1F", 31), ("017", 17), ("1_000", "1_000"),
        ("1:30", "1:30"), ("2001-01-01", "2001-01-01"), ("1.5", 1.5), (".5", 0.5), ("5.", 5.0), ("5.e1", 50.0),
        ("1e3", 1000.0), ("-1.5e-1", -0.15), ("99999999999999999999", 1e20), ("\"12\"", "12"), ("'true'", "true"),
        ("!!str 12", "12"), ("!!int 12", 12), ("!!float 12", 12.0), ("! 12", "12"), ("|\n  a\n  b\n", "a\nb\n"),
        (">-\n  a\n  b\n", "a b"), ("{a: [b, {c: d}]}", ["a": ["b", ["c": "d"]]]), ("1.2.3", "1.2.3"), ("-", [.null]),
        ("0x", "0x"), ("-0x1F", "-0x1F"), ("1e", "1e"), (".", "."), ("a", "a"),
    ]

    @Test(arguments: Self.scalars)
    func scalarsFollowTheCoreSchema(_ text: String, _ value: Document) throws {
        #expect(try parse(text) == value)
    }

    @Test(arguments: [
        "", "#", "a: b: c", "[", "{", "a: 1\na: 2", "- a\nb", "\t- a", "*x", "a: *b", "!foo x", "!!int x", "!!set {a}",
        "{[a]: b}", "? {a: b}\n: c", ".inf", "-.INF", ".nan", "1e999", "a: &x b\n? *x\n: c", "&x a: b\n*x : c", "\u{0}",
        "--- a\n--- b", "%YAML 3.0\n--- a", "\"\\ud800\"", "'a", "<<: {a: b}",
    ])
    func otherTextsAreRefused(_ text: String) {
        #expect(throws: InvalidDocument.self) { try parse(text) }
    }

    @Test func aliasesAreWrittenOut() throws {
        #expect(
            try parse("a: &x {b: 1}\nc: *x\nd: [*x, *x]") == [
                "a": ["b": 1], "c": ["b": 1], "d": [["b": 1], ["b": 1]],
            ])
    }

    @Test func aliasesThatGrowBeyondTheLimitsAreRefused() {
        var text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
        for level in 1...12 {
            text +=
                "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ",") + "]\n"
        }
        #expect(throws: InvalidDocument.self) { try parse(text) }
        for key in [
            "? *a12\n: x\n", "? [*a12]\n: x\n", "*a12 : x\n", "[*a12]: x\n", "? {a: *a12}\n", "{[*a12, \"[\"]: x}\n",
        ] {
            #expect(throws: InvalidDocument.self) { try parse(text + key) }
        }
    }

    @Test func deepNestingIsRefused() {
        #expect(throws: InvalidDocument.self) { try parse(String(repeating: "[", count: 100_000)) }
        #expect(throws: InvalidDocument.self) {
            try parse(String(repeating: "[", count: 80) + String(repeating: "]", count: 80))
        }
        #expect(throws: InvalidDocument.self) { try parse(String(repeating: "- ", count: 5000) + "a") }
    }

    @Test func largeYAMLIsToldToBeJSON() {
        let bytes = [UInt8](repeating: UInt8(ascii: " "), count: YAMLText.maxBytes + 1)
        let error = #expect(throws: InvalidDocument.self) { try YAMLText.parse(bytes) }
        #expect(error?.description.contains("JSON") == true)
    }

    @Test func shortAndLongTextsAreReadAlike() throws {
        for count in 0...40 {
            let word = String(repeating: "x", count: count)
            #expect(try parse("a: \"\(word)\"") == ["a": .string(word)])
        }
    }
}

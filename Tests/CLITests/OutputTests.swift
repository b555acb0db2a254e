import Testing
import WeftCLI
import WeftFormats
import WeftModel

@Suite struct HumanizeTests {
    @Test(arguments: [
        (Int64(0), "0 B"), (999, "999 B"), (1000, "0.98 KiB"), (1536, "1.5 KiB"), (10 << 20, "10 MiB"),
        (1 << 40, "1 TiB"), (Int64.max, "8 EiB"), (-2048, "-2 KiB"),
    ])
    func bytesHaveThreeDigitsAndAUnit(count: Int64, text: String) {
        #expect(Humanize.bytes(count) == text)
    }

    @Test(arguments: [
        (Int64(0), "0 B/s"), (999, "999 B/s"), (1000, "1 kB/s"), (361_716_158, "362 MB/s"), (999_600_000, "1 GB/s"),
        (24_490_000_000, "24.5 GB/s"), (1_234_000_000_000, "1.23 TB/s"), (-1, "0 B/s"),
    ])
    func ratesHaveThreeDigitsAndAUnitOfTens(count: Int64, text: String) {
        #expect(Humanize.rate(count, "B/s") == text)
    }

    @Test(arguments: [
        (Int64(0), "0µs"), (12_345, "12ms"), (1_000_000, "1s"), (1_250_000, "1.2s"), (61_000_000, "1m 1s"),
        (7_200_000_000, "2h"), (90_061_000_000, "1d 1h"), (-5_000_000, "-5s"),
    ])
    func durationsHaveTheirTwoLargestUnits(microseconds: Int64, text: String) {
        #expect(Humanize.duration(microseconds: microseconds) == text)
    }

    @Test(arguments: [(Int64(2000), "2"), (500, "0.5"), (1250, "1.25"), (10, "0.01"), (0, "0")])
    func processorsHaveNoNeedlessDigits(millis: Int64, text: String) {
        #expect(Humanize.cpu(millis: millis) == text)
    }

    @Test(arguments: [(Int64(0), "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (-1000, "-1,000")])
    func countsAreGrouped(number: Int64, text: String) {
        #expect(Humanize.count(number) == text)
    }

    @Test func anAgeIsOneUnit() {
        let now = Instant(microseconds: 1_000_000_000_000)
        #expect(Humanize.age(of: now, now: now) == "now")
        #expect(Humanize.age(of: Instant(microseconds: now.microseconds + 5_000_000), now: now) == "now")
        #expect(Humanize.age(of: Instant(microseconds: now.microseconds - 90_000_000), now: now) == "90s ago")
        #expect(Humanize.age(of: Instant(microseconds: now.microseconds - 400_000_000), now: now) == "6m ago")
    }
}

@Suite struct TableTests {
    private func table() -> Table {
        var table = Table([.init("id", .right), .init("name", mayShrink: true), .init("state")])
        table.add(["1", "a very long name that does not fit", .state("running")])
        table.add(["12", "größe", .state("failed")])
        return table
    }

    @Test func columnsLineUp() {
        let text = table().render(width: nil, style: Style(hasColor: false))
        #expect(
            text == """
                ID  NAME                                STATE
                 1  a very long name that does not fit  running
                12  größe                               failed

                """)
    }

    @Test func aNarrowTerminalShortensWhatMayShrink() {
        let text = table().render(width: 30, style: Style(hasColor: false))
        #expect(
            text == """
                ID  NAME               STATE
                 1  a very long name…  running
                12  größe              failed

                """)
    }

    @Test func nothingShrinksBelowEightColumns() {
        let lines = table().render(width: 5, style: Style(hasColor: false)).split(separator: "\n")
        #expect(lines[1] == " 1  a very …  running")
    }

    @Test func colourDoesNotMoveColumns() {
        let plain = table().render(width: 30, style: Style(hasColor: false))
        let coloured = table().render(width: 30, style: Style(hasColor: true))
        var stripped = ""
        var isEscape = false
        for character in coloured {
            if character == "\u{1b}" { isEscape = true }
            if !isEscape { stripped.append(character) }
            if character == "m" && isEscape { isEscape = false }
        }
        #expect(stripped == plain)
        #expect(coloured.contains("\u{1b}[31mfailed\u{1b}[0m"))
    }

    @Test func whatComesFromOutsideCannotSteerTheTerminal() {
        var table = Table([.init("name")])
        table.add(["evil\u{1b}[2J\r\nname\u{202E}"])
        #expect(table.render(width: nil, style: Style(hasColor: false)) == "NAME\nevil?[2J??name?\n")
    }

    @Test func wideCharactersCountTwice() {
        #expect(Printable.columns("日本") == 4)
        #expect(Printable.fitted("日本語", to: 5) == "日本…")
    }
}

@Suite struct ProgressTests {
    @Test func theLineFitsItsWidth() {
        let counts = TaskCounts(total: 1000, running: 4, succeeded: 246, failed: 4)
        for width in 1...120 {
            let line = Progress(counts: counts, elapsed: .seconds(10)).render(
                width: width, style: Style(hasColor: false))
            #expect(Printable.columns(line) <= width)
        }
    }

    @Test func itSaysHowFarAndHowLong() {
        let counts = TaskCounts(total: 1000, running: 4, succeeded: 246, failed: 4)
        let line = Progress(counts: counts, elapsed: .seconds(10)).render(width: 100, style: Style(hasColor: false))
        #expect(line.hasPrefix("[━━━━━━━━━━╸···"))
        #expect(line.hasSuffix("] 25% 250/1,000, 4 running, 4 failed, 30s left"))
    }

    @Test func nothingEndedMeansNoForecast() {
        #expect(Progress(counts: TaskCounts(total: 3), elapsed: .seconds(5)).remaining == nil)
        #expect(Progress(counts: TaskCounts(total: 3, succeeded: 3), elapsed: .seconds(5)).remaining == nil)
    }
}

@Suite struct YAMLWriterTests {
    private let document: Document = [
        "name": "a job: with a colon", "count": 3, "plain": "word", "looks_like_a_boolean": "true", "empty": [],
        "nothing": nil, "list": ["a", ["b": 1, "c": [1, [2, 3]]], "12"], "inner": ["x": ["y": "multi\nline"]],
    ]

    @Test func whatIsWrittenReadsBackTheSame() throws {
        let text = YAMLWriter.write(document)
        #expect(try YAMLText.parse(Array(text.utf8)) == document)
    }

    @Test func wordsNeedNoQuotes() {
        let text = YAMLWriter.write(["a": "word", "b": "no", "c": ["d": 1], "e": ["f"]])
        #expect(text == "a: word\nb: \"no\"\nc:\n  d: 1\ne:\n- f\n")
    }
}

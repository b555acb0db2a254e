import Testing
import WeftModel

@Suite struct PerformanceTests {
    private func day(_ number: Int64) -> Instant { Instant(microseconds: number * 86_400_000_000 + 5) }

    @Test func endsAreCountedInAllAndByDays() {
        var performance = Performance()
        #expect(performance.reliability == 1 && performance.speed == nil)
        for _ in 0..<3 { performance.count(.finished, at: day(7)) }
        performance.count(.failed, at: day(7))
        performance.count(.lost, at: day(9))
        // A clock that went back counts for the latest day.
        performance.count(.finished, at: day(8))
        #expect((performance.finished, performance.failed, performance.lost) == (4, 1, 1))
        #expect(performance.history.map(\.number) == [7, 9])
        #expect(performance.history.map(\.finished) == [3, 1])
        #expect(performance.reliability < 1 && performance.reliability > 0.95)
    }

    @Test func aMonthIsKept() {
        var performance = Performance()
        for number in 0..<100 as Range<Int64> { performance.count(.finished, at: day(number)) }
        #expect(performance.history.map(\.number) == Array(70..<100))
        #expect(performance.finished == 100)
    }

    @Test func whatIsUnreliableNowShowsAndIsForgottenInTime() {
        var performance = Performance()
        for _ in 0..<64 { performance.count(.lost, at: day(1)) }
        #expect(performance.reliability < 0.4)
        for _ in 0..<640 { performance.count(.finished, at: day(2)) }
        #expect(performance.reliability > 0.99)
    }

    @Test func speedIsThatOfOthers() {
        var performance = Performance()
        performance.ran(for: 500, usual: 1000)
        #expect(performance.speed == 2)
        for _ in 0..<1000 { performance.ran(for: 2000, usual: 1000) }
        #expect(abs(performance.speed! - 0.5) < 0.01)
        performance.ran(for: -5, usual: .max / 2_000_000)
        performance.ran(for: .max, usual: 0)
        #expect(performance.speed! > 0)
    }
}

import Testing
import WeftModel

@Suite struct OwnerRulesTests {
    private func problems(_ document: Document) -> [String] {
        do {
            _ = try OwnerRules(document: document)
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test func everyRuleIsRead() throws {
        let rules = try OwnerRules(document: [
            "hours": ["mon-fri 22:00-07:00", "sat,sun"], "only_when_idle": ["input": "5m", "load": "30%"],
            "limits": ["cpus": "1.5", "memory": "2GiB", "disk": 1_073_741_824], "max_temperature": 80,
            "mains_power_only": true, "submitters": ["ann"], "drivers": "process",
            "require_signed_by": ["12D3KooWGzBvPDzpGWjRbAJBLGvXbTq3NFs9LhWeUmD4EHd8sJ4N"],
            "hand_back_after": "90s",
        ])
        #expect(rules.hours.map(\.description) == ["mon,tue,wed,thu,fri 22:00-07:00", "sat,sun"])
        #expect(rules.idleInputSeconds == 300 && rules.idleLoadPercent == 30)
        #expect(rules.cpuMillis == 1500 && rules.memoryBytes == 2 << 30 && rules.diskBytes == 1 << 30)
        #expect(rules.maxTemperature == 80 && rules.mainsPowerOnly)
        #expect(
            rules.submitters == ["ann"] && rules.drivers == ["process"]
                && rules.signers == ["12D3KooWGzBvPDzpGWjRbAJBLGvXbTq3NFs9LhWeUmD4EHd8sJ4N"])
        #expect(rules.handBackAfterSeconds == 90)
        #expect(try OwnerRules(document: [:]) == OwnerRules())
    }

    @Test func whatIsWrongIsNamedWithWhatWouldBeRight() {
        #expect(problems(["hour": "mon"]) == [#"hour: unknown key; did you mean "hours"?"#])
        #expect(problems(["limits": ["cpu": 1]]) == [#"limits.cpu: unknown key; did you mean "cpus"?"#])
        #expect(
            problems(["hours": ["mon-fri 22-7"]]).first?.hasPrefix("hours[0]: expected days, hours or both") == true)
        #expect(problems(["max_temperature": "hot"]).first?.hasPrefix("max_temperature: ") == true)
        #expect(problems(["max_temperature": 900]).first?.contains("20 to 150") == true)
        #expect(problems(["only_when_idle": ["load": "x"]]).first?.hasPrefix("only_when_idle.load: ") == true)
        #expect(problems(["only_when_idle": [:]]).count == 1)
        #expect(problems(["hand_back_after": "1h"]).count == 1)
        #expect(problems(["submitters": ["a", "a"]]) == ["submitters[1]: comes twice"])
        #expect(problems(["require_signed_by": ["ann"]]).first?.contains("`weft sign --id`") == true)
        #expect(problems(["require_signed_by": []]).count == 1)
        #expect(problems("x").count == 1)
    }

    @Test(arguments: [
        "", "noon", "mon 25:00-26:00", "mon 10:00", "mon-", "10:00-10:00", "mon tue 1:00-2:00", "1:5-2:00",
    ])
    func hoursThatAreNone(text: String) { #expect(WorkHours(text) == nil) }

    @Test func hoursOverMidnightBelongToTheDayOnWhichTheyBegin() throws {
        let hours = try #require(WorkHours("fri 22:00-07:00"))
        func at(_ day: Int, _ hour: Int, _ minute: Int = 0) -> Bool {
            hours.contains(LocalTime(weekday: day, minute: hour * 60 + minute))
        }
        #expect(!at(4, 21, 59) && at(4, 22) && at(4, 23, 59) && at(5, 0) && at(5, 6, 59) && !at(5, 7))
        #expect(!at(4, 6) && !at(5, 22) && !at(3, 23))
        let sunday = try #require(WorkHours("sun 23:00-01:00"))
        #expect(sunday.contains(LocalTime(weekday: 0, minute: 30)))
        let always = try #require(WorkHours("daily"))
        #expect((0..<7).allSatisfy { always.contains(LocalTime(weekday: $0, minute: 1439)) })
        let evening = try #require(WorkHours("18:00-24:00"))
        #expect(evening.contains(LocalTime(weekday: 2, minute: 1439)))
        #expect(!evening.contains(LocalTime(weekday: 3, minute: 0)))
        #expect(WorkHours("fri-mon")?.days == [4, 5, 6, 0])
    }

    @Test func theNextBeginningIsFoundAcrossTheWeek() {
        let hours = [WorkHours("mon 8:00-9:00")!, WorkHours("wed 8:00-9:00")!]
        let now = LocalTime(weekday: 2, minute: 8 * 60)
        #expect(WorkHours.nextBeginning(of: hours, after: now) == LocalTime(weekday: 0, minute: 480))
        #expect(WorkHours.nextBeginning(of: [hours[1]], after: now) == LocalTime(weekday: 2, minute: 480))
        #expect(WorkHours.nextBeginning(of: [], after: now) == nil)
    }
}

@Suite struct RuleKeeperTests {
    private let noon = LocalTime(weekday: 2, minute: 720)

    private func readings(
        _ seconds: Double = 0, load: Double? = nil, input: Int64? = nil, degrees: Double? = nil, mains: Bool? = nil
    ) -> Readings {
        Readings(
            now: Instant(microseconds: Int64(seconds * 1_000_000) + 1_000_000_000), local: noon,
            othersLoadPercent: load.map(Reading.value) ?? .missing("no figures"),
            inputIdleSeconds: input.map(Reading.value) ?? .missing("no terminal"),
            temperature: degrees.map(Reading.value) ?? .missing("no sensor"),
            isOnMains: mains.map(Reading.value) ?? .missing("no supply"))
    }

    @Test func whatIsHotMustCoolDownFirst() {
        var rules = OwnerRules()
        rules.maxTemperature = 80
        var keeper = RuleKeeper()
        func reason(_ degrees: Double) -> String? {
            keeper.verdict(rules, readings(degrees: degrees), manual: nil).reason
        }
        #expect(reason(80) == nil)
        #expect(reason(80.1) == "it is hotter than 80 °C")
        #expect(reason(79) != nil && reason(75.1) != nil)
        #expect(reason(75) == nil)
        #expect(reason(79) == nil)
    }

    @Test func loadStopsAtOnceAndLetsGoOnlyAfterAWhile() {
        var rules = OwnerRules()
        rules.idleLoadPercent = 30
        var keeper = RuleKeeper()
        func works(_ seconds: Double, _ load: Double) -> Bool {
            keeper.verdict(rules, readings(seconds, load: load), manual: nil) == .work
        }
        #expect(works(0, 30))
        #expect(!works(0.2, 31))
        #expect(!works(0.4, 5) && !works(3, 5))
        #expect(!works(3.2, 90), "a short calm is none")
        #expect(!works(3.4, 0) && !works(6.3, 0))
        #expect(works(6.5, 0))
    }

    @Test func aRuleWhoseSensorIsMissingIsNotKeptByLuck() {
        for change: (inout OwnerRules) -> Void in [
            { $0.maxTemperature = 80 }, { $0.mainsPowerOnly = true }, { $0.idleInputSeconds = 60 },
            { $0.idleLoadPercent = 10 },
        ] {
            var rules = OwnerRules()
            change(&rules)
            var keeper = RuleKeeper()
            let reason = keeper.verdict(rules, readings(), manual: nil).reason
            #expect(reason?.contains("cannot be kept: no ") == true)
        }
        var keeper = RuleKeeper()
        #expect(keeper.verdict(OwnerRules(), readings(), manual: nil) == .work)
    }

    @Test func aPauseEndsByItself() {
        var keeper = RuleKeeper()
        let pause = ManualPause(id: "a", until: readings(10).now)
        #expect(keeper.verdict(OwnerRules(), readings(9), manual: pause).reason == "its owner paused it")
        #expect(keeper.verdict(OwnerRules(), readings(10), manual: pause) == .work)
        #expect(keeper.verdict(OwnerRules(), readings(10), manual: ManualPause(id: "b")) != .work)
    }

    @Test func hoursPowerAndInputDecideAtOnce() {
        var rules = OwnerRules()
        rules.hours = [WorkHours("wed 12:00-13:00")!]
        rules.mainsPowerOnly = true
        rules.idleInputSeconds = 60
        var keeper = RuleKeeper()
        #expect(keeper.verdict(rules, readings(input: 60, mains: true), manual: nil) == .work)
        #expect(keeper.verdict(rules, readings(input: 59, mains: true), manual: nil).reason == "somebody uses it")
        #expect(keeper.verdict(rules, readings(input: 60, mains: false), manual: nil).reason == "it runs on battery")
        rules.hours = [WorkHours("thu 22:00-23:00")!]
        #expect(
            keeper.verdict(rules, readings(input: 60, mains: true), manual: nil).reason
                == "it is outside its hours, until thu 22:00")
    }
}

import Testing
import WeftCLI
import WeftFormats
import WeftModel

@Suite struct KeyDecoderTests {
    @Test func bytesBecomeKeysHoweverTheyAreCut() {
        let bytes: [UInt8] = Array("qé\u{1b}[A\u{1b}[B\u{1b}OH\u{1b}[5~\u{1b}[6~\r\t\u{7f}\u{15}\u{3}世".utf8)
        let keys: [Key] = [
            .character("q"), .character("é"), .up, .down, .home, .pageUp, .pageDown, .enter, .tab, .backspace, .clear,
            .interrupt, .character("世"),
        ]
        var whole = KeyDecoder()
        #expect(whole.take(bytes) == keys)
        for cut in 1..<bytes.count {
            var decoder = KeyDecoder()
            #expect(decoder.take(Array(bytes[..<cut])) + decoder.take(Array(bytes[cut...])) == keys, "cut at \(cut)")
        }
    }

    @Test func aLoneEscapeIsTheKeyOnceNothingFollows() {
        var decoder = KeyDecoder()
        #expect(decoder.take([0x1b]).isEmpty)
        #expect(decoder.isIncomplete)
        #expect(decoder.settle() == [.escape])
        #expect(decoder.take(Array("[A".utf8)) == [.character("["), .character("A")])
    }

    @Test func whatIsNoKeyIsPassedOver() {
        var decoder = KeyDecoder()
        #expect(decoder.take([0xff, 0x80, 0x00, 0x1b, 0x78, 0x1b, 0x5b, 0x39, 0x39, 0x7e, 0x78]) == [.character("x")])
        var endless = KeyDecoder()
        _ = endless.take([0x1b, 0x5b] + Array(repeating: 0x30, count: 5000))
        #expect(endless.take([0x78]) == [.character("x")])
        var random = SystemRandomNumberGenerator()
        var noise = KeyDecoder()
        for _ in 0..<2000 { _ = noise.take([UInt8.random(in: 0...255, using: &random)]) }
        _ = noise.settle()
        #expect(noise.take([0x71]).last == .character("q"))
    }
}

/// A coordinator's state, made up.
private enum Made {
    static let now = Instant(microseconds: 1_700_000_000_000_000)

    static func job(_ id: UInt64, _ state: JobState = .running, name: String = "job") -> JobView {
        JobView(
            id: JobID(id), name: name, state: state, reason: nil, submitter: "ann", submittedAt: Timestamp(now),
            endedAt: nil, counts: TaskCounts(total: 10), priority: 0, labels: ["kind": "night"],
            specDigest: Hashing.sha256([]))
    }

    static func node(_ id: String, running: Int = 0, state: NodeView.State = .connected) -> NodeView {
        NodeView(
            id: NodeID(id), name: "name of \(id)", state: state,
            profile: NodeProfile(
                name: id, operatingSystem: "linux", architecture: "x86_64", capacity: Resources(), drivers: []),
            free: Resources(), runningAttempts: running, reputation: Reputation(score: 50), firstSeenAt: Timestamp(now),
            lastSeenAt: Timestamp(now))
    }

    static func snapshot(
        _ jobs: [JobView], nodes: [NodeView] = [], uptime: Double = 10, ended: Int64 = 0, started: Instant = now
    ) -> TopSnapshot {
        TopSnapshot(
            takenAt: Timestamp(now),
            stats: Stats(
                coordinator: NodeID("c"), version: "1", startedAt: Timestamp(started), uptimeSeconds: uptime,
                tasksEnded: ended), jobs: jobs, nodes: nodes)
    }
}

@Suite struct TopModelTests {
    private func model(_ jobs: [JobView], nodes: [NodeView] = []) -> TopModel {
        var model = TopModel()
        model.take(Made.snapshot(jobs, nodes: nodes))
        return model
    }

    private func type(_ text: String, into model: inout TopModel) {
        for character in text { _ = model.press(.character(character), height: 10) }
    }

    @Test func theChosenJobStaysChosenWhileOthersComeAndGo() {
        var model = model([Made.job(3), Made.job(2), Made.job(1)])
        #expect(model.selection == 0)
        _ = model.press(.down, height: 10)
        #expect(model.jobs[model.selection!].id == JobID(2))
        model.take(Made.snapshot([Made.job(5), Made.job(4), Made.job(3), Made.job(2)]))
        #expect(model.jobs[model.selection!].id == JobID(2))
        // It is gone: the one at its place, at most the last.
        model.take(Made.snapshot([Made.job(9)]))
        #expect(model.selection == 0)
        model.take(Made.snapshot([]))
        #expect(model.selection == nil)
        for key in [Key.enter, .character("c"), .character("e"), .up, .end] {
            #expect(model.press(key, height: 10) == nil)
        }
    }

    @Test func aFilterIsTypedKeptAndEnded() {
        var model = model([Made.job(1, name: "render"), Made.job(2, .waiting, name: "encode")])
        type("/REND", into: &model)
        #expect(model.mode == .filtering)
        #expect(model.jobs.map(\.name) == ["render"])
        _ = model.press(.backspace, height: 10)
        _ = model.press(.clear, height: 10)
        type("waiting", into: &model)
        _ = model.press(.enter, height: 10)
        #expect(model.mode == .browsing)
        #expect(model.jobs.map(\.name) == ["encode"])
        // Letters are keys again.
        #expect(model.press(.character("q"), height: 10) == .quit)
        _ = model.press(.escape, height: 10)
        #expect(model.jobs.count == 2)
        type("/kind=night", into: &model)
        #expect(model.jobs.count == 2)
    }

    @Test func cancellingIsAskedAboutFirst() {
        var model = model([Made.job(7, name: "long")])
        #expect(model.press(.character("c"), height: 10) == nil)
        #expect(model.mode == .confirming(.cancel(JobID(7), name: "long")))
        #expect(model.press(.character("n"), height: 10) == nil)
        #expect(model.mode == .browsing && model.message == "nothing was changed")
        _ = model.press(.character("c"), height: 10)
        // A job that comes to its place meanwhile is not meant.
        model.take(Made.snapshot([Made.job(8), Made.job(7)]))
        #expect(model.press(.character("y"), height: 10) == .cancel(JobID(7)))
        model.take(Made.snapshot([Made.job(7, .succeeded)]))
        #expect(model.press(.character("c"), height: 10) == nil)
        #expect(model.message == "job 7 has ended: succeeded")
    }

    @Test func nodesAreDrainedAndTakenBack() {
        var model = model([], nodes: [Made.node("a"), Made.node("b", state: .draining)])
        _ = model.press(.tab, height: 10)
        _ = model.press(.character("d"), height: 10)
        #expect(model.press(.character("y"), height: 10) == .drain(NodeID("a"), true))
        _ = model.press(.down, height: 10)
        _ = model.press(.character("d"), height: 10)
        #expect(model.press(.character("y"), height: 10) == .drain(NodeID("b"), false))
        #expect(model.press(.enter, height: 10) == .describe(NodeID("b")))
    }

    @Test func aLogIsFollowedAndScrolledThrough() {
        var model = model([Made.job(1)])
        #expect(model.press(.enter, height: 10) == .follow(JobID(1)))
        model.add(lines: (1...5000).map { "line \($0)" })
        #expect(model.lines.count == TopModel.keptLines && model.lines.last == "line 5000")
        _ = model.press(.pageUp, height: 10)
        #expect(model.linesBack == 10)
        // What is being read stays where it is.
        model.add(lines: ["one more"])
        #expect(model.linesBack == 11)
        _ = model.press(.home, height: 10)
        #expect(model.linesBack == TopModel.keptLines - 10)
        _ = model.press(.end, height: 10)
        #expect(model.linesBack == 0)
        #expect(model.press(.character("q"), height: 10) == .stopFollowing)
        #expect(model.mode == .browsing)
        #expect(model.press(.interrupt, height: 10) == .quit)
    }

    @Test func ratesAreBetweenTwoLooksAtOneCoordinator() {
        var model = TopModel()
        model.take(Made.snapshot([], uptime: 10, ended: 100))
        #expect(model.rates == nil)
        model.take(Made.snapshot([], uptime: 12, ended: 500))
        #expect(model.rates?.tasks == 200)
        // Restarted.
        model.take(Made.snapshot([], uptime: 1, ended: 3, started: Instant(microseconds: 5)))
        #expect(model.rates == nil)
        model.take(Made.snapshot([], uptime: 1, ended: 3, started: Instant(microseconds: 5)))
        #expect(model.rates == nil)
    }
}

@Suite struct TopScreenTests {
    private let hostile = "\u{1b}[2J\u{1b}]0;x\u{7} 世界 \u{202e}evil" + String(repeating: "long ", count: 60)

    private func models() -> [TopModel] {
        let empty = TopModel()
        var full = TopModel()
        full.take(
            Made.snapshot(
                (1...300).map { Made.job(UInt64($0), name: hostile) },
                nodes: (1...50).map { Made.node("n\($0)\(hostile)") }))
        var models = [empty, full]
        for keys in [[.tab], [.character("c")], [.character("?")], [.character("/"), .character("x")], [Key.end]] {
            var model = full
            for key in keys { _ = model.press(key, height: 10) }
            models.append(model)
        }
        var log = full
        _ = log.press(.enter, height: 10)
        log.add(lines: (1...100).map { "\($0) \(hostile)" })
        var reading = full
        reading.read(["one", hostile], title: hostile)
        full.message = hostile
        return models + [log, reading, full]
    }

    @Test(arguments: [(1, 1), (2, 5), (4, 20), (24, 80), (50, 200)])
    func everyPictureFitsItsScreen(rows: Int, columns: Int) {
        for color in [false, true] {
            let screen = TopScreen(rows: rows, columns: columns, style: Style(hasColor: color))
            for model in models() {
                let lines = screen.lines(of: model, now: Made.now)
                #expect(lines.count == rows)
                for line in lines {
                    let plain = line.replacing(/\u{1b}\[[0-9]*m/, with: "")
                    #expect(Printable.columns(plain) <= columns, "\(plain)")
                    #expect(Printable.line(plain) == plain)
                }
            }
        }
    }

    @Test func theChosenRowIsAlwaysShown() {
        var model = TopModel()
        model.take(Made.snapshot((1...300).reversed().map { Made.job(UInt64($0)) }))
        let screen = TopScreen(rows: 20, columns: 80, style: Style(hasColor: false))
        for step in 0..<300 {
            let lines = screen.lines(of: model, now: Made.now)
            #expect(lines.contains { $0.hasPrefix("> ") && $0.contains(" \(300 - step) ") })
            _ = model.press(.down, height: screen.height)
        }
        #expect(model.selection == 299)
    }

    @Test func aTextIsShownFromItsBeginningAndWrapped() {
        let screen = TopScreen(rows: 10, columns: 20, style: Style(hasColor: false))
        var model = TopModel()
        let lines = screen.wrapped(
            "short\nthis line is longer than twenty columns\n" + String(repeating: "x\n", count: 50))
        #expect(lines[..<3] == ["short", "this line is longer ", "    than twenty colu"])
        model.read(lines, title: "t")
        #expect(screen.lines(of: model, now: Made.now)[3...4] == ["t", "short"])
        _ = model.press(.down, height: screen.height)
        #expect(screen.lines(of: model, now: Made.now)[4] == "this line is longer ")
        #expect(TopScreen(rows: 3, columns: 2, style: Style(hasColor: false)).wrapped("abcdef").first == "ab")
    }
}

import Testing
import WeftFormats
import WeftModel

@Suite struct LogEntryTests {
    private let fixture = ReceiptFixture()

    private var results: [AttemptResult] {
        let right = fixture.completion("right")
        return [fixture.result(node: 2, right), fixture.result(node: 1, fixture.completion("wrong"))]
            + [fixture.result(node: 0, right)]
    }

    private func entry(_ task: TaskRecord, _ results: [AttemptResult]) -> LogEntry {
        LogEntry(specDigest: fixture.spec.digest, task: task, results: results)
    }

    @Test func recordsAndReceiptGiveTheSameEntry() throws {
        let right = fixture.completion("right")
        let failure = AttemptResult(
            attempt: AttemptID(task: fixture.id, replica: 0, lease: LeaseID(epoch: 1, sequence: 9)),
            node: fixture.nodes[3].nodeID, outcome: .failed(AttemptFailure(.timedOut, "too slow")), answer: nil,
            startedAt: Instant(microseconds: 1), finishedAt: Instant(microseconds: 2))
        let again = fixture.result(node: 1, right, replica: 9)
        for (task, results) in [
            (fixture.task(.succeeded, .agreed, right), results),
            (fixture.task(.succeeded, .agreed, right), [failure] + results.reversed() + [again]),
            (fixture.task(.failed, .undecided, nil, reason: "too slow"), [failure]),
        ] {
            let receipt = try fixture.verify(fixture.issue(task, results)).receipt
            let logged = entry(task, results)
            #expect(LogEntry(receipt) == logged)
            #expect(LogEntry(receipt).leafHash == logged.leafHash)
            #expect(logged.late(in: receipt) == [])
        }
    }

    /// Taken apart by hand, as docs/log.md says.
    @Test func theFieldsAreThoseOfTheDocument() throws {
        var task = fixture.task(.succeeded, .agreed, fixture.completion("right"))
        task.errorBound = ErrorRate(text: "0.0004")
        var bytes = entry(task, results).bytes[...]
        func field() -> [UInt8] {
            let count = bytes.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            defer { bytes = bytes.dropFirst(4 + count) }
            return Array(bytes.dropFirst(4).prefix(count))
        }
        func number(_ value: UInt64) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
        #expect(field() == Array("weft-log-1".utf8))
        #expect(field() == number(42))
        #expect(field() == number(7))
        #expect(field() == fixture.spec.digest.bytes)
        #expect(field() == Array("succeeded".utf8))
        #expect(field() == Array("agreed".utf8))
        #expect(field() == task.answer!.bytes)
        #expect(field() == Array("0.0004".utf8))
        #expect(field() == number(1_700_000_003_000_000))
        #expect(field() == number(3))
        for result in results.sorted(by: { $0.attempt < $1.attempt }) {
            #expect(field() == Array(result.node.text.utf8))
            #expect(field() == number(UInt64(result.attempt.replica)))
            #expect(field() == number(result.attempt.lease.number))
            #expect(field() == result.answer!.bytes)
            #expect(field() == Hashing.sha256(result.signature).bytes)
        }
        #expect(bytes.isEmpty)
        let none = entry(fixture.task(.failed, .undecided, nil), []).bytes
        #expect(
            none.count == entry(task, []).bytes.count + "none".utf8.count - 32 + "none".utf8.count - "0.0004".utf8.count
                + "undecided".utf8.count
                + "failed".utf8.count - "agreed".utf8.count - "succeeded".utf8.count)
    }

    @Test func everyFactCounts() {
        let task = fixture.task(.succeeded, .agreed, fixture.completion("right"))
        let honest = entry(task, results)
        let changes: [(inout LogEntry) -> Void] = [
            { $0.task = TaskID(job: JobID(43), index: 7) },
            { $0.task = TaskID(job: JobID(42), index: 8) },
            { $0.specDigest = $0.specDigest.flipped },
            { $0.state = .failed },
            { $0.verdict = .undecided },
            { $0.answer = nil },
            { $0.answer = $0.answer?.flipped },
            { $0.endedAt = Instant(microseconds: 0) },
            { $0.results.removeLast() },
            { $0.results.swapAt(0, 1) },
            { $0.results.append($0.results[0]) },
            { $0.results[1].node = $0.results[0].node },
            { $0.results[1].replica += 1 },
            { $0.results[1].lease = LeaseID(1) },
            { $0.results[1].answer = $0.results[1].answer.flipped },
            { $0.results[1].signatureDigest = $0.results[1].signatureDigest.flipped },
        ]
        var hashes: Set<Digest> = [honest.leafHash]
        for change in changes {
            var changed = honest
            change(&changed)
            hashes.insert(changed.leafHash)
        }
        #expect(hashes.count == changes.count + 1)
    }

    @Test func whatCameLateIsNotInTheEntry() throws {
        let task = fixture.task(.succeeded, .agreed, fixture.completion("right"))
        let receipt = try fixture.verify(fixture.issue(task, results)).receipt
        let early = entry(task, [results[0], results[2]])
        #expect(early.late(in: receipt) == [1])
        #expect(LogEntry(receipt, without: [1]) == early)
        #expect(entry(task, [results[2]]).late(in: receipt) == [1, 2])
        // An answer that was logged cannot go missing, nor the task be another.
        let shorter = try fixture.verify(fixture.issue(task, [results[0], results[2]])).receipt
        #expect(entry(task, results).late(in: shorter) == nil)
        var other = early
        other.endedAt = Instant(microseconds: 0)
        #expect(other.late(in: receipt) == nil)
    }
}

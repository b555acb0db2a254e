import Testing
import WeftFormats
import WeftModel

@Suite struct StatementTests {
    private let link = LinkStatement(
        role: .worker, version: 1, coordinatorKey: [1], nodeKey: [2], coordinatorNonce: [3], nodeNonce: [4],
        channelBinding: [5])
    private let result = ResultStatement(
        coordinator: NodeID("c"), specDigest: Hashing.sha256([1]),
        attempt: AttemptID(task: TaskID(job: JobID(1), index: 2), replica: 3, lease: LeaseID(4)), node: NodeID("n"),
        answer: Hashing.sha256([2]), startedAt: Instant(microseconds: 5), finishedAt: Instant(microseconds: 6))

    @Test func theLinkStatementIsAsDocumented() {
        let fields: [[UInt8]] = [
            Array("weft-link-1".utf8), Array("worker".utf8), [0, 0, 0, 0, 0, 0, 0, 1], [1], [2], [3], [4], [5],
        ]
        #expect(link.bytes == fields.flatMap { [0, 0, 0, UInt8($0.count)] + $0 })
    }

    @Test func everyFieldChangesTheLinkStatement() {
        let changes: [(inout LinkStatement) -> Void] = [
            { $0.role = .coordinator }, { $0.version = 2 }, { $0.coordinatorKey = [9] }, { $0.nodeKey = [9] },
            { $0.coordinatorNonce = [9] }, { $0.nodeNonce = [9] }, { $0.channelBinding = [] },
            // The same bytes in a row, cut elsewhere.
            { ($0.coordinatorKey, $0.nodeKey) = ([], [1, 2]) }, { ($0.nodeNonce, $0.channelBinding) = ([4, 5], []) },
        ]
        var seen: Set<[UInt8]> = [link.bytes]
        for change in changes {
            var other = link
            change(&other)
            #expect(seen.insert(other.bytes).inserted)
        }
    }

    @Test func everyFieldChangesTheResultStatement() {
        func attempt(_ job: UInt64, _ index: UInt32, _ replica: UInt16, _ lease: UInt64) -> AttemptID {
            AttemptID(task: TaskID(job: JobID(job), index: index), replica: replica, lease: LeaseID(lease))
        }
        let changes: [(inout ResultStatement) -> Void] = [
            { $0.coordinator = NodeID("d") }, { $0.specDigest = Hashing.sha256([9]) },
            { $0.attempt = attempt(9, 2, 3, 4) }, { $0.attempt = attempt(1, 9, 3, 4) },
            { $0.attempt = attempt(1, 2, 9, 4) }, { $0.attempt = attempt(1, 2, 3, .max) }, { $0.node = NodeID("m") },
            { $0.answer = Hashing.sha256([9]) }, { $0.startedAt = Instant(microseconds: -5) },
            { $0.finishedAt = Instant(microseconds: 9) },
        ]
        var seen: Set<[UInt8]> = [result.bytes]
        for change in changes {
            var other = result
            change(&other)
            #expect(seen.insert(other.bytes).inserted)
        }
    }

    @Test func theAnswerCountsWhatItShould() {
        let blob = BlobReference(digest: Hashing.sha256([1]), sizeBytes: 1)
        let other = BlobReference(digest: Hashing.sha256([2]), sizeBytes: 1)
        let base = Completion(
            exitStatus: 0, standardOutput: blob, standardError: nil, outputs: [OutputFile(path: "a", blob: blob)])
        func answer(stdout: Bool = true, _ change: (inout Completion) -> Void = { _ in }) -> Digest {
            var completion = base
            change(&completion)
            return AnswerDigest.of(completion, comparesStandardOutput: stdout)
        }
        #expect(answer { $0.standardError = other } == answer())
        #expect(answer(stdout: false) { $0.standardOutput = other } == answer(stdout: false))
        #expect(answer(stdout: false) { $0.standardOutput = nil } == answer(stdout: false))
        let all = [
            answer(), answer(stdout: false), answer { $0.exitStatus = 1 }, answer { $0.exitStatus = -1 },
            answer { $0.standardOutput = nil }, answer { $0.standardOutput = other },
            answer { $0.standardOutput?.sizeBytes = 2 }, answer { $0.outputs = [] },
            answer { $0.outputs[0].path = "b" }, answer { $0.outputs[0].blob = nil },
            answer { $0.outputs[0].blob = other }, answer { $0.outputs[0].blob?.sizeBytes = 2 },
            answer { $0.outputs.append($0.outputs[0]) },
        ]
        #expect(Set(all).count == all.count)
    }

    /// FIPS 180-2, appendix B, and the empty text.
    @Test func digestsAreSHA256HoweverTheBytesCome() {
        let text = Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8)
        let expected = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        #expect(Hashing.sha256(text).hex == expected)
        #expect(Hashing.sha256(text[...]).hex == expected)
        #expect(Hashing.sha256(text.lazy.map { $0 }).hex == expected)
        #expect(text.withUnsafeBytes { Hashing.sha256($0) }.hex == expected)
        var stream = SHA256Stream()
        for byte in text { stream.update(CollectionOfOne(byte)) }
        #expect(stream.finalize().hex == expected)
        #expect(stream.byteCount == Int64(text.count))
        #expect(
            Hashing.sha256([UInt8]()).hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }
}

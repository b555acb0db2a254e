import SeededNumbers
import Testing
import WeftFormats
import WeftModel

@Suite struct InclusionProofTests {
    private let fixture = LogFixture()

    /// The check that a proof's file fails for a receipt.
    private func failedCheck(
        _ bytes: [UInt8], _ receipt: VerifiedReceipt? = nil, expected: NodeID? = nil
    ) -> LogError.Check? {
        let receipt = receipt ?? fixture.verified
        return LogFixture.failedCheck { () throws(LogError) in
            try InclusionProof(verifying: bytes, expectedCoordinator: expected).verify(receipt)
        }
    }

    private func failedCheck(_ change: (inout InclusionProof) -> Void) -> LogError.Check? {
        var proof = fixture.inclusion()
        change(&proof)
        return failedCheck(proof.bytes)
    }

    @Test(arguments: 6...11) func aReceiptIsProvenToBeLogged(size: Int) throws {
        let proof = fixture.inclusion(size: size)
        #expect(failedCheck(proof.bytes, expected: fixture.coordinator.nodeID) == nil)
        let read = try InclusionProof(verifying: proof.bytes, expectedCoordinator: nil)
        #expect(read == proof)
        #expect(proof.bytes.count < 2000)
    }

    @Test func anyChangeOfAnyByteIsFound() {
        let bytes = fixture.inclusion(size: 6).bytes
        let receipt = fixture.verified
        let accepted = damaged(bytes).filter { failedCheck($0, receipt) == nil }
        #expect(accepted.isEmpty)
        #expect(failedCheck(bytes + [UInt8(ascii: "\n")]) == .format)
    }

    @Test func aProofIsForItsEntryAndLog() throws {
        #expect(failedCheck { $0.index = 4 } == .inclusion)
        #expect(failedCheck { $0.index = 11 } == .inclusion)
        #expect(failedCheck { $0.path.removeLast() } == .inclusion)
        #expect(failedCheck { $0.path.append(leafHash(0)) } == .inclusion)
        #expect(failedCheck { $0.path[2] = $0.path[2].flipped } == .inclusion)
        #expect(failedCheck { $0.head = fixture.head(fixture.leaves.prefix(10)) } == .inclusion)
        #expect(failedCheck { $0.path = Array(repeating: leafHash(0), count: 50) } == .format)
        #expect(failedCheck { $0.late = [1] } == .inclusion)
        let other = fixture.receipts.nodes[0]
        #expect(failedCheck { $0.head = fixture.head(fixture.leaves, by: other) } == .coordinator)
        let bytes = fixture.inclusion().bytes
        #expect(failedCheck(bytes, expected: other.nodeID) == .coordinator)
        // Another receipt, of another task.
        var receipts = fixture.receipts
        receipts.index = 8
        #expect(failedCheck(bytes, try receipts.verify(receipts.honest)) == .inclusion)
        // Only a head is a head.
        #expect(failedCheck(fixture.consistency().bytes) == .format)
        #expect(failedCheck(fixture.head(fixture.leaves).bytes) == .format)
        #expect(failedCheck(fixture.receipts.honest) == .format)
    }

    @Test func lateAnswersAreNamedAndTheOthersAreAQuorum() throws {
        let (file, proof) = fixture.late
        let receipt = try fixture.receipts.verify(file)
        #expect(proof.late == [0])
        #expect(failedCheck(proof.bytes, receipt) == nil)
        for late in [[], [1], [0, 1], [0, 1, 2], [0, 3]] {
            var other = proof
            other.late = late
            #expect(failedCheck(other.bytes, receipt) == .inclusion, "\(late)")
        }
        for late in [[0, 0], [1, 0], [-1], Array(0...1024)] {
            var other = proof
            other.late = late
            #expect(failedCheck(other.bytes, receipt) == .format, "\(late.prefix(3))")
        }
    }

    /// A coordinator that logs a verdict before there are answers to it.
    @Test func aVerdictCannotBeLoggedBeforeItsAnswers() throws {
        let receipts = fixture.receipts
        let right = receipts.completion("right")
        let task = receipts.task(.succeeded, .agreed, right)
        let results = [receipts.result(node: 0, right), receipts.result(node: 1, right)]
        let receipt = try receipts.verify(receipts.issue(task, results))
        for known in 0...1 {
            let entry = LogEntry(
                specDigest: receipts.spec.digest, task: task, results: Array(results.prefix(known)))
            let proof = InclusionProof(
                index: 0, head: fixture.head([entry.leafHash]), path: [], late: entry.late(in: receipt.receipt)!)
            #expect(failedCheck(proof.bytes, receipt) == .inclusion)
        }
    }

    @Test func nonsenseIsNoProof() {
        var random = SeededRandom(seed: 12)
        let receipt = fixture.verified
        let bytes = fixture.inclusion().bytes
        for _ in 0..<300 {
            let mutation = random.mutation(of: bytes, alphabet: Array("{}[]\",:0aA=+/".utf8))
            if mutation != bytes { #expect(failedCheck(mutation, receipt) != nil) }
        }
    }
}

@Suite struct ConsistencyProofTests {
    private let fixture = LogFixture()

    private func failedCheck(
        _ bytes: [UInt8], from held: SignedTreeHead? = nil, expected: NodeID? = nil
    ) -> LogError.Check? {
        LogFixture.failedCheck { () throws(LogError) in
            try ConsistencyProof(verifying: bytes, expectedCoordinator: expected).verify(from: held)
        }
    }

    private func failedCheck(_ change: (inout ConsistencyProof) -> Void) -> LogError.Check? {
        var proof = fixture.consistency()
        change(&proof)
        return failedCheck(proof.bytes)
    }

    @Test(arguments: 0...11) func aLogGoesOn(old: Int) throws {
        let proof = fixture.consistency(from: old)
        let held = fixture.head(fixture.leaves.prefix(old))
        #expect(failedCheck(proof.bytes, from: held, expected: fixture.coordinator.nodeID) == nil)
        #expect(try ConsistencyProof(verifying: proof.bytes, expectedCoordinator: nil) == proof)
    }

    @Test func anyChangeOfAnyByteIsFound() {
        let bytes = fixture.consistency(from: 2, to: 3).bytes
        #expect(failedCheck(bytes) == nil)
        let accepted = damaged(bytes).filter { failedCheck($0) == nil }
        #expect(accepted.isEmpty)
    }

    @Test func aProofIsForItsTwoHeads() {
        let leaves = fixture.leaves
        #expect(failedCheck { $0.path.removeFirst() } == .consistency)
        #expect(failedCheck { $0.path[0] = $0.path[0].flipped } == .consistency)
        #expect(failedCheck { $0.path.append(leafHash(0)) } == .consistency)
        #expect(failedCheck { $0.old = fixture.head(leaves.prefix(5)) } == .consistency)
        #expect(failedCheck { $0.new = fixture.head(leaves.prefix(10)) } == .consistency)
        #expect(failedCheck { swap(&$0.old, &$0.new) } == .size)
        let other = fixture.receipts.nodes[0]
        #expect(failedCheck { $0.new = fixture.head(leaves, by: other) } == .coordinator)
        #expect(failedCheck { $0.old = fixture.head(leaves.prefix(6), by: other) } == .coordinator)
        #expect(failedCheck { $0.path = Array(repeating: leafHash(0), count: 50) } == .format)
        #expect(failedCheck(fixture.inclusion().bytes) == .format)
    }

    @Test func theProofBeginsWithTheHeadThatWasKept() {
        let (leaves, bytes) = (fixture.leaves, fixture.consistency().bytes)
        #expect(failedCheck(bytes, from: fixture.head(leaves.prefix(5))) == .consistency)
        #expect(failedCheck(bytes, from: fixture.head([leafHash(99)] + leaves[1..<6])) == .consistency)
        let other = fixture.receipts.nodes[0]
        #expect(failedCheck(bytes, from: fixture.head(leaves.prefix(6), by: other)) == .coordinator)
    }

    @Test func twoHeadsOfOneSizeAreOneLog() {
        let leaves = fixture.leaves
        let other = fixture.head([leafHash(99)] + leaves.dropFirst())
        #expect(failedCheck(ConsistencyProof(from: fixture.head(leaves), to: other, path: []).bytes) == .consistency)
    }
}

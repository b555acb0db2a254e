import SeededNumbers
import Testing
import WeftFormats
import WeftModel

@Suite struct TreeHeadTests {
    private let fixture = LogFixture()

    private func failedCheck(_ bytes: [UInt8], expected: NodeID? = nil) -> LogError.Check? {
        LogFixture.failedCheck { () throws(LogError) in
            _ = try SignedTreeHead(verifying: bytes, expectedCoordinator: expected)
        }
    }

    /// A payload that the coordinator signed, whatever it says.
    private func signed(_ payload: String, type: String = TreeHead.payloadType) -> [UInt8] {
        let envelope = Envelope(payloadType: type, payload: Array(payload.utf8), signedBy: fixture.coordinator)
        return CanonicalJSON.encode(envelope.document)
    }

    private func payload(
        coordinator: String? = nil, size: String = "1", root: String? = nil,
        issued: String = "2026-01-02T03:04:05.000006Z", version: String = "1", more: String = ""
    ) -> String {
        let coordinator = coordinator ?? fixture.coordinator.nodeID.text
        return """
            {"coordinator":"\(coordinator)","issued_at":"\(issued)",\
            "root":"\(root ?? leafHash(0).description)","size":\(size),"version":\(version)\(more)}
            """
    }

    @Test func aHeadIsReadAsItWasSigned() throws {
        let head = fixture.head(fixture.leaves)
        let read = try SignedTreeHead(verifying: head.bytes, expectedCoordinator: fixture.coordinator.nodeID)
        #expect(read == head)
        #expect(read.head.size == 11)
        #expect(read.head.root == fixture.root(fixture.leaves))
        #expect(failedCheck(signed(payload())) == nil)
        #expect(failedCheck(fixture.head([]).bytes) == nil)
    }

    @Test func anyChangeOfAnyByteIsFound() {
        let bytes = fixture.head(fixture.leaves).bytes
        let accepted = damaged(bytes).filter { failedCheck($0) == nil }
        #expect(accepted.isEmpty)
        #expect(failedCheck(bytes + [UInt8(ascii: "\n")]) == .format)
        for count in bytes.indices { #expect(failedCheck(Array(bytes.prefix(count))) == .format) }
    }

    @Test func anotherCoordinatorIsNotTheExpectedOne() {
        let bytes = fixture.head(fixture.leaves).bytes
        #expect(failedCheck(bytes, expected: SigningIdentity().nodeID) == .coordinator)
        let other = fixture.receipts.nodes[0]
        #expect(failedCheck(signed(payload(coordinator: other.nodeID.text))) == .coordinator)
        #expect(failedCheck(fixture.head(fixture.leaves, by: other).bytes, expected: other.nodeID) == nil)
    }

    @Test(arguments: [
        "-1", "1.0", "1e0", "01", "\"1\"", "null", "281474976710657", "9223372036854775808", "-0",
    ]) func aSizeIsANumberOfEntries(size: String) {
        #expect(failedCheck(signed(payload(size: size))) == .format)
    }

    @Test func aSignedPayloadIsAHeadInItsOneSpelling() {
        #expect(failedCheck(signed(payload(size: "281474976710656"))) == nil)
        #expect(failedCheck(signed(payload(size: "0"))) == .format)
        #expect(failedCheck(signed(payload(size: "0", root: MerkleHash.empty.description))) == nil)
        #expect(failedCheck(signed(payload(version: "2"))) == .format)
        #expect(failedCheck(signed(payload(root: leafHash(0).hex))) == .format)
        #expect(failedCheck(signed(payload(issued: "2026-02-30T03:04:05.000006Z"))) == .format)
        #expect(failedCheck(signed(payload(more: ",\"witness\":1"))) == .format)
        #expect(failedCheck(signed(payload() + " ")) == .format)
        #expect(failedCheck(signed("{}")) == .format)
        #expect(failedCheck(signed(payload(), type: Receipt.payloadType)) == .format)
        #expect(failedCheck(signed(payload(more: ",\"x\":\"" + String(repeating: "a", count: 5000) + "\""))) == .format)
    }

    @Test func nonsenseIsNoHead() {
        var random = SeededRandom(seed: 11)
        let bytes = fixture.head(fixture.leaves).bytes
        for _ in 0..<300 {
            let mutation = random.mutation(of: bytes, alphabet: Array("{}[]\",:0aA=+/".utf8))
            if mutation != bytes { #expect(failedCheck(mutation) != nil) }
        }
    }
}

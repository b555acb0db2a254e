import Foundation
import Testing
import WeftFormats
import WeftModel

/// The files that the verifier in Python is tested with: made here, checked in there.
///
/// With `WEFT_WRITE_FIXTURES=1` they are written anew.
@Suite struct LogFileTests {
    private let directory = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "clients/python/tests/fixtures/log")
    private let fixture = LogFixture()

    private var files: [String: [UInt8]] {
        [
            "receipt": fixture.receipts.honest,
            "head": fixture.head(fixture.leaves).bytes,
            "head-before": fixture.head(fixture.leaves.prefix(6)).bytes,
            "head-empty": fixture.head([]).bytes,
            "inclusion": fixture.inclusion().bytes,
            "consistency": fixture.consistency().bytes,
            "late-receipt": fixture.late.receipt,
            "late-inclusion": fixture.late.proof.bytes,
        ]
    }

    private func read(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: directory.appending(path: "\(name).json")))
    }

    @Test(.enabled(if: ProcessInfo.processInfo.environment["WEFT_WRITE_FIXTURES"] == "1"))
    func filesAreWritten() throws {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        for (name, bytes) in files { try Data(bytes).write(to: directory.appending(path: "\(name).json")) }
    }

    @Test func theFilesThatPythonReadsAreOurs() throws {
        let coordinator = fixture.coordinator.nodeID
        let head = try SignedTreeHead(verifying: read("head"), expectedCoordinator: coordinator)
        let before = try SignedTreeHead(verifying: read("head-before"), expectedCoordinator: coordinator)
        #expect(head.head == fixture.head(fixture.leaves).head)
        #expect(before.head == fixture.head(fixture.leaves.prefix(6)).head)
        for prefix in ["", "late-"] {
            let receipt = try Receipt.verify(read(prefix + "receipt"), expectedCoordinator: coordinator)
            try InclusionProof(verifying: read(prefix + "inclusion"), expectedCoordinator: coordinator)
                .verify(receipt)
        }
        try ConsistencyProof(verifying: read("consistency"), expectedCoordinator: coordinator).verify(from: before)
    }

    #if os(Linux)
        /// Where signing is deterministic, see ``SigningIdentity/sign(_:)-([UInt8])``.
        @Test func theFilesThatPythonReadsAreTheNewest() throws {
            for (name, bytes) in files { #expect(try read(name) == bytes, "\(name): write the fixtures anew") }
        }
    #endif
}

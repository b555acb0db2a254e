import SeededNumbers
import Testing
import WeftFormats
import WeftModel

@Suite struct StatementBatchTests {
    private let identity = SigningIdentity()

    private func expect(_ expected: Bool, _ holds: Bool, _ comment: Comment = "") {
        #expect(holds == expected, comment)
    }

    private func statements(_ count: Int) -> [[UInt8]] { (0..<count).map { [UInt8($0), 7, UInt8(count)] } }

    @Test(arguments: 1...StatementBatch.maxCount) func eachOfABatchIsProvenAlone(count: Int) throws {
        let statements = statements(count)
        let proofs = StatementBatch.sign(statements, by: identity)
        #expect(proofs.count == count)
        for (statement, proof) in zip(statements, proofs) {
            var verifier = ProofVerifier(of: identity.publicIdentity)
            expect(true, verifier.verify(proof.bytes, over: statement))
            #expect(StatementProof(bytes: proof.bytes) == proof)
            #expect(proof.path.count <= 5)
        }
    }

    @Test func aProofIsForItsStatementAndKeyOnly() {
        let statements = statements(5)
        let proofs = StatementBatch.sign(statements, by: identity).map(\.bytes)
        var verifier = ProofVerifier(of: identity.publicIdentity)
        var stranger = ProofVerifier(of: SigningIdentity().publicIdentity)
        for (index, statement) in statements.enumerated() {
            expect(false, stranger.verify(proofs[index], over: statement))
            for other in statements.indices where other != index {
                expect(false, verifier.verify(proofs[other], over: statement))
            }
        }
        // A verifier that has seen the batch's signature is no easier to fool.
        expect(true, verifier.verify(proofs[2], over: statements[2]))
        expect(false, verifier.verify(proofs[2], over: statements[3]))
    }

    @Test func anyBitOfAProofCounts() {
        let statements = statements(6)
        let proof = StatementBatch.sign(statements, by: identity)[3].bytes
        var verifier = ProofVerifier(of: identity.publicIdentity)
        expect(true, verifier.verify(proof, over: statements[3]))
        for bit in 0..<8 * proof.count {
            var forged = proof
            forged[bit / 8] ^= 1 << UInt8(bit % 8)
            expect(false, verifier.verify(forged, over: statements[3]), "bit \(bit)")
        }
    }

    @Test func aNodeOfTheTreeIsNoStatement() throws {
        let statements = statements(4)
        let proofs = StatementBatch.sign(statements, by: identity)
        // The inner node over the first two statements, given out as if it were a leaf.
        let left = try #require(proofs[2].path.last)
        var verifier = ProofVerifier(of: identity.publicIdentity)
        let sibling = try #require(proofs[0].path.last)
        let forged = StatementProof(signature: proofs[0].signature, count: 2, index: 0, path: [sibling])
        expect(false, verifier.verify(forged.bytes, over: left.bytes))
    }

    @Test func nonsenseIsNoProof() {
        var random = SeededRandom(seed: 5)
        var verifier = ProofVerifier(of: identity.publicIdentity)
        for count in [0, 1, 63, 64, 71, 72, 73, 104, 584, 616, 1000] {
            expect(false, verifier.verify(random.bytes(count: count), over: [1]))
        }
    }
}

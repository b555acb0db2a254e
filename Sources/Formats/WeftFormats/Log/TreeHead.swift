package import WeftModel

/// A coordinator's word on its log at one moment: so many entries, with this root. See docs/log.md.
package struct TreeHead: Hashable, Sendable {
    package static let payloadType = "application/vnd.weft.tree-head+json"

    package var coordinator: NodeID
    /// How many entries; at most ``MerkleTree/maxSize``.
    package var size: UInt64
    package var root: Digest
    /// When it was signed, on the coordinator's clock.
    package var issuedAt: Timestamp

    package init(coordinator: NodeID, size: UInt64, root: Digest, issuedAt: Timestamp) {
        self.coordinator = coordinator
        self.size = size
        self.root = root
        self.issuedAt = issuedAt
    }

    /// - Precondition: `identity` is the head's coordinator.
    package func signed(by identity: SigningIdentity) -> SignedTreeHead {
        precondition(identity.nodeID == coordinator, "a coordinator signs its own head")
        return SignedTreeHead(
            self,
            Envelope(
                payloadType: Self.payloadType, payload: CanonicalJSON.encode(document), signedBy: identity))
    }

    private var document: Document {
        [
            "version": .integer(LogDocument.version),
            "coordinator": .string(coordinator.text),
            "size": .integer(Int64(size)),
            "root": .string(root.description),
            "issued_at": .string(issuedAt.description),
        ]
    }

    fileprivate init(payload: [UInt8]) throws(LogError) {
        let document = try LogDocument.parse(payload, "the head's payload", limits: LogDocument.headLimits)
        guard document["version"] == .integer(LogDocument.version),
            let coordinator = document["coordinator"]?.string,
            let root = document["root"]?.string.flatMap(Digest.init(text:)),
            let issuedAt = document["issued_at"]?.string.flatMap(Timestamp.init(text:))
        else { throw LogError(.format, "a field of the head is missing or of another type than docs/log.md says") }
        self.init(
            coordinator: NodeID(coordinator), size: try LogDocument.number(document["size"], "size"), root: root,
            issuedAt: issuedAt)
        guard CanonicalJSON.encode(self.document) == payload else {
            throw LogError(.format, "the head has other members or another spelling than docs/log.md says")
        }
        guard size > 0 || root == MerkleHash.empty else {
            throw LogError(.format, "a log without entries has the root \(MerkleHash.empty)")
        }
    }
}

/// A head whose signature holds: only ``TreeHead/signed(by:)`` and verification make one.
package struct SignedTreeHead: Hashable, Sendable {
    package let head: TreeHead
    let envelope: Envelope

    fileprivate init(_ head: TreeHead, _ envelope: Envelope) {
        self.head = head
        self.envelope = envelope
    }

    /// The file: a DSSE envelope as canonical JSON.
    package var bytes: [UInt8] { CanonicalJSON.encode(envelope.document) }

    /// Checks the file of a head from nothing but its bytes. Any change of any byte is found.
    ///
    /// - Parameter expectedCoordinator: Whose log it must be of. With nil, look at `head.coordinator`.
    /// - Throws: ``LogError`` with check `format`, `coordinator` or `coordinator signature`.
    package init(verifying bytes: [UInt8], expectedCoordinator: NodeID?) throws(LogError) {
        let document = try LogDocument.parse(bytes, "the head", limits: LogDocument.headLimits)
        let envelope = try LogDocument.envelope(document)
        guard CanonicalJSON.encode(envelope.document) == bytes else {
            throw LogError(.format, "the head is not in the canonical spelling of an envelope")
        }
        try self.init(verifying: envelope, expectedCoordinator: expectedCoordinator)
    }

    /// A head as a part of a proof, whose spelling has been checked.
    init(verifying envelope: Envelope, expectedCoordinator: NodeID?) throws(LogError) {
        let coordinator = NodeID(envelope.keyID)
        if let expectedCoordinator, coordinator != expectedCoordinator {
            throw LogError(.coordinator, "the head is of \(coordinator), not of \(expectedCoordinator)")
        }
        guard let key = coordinator.publicKey else {
            throw LogError(.coordinator, "\"\(coordinator.text.prefix(80))\" is not the id of an Ed25519 key")
        }
        guard envelope.isSigned(by: key) else {
            throw LogError(.coordinatorSignature, "\(coordinator) did not sign this head")
        }
        let head = try TreeHead(payload: envelope.payload)
        guard head.coordinator == coordinator else {
            throw LogError(.coordinator, "the head names \(head.coordinator) but \(coordinator) signed it")
        }
        self.init(head, envelope)
    }
}

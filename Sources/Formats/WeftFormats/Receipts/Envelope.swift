package import WeftModel

/// A DSSE envelope (github.com/secure-systems-lab/dsse, protocol version 1) with one signature.
package struct Envelope: Hashable, Sendable {
    package var payloadType: String
    package var payload: [UInt8]
    /// Who signed: the peer id.
    package var keyID: String
    package var signature: [UInt8]

    /// Signs `payload` with `identity`'s key.
    package init(payloadType: String, payload: [UInt8], signedBy identity: SigningIdentity) {
        self.payloadType = payloadType
        self.payload = payload
        keyID = identity.nodeID.text
        signature = identity.sign(Self.preAuthenticationEncoding(payloadType: payloadType, payload: payload))
    }

    /// What is signed: `DSSEv1`, length and text of the type, length and bytes of the payload, single spaces between.
    package static func preAuthenticationEncoding(payloadType: String, payload: [UInt8]) -> [UInt8] {
        Array("DSSEv1 \(payloadType.utf8.count) \(payloadType) \(payload.count) ".utf8) + payload
    }

    package func isSigned(by identity: PublicIdentity) -> Bool {
        let bytes = Self.preAuthenticationEncoding(payloadType: payloadType, payload: payload)
        return identity.verify(signature: signature, over: bytes)
    }

    package var document: Document {
        [
            "payload": .string(Base64.encode(payload)),
            "payloadType": .string(payloadType),
            "signatures": [["keyid": .string(keyID), "sig": .string(Base64.encode(signature))]],
        ]
    }

    /// nil unless `document` has these members in these types, base64 in its strict form.
    package init?(document: Document) {
        guard let payloadType = document["payloadType"]?.string,
            let payload = document["payload"]?.string.flatMap(Base64.decode),
            let signatures = document["signatures"]?.elements, signatures.count == 1,
            let keyID = signatures[0]["keyid"]?.string,
            let signature = signatures[0]["sig"]?.string.flatMap(Base64.decode)
        else { return nil }
        self.payloadType = payloadType
        self.payload = payload
        self.keyID = keyID
        self.signature = signature
    }
}

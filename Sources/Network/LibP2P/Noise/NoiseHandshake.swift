import Crypto

/// The pattern XX of Noise, with the payloads of libp2p, at either end: `-> e`, `<- e, ee, s, es`, `-> s, se`.
///
/// A value: it is given the messages that came (without their length) and says what to send.
struct NoiseHandshake: Sendable {
    enum Role: Sendable, Hashable { case initiator, responder }

    /// What comes out of a handshake.
    struct Outcome: Sendable {
        let peer: PeerID
        /// The multiplexer that both ends named, if they named any in common: nothing more needs to be negotiated.
        let muxer: String?
        let sending: NoiseCipher
        let receiving: NoiseCipher
    }

    enum Answer: Sendable {
        case send([UInt8])
        case finished(Outcome)
        case sendAndFinish([UInt8], Outcome)
    }

    private enum State {
        /// Exits: `.waitingForResponse` on `opening()` (initiator).
        case ready
        /// The responder; exits: `.waitingForClosing` on message 1.
        case waitingForOpening
        /// The initiator; exits: `.finished` on message 2.
        case waitingForResponse
        /// The responder; exits: `.finished` on message 3.
        case waitingForClosing(remoteEphemeral: Curve25519.KeyAgreement.PublicKey)
        /// No exits.
        case finished
    }

    /// Bytes of a message at most: keys, tags and the payload.
    static let greatestMessageLength = 32 + 48 + NoisePayload.greatestLength + NoiseCipher.tagLength

    private let role: Role
    private let identity: NoiseIdentity
    private let ephemeral: Curve25519.KeyAgreement.PrivateKey
    private let expectedPeer: PeerID?
    private var state: State
    private var symmetric = NoiseSymmetricState()

    /// - Parameters:
    ///   - ephemeral: A new key for this handshake alone.
    ///   - expectedPeer: The handshake fails when another one answers; nil takes anybody.
    init(
        role: Role, identity: NoiseIdentity, ephemeral: Curve25519.KeyAgreement.PrivateKey, expectedPeer: PeerID?
    ) {
        self.role = role
        self.identity = identity
        self.ephemeral = ephemeral
        self.expectedPeer = expectedPeer
        state = role == .initiator ? .ready : .waitingForOpening
    }

    /// Message 1. - Precondition: The initiator, once.
    mutating func opening() throws(NoiseError) -> [UInt8] {
        guard case .ready = state else { preconditionFailure("an initiator opens once") }
        let own = Array(ephemeral.publicKey.rawRepresentation)
        symmetric.mix(hash: own)
        state = .waitingForResponse
        return own + (try symmetric.encryptAndHash([]))
    }

    mutating func receive(_ message: [UInt8]) throws(NoiseError) -> Answer {
        guard message.count <= Self.greatestMessageLength else {
            throw .malformed("a message of \(message.count) bytes")
        }
        switch state {
        case .waitingForOpening: return try respond(to: message)
        case .waitingForResponse: return try close(after: message)
        case .waitingForClosing(let remoteEphemeral): return try finish(message, remoteEphemeral)
        case .ready, .finished: throw .malformed("a message out of turn")
        }
    }

    private mutating func respond(to message: [UInt8]) throws(NoiseError) -> Answer {
        var rest = message[...]
        let remoteEphemeral = try takeEphemeral(&rest)
        _ = try symmetric.decryptAndHash(Array(rest))  // Not encrypted yet; libp2p sends nothing here.
        let own = Array(ephemeral.publicKey.rawRepresentation)
        symmetric.mix(hash: own)
        symmetric.mix(key: try secret(ephemeral, remoteEphemeral))
        var answer = own + (try symmetric.encryptAndHash(identity.publicKey))
        symmetric.mix(key: try secret(identity.key, remoteEphemeral))
        answer += try symmetric.encryptAndHash(identity.payload.encoded)
        state = .waitingForClosing(remoteEphemeral: remoteEphemeral)
        return .send(answer)
    }

    private mutating func close(after message: [UInt8]) throws(NoiseError) -> Answer {
        var rest = message[...]
        let remoteEphemeral = try takeEphemeral(&rest)
        symmetric.mix(key: try secret(ephemeral, remoteEphemeral))
        let remoteStatic = try takeStatic(&rest)
        symmetric.mix(key: try secret(ephemeral, remoteStatic))
        let payload = try takePayload(rest, remoteStatic)
        var answer = try symmetric.encryptAndHash(identity.publicKey)
        symmetric.mix(key: try secret(identity.key, remoteEphemeral))
        answer += try symmetric.encryptAndHash(identity.payload.encoded)
        state = .finished
        return .sendAndFinish(answer, outcome(payload))
    }

    private mutating func finish(
        _ message: [UInt8], _ remoteEphemeral: Curve25519.KeyAgreement.PublicKey
    ) throws(NoiseError) -> Answer {
        var rest = message[...]
        let remoteStatic = try takeStatic(&rest)
        symmetric.mix(key: try secret(ephemeral, remoteStatic))
        let payload = try takePayload(rest, remoteStatic)
        state = .finished
        return .finished(outcome(payload))
    }

    private func outcome(_ remote: NoisePayload) -> Outcome {
        let (initiators, responders) = symmetric.split()
        // The initiator's order of preference decides.
        let (first, second) =
            role == .initiator ? (identity.payload.muxers, remote.muxers) : (remote.muxers, identity.payload.muxers)
        return Outcome(
            peer: remote.identity.peerID, muxer: first.first { second.contains($0) },
            sending: role == .initiator ? initiators : responders,
            receiving: role == .initiator ? responders : initiators)
    }

    // MARK: Parts of messages

    private mutating func takeEphemeral(
        _ rest: inout ArraySlice<UInt8>
    ) throws(NoiseError) -> Curve25519.KeyAgreement.PublicKey {
        let bytes = Array(rest.prefix(32))
        guard let key = try? Curve25519.KeyAgreement.PublicKey(rawRepresentation: bytes) else {
            throw .malformed("an ephemeral key is cut off")
        }
        rest = rest.dropFirst(32)
        symmetric.mix(hash: bytes)
        return key
    }

    private mutating func takeStatic(
        _ rest: inout ArraySlice<UInt8>
    ) throws(NoiseError) -> Curve25519.KeyAgreement.PublicKey {
        let bytes = try symmetric.decryptAndHash(Array(rest.prefix(48)))
        rest = rest.dropFirst(48)
        guard let key = try? Curve25519.KeyAgreement.PublicKey(rawRepresentation: bytes) else {
            throw .malformed("a static key is cut off")
        }
        return key
    }

    private mutating func takePayload(
        _ rest: ArraySlice<UInt8>, _ remoteStatic: Curve25519.KeyAgreement.PublicKey
    ) throws(NoiseError) -> NoisePayload {
        let payload = try NoisePayload(
            encoded: try symmetric.decryptAndHash(Array(rest)), staticKey: Array(remoteStatic.rawRepresentation))
        let peer = payload.identity.peerID
        guard expectedPeer == nil || expectedPeer == peer else { throw .wrongPeer(peer) }
        return payload
    }

    private func secret(
        _ own: Curve25519.KeyAgreement.PrivateKey, _ remote: Curve25519.KeyAgreement.PublicKey
    ) throws(NoiseError) -> SharedSecret {
        // Fails for points of small order, whose secret anybody knows.
        guard let secret = try? own.sharedSecretFromKeyAgreement(with: remote) else {
            throw .malformed("a key of small order")
        }
        return secret
    }
}

/// This host's own key for handshakes, bound to its identity once.
struct NoiseIdentity: Sendable {
    let key: Curve25519.KeyAgreement.PrivateKey
    let publicKey: [UInt8]
    let payload: NoisePayload

    init(keys: KeyPair, key: Curve25519.KeyAgreement.PrivateKey, muxers: [String]) {
        self.key = key
        publicKey = Array(key.publicKey.rawRepresentation)
        payload = NoisePayload(keys: keys, staticKey: publicKey, muxers: muxers)
    }
}

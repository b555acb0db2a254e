import Crypto
import NIOCore

/// Why a connection could not be made, or ended before its time.
public enum ConnectionError: Error, Sendable, Hashable {
    case multistream(MultistreamError)
    case noise(NoiseError)
    case yamux(YamuxError)
    /// The handshake took too long.
    case handshakeTimedOut
    /// The peer does not answer any more.
    case unresponsive
    /// The bytes ended.
    case closedByPeer
    /// This end closed it.
    case closedHere
    /// More connections than there may be, or the peer is not wanted.
    case refusedHere(String)
    /// What is under it failed.
    case transport(String)
}

/// A connection from its first byte: the agreement on Noise, its handshake, the agreement on Yamux, and then streams.
///
/// A value: bytes and time come in, events and bytes come out.
struct ConnectionMachine: Sendable {
    enum Event: Sendable {
        /// The peer is proven and streams can be opened.
        case established(PeerID)
        case stream(YamuxSession.Event)
    }

    static let security = "/noise"
    static let muxer = "/yamux/1.0.0"

    private enum Stage {
        /// Exits: `.handshake`.
        case choosingSecurity(Negotiation)
        /// Exits: `.choosingMuxer`, or `.open` when both ends named Yamux in the handshake.
        case handshake(NoiseHandshake)
        /// Exits: `.open`.
        case choosingMuxer(Negotiation, PeerID)
        /// No exits.
        case open
    }

    /// Either end of the negotiation for one protocol.
    private enum Negotiation {
        case dialer(MultistreamDialer)
        case listener(MultistreamListener)

        init(_ role: YamuxSession.Role, _ name: String) {
            self =
                role == .dialer
                ? .dialer(MultistreamDialer([name])) : .listener(MultistreamListener(supporting: [name]))
        }

        /// - Returns: Whether both ends agreed.
        mutating func receive(_ bytes: inout ByteBuffer, _ output: inout ByteBuffer) throws(MultistreamError) -> Bool {
            switch self {
            case .dialer(var machine):
                let answer = try machine.receive(&bytes)
                self = .dialer(machine)
                switch answer {
                case .more: return false
                case .send(var reply):
                    output.writeBuffer(&reply)
                    return false
                case .agreed: return true
                }
            case .listener(var machine):
                let answer = try machine.receive(&bytes)
                self = .listener(machine)
                switch answer {
                case .more: return false
                case .send(var reply):
                    output.writeBuffer(&reply)
                    return false
                case .agreed(_, var reply):
                    output.writeBuffer(&reply)
                    return true
                }
            }
        }

        var opening: ByteBuffer? {
            if case .dialer(let machine) = self { machine.opening() } else { nil }
        }
    }

    private let role: YamuxSession.Role
    private let identity: NoiseIdentity
    private let expectedPeer: PeerID?
    private var stage: Stage
    /// As they came, not yet taken apart.
    private var incoming = ByteBuffer()
    /// What `incoming` was before: its memory is used again once that was decrypted.
    private var incomingBefore = ByteBuffer()
    /// Decrypted, not yet taken apart.
    private var plaintext = ByteBuffer()
    /// Goes out as it is.
    private var outgoing = ByteBuffer()
    private var sending: NoiseCipher?
    private var receiving: NoiseCipher?
    /// Its output is what waits to be encrypted; empty before the connection is open, but for the negotiation of the muxer.
    var session: YamuxSession

    init(
        role: YamuxSession.Role, identity: NoiseIdentity, expectedPeer: PeerID?, limits: YamuxSession.Limits
    ) {
        self.role = role
        self.identity = identity
        self.expectedPeer = expectedPeer
        session = YamuxSession(role: role, limits: limits)
        let negotiation = Negotiation(role, Self.security)
        stage = .choosingSecurity(negotiation)
        if let opening = negotiation.opening { outgoing = opening }
    }

    var isOpen: Bool {
        if case .open = stage { true } else { false }
    }

    /// Bytes that wait to be sent.
    var outputLength: Int { outgoing.readableBytes + session.output.readableBytes }

    /// Moves what is to be sent to where it is encrypted: what is there already comes before it.
    mutating func takeOutput(_ outbound: inout Outbound) throws(ConnectionError) {
        do { try outbound.take(&outgoing, &session.output, &sending) } catch { throw .noise(error) }
    }

    /// Gives back what a buffer grew to, if nothing is in it. Called now and then: a connection that is busy keeps it.
    mutating func releaseIdleMemory() {
        session.output.releaseIdleMemory()
        incoming.releaseIdleMemory()
        incomingBefore = ByteBuffer()
    }

    /// Takes bytes as they came.
    /// - Returns: What has to be decrypted first, and then goes to `receive(decrypted:at:)` before any more is taken.
    mutating func receive(_ bytes: ByteBuffer) throws(ConnectionError) -> (events: [Event], sealed: Inbound?) {
        var events: [Event] = []
        if receiving == nil {
            var bytes = bytes
            incoming.writeBuffer(&bytes)
            while receiving == nil {
                guard try advance(&events) else { return (events, nil) }
            }
            bytes = incoming
            incoming = ByteBuffer()
            return (events, try takeFrames(bytes))
        }
        return (events, try takeFrames(bytes))
    }

    /// Takes what was decrypted.
    mutating func receive(decrypted bytes: ByteBuffer, at now: Duration) throws(ConnectionError) -> [Event] {
        if plaintext.readableBytes == 0 {
            plaintext = bytes
        } else {
            var bytes = bytes
            plaintext.discardReadBytes()
            plaintext.writeBuffer(&bytes)
        }
        var events: [Event] = []
        if case .choosingMuxer(var negotiation, let peer) = stage {
            let agreed: Bool
            do {
                agreed = try negotiation.receive(&plaintext, &session.output.tail)
            } catch {
                throw .multistream(error)
            }
            stage = .choosingMuxer(negotiation, peer)
            if agreed { opened(peer, &events) }
        }
        if isOpen {
            do {
                for event in try session.receive(&plaintext, at: now) { events.append(.stream(event)) }
            } catch {
                throw .yamux(error)
            }
        }
        // An idle connection keeps no large buffer.
        if plaintext.readableBytes == 0 { plaintext = ByteBuffer() }
        return events
    }

    /// Whole frames to be decrypted. The beginning of one that is not whole stays, and only the rest of it is copied to it.
    private mutating func takeFrames(_ bytes: ByteBuffer) throws(ConnectionError) -> Inbound? {
        guard var cipher = receiving else { preconditionFailure("the handshake is done") }
        var inbound = Inbound()
        do {
            var rest = bytes
            while incoming.readableBytes > 0, rest.readableBytes > 0 {
                guard var part = rest.readSlice(length: min(NoiseFrames.missing(of: incoming), rest.readableBytes))
                else { preconditionFailure("the bytes are there") }
                incoming.writeBuffer(&part)
                try inbound.take(&incoming, &cipher)
            }
            if incoming.readableBytes == 0 {
                try inbound.take(&rest, &cipher)
                if rest.readableBytes > 0 {
                    swap(&incoming, &incomingBefore)
                    incoming.clear(minimumCapacity: rest.readableBytes + NoiseFrames.missing(of: rest))
                    incoming.writeBuffer(&rest)
                }
            }
        } catch {
            throw .noise(error)
        }
        receiving = cipher
        return inbound.isEmpty ? nil : inbound
    }

    /// - Returns: Whether the next stage may find something to do in the bytes that are left.
    private mutating func advance(_ events: inout [Event]) throws(ConnectionError) -> Bool {
        switch stage {
        case .choosingSecurity(var negotiation):
            let agreed: Bool
            do { agreed = try negotiation.receive(&incoming, &outgoing) } catch { throw .multistream(error) }
            stage = agreed ? try beginHandshake() : .choosingSecurity(negotiation)
            return agreed
        case .handshake(var handshake):
            do {
                guard let message = try NoiseFrames.readHandshakeMessage(from: &incoming) else { return false }
                let answer = try handshake.receive(message)
                stage = .handshake(handshake)
                switch answer {
                case .send(let reply): NoiseFrames.writeHandshakeMessage(reply, to: &outgoing)
                case .finished(let outcome): secured(outcome, &events)
                case .sendAndFinish(let reply, let outcome):
                    NoiseFrames.writeHandshakeMessage(reply, to: &outgoing)
                    secured(outcome, &events)
                }
                return true
            } catch {
                throw .noise(error)
            }
        case .choosingMuxer, .open:
            return false
        }
    }

    private mutating func beginHandshake() throws(ConnectionError) -> Stage {
        var handshake = NoiseHandshake(
            role: role == .dialer ? .initiator : .responder, identity: identity,
            ephemeral: Curve25519.KeyAgreement.PrivateKey(), expectedPeer: expectedPeer)
        if role == .dialer {
            do {
                NoiseFrames.writeHandshakeMessage(try handshake.opening(), to: &outgoing)
            } catch {
                throw .noise(error)
            }
        }
        return .handshake(handshake)
    }

    private mutating func secured(_ outcome: NoiseHandshake.Outcome, _ events: inout [Event]) {
        (sending, receiving) = (outcome.sending, outcome.receiving)
        guard outcome.muxer != Self.muxer else { return opened(outcome.peer, &events) }
        let negotiation = Negotiation(role, Self.muxer)
        if var opening = negotiation.opening { session.output.tail.writeBuffer(&opening) }
        stage = .choosingMuxer(negotiation, outcome.peer)
    }

    private mutating func opened(_ peer: PeerID, _ events: inout [Event]) {
        stage = .open
        events.append(.established(peer))
    }
}

import NIOCore
import Synchronization

/// What a connection's bytes go through: a socket, or a stream over a relay.
protocol ConnectionTransport: Sendable {
    /// There is something to send: `PeerConnection.takeOutput()` has it. Comes back at once.
    func wake()
    /// Sends what is left and closes. Comes back at once.
    func close()
}

/// One connection: the machine that decides, what waits for it, and what its streams hold.
///
/// Any thread may call; a lock guards the machine, and nothing that waits is resumed within it.
final class PeerConnection: Sendable {
    /// What waits to be read of one stream, and who waits for it.
    struct StreamShell {
        var chunks: [ByteBuffer] = []
        /// Whether the peer closed its side.
        var isFinished = false
        var failure: PeerStreamError?
        var reader: CheckedContinuation<ByteBuffer?, any Error>?
        var writer: CheckedContinuation<Void, any Error>?
        /// When it is given up: unless its protocol is agreed on before that, or it has ended.
        var deadline: Duration?
        /// Whether its handler is done with it.
        var isReleased = false
    }

    struct Core {
        var machine: ConnectionMachine
        var streams: [UInt32: StreamShell] = [:]
        var failure: ConnectionError?
        var peer: PeerID?
        /// Whether the transport knows that there is something to send.
        var isAwake = false
        var lastHeard: Duration
        var establishing: [CheckedContinuation<PeerID, any Error>] = []
        /// Who waits until the peer acknowledges a stream, in the order in which they came.
        var openers: [(id: UInt64, continuation: CheckedContinuation<Void, Never>)] = []
        var nextOpener: UInt64 = 0
        /// Streams that wait for room in the output.
        var waitingForRoom: Set<UInt32> = []
    }

    /// What the host is told, outside of the lock.
    struct Callbacks: Sendable {
        var established: @Sendable (PeerConnection, PeerID) -> Void
        /// The peer opened a stream, whose protocol is not yet agreed on.
        var opened: @Sendable (PeerConnection, UInt32) -> Void
        var ended: @Sendable (PeerConnection, ConnectionError) -> Void
    }

    let facts: ConnectionFacts
    let isRelayed: Bool
    private let clock: @Sendable () -> Duration
    private let callbacks: Callbacks
    let core: Mutex<Core>
    /// Taken before the core, never within it.
    private let outbound = Mutex(Outbound())
    /// What was decrypted is read, and then done with, before as much comes again.
    private let plaintexts = Mutex(BufferPool(limit: 8))
    private let transport: Mutex<(any ConnectionTransport)?> = Mutex(nil)

    /// Bytes that wait to be sent at which nothing more is read from the peer: it asks for answers and does not take them.
    static let greatestOutput = 1024 * 1024

    init(
        facts: ConnectionFacts, machine: ConnectionMachine, clock: @escaping @Sendable () -> Duration,
        callbacks: Callbacks
    ) {
        self.facts = facts
        isRelayed = facts.isRelayed
        self.clock = clock
        self.callbacks = callbacks
        core = Mutex(Core(machine: machine, lastHeard: clock()))
    }

    /// What is to be done once the lock is free.
    struct Afterwards {
        var readers: [(CheckedContinuation<ByteBuffer?, any Error>, Result<ByteBuffer?, any Error>)] = []
        var writers: [(CheckedContinuation<Void, any Error>, Result<Void, any Error>)] = []
        var establishing: [(CheckedContinuation<PeerID, any Error>, Result<PeerID, any Error>)] = []
        var openers: [CheckedContinuation<Void, Never>] = []
        var opened: [UInt32] = []
        var established: PeerID?
        var ended: ConnectionError?
        var wakes = false
    }

    /// Runs a step of the machine under the lock, and what follows from it outside.
    func step<Value>(_ body: (inout Core, inout Afterwards, Duration) -> Value) -> Value {
        let now = clock()
        let (value, afterwards) = core.withLock { core in
            var afterwards = Afterwards()
            let value = body(&core, &afterwards, now)
            if !core.isAwake, core.machine.outputLength > 0 {
                core.isAwake = true
                afterwards.wakes = true
            }
            return (value, afterwards)
        }
        for (continuation, result) in afterwards.readers { continuation.resume(with: result) }
        for (continuation, result) in afterwards.writers { continuation.resume(with: result) }
        for continuation in afterwards.openers { continuation.resume() }
        if let peer = afterwards.established { callbacks.established(self, peer) }
        for (continuation, result) in afterwards.establishing { continuation.resume(with: result) }
        for id in afterwards.opened { callbacks.opened(self, id) }
        if afterwards.wakes { transport.withLock { $0 }?.wake() }
        if let error = afterwards.ended {
            transport.withLock { $0.take() }?.close()
            callbacks.ended(self, error)
        }
        return value
    }

    var peer: PeerID? { core.withLock { $0.peer } }

    // MARK: The transport's side

    /// Begins to send through a transport.
    func attach(_ transport: any ConnectionTransport) {
        self.transport.withLock { $0 = transport }
        let (hasOutput, hasEnded) = core.withLock { core in
            if core.machine.outputLength > 0 { core.isAwake = true }
            return (core.isAwake, core.failure != nil)
        }
        if hasEnded {
            self.transport.withLock { $0.take() }?.close()
        } else if hasOutput {
            transport.wake()
        }
    }

    /// One caller at a time. What is decrypted is decrypted without the lock.
    func received(_ bytes: ByteBuffer) {
        let sealed: Inbound? = step { core, afterwards, now in
            Self.take(&core, &afterwards, now) { machine throws(ConnectionError) in try machine.receive(bytes) }
        }
        guard let sealed else { return }
        let decrypted = plaintexts.withLock { buffers in
            Result { () throws(NoiseError) in try sealed.decrypted(in: &buffers) }
        }
        step { core, afterwards, now in
            _ = Self.take(&core, &afterwards, now) { machine throws(ConnectionError) in
                switch decrypted {
                case .success(let plaintext): (try machine.receive(decrypted: plaintext, at: now), nil)
                case .failure(let error): throw .noise(error)
                }
            }
        }
    }

    private static func take(
        _ core: inout Core, _ afterwards: inout Afterwards, _ now: Duration,
        _ work: (inout ConnectionMachine) throws(ConnectionError) -> ([ConnectionMachine.Event], Inbound?)
    ) -> Inbound? {
        guard core.failure == nil else { return nil }
        core.lastHeard = now
        do throws(ConnectionError) {
            let (events, sealed) = try work(&core.machine)
            for event in events { apply(event, &core, &afterwards) }
            return sealed
        } catch {
            if case .yamux = error { core.machine.session.goAway(.protocolError) }
            fail(error, &core, &afterwards)
            return nil
        }
    }

    /// What is to be sent now, in one piece; nil when that was all, and the next `wake()` will say that there is more.
    /// What is encrypted is encrypted without the lock that all streams share.
    func takeOutput() -> ByteBuffer? {
        outbound.withLock { outbound in
            do throws(NoiseError) {
                if let bytes = try outbound.next() { return bytes }
                step { core, afterwards, _ in
                    do throws(ConnectionError) {
                        try core.machine.takeOutput(&outbound)
                        if outbound.isEmpty { core.isAwake = false }
                        Self.resumeWriters(&core, &afterwards)
                    } catch {
                        Self.fail(error, &core, &afterwards)
                    }
                }
                return try outbound.next()
            } catch {
                step { core, afterwards, _ in Self.fail(.noise(error), &core, &afterwards) }
                return nil
            }
        }
    }

    /// Whether the peer must wait, because it does not take what it asked for.
    var mustPauseReading: Bool { core.withLock { $0.machine.outputLength > Self.greatestOutput } }

    /// The transport is gone, or is to go.
    func end(_ error: ConnectionError) {
        step { core, afterwards, _ in
            if case .closedHere = error, core.machine.isOpen, core.failure == nil {
                core.machine.session.goAway(.normal)
            }
            Self.fail(error, &core, &afterwards)
        }
    }

    /// Waits for the end of the handshake.
    func waitUntilEstablished() async throws -> PeerID {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                step { core, afterwards, _ in
                    if let failure = core.failure {
                        afterwards.establishing.append((continuation, .failure(failure)))
                    } else if let peer = core.peer {
                        afterwards.establishing.append((continuation, .success(peer)))
                    } else {
                        core.establishing.append(continuation)
                    }
                }
            }
        } onCancel: {
            end(.closedHere)
        }
    }

    /// What has to do with time: asks a silent peer whether it is there, and gives up what took too long.
    func tick(keepAlive: Duration, timeout: Duration) {
        outbound.withLock { $0.releaseIdleMemory() }
        plaintexts.withLock { $0.releaseMemory() }
        step { core, afterwards, now in
            guard core.machine.isOpen, core.failure == nil else { return }
            core.machine.releaseIdleMemory()
            if let ping = core.machine.session.ping {
                // A peer that sends anything is there.
                if now - max(ping.sentAt, core.lastHeard) > timeout { Self.fail(.unresponsive, &core, &afterwards) }
            } else if now - core.lastHeard > keepAlive {
                core.machine.session.ping(at: now)
            }
            for (id, shell) in core.streams where shell.deadline.map({ $0 < now }) == true {
                core.machine.session.reset(id)
                Self.failStream(id, .timedOut, &core, &afterwards)
            }
        }
    }
}

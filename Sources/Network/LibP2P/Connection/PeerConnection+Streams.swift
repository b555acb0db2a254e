import NIOCore
import Synchronization

extension PeerConnection {
    // MARK: What the machine says

    static func apply(_ event: ConnectionMachine.Event, _ core: inout Core, _ afterwards: inout Afterwards) {
        switch event {
        case .established(let peer):
            core.peer = peer
            afterwards.established = peer
            for continuation in core.establishing { afterwards.establishing.append((continuation, .success(peer))) }
            core.establishing = []
        case .stream(.opened(let id)):
            core.streams[id] = StreamShell()
            afterwards.opened.append(id)
        case .stream(.data(let id, let bytes)):
            deliver(bytes, to: id, &core, &afterwards)
        case .stream(.finished(let id)):
            core.streams[id]?.isFinished = true
            if core.streams[id]?.isReleased == true { core.streams[id] = nil }
            if let reader = core.streams[id]?.reader.take() { afterwards.readers.append((reader, .success(nil))) }
        case .stream(.reset(let id)):
            failStream(id, .reset, &core, &afterwards)
        case .stream(.writable(let id)):
            if core.machine.session.canSend(on: id), let writer = core.streams[id]?.writer.take() {
                core.waitingForRoom.remove(id)
                afterwards.writers.append((writer, .success(())))
            }
        case .stream(.acknowledged):
            if !core.openers.isEmpty { afterwards.openers.append(core.openers.removeFirst().continuation) }
        case .stream(.goAway):
            resumeOpeners(&core, &afterwards)
        case .stream(.pong):
            break
        }
    }

    /// Bytes of a piece from which on it is kept as it came.
    private static let smallPiece = 16 * 1024

    private static func deliver(_ bytes: ByteBuffer, to id: UInt32, _ core: inout Core, _ afterwards: inout Afterwards)
    {
        if let reader = core.streams[id]?.reader.take() {
            core.machine.session.consumed(bytes.readableBytes, of: id, at: core.lastHeard)
            afterwards.readers.append((reader, .success(bytes)))
        } else if bytes.readableBytes < smallPiece {
            // Small pieces are copied together, so that none of them keeps a large buffer alive.
            if let last = core.streams[id]?.chunks.indices.last,
                core.streams[id]!.chunks[last].readableBytes < smallPiece
            {
                core.streams[id]!.chunks[last].writeImmutableBuffer(bytes)
            } else {
                var copy = ByteBuffer()
                copy.writeImmutableBuffer(bytes)
                core.streams[id]?.chunks.append(copy)
            }
        } else {
            core.streams[id]?.chunks.append(bytes)
        }
    }

    static func resumeWriters(_ core: inout Core, _ afterwards: inout Afterwards) {
        guard !core.waitingForRoom.isEmpty else { return }
        for id in core.waitingForRoom where core.machine.session.canSend(on: id) {
            core.waitingForRoom.remove(id)
            if let writer = core.streams[id]?.writer.take() { afterwards.writers.append((writer, .success(()))) }
        }
    }

    static func failStream(
        _ id: UInt32, _ error: PeerStreamError, _ core: inout Core, _ afterwards: inout Afterwards
    ) {
        // A stream that was reset before it was acknowledged makes room for another.
        if !core.openers.isEmpty { afterwards.openers.append(core.openers.removeFirst().continuation) }
        guard core.streams[id]?.failure == nil else { return }
        core.waitingForRoom.remove(id)
        core.streams[id]?.chunks = []
        core.streams[id]?.failure = error
        if let reader = core.streams[id]?.reader.take() { afterwards.readers.append((reader, .failure(error))) }
        if let writer = core.streams[id]?.writer.take() { afterwards.writers.append((writer, .failure(error))) }
        // Who reads or writes later finds no stream, which says the same as the failure.
        core.streams[id] = nil
    }

    static func fail(_ error: ConnectionError, _ core: inout Core, _ afterwards: inout Afterwards) {
        guard core.failure == nil else { return }
        core.failure = error
        for continuation in core.establishing { afterwards.establishing.append((continuation, .failure(error))) }
        core.establishing = []
        for id in core.streams.keys { failStream(id, .connectionLost, &core, &afterwards) }
        resumeOpeners(&core, &afterwards)
        afterwards.ended = error
    }

    private static func resumeOpeners(_ core: inout Core, _ afterwards: inout Afterwards) {
        afterwards.openers += core.openers.map(\.continuation)
        core.openers = []
    }

    // MARK: What streams ask for

    /// Opens a stream; waits while too many are not acknowledged by the peer.
    /// - Throws: `PeerStreamError`, `.tooManyStreams` and `.connectionLost` among them.
    func openStream() async throws -> UInt32 {
        while true {
            let opening: YamuxSession.Opening = step { core, _, now in
                guard core.failure == nil, core.machine.isOpen else { return .never }
                let opening = core.machine.session.open(at: now)
                if case .opened(let id) = opening { core.streams[id] = StreamShell() }
                return opening
            }
            switch opening {
            case .opened(let id): return id
            case .never: throw PeerStreamError.connectionLost
            case .tooMany:
                throw PeerStreamError.tooManyStreams(limit: core.withLock { $0.machine.session.limits.outboundStreams })
            case .later: await waitToOpen()
            }
            try Task.checkCancellation()
        }
    }

    private func waitToOpen() async {
        let id = core.withLock { core in
            core.nextOpener += 1
            return core.nextOpener
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                step { core, afterwards, _ in
                    // An acknowledgement may have come in between.
                    if core.failure != nil || Task.isCancelled || core.machine.session.canOpen {
                        afterwards.openers.append(continuation)
                    } else {
                        core.openers.append((id, continuation))
                    }
                }
            }
        } onCancel: {
            step { core, afterwards, _ in
                guard let index = core.openers.firstIndex(where: { $0.id == id }) else { return }
                afterwards.openers.append(core.openers.remove(at: index).continuation)
            }
        }
    }

    func read(_ id: UInt32) async throws -> ByteBuffer? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                step { core, afterwards, now in
                    guard let shell = core.streams[id] else {
                        let lost: PeerStreamError = core.failure == nil ? .reset : .connectionLost
                        afterwards.readers.append((continuation, .failure(lost)))
                        return
                    }
                    if !shell.chunks.isEmpty {
                        let chunk = core.streams[id]!.chunks.removeFirst()
                        core.machine.session.consumed(chunk.readableBytes, of: id, at: now)
                        afterwards.readers.append((continuation, .success(chunk)))
                    } else if shell.isFinished {
                        afterwards.readers.append((continuation, .success(nil)))
                    } else {
                        precondition(shell.reader == nil, "one task reads a stream")
                        core.streams[id]!.reader = continuation
                    }
                }
            }
        } onCancel: {
            reset(id)
        }
    }

    func write(_ bytes: ByteBuffer, to id: UInt32) async throws {
        var rest = bytes
        while rest.readableBytes > 0 {
            let failure: PeerStreamError? = step { core, _, _ in
                guard core.streams[id] != nil else { return core.failure == nil ? .reset : .connectionLost }
                return core.machine.session.send(&rest, on: id) ? nil : .closed
            }
            if let failure { throw failure }
            if rest.readableBytes > 0 { try await waitForRoom(id) }
        }
    }

    private func waitForRoom(_ id: UInt32) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                step { core, afterwards, _ in
                    guard core.streams[id] != nil else {
                        let lost: PeerStreamError = core.failure == nil ? .reset : .connectionLost
                        afterwards.writers.append((continuation, .failure(lost)))
                        return
                    }
                    guard !core.machine.session.canSend(on: id) else {
                        afterwards.writers.append((continuation, .success(())))
                        return
                    }
                    precondition(core.streams[id]!.writer == nil, "one task writes to a stream")
                    core.streams[id]!.writer = continuation
                    core.waitingForRoom.insert(id)
                }
            }
        } onCancel: {
            reset(id)
        }
    }

    func closeWrite(_ id: UInt32) throws {
        let failure: PeerStreamError? = step { core, _, _ in
            guard core.streams[id] != nil else { return core.failure == nil ? .reset : .connectionLost }
            core.machine.session.closeWrite(id)
            return nil
        }
        if let failure { throw failure }
    }

    func reset(_ id: UInt32) {
        step { core, afterwards, _ in
            if core.machine.session.streams[id] == nil, core.streams[id]?.isFinished == true { return }
            core.machine.session.reset(id)
            Self.failStream(id, .reset, &core, &afterwards)
        }
    }

    /// Gives a stream up unless its protocol is agreed on by then; nil takes that back.
    func setDeadline(_ patience: Duration?, of id: UInt32) {
        step { core, _, now in core.streams[id]?.deadline = patience.map { now + $0 } }
    }

    /// Nobody has the stream any more. Where this end has closed its side, what it sent still goes to the peer; else both
    /// ends give up.
    func forget(_ id: UInt32, within patience: Duration = .seconds(30)) {
        let mustRelease: Bool = step { core, _, _ in
            guard core.streams[id]?.isReleased == false else { return false }
            if core.machine.session.streams[id]?.isWriteClosed == true { return true }
            core.machine.session.reset(id)
            core.streams[id] = nil
            return false
        }
        if mustRelease { release(id, within: patience) }
    }

    /// Nobody reads or writes here any more: closes this side, throws away what comes, and gives up if the peer does not end.
    func release(_ id: UInt32, within patience: Duration) {
        step { core, afterwards, now in
            core.machine.session.closeWrite(id)
            core.machine.session.discard(id)
            core.streams[id]?.chunks = []
            if core.machine.session.streams[id] == nil {
                core.streams[id] = nil
            } else {
                core.streams[id]?.isReleased = true
                core.streams[id]?.deadline = now + patience
            }
        }
    }
}

import LibP2P
import Logging
import WeftModel
import WeftStorage

/// The streams on which a node asks: one to the coordinator, and one to each of a few other nodes.
extension BlobShare {
    func keepAskingCoordinator() async {
        var failures = 0
        while phase != .ended, !Task.isCancelled {
            do {
                try await ask(coordinator, grant: [])
                failures = 0
            } catch let error as BlobFetchError {
                return end(error)
            } catch {
                kit.logger.debug(
                    "the coordinator gives no chunks", metadata: ["blob": "\(digest)", "reason": "\(error)"])
                if phase == .joining {
                    failures += 1
                    if failures == 3 || error is StreamRefused { return end(.notOffered("\(error)")) }
                }
            }
            // Without the coordinator nobody may be given anything of it any more.
            if phase == .whole { return end() }
            do { try await kit.clock.sleep(.milliseconds(500)) } catch { return }
        }
    }

    func keepAsking(_ source: BlobSource) async {
        await kit.network.learn(source.addresses, of: source.peer, for: .seconds(1800))
        var pause = Duration.milliseconds(500)
        for _ in 0..<Self.tries {
            guard phase == .loading, !dropped.contains(source.peer), !Task.isCancelled else { break }
            do { try await ask(source.peer, grant: grant) } catch {
                kit.logger.debug(
                    "a node gives no chunks",
                    metadata: ["peer": "\(source.peer)", "blob": "\(digest)", "reason": "\(error)"])
            }
            guard phase == .loading else { break }
            do { try await kit.clock.sleep(pause) } catch { break }
            pause *= 2
        }
        askedSources -= 1
        // It may be told of again, should it come back.
        known.remove(source.peer)
        askSpare()
    }

    /// Asks one peer for chunks until either end has enough.
    nonisolated func ask(_ peer: PeerID, grant: [UInt8]) async throws {
        let stream = try await kit.network.openStream(to: peer, protocols: [BlobProtocol.name])
        defer { stream.reset() }
        let writer = MessageWriter(stream)
        try await writer.write(BlobCodec.encode(.open(digest, grant: grant)))
        var reader = MessageReader(stream)
        // A coordinator may have to read the whole blob first.
        let patience = Duration.seconds(peer == coordinator ? 300 : 30)
        guard let first = try await reader.read(limit: BlobProtocol.answerBytes, within: patience, by: kit.clock) else {
            throw PeerStreamError.closed
        }
        guard let (list, requests) = try await begin(peer, stream, try BlobCodec.answer(from: first)) else { return }
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for await request in requests { try await writer.write(BlobCodec.encode(request)) }
                    try await stream.closeWrite()
                }
                group.addTask { [reader] in try await self.listen(to: peer, list, reader) }
                defer { group.cancelAll() }
                try await group.next()
            }
        } catch {
            await lost(peer)
            if Self.isViolation(error) { await drop(peer, "\(error)") }
            throw error
        }
        await lost(peer)
    }

    private static func isViolation(_ error: any Error) -> Bool {
        switch error {
        case PeerStreamError.malformed, PeerStreamError.messageTooLarge: true
        default: false
        }
    }

    /// Takes what a peer says first. Nil where there is nothing to ask it for any more.
    func begin(
        _ peer: PeerID, _ stream: any PeerStream, _ answer: BlobAnswer
    ) async throws -> (ChunkList, AsyncStream<BlobRequest>)? {
        switch answer {
        case .opened(let opened):
            if peer == coordinator {
                guard let opened else { throw BlobFetchError.wrong(from: peer, "it does not say what the chunks are") }
                try await take(opened)
            }
        case .refused(let reason, let never):
            if peer == coordinator, never || phase == .joining { throw BlobFetchError.notOffered(reason) }
            throw PeerStreamError.closed
        case .offer, .sources, .chunk, .declined: throw PeerStreamError.malformed("an answer before the stream is open")
        }
        guard let list, phase == .loading || (phase == .whole && peer == coordinator) else { return nil }
        let (requests, send) = AsyncStream.makeStream(of: BlobRequest.self)
        speakers[peer]?.requests.finish()
        speakers[peer] = Speaker(stream: stream, requests: send)
        return (list, requests)
    }

    /// What the coordinator says the chunks are; what is here of them from an earlier time counts once it was checked.
    func take(_ opened: BlobAnswer.Opened) async throws {
        grant = opened.grant
        guard phase == .joining else {
            guard opened.list == list else {
                throw BlobFetchError.wrong(from: coordinator, "its chunks are not what they were")
            }
            return
        }
        let list = opened.list
        let partial: any PartialBlob
        var have = ChunkSet(count: list.count)
        do {
            partial = try await kit.partials.openPartial(digest, sizeBytes: list.sizeBytes)
            let length = try await partial.lengthBytes
            for chunk in 0..<list.count where list.offset(of: chunk) + Int64(list.length(of: chunk)) <= length {
                let bytes = try await partial.read(at: list.offset(of: chunk), length: list.length(of: chunk))
                if list.isRight(bytes, for: chunk) { have.insert(chunk) }
            }
        } catch let error as BlobError {
            throw BlobFetchError.notKept("\(error)")
        }
        guard phase == .joining else { return }
        self.list = list
        self.partial = partial
        plan = DownloadPlan(list, coordinator: coordinator, have: have)
        for peer in dropped { plan?.drop(peer) }
        phase = .loading
        lastArrival = kit.clock.now()
        bell.ring()
        if have.isFull { work.yield(.finish) }
    }

    nonisolated func listen(to peer: PeerID, _ list: ChunkList, _ reader: MessageReader) async throws {
        var reader = reader
        let limit = max(list.chunkBytes + BlobProtocol.chunkOverheadBytes, 64 * 1024)
        while let bytes = try await reader.read(limit: limit) {
            switch try BlobCodec.answer(from: bytes) {
            case .offer(let bytes):
                guard let chunks = ChunkSet(bytes: bytes, count: list.count) else {
                    throw PeerStreamError.malformed("an offer of chunks that there are none of")
                }
                await offered(chunks, by: peer)
            case .sources(let sources):
                guard peer == coordinator else { throw PeerStreamError.malformed("sources from a node") }
                await hear(of: sources)
            case .chunk(let chunk, let bytes):
                // One that comes when nothing is wanted any more says nothing of who sent it.
                guard let isAsked = await isAsked(chunk, of: peer) else { continue }
                guard isAsked else { throw PeerStreamError.malformed("a chunk that was not asked for") }
                guard list.isRight(bytes, for: chunk) else {
                    throw PeerStreamError.malformed("chunk \(chunk) is corrupt")
                }
                try await keep(bytes, chunk, at: list.offset(of: chunk), from: peer)
            case .declined(let chunk): await declined(chunk, by: peer)
            case .opened, .refused: throw PeerStreamError.malformed("a stream is opened once")
            }
        }
    }
}

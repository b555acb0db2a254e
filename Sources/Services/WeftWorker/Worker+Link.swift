import Logging
import WeftModel
import WeftStorage
import WeftWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The life of one link.
extension Worker {
    enum LinkEnd: Sendable {
        case refused(WorkerError, canRetry: Bool)
        /// Why, for people; and whether the coordinator had let the worker in.
        case ended(String, wasWelcome: Bool)
    }

    /// Requests for pieces of blobs that wait to be served; a coordinator with more on the way breaks the protocol.
    private static let serveLimit = 4096
    /// The part of a greeting that results may take; the rest follow one by one.
    private static let helloBytes = 1 << 20

    /// Reaches the coordinator, speaks with it until the link ends, and says why it did.
    func linkOnce() async -> LinkEnd {
        let link: any Link
        do { link = try await reach() } catch { return .ended("\(error)", wasWelcome: false) }
        let end = await converse(over: link)
        isLinked = false
        outbox.close()
        await inlet.linkClosed()
        await link.close()
        return end
    }

    /// ``connect``, in a task that ``drain(grace:)`` can cancel.
    private func reach() async throws -> any Link {
        let connect = connect
        let reaching = Task { try await connect() }
        interrupt = { reaching.cancel() }
        defer { interrupt = nil }
        return try await withTaskCancellationHandler {
            try await reaching.value
        } onCancel: {
            reaching.cancel()
        }
    }

    private func converse(over link: any Link) async -> LinkEnd {
        var handshake = Handshake(
            identity: identity, pinned: configuration.coordinator, nonce: environment.nonce(),
            channelBinding: link.channelBinding)
        let (requests, serve) = AsyncStream.makeStream(
            of: Weft_Wire_V1_BlobRequest.self, bufferingPolicy: .bufferingOldest(Self.serveLimit))
        var announced: Set<AttemptID> = []
        var isWelcome = false
        return await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await self.watchHandshake(link) }
            defer {
                serve.finish()
                outbox.close()
                tasks.cancelAll()
            }
            do {
                for try await batch in link.inbound {
                    silentBeats = 0
                    if isWelcome {
                        if let end = await handle(batch, serve) { return end }
                        continue
                    }
                    for (position, message) in batch.enumerated() {
                        switch handshake.handle(message) {
                        case nil: continue
                        case .greet(let hello, let claimed):
                            let (greeting, results) = greeting(hello, to: claimed)
                            announced = results
                            try await link.send([Message(.hello(greeting))])
                            continue
                        case .welcome(let terms):
                            isWelcome = true
                            await begin(terms, announced: announced, at: link)
                            tasks.addTask { await self.sendAll(over: link) }
                            tasks.addTask { await self.flushLingering() }
                            tasks.addTask { await self.beat(terms, link) }
                            tasks.addTask { await self.serveBlobs(requests) }
                        case .refused(let error, let canRetry): return .refused(error, canRetry: canRetry)
                        case .breach(let why):
                            return .ended("the coordinator broke the protocol: \(why)", wasWelcome: false)
                        }
                        if let end = await handle(Array(batch[(position + 1)...]), serve) { return end }
                        break
                    }
                }
                return .ended("the coordinator closed it", wasWelcome: isWelcome)
            } catch {
                return .ended("\(error)", wasWelcome: isWelcome)
            }
        }
    }

    // MARK: Greeting

    /// The greeting with what this worker is doing, and the results that are in it.
    private func greeting(
        _ hello: Weft_Wire_V1_Hello, to coordinator: NodeID
    ) -> (Weft_Wire_V1_Hello, results: Set<AttemptID>) {
        var hello = hello
        hello.profile = profile.wire
        greetedProfile = profile
        hello.joinToken = configuration.joinToken
        var announced: Set<AttemptID> = []
        // Another coordinator's work is none of this one's business.
        guard employer == nil || employer == coordinator else { return (hello, []) }
        var room = Self.helloBytes
        for (id, attempt) in attempts where !attempt.isDropped {
            hello.running.append(AttemptStart(attempt: id, at: attempt.startedAt ?? environment.now()).wire)
            room -= 64
        }
        var results: [FinishedAttempt] = []
        for result in retained.all {
            if result.estimatedBytes <= room {
                room -= result.estimatedBytes
                results.append(result)
                announced.insert(result.attempt)
            } else {
                // Reported right after the welcome; until then it is not lost.
                hello.running.append(AttemptStart(attempt: result.attempt, at: result.report.startedAt).wire)
            }
        }
        hello.finished = signer.reports(results).map(\.wire)
        return (hello, announced)
    }

    private func begin(_ terms: Handshake.Terms, announced: Set<AttemptID>, at link: any Link) async {
        if let employer, employer != terms.coordinator {
            logger.warning("this is another coordinator; the work for the last one is dropped")
            await dropEverything()
        }
        employer = terms.coordinator
        isLinked = true
        jobOrders = [:]
        coordinatorBeats = false
        outbox.open()
        if let greetedProfile, greetedProfile != profile { outbox.post(Message(.profile(profile.wire))) }
        logger.info(
            "linked", metadata: ["coordinator": "\(terms.coordinator.short)", "at": "\(link.remoteDescription)"])
        for result in retained.all where !announced.contains(result.attempt) {
            outbox.post(result)
        }
        await inlet.linkOpened()
    }

    /// A coordinator that does not let the worker in, and does not say no, loses the link.
    private func watchHandshake(_ link: any Link) async {
        do { try await environment.sleep(configuration.handshakePatience) } catch {
            return await link.close()
        }
        if !isLinked { await link.close() }
    }

    // MARK: The tasks of a link

    private func flushLingering() async {
        await outbox.flushLingering { [environment, configuration] in
            // Cut short by the end of the link, which ends the loop as well.
            do { try await environment.sleep(configuration.linger) } catch {}
        }
    }

    private func sendAll(over link: any Link) async {
        do {
            while let batch = await outbox.next() { try await link.send(signer.messages(batch)) }
        } catch {
            // The reader gets the same error from the link, and says so.
        }
        await link.close()
    }

    private func beat(_ terms: Handshake.Terms, _ link: any Link) async {
        while true {
            do { try await environment.sleep(terms.heartbeat) } catch { return await link.close() }
            silentBeats += 1
            // A coordinator that says nothing at all says nothing about the link either.
            if coordinatorBeats, terms.heartbeat * silentBeats > max(terms.lease, terms.heartbeat * 3) {
                logger.warning("the coordinator is silent; linking anew")
                return await link.close()
            }
            var heartbeat = Weft_Wire_V1_Heartbeat()
            heartbeat.running = UInt32(clamping: ledger.holders.count)
            heartbeat.loadPercent = environment.loadPercent()
            outbox.post(Message(.heartbeat(heartbeat)))
        }
    }

    private func serveBlobs(_ requests: AsyncStream<Weft_Wire_V1_BlobRequest>) async {
        for await request in requests {
            var data = Weft_Wire_V1_BlobData()
            data.request = request.request
            do {
                let (bytes, total) = try await piece(request)
                data.bytes = Data(bytes)
                data.totalBytes = UInt64(total)
            } catch {
                data.error = "\(error)"
            }
            guard await outbox.postBlob(Message(.blobData(data)), bytes: data.bytes.count + 128) else { return }
        }
    }

    /// A piece of a blob that belongs to a result this coordinator has not acknowledged; of no other.
    private func piece(_ request: Weft_Wire_V1_BlobRequest) async throws -> (bytes: [UInt8], total: Int64) {
        let digest = try Digest(wire: request.digest, field: "blob_request.digest")
        let length = Int(min(request.length, UInt32(LinkBounds.blobChunkBytes)))
        if let bytes = retained.inlineContent(digest) {
            let offset = Int(min(request.offset, UInt64(bytes.count)))
            return (Array(bytes[offset...].prefix(length)), Int64(bytes.count))
        }
        guard retained.holdsStored(digest), let total = await cache.size(of: digest) else {
            throw BlobError.missing(digest)
        }
        let offset = min(request.offset, UInt64(total))
        return (try await cache.read(digest, offset: Int64(offset), length: length), total)
    }

    // MARK: What the coordinator says

    /// The end of the link, if the batch makes one.
    private func handle(
        _ batch: [Message], _ serve: AsyncStream<Weft_Wire_V1_BlobRequest>.Continuation
    ) async -> LinkEnd? {
        var pieces: [Weft_Wire_V1_BlobData] = []
        var unpinned: [Digest] = []
        var end: LinkEnd?
        loop: for message in batch {
            switch message.body {
            case .jobOrder(let order): note(order)
            case .assignments(let assignments): take(assignments)
            case .jobForgotten(let job): jobOrders[JobID(job.job)] = nil
            case .revocation(let revocation): revoke(revocation)
            case .acks(let acks): unpinned += acknowledge(acks)
            case .blobData(let data): pieces.append(data)
            case .blobRequest(let request):
                if case .dropped = serve.yield(request) {
                    end = .ended("the coordinator asked for too many blobs at once", wasWelcome: true)
                    break loop
                }
            case .heartbeat: coordinatorBeats = true
            case .goodbye(let goodbye):
                logger.info("the coordinator says goodbye", metadata: ["reason": "\(goodbye.reason.prefix(200))"])
            case .refusal(let refusal):
                end = .refused(
                    .refused(code: String(refusal.code.prefix(100)), message: String(refusal.message.prefix(1000))),
                    canRetry: refusal.retry)
                break loop
            case .challenge, .hello, .welcome, .started, .log, .finished, .profile, .progress, nil:
                continue  // not for a worker that is at work, or of a later protocol
            }
        }
        if !pieces.isEmpty { await inlet.receive(pieces) }
        if !unpinned.isEmpty { await cache.unpin(unpinned) }
        return end
    }
}

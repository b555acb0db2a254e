import Logging
import SwiftProtobuf
import Synchronization
import WeftEngine
import WeftFormats
import WeftModel
import WeftStorage
import WeftWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// One worker's link, from its proven key to its end.
final class WorkerSession: Sendable {
    /// How many messages may wait for a worker that does not read.
    private static let outboxLimit = 200_000
    /// How many results of one worker may wait to be checked before no more are read from its link.
    private static let maxWaitingReports = 4096
    /// How many results of one worker are taken in at a time.
    private static let maxIntakes = 64
    /// Checking so many is worth a change of threads: whoever decides goes on meanwhile.
    private static let manyReports = 16

    let node: NodeID
    let number: UInt64
    let link: any Link
    let outbox = Mailbox<WireMessage>(limit: outboxLimit)

    /// The jobs whose orders the worker has.
    let orders = Mutex(SentOrders())

    /// Pieces of output on their way to the actor; what does not fit is not shown live.
    private let logPieces = Mailbox<LogHub.Piece>(limit: 10_000)
    private let coordinator: Coordinator
    private let publicIdentity: PublicIdentity
    private let transfers: BlobTransfers
    private let ending = Mutex<String?>(nil)

    init(node: NodeID, identity: PublicIdentity, number: UInt64, link: any Link, coordinator: Coordinator) {
        self.node = node
        publicIdentity = identity
        self.number = number
        self.link = link
        self.coordinator = coordinator
        transfers = BlobTransfers(outbox: outbox)
    }

    /// Closes the link; what is running goes on under its leases.
    func end(_ reason: String) {
        ending.withLock { $0 = $0 ?? reason }
        outbox.push(.with { $0.goodbye.reason = reason })
        outbox.close()
    }

    /// Speaks until the link ends; returns why it did, and whether the worker was drained.
    func run(held: [AttemptReport]) async -> (reason: String, drained: Bool) {
        let reports = Mailbox<AttemptReport>()
        reports.push(held)
        let outcome = await withTaskGroup(of: (reason: String, drained: Bool)?.self) { group in
            group.addTask {
                await self.send()
                return nil
            }
            group.addTask {
                await self.takeIn(reports)
                return nil
            }
            group.addTask { await self.receive(reports) }
            var outcome: (reason: String, drained: Bool)?
            while outcome == nil, let ended = await group.next() { outcome = ended }
            await link.close()
            reports.close()
            outbox.close()
            transfers.close()
            group.cancelAll()
            return outcome
        }
        return outcome ?? ("the link ended", false)
    }

    private func send() async {
        while let batch = await outbox.next() {
            do { try await link.send(batch) } catch { break }
        }
        await link.close()
    }

    private func receive(_ reports: Mailbox<AttemptReport>) async -> (reason: String, drained: Bool) {
        do {
            for try await batch in link.inbound {
                if let goodbye = try receive(batch, reports) { return goodbye }
                // Not reading gives the worker no credit: it slows down.
                await reports.room(below: Self.maxWaitingReports)
            }
            return (ending.withLock { $0 } ?? "it closed the link", false)
        } catch {
            return (ending.withLock { $0 } ?? "\(error)", false)
        }
    }

    /// Takes a batch; returns the worker's farewell, if it is in it. Throws when the worker breaks the protocol.
    private func receive(_ batch: [WireMessage], _ reports: Mailbox<AttemptReport>) throws -> (String, Bool)? {
        var incidents = [Coordinator.Incident(event: .nodeHeard(node, session: number))]
        var pieces: [LogHub.Piece] = []
        var finished: [AttemptReport] = []
        var goodbye: (String, Bool)?
        for message in batch {
            switch message.body {
            case .heartbeat, .progress:
                break
            case .profile(let wire):
                incidents.append(
                    Coordinator.Incident(
                        event: .nodeProfiled(
                            node, session: number, try NodeProfile(wire: wire).withSignedBenchmark(of: node))))
            case .started(let wire):
                let start = try AttemptStart(wire: wire)
                incidents.append(Coordinator.Incident(event: .attemptStarted(start.attempt, node)))
            case .finished(let wire):
                finished.append(try AttemptReport(wire: wire))
            case .log(let wire):
                guard wire.offset <= LogHub.maxOffset, wire.dropped <= LogHub.maxOffset else {
                    throw LinkError.malformed("log: no stream is as long as its offset says")
                }
                pieces.append(
                    LogHub.Piece(
                        attempt: try AttemptID(wire: wire.attempt), isStandardError: wire.standardError,
                        offset: wire.offset, dropped: wire.dropped, bytes: [UInt8](wire.bytes)))
            case .blobRequest(let request):
                transfers.serve(request)
            case .blobData(let data):
                transfers.receive(data)
            case .goodbye(let wire):
                goodbye = (wire.reason, wire.drained)
            case .challenge, .hello, .welcome, .refusal, .jobOrder, .assignments, .jobForgotten, .revocation, .acks:
                throw LinkError.malformed("a worker does not send this")
            case nil:
                break  // a newer peer's message
            }
        }
        coordinator.inbox.push(incidents)
        reports.push(finished)
        if !pieces.isEmpty { logPieces.push(pieces) }
        return goodbye
    }

    /// Checks results and brings their blobs in, several at a time, and hands them to the engine.
    private func takeIn(_ reports: Mailbox<AttemptReport>) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                while let pieces = await self.logPieces.next() { await self.coordinator.add(pieces) }
            }
            group.addTask { await self.transfers.answer(from: self.coordinator.blobs) }
            var intake = ResultIntake(node: node, identity: publicIdentity)
            var running = 0
            while let batch = await reports.next() {
                let unknown = intake.unknownJobs(of: batch)
                if !unknown.isEmpty { intake.learn(await coordinator.expectations(of: unknown)) }
                let checked: ResultIntake.Checked
                do throws(ProtocolViolation) {
                    checked = try await withTaskExecutorPreference(
                        batch.count >= Self.manyReports ? globalConcurrentExecutor : nil
                    ) { () async throws(ProtocolViolation) in try intake.check(batch) }
                } catch {
                    coordinator.logger.warning(
                        "a worker's result was refused", metadata: ["node": "\(node)", "error": "\(error.message)"])
                    end(error.message)
                    continue
                }
                await coordinator.inbox.room(below: Coordinator.maxWaitingIncidents)
                coordinator.inbox.push(checked.ready.map { Coordinator.Incident(event: .attemptEnded($0)) })
                for (report, result) in checked.withBlobs {
                    if running >= Self.maxIntakes {
                        await group.next()
                        running -= 1
                    }
                    running += 1
                    group.addTask { await self.takeIn(report, result) }
                }
            }
            logPieces.close()
            group.cancelAll()
        }
    }

    /// Brings in what the result names; then it counts.
    private func takeIn(_ report: AttemptReport, _ result: AttemptResult) async {
        do {
            if case .completed(let completion) = result.outcome {
                for blob in completion.blobs { try await fetch(blob, inline: report.inlineBlobs[blob.digest]) }
            }
            coordinator.inbox.push(Coordinator.Incident(event: .attemptEnded(result)))
        } catch let error as ProtocolViolation {
            coordinator.logger.warning(
                "a worker's result was refused", metadata: ["node": "\(node)", "error": "\(error.message)"])
            end(error.message)
        } catch is CancellationError {
        } catch LinkError.closed {
        } catch {
            // Its blobs could not be had: this is no answer, and another node may do better.
            coordinator.logger.warning(
                "a result's output could not be fetched", metadata: ["node": "\(node)", "error": "\(error)"])
            var failed = report
            failed.outcome = .failed(
                AttemptFailure(.inputUnavailable, "the output could not be fetched from its node: \(error)"))
            failed.signature = []
            coordinator.inbox.push(
                Coordinator.Incident(event: .attemptEnded(failed.result(node: node, answer: nil))))
        }
    }

    private func fetch(_ blob: BlobReference, inline: [UInt8]?) async throws {
        let blobs = coordinator.blobs
        guard try await blobs.size(of: blob.digest) == nil else { return }
        guard blob.sizeBytes <= coordinator.configuration.maxBlobBytes else {
            throw BlobError.full("the output has \(blob.sizeBytes) bytes")
        }
        if let inline {
            guard Hashing.sha256(inline) == blob.digest else {
                throw ProtocolViolation(message: "an inline output is not what its digest says")
            }
            _ = try await blobs.put(inline)
        } else {
            try await transfers.fetch(blob, into: blobs)
        }
    }
}

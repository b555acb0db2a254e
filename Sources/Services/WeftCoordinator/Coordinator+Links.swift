import Logging
import SwiftProtobuf
import WeftEngine
import WeftFormats
package import WeftModel
package import WeftWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Coordinator {
    /// Speaks with one worker until its link ends. Never throws: what goes wrong ends the link.
    package func serve(_ link: any Link) async { await serve(link, invited: nil) }

    /// As ``serve(_:)``, for a node that was asked to come, and that the link's transport has proven to be at its other end: it
    /// needs no join token, and no other node may use the link.
    package func serve(_ link: any Link, invited: NodeID?) async {
        guard loaded != nil, handshakes < configuration.maxHandshakes else {
            try? await link.send([.refusing("busy", "too many links are being opened; try again", retry: true)])
            await link.close()
            return
        }
        handshakes += 1
        let greeted = await greet(link, invited)
        handshakes -= 1
        guard let (session, arrival, held) = greeted else { return await link.close() }
        logger.info("worker joined", metadata: ["node": "\(session.node)", "from": "\(link.remoteDescription)"])
        inbox.push(Incident(event: .nodeJoined(arrival), opens: session))
        let end = await session.run(held: held)
        logger.info("worker left", metadata: ["node": "\(session.node)", "reason": "\(end.reason)"])
        forget(session)
        inbox.push(
            Incident(event: .nodeLeft(session.node, session: session.number, reason: end.reason, drained: end.drained)))
    }

    private typealias Greeting = (session: WorkerSession, arrival: NodeArrival, held: [AttemptReport])

    /// The handshake, within its time; nil when the worker was refused or did not finish it.
    private func greet(_ link: any Link, _ invited: NodeID?) async -> Greeting? {
        await withTaskGroup(of: Greeting?.self) { group in
            group.addTask {
                do {
                    return try await self.handshake(link, invited)
                } catch let refusal as Refusal {
                    self.logger.notice(
                        "worker refused",
                        metadata: ["from": "\(link.remoteDescription)", "reason": "\(refusal.message)"])
                    try? await link.send([.refusing(refusal.code, refusal.message, retry: refusal.retry)])
                } catch LinkError.malformed(let why) {
                    try? await link.send([.refusing("protocol", why, retry: false)])
                } catch {
                    self.logger.info(
                        "handshake failed", metadata: ["from": "\(link.remoteDescription)", "error": "\(error)"])
                }
                return nil
            }
            group.addTask {
                try? await Task.sleep(for: self.configuration.handshakeTimeout)
                if !Task.isCancelled { await link.close() }
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }

    private struct Refusal: Error {
        var code: String
        var message: String
        var retry = false
    }

    private func handshake(_ link: any Link, _ invited: NodeID?) async throws -> Greeting? {
        var generator = SystemRandomNumberGenerator()
        let nonce = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
        try await link.send([
            .with {
                $0.challenge.minVersion = LinkBounds.versions.lowerBound
                $0.challenge.maxVersion = LinkBounds.versions.upperBound
                $0.challenge.coordinatorKey = Data(identity.publicIdentity.keyBytes)
                $0.challenge.nonce = Data(nonce)
            }
        ])
        var iterator = link.inbound.makeAsyncIterator()
        guard let batch = try await iterator.next(), batch.count == 1, case .hello(let hello) = batch[0].body else {
            throw Refusal(code: "protocol", message: "the first message of a worker is its hello")
        }
        guard LinkBounds.versions.contains(hello.version) else {
            throw Refusal(
                code: "version",
                message: "this coordinator speaks link versions \(LinkBounds.versions), not \(hello.version)")
        }
        guard let worker = PublicIdentity(keyBytes: [UInt8](hello.nodeKey)) else {
            throw Refusal(code: "signature", message: "not an Ed25519 key")
        }
        let statement = LinkStatement(
            role: .worker, version: hello.version, coordinatorKey: identity.publicIdentity.keyBytes,
            nodeKey: [UInt8](hello.nodeKey), coordinatorNonce: nonce, nodeNonce: [UInt8](hello.nonce),
            channelBinding: link.channelBinding)
        guard hello.nonce.count == 32, worker.verify(signature: [UInt8](hello.signature), over: statement.bytes) else {
            throw Refusal(code: "signature", message: "the proof of the worker's key is wrong")
        }
        let node = worker.nodeID
        if let invited {
            guard node == invited else {
                throw Refusal(code: "signature", message: "the link was made to another node")
            }
        } else if engine.node(node) == nil {
            let principal = authenticate(secret: hello.joinToken)
            guard let principal, principal.role.includes(.worker) else {
                throw Refusal(
                    code: "token",
                    message: "this coordinator does not know the node, and its join token is missing or not valid")
            }
        }
        var own = statement
        own.role = .coordinator
        let signature = identity.sign(own.bytes)
        try await link.send([
            .with {
                $0.welcome.signature = Data(signature)
                $0.welcome.heartbeatMilliseconds = UInt32(clamping: configuration.heartbeat.milliseconds)
                $0.welcome.leaseMilliseconds = UInt32(clamping: configuration.engine.leaseDuration.milliseconds)
            }
        ])
        sessionCount += 1
        let held = try hello.finished.map { try AttemptReport(wire: $0) }
        let arrival = NodeArrival(
            node: node, profile: try NodeProfile(wire: hello.profile).withSignedBenchmark(of: node),
            session: sessionCount,
            network: NetworkName.of(remote: link.remoteDescription),
            running: try hello.running.map { try AttemptStart(wire: $0).attempt }, finished: held.map(\.attempt))
        let session = WorkerSession(
            node: node, identity: worker, number: sessionCount, link: link, coordinator: self)
        return (session, arrival, held)
    }

    /// What results of these jobs must fit; nothing for a job that nobody waits for any more.
    func expectations(of jobs: Set<JobID>) -> [JobID: Expectation] {
        var found: [JobID: Expectation] = [:]
        for job in jobs {
            guard let (spec, digest) = engine.spec(of: job) else { continue }
            found[job] = Expectation(
                coordinator: id, specDigest: digest, outputs: spec.outputs.map(\.path),
                comparesStandardOutput: spec.verification.comparesStandardOutput)
        }
        return found
    }
}

extension WireMessage {
    static func refusing(_ code: String, _ message: String, retry: Bool) -> WireMessage {
        .with {
            $0.refusal.code = code
            $0.refusal.message = message
            $0.refusal.retry = retry
        }
    }
}

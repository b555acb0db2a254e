import Foundation
import NIOCore
import WebSocketLink
import WeftFormats
import WeftModel
import WeftWire
import WeftWorker

/// One node of the swarm: a worker's side of the protocol, without the work.
actor SwarmNode {
    struct Terms: Sendable {
        var url: String
        var joinToken: String
        var cpuMillis: Int64
        var delay: Duration
    }

    private struct Answer {
        var report: AttemptReport
        var statement: [UInt8]
    }

    private let number: Int
    private let terms: Terms
    private let ledger: AnswerLedger
    private let identity = SigningIdentity()
    private let nodeID: NodeID
    private var orders: [JobID: (specDigest: Digest, comparesStandardOutput: Bool)] = [:]
    /// Answered and not acknowledged.
    private var unacknowledged: [AttemptID: Answer] = [:]
    private var coordinator: NodeID?
    /// Whether this link's handshake is over.
    private var isWelcome = false

    init(number: Int, terms: Terms, ledger: AnswerLedger) {
        self.number = number
        self.terms = terms
        self.ledger = ledger
        nodeID = identity.nodeID
    }

    /// Works, link after link, until the task is cancelled.
    func run(on group: any EventLoopGroup) async {
        while !Task.isCancelled {
            do {
                let link = try await WebSocketLink.connect(url: terms.url, on: group)
                do { try await speak(over: link) } catch { await link.close() }
            } catch {
                // Not there (yet, or again): try once more.
            }
            try? await Task.sleep(for: .milliseconds(100))  // cancelled: the loop ends
        }
    }

    private func speak(over link: WebSocketLink) async throws {
        var handshake = Handshake(
            identity: identity, pinned: nil, nonce: (0..<32).map { _ in UInt8.random(in: 0...255) },
            channelBinding: link.channelBinding)
        orders = [:]
        isWelcome = false
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            defer { tasks.cancelAll() }
            for try await batch in link.inbound {
                if Task.isCancelled { return await link.close() }
                var rest = batch[...]
                while !isWelcome, let message = rest.popFirst() {
                    switch handshake.handle(message) {
                    case .greet(let hello, _): try await link.send([Message(.hello(greeting(hello)))])
                    case .welcome(let terms):
                        coordinator = terms.coordinator
                        isWelcome = true
                        ledger.linked()
                        tasks.addTask { try await Self.beat(terms.heartbeat, over: link) }
                    case nil: continue
                    case .refused, .breach: return await link.close()
                    }
                }
                try await answer(rest, over: link)
            }
        }
    }

    private static func beat(_ interval: Duration, over link: WebSocketLink) async throws {
        while true {
            try await Task.sleep(for: interval)
            try await link.send([Message(.heartbeat(Weft_Wire_V1_Heartbeat()))])
        }
    }

    private func greeting(_ hello: Weft_Wire_V1_Hello) -> Weft_Wire_V1_Hello {
        var hello = hello
        hello.profile =
            NodeProfile(
                name: "swarm-\(number)", operatingSystem: "linux", architecture: "x86_64",
                capacity: Resources(cpuMillis: terms.cpuMillis, memoryBytes: 1 << 50, diskBytes: 1 << 50),
                drivers: [DriverProfile(name: "process")], owner: "", isolation: .process
            ).wire
        hello.joinToken = terms.joinToken
        hello.finished = signed(Array(unacknowledged.values)).map(\.wire)
        return hello
    }

    private func answer(_ messages: ArraySlice<Message>, over link: WebSocketLink) async throws {
        var answers: [Answer] = []
        for message in messages {
            switch message.body {
            case .jobOrder(let wire):
                let order = try JobOrder(wire: wire)
                orders[order.job] = (order.specDigest, order.comparesStandardOutput)
            case .assignments(let wire):
                let attempts = try Assignments(wire: wire).attempts
                guard let order = orders[attempts.job], let coordinator else { continue }
                let assigned = (0..<attempts.count).map { attempts[$0] }
                for attempt in assigned {
                    answers.append(answer(to: attempt, order.specDigest, order.comparesStandardOutput, coordinator))
                }
                ledger.assigned(assigned)
            case .acks(let wire):
                let acks = try AttemptList(wire: wire)
                ledger.acknowledged((0..<acks.count).map { acks[$0] })
                for position in 0..<acks.count { unacknowledged[acks[position]] = nil }
            default: continue
            }
        }
        guard !answers.isEmpty else { return }
        for answer in answers { unacknowledged[answer.report.attempt] = answer }
        if terms.delay > .zero { try await Task.sleep(for: terms.delay) }
        try await link.send(signed(answers).map { Message(.finished($0.wire)) })
    }

    private func answer(
        to attempt: AttemptID, _ specDigest: Digest, _ comparesStandardOutput: Bool, _ coordinator: NodeID
    ) -> Answer {
        let completion = Completion(exitStatus: 0)
        let now = Instant(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
        let statement = ResultStatement(
            coordinator: coordinator, specDigest: specDigest, attempt: attempt, node: nodeID,
            answer: AnswerDigest.of(completion, comparesStandardOutput: comparesStandardOutput), startedAt: now,
            finishedAt: now)
        return Answer(
            report: AttemptReport(
                attempt: attempt, specDigest: specDigest, outcome: .completed(completion), startedAt: now,
                finishedAt: now), statement: statement.bytes)
    }

    private func signed(_ answers: [Answer]) -> [AttemptReport] {
        var reports = answers.map(\.report)
        for start in stride(from: 0, to: answers.count, by: StatementBatch.maxCount) {
            let chunk = start..<min(start + StatementBatch.maxCount, answers.count)
            let proofs = StatementBatch.sign(chunk.map { answers[$0].statement }, by: identity)
            for (position, proof) in zip(chunk, proofs) { reports[position].signature = proof.bytes }
        }
        return reports
    }
}

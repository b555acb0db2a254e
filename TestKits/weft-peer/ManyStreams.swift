import LibP2P
import NIOCore

/// Many streams of one connection, all open at once.
extension PeerTool {
    struct Counted: Encodable, Sendable {
        let opened: Int
        let correct: Int
        /// Streams that the listener reset at their end, after everything was said.
        let reset: Int
        let problems: [String]
    }

    /// How many streams are on their way to being open at a time.
    private static let openingAtATime = 32

    /// Reads `peer`, `count`, `bytes`: opens so many, and only when all are open says something on each.
    func many(_ request: Request) async throws -> Answer {
        let peer = try PeerID(parsing: request.needs("peer", \.peer))
        let count = try request.needs("count", \.count)
        let length = request.bytes ?? 1024
        let (streams, failures) = await Self.open(count, to: peer, of: host)
        let outcomes = await withTaskGroup(of: Outcome.self) { group in
            for (number, stream) in streams.enumerated() {
                group.addTask { await Self.speak(on: stream, number: number, length: length) }
            }
            return await group.reduce(into: [Outcome]()) { $0.append($1) }
        }
        return Counted(
            opened: streams.count, correct: outcomes.count { $0.problem == nil },
            reset: outcomes.count { $0.ending == .reset },
            problems: Array((failures + outcomes.compactMap(\.problem)).prefix(3)))
    }

    private nonisolated static func open(
        _ count: Int, to peer: PeerID, of host: Host
    ) async -> (streams: [any PeerStream], failures: [String]) {
        await withTaskGroup(of: Result<any PeerStream, any Error>.self) { group in
            var streams: [any PeerStream] = []
            var failures: [String] = []
            for number in 0..<count {
                if number >= openingAtATime, let opened = await group.next() {
                    Self.sort(opened, &streams, &failures)
                }
                group.addTask {
                    do {
                        return .success(try await host.openStream(to: peer, protocols: [Dialog.echo]))
                    } catch {
                        return .failure(error)
                    }
                }
            }
            for await opened in group { Self.sort(opened, &streams, &failures) }
            return (streams, failures)
        }
    }

    private nonisolated static func sort(
        _ opened: Result<any PeerStream, any Error>, _ streams: inout [any PeerStream], _ failures: inout [String]
    ) {
        switch opened {
        case .success(let stream): streams.append(stream)
        case .failure(let error): failures.append("\(error)")
        }
    }

    private struct Outcome: Sendable {
        /// nil when the same came back and nothing else.
        var problem: String?
        var ending: Ending?
    }

    private nonisolated static func speak(on stream: any PeerStream, number: Int, length: Int) async -> Outcome {
        let sent = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ number) }
        do {
            try await stream.write(ByteBuffer(bytes: sent))
            var back: [UInt8] = []
            while back.count < length, let bytes = try await stream.read() { back += bytes.readableBytesView }
            try await stream.closeWrite()
            let rest = try await Ending.after(stream)
            let problem = "stream \(number): \(back.count) of \(length) bytes came back, then \(rest.bytes)"
            return Outcome(problem: back == sent && rest.bytes == 0 ? nil : problem, ending: rest.ending)
        } catch {
            return Outcome(problem: "stream \(number): \(error)")
        }
    }
}

import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// One subscriber to the ends of tasks, by server-sent events: counts what comes and keeps nothing.
final class EventReader: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    struct Seen {
        var events = 0
        /// Of which the stream said that they were left out.
        var missed = 0
    }

    private struct Gap: Decodable { var missed: Int }

    private struct State {
        var seen = Seen()
        var line: [UInt8] = []
        var isNoticeOfGap = false
        var channel: (any Channel)?
    }

    private let state = Mutex(State())
    private let newline = Int32(UInt8(ascii: "\n"))

    var seen: Seen { state.withLock { $0.seen } }

    /// - Parameter reads: whether it reads at once, or only from ``goOn()`` on.
    static func connect(
        port: Int, token: String, reads: Bool, on group: any EventLoopGroup
    ) async throws -> EventReader {
        let reader = EventReader()
        let channel = try await ClientBootstrap(group: group)
            .channelOption(.autoRead, value: reads)
            .channelInitializer { $0.pipeline.addHandler(reader) }
            .connect(host: "127.0.0.1", port: port).get()
        reader.state.withLock { $0.channel = channel }
        let request =
            "GET /api/v1/events?kind=task.ended HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n"
            + "Authorization: Bearer \(token)\r\nAccept: text/event-stream\r\n\r\n"
        try await channel.writeAndFlush(ByteBuffer(string: request)).get()
        return reader
    }

    func goOn() async throws {
        guard let channel = state.withLock({ $0.channel }) else { return }
        try await channel.setOption(.autoRead, value: true).get()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        state.withLock { state in
            buffer.withUnsafeReadableBytes { bytes in
                var rest = bytes
                while let start = rest.baseAddress, let end = memchr(start, newline, rest.count) {
                    let length = start.distance(to: end)
                    let line = UnsafeRawBufferPointer(rebasing: rest.prefix(length))
                    if state.line.isEmpty {
                        take(line, &state)
                    } else {
                        state.line.append(contentsOf: line)
                        take(state.line, &state)
                        state.line.removeAll(keepingCapacity: true)
                    }
                    rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(length + 1))
                }
                state.line.append(contentsOf: rest)
            }
        }
    }

    private func take(_ line: some Collection<UInt8>, _ state: inout State) {
        if line.starts(with: "data: ".utf8) {
            if state.isNoticeOfGap {
                state.seen.missed += (try? JSONDecoder().decode(Gap.self, from: Data(line.dropFirst(6))))?.missed ?? 0
            } else {
                state.seen.events += 1
            }
        } else if line.starts(with: "event: ".utf8) {
            state.isNoticeOfGap = line.starts(with: "event: missed".utf8)
        }
    }
}

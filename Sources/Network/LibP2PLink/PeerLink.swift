package import LibP2P
import NIOCore
package import WeftWire

/// A link over one stream of a libp2p connection, which has proven who both ends are and keeps the bytes from others.
///
/// Each frame of `proto/weft.proto` comes after its length as a varint; a length of 0 is the goodbye. The end of the stream
/// without one is a loss.
package final class PeerLink: Link {
    /// What the stream is asked for.
    package static let protocolName = "/weft/link/1.0.0"

    /// How long an orderly close waits for the peer.
    private static let closePatience = Duration.seconds(3)

    /// Who is at the other end, proven by its key.
    package let peer: PeerID
    package let remoteDescription: String
    package let route: LinkRoute
    /// The statement that a worker signs has the nonces of both ends; who they are the connection has proven.
    package var channelBinding: [UInt8] { [] }

    private let core: LinkCore
    private let stream: any PeerStream
    private let tasks: [Task<Void, Never>]

    /// Takes a stream that both ends have agreed on, from either end; nothing may have been read of it or written to it.
    package init(_ stream: any PeerStream, limits: LinkLimits = .standard) {
        let core = LinkCore(limits: limits)
        let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.core = core
        self.stream = stream
        peer = stream.peer
        remoteDescription = Self.describe(stream.connection)
        route = stream.connection.isRelayed ? .relayed : .direct
        core.attach { wake.yield() }
        // They keep the core and the stream, not the link, so that dropping it ends them.
        tasks = [
            Task { await Self.write(core, to: stream, woken: wakes) },
            Task {
                await Self.read(core, from: stream)
                // Once more: a goodbye is answered.
                wake.yield()
                wake.finish()
                core.detach()
            },
        ]
    }

    deinit {
        // A stream that was closed in order is not there any more.
        stream.reset()
        for task in tasks { task.cancel() }
        core.end(.lost("the link was dropped"))
    }

    package func send(_ messages: [Message]) async throws { try await core.send(messages) }
    package var inbound: LinkInbound { LinkInbound { [self] in try await core.next() } }

    package func close() async {
        let overdue = Task { [core, stream] in
            do { try await Task.sleep(for: Self.closePatience) } catch { return }
            core.end(.closed)
            stream.reset()
        }
        await core.close()
        overdue.cancel()
    }

    /// Returns when the link has ended, whoever ended it, and nothing of it is on its way any more.
    package func waitForEnd() async { for task in tasks { await task.value } }

    /// Bytes held for the transport and for the reader, for tests of the bounds.
    package var heldBytes: Int { core.heldBytes }

    // MARK: The stream

    private static func write(_ core: LinkCore, to stream: any PeerStream, woken: AsyncStream<Void>) async {
        do {
            for await _ in woken {
                sending: while true {
                    switch core.takeOutbound() {
                    case .nothing where core.ending == .closed:
                        try await stream.write(framed([]))
                        return try await stream.closeWrite()
                    case .nothing: break sending
                    case .frame(let bytes): try await stream.write(framed(bytes))
                    case .goodbye:
                        try await stream.write(framed([]))
                        return try await stream.closeWrite()
                    }
                }
            }
        } catch {
            core.end(.lost("\(error)"))
            stream.reset()
        }
    }

    private static func read(_ core: LinkCore, from stream: any PeerStream) async {
        var reader = MessageReader(stream)
        do {
            while let bytes = try await reader.read(limit: core.limits.frameBytes) {
                guard !bytes.isEmpty else { return core.end(.closed) }
                core.receive([try Frame(decoding: bytes, limits: core.limits)])
                if let ending = core.ending {
                    if ending != .closed { stream.reset() }
                    return
                }
            }
            core.end(core.isOpen ? .lost("the stream ended without a goodbye") : .closed)
        } catch let error as LinkError {
            core.end(error)
            stream.reset()
        } catch PeerStreamError.messageTooLarge(let limit) {
            core.end(.malformed("a frame of more than \(limit) bytes"))
            stream.reset()
        } catch PeerStreamError.malformed(let why) {
            core.end(.malformed(why))
            stream.reset()
        } catch {
            core.end(.lost("\(error)"))
            stream.reset()
        }
    }

    private static func framed(_ bytes: [UInt8]) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(bytes.count + Varint.greatestLength)
        buffer.writeBytes(Varint.encode(UInt64(bytes.count)))
        buffer.writeBytes(bytes)
        return buffer
    }

    /// As other links say it, so that a network can be told by it; a relay's address says nothing of the peer's network.
    private static func describe(_ connection: ConnectionFacts) -> String {
        guard !connection.isRelayed, let ip = connection.remoteAddress.ipAddress,
            let port = connection.remoteAddress.tcpPort
        else { return "\(connection.remoteAddress)" }
        let text = "\(ip)"
        return text.contains(":") ? "[\(text)]:\(port)" : "\(text):\(port)"
    }
}

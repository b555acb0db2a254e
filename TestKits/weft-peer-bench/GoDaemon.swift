import Foundation
import LibP2P
import NIOCore

/// go-libp2p as the daemon p2pd, which bridges streams to sockets and is told what to do over one.
struct GoDaemon: Sendable {
    let port: Int
    let process: Int32
    private let child: ChildProcess

    /// Starts one that knows nobody, and waits until it answers.
    static func start(_ program: String) async throws -> GoDaemon {
        let port = try await Plain.freePort()
        let child = try ChildProcess.start(
            program,
            [
                "-listen", "/ip4/127.0.0.1/tcp/\(port)", "-hostAddrs", "/ip4/127.0.0.1/tcp/0", "-q", "-b=false",
                "-tls=false", "-quic=false", "-natPortMap=false",
            ])
        let daemon = GoDaemon(port: port, process: child.id, child: child)
        for _ in 0..<200 {
            if (try? await daemon.identify()) != nil { return daemon }
            try await Task.sleep(for: .milliseconds(50))
        }
        child.stop()
        throw BenchError("\(program) does not answer")
    }

    func stop() { child.stop() }

    /// Who it is, and where it listens.
    func identify() async throws -> (peer: PeerID, address: Multiaddr) {
        let answer = try await ask([.number(1, 0)])
        guard let said = answer.bytes(4).map(DaemonMessage.init(decoding:)), let id = said.bytes(1),
            let address = said.bytes(2)
        else { throw BenchError("the daemon does not say who it is") }
        return (try PeerID(bytes: id), try Multiaddr(bytes: address))
    }

    func connect(to peer: PeerID, at address: Multiaddr) async throws {
        _ = try await ask([.number(1, 1), .message(2, [.bytes(1, peer.bytes), .bytes(2, address.bytes)])])
    }

    /// Bridges streams of a protocol to a port of this machine.
    func handle(_ name: String, at port: Int) async throws {
        let address = try Multiaddr(parsing: "/ip4/127.0.0.1/tcp/\(port)")
        _ = try await ask([
            .number(1, 3), .message(4, [.bytes(1, address.bytes), .bytes(2, Array(name.utf8)), .number(3, 0)]),
        ])
    }

    /// Opens a stream over a control connection, which is the stream from then on.
    func openStream(
        to peer: PeerID, _ name: String, _ input: inout NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
        _ output: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) async throws {
        _ = try await Self.exchange(
            [.number(1, 2), .message(3, [.bytes(1, peer.bytes), .bytes(2, Array(name.utf8))])], &input, output)
    }

    private func ask(_ request: [DaemonMessage.Field]) async throws -> DaemonMessage {
        try await Plain.connect(to: port).executeThenClose { input, output in
            var input = input.makeAsyncIterator()
            return try await Self.exchange(request, &input, output)
        }
    }

    /// A request and its answer, each with its length before it.
    private static func exchange(
        _ request: [DaemonMessage.Field], _ input: inout NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
        _ output: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) async throws -> DaemonMessage {
        let bytes = DaemonMessage(request).encoded
        try await output.write(ByteBuffer(bytes: Varint.encode(UInt64(bytes.count)) + bytes))
        var answer = ByteBuffer()
        while let more = try await input.next() {
            answer.writeImmutableBuffer(more)
            guard let length = try Varint.decode(answer.readableBytesView),
                answer.readableBytes >= length.length + Int(length.value)
            else { continue }
            answer.moveReaderIndex(forwardBy: length.length)
            let message = DaemonMessage(decoding: Array(answer.readableBytesView.prefix(Int(length.value))))
            if let error = message.bytes(2) {
                throw BenchError(
                    "the daemon: \(String(decoding: DaemonMessage(decoding: error).bytes(1) ?? [], as: UTF8.self))")
            }
            return message
        }
        throw BenchError("the daemon does not answer")
    }
}

import ArgumentParser
import LibP2P
import NIOCore
import NIOPosix

import struct Foundation.Data
import class Foundation.FileHandle

/// What go's daemon does, done with a host of Weft's: streams on one side, sockets on the other. So that both are measured alike.
struct Bridge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Bridge sockets and streams.", shouldDisplay: false)

    @Option(help: "Streams that come are bridged to this port of this machine. Prints the host's address.")
    var target: Int?

    @Option(help: "Sockets that come are bridged to streams to this address. Prints the port.")
    var to: String?

    func run() async throws {
        let host = Host(keys: KeyPair())
        if let target {
            await host.handle(HostEcho.name) { stream in try await Self.join(stream, Plain.connect(to: target)) }
            let address = try await host.listen(on: Multiaddr(.v4(0x7F00_0001), tcp: 0))
            Self.say("\(address.with(host.localPeer))")
            try await Task.sleep(for: .seconds(86_400))
        } else if let to {
            let address = try Multiaddr(parsing: to)
            guard let peer = address.peerID else { throw ValidationError("the address names no peer") }
            try await host.connect(to: peer, addresses: [address.withoutPeerID])
            try await accept(host, peer)
        }
    }

    private func accept(_ host: Host, _ peer: PeerID) async throws {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelOption(.recvAllocator, value: Plain.allocator)
            .bind(host: "127.0.0.1", port: 0, childChannelInitializer: Plain.wrap)
        Self.say("\(listener.channel.localAddress?.port ?? 0)")
        try await listener.executeThenClose { connections in
            for try await connection in connections {
                let stream = try await host.openStream(to: peer, protocols: [HostEcho.name])
                try await Self.join(stream, connection)
            }
        }
    }

    private static func join(_ stream: any PeerStream, _ connection: Plain.Connection) async throws {
        try await connection.executeThenClose { input, output in
            try await withThrowingTaskGroup { both in
                both.addTask {
                    for try await bytes in input { try await stream.write(bytes) }
                    try await stream.closeWrite()
                }
                both.addTask {
                    while let bytes = try await stream.read() { try await output.write(bytes) }
                    output.finish()
                }
                try await both.waitForAll()
            }
        }
    }

    private static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
}

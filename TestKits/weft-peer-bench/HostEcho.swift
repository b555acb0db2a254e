import LibP2P
import NIOCore

/// Two hosts in this process, over loopback.
enum HostEcho {
    static let name = "/bench/echo/1"

    static func withPair<Value>(_ body: (Host, Host, Multiaddr) async throws -> Value) async throws -> Value {
        let one = Host(keys: KeyPair())
        let two = Host(keys: KeyPair())
        await two.handle(name) { stream in while let bytes = try await stream.read() { try await stream.write(bytes) } }
        let address = try await two.listen(on: Multiaddr(.v4(0x7F00_0001), tcp: 0))
        let result: Result<Value, any Error>
        do { result = .success(try await body(one, two, address)) } catch { result = .failure(error) }
        await one.shutdown()
        await two.shutdown()
        return try result.get()
    }

    /// `sizeBytes` go there and come back over one stream.
    static func measure(sizeBytes: Int, pieceBytes: Int) async throws -> Rate {
        try await withPair { one, two, address in
            try await one.connect(to: two.localPeer, addresses: [address])
            let stream = try await one.openStream(to: two.localPeer, protocols: [name])
            return try await Rate.measure(bytes: sizeBytes) {
                try await withThrowingTaskGroup { both in
                    both.addTask {
                        let piece = ByteBuffer(repeating: 7, count: pieceBytes)
                        for _ in 0..<(sizeBytes / pieceBytes) { try await stream.write(piece) }
                        try await stream.closeWrite()
                    }
                    both.addTask { while try await stream.read() != nil {} }
                    try await both.waitForAll()
                }
            }
        }
    }

    /// - Returns: Seconds from the first packet to a proven peer, for each of `count` connections.
    static func handshakes(_ count: Int) async throws -> [Double] {
        try await withPair { _, two, address in try await handshakes(count, with: two.localPeer, at: address) }
    }

    /// The same with whoever listens at an address.
    static func handshakes(_ count: Int, with peer: PeerID, at address: Multiaddr) async throws -> [Double] {
        var seconds: [Double] = []
        for _ in 0..<count {
            let dialer = Host(keys: KeyPair())
            let start = ContinuousClock.now
            try await dialer.connect(to: peer, addresses: [address])
            seconds.append((ContinuousClock.now - start).seconds)
            await dialer.shutdown()
        }
        return seconds
    }

    /// - Returns: Bytes of memory that one more idle connection takes, both ends of it, once both have identified each other.
    static func memoryPerConnection(_ count: Int) async throws -> Double {
        var configuration = HostConfiguration()
        configuration.limits.connectionsPerPeer = count + 1
        configuration.limits.connections = 2 * count + 10
        configuration.limits.connectionsPerAddress = count + 10
        let two = Host(keys: KeyPair(), configuration: configuration)
        let address = try await two.listen(on: Multiaddr(.v4(0x7F00_0001), tcp: 0))
        // Peers of one key are one peer with many connections: a host's own weight is not what is measured.
        let keys = KeyPair()
        let one = Host(keys: keys, configuration: configuration)
        try await one.connect(to: two.localPeer, addresses: [address])
        _ = try await one.ping(two.localPeer)
        let before = ProcessNumbers.residentBytes()
        for _ in 0..<count { try await one.connectAgain(to: two.localPeer, at: address) }
        _ = try await one.ping(two.localPeer)
        // Until the last identification has gone both ways.
        try await Task.sleep(for: .seconds(2))
        let after = ProcessNumbers.residentBytes()
        await one.shutdown()
        await two.shutdown()
        return Double(after - before) / Double(count)
    }
}

import LibP2P
import LibP2PRelay
import NIOCore
import Testing

let loopback = Multiaddr(.v4(0x7F00_0001), tcp: 0)

/// Real hosts on this machine, shut down whatever happens, and tasks that end with the body.
func withHosts(
    _ count: Int, running runners: (([Host]) -> [@Sendable () async throws -> Void])? = nil,
    _ body: ([Host], [Multiaddr]) async throws -> Void
) async throws {
    let hosts = (0..<count).map { _ in Host(keys: KeyPair()) }
    var result: Result<Void, any Error> = .success(())
    do {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for runner in runners?(hosts) ?? [] { group.addTask { try await runner() } }
            var addresses: [Multiaddr] = []
            for host in hosts { addresses.append(try await host.listen(on: loopback)) }
            try await body(hosts, addresses)
            group.cancelAll()
            while let ended = await group.nextResult() {
                if case .failure(let error) = ended, !(error is CancellationError) { throw error }
            }
        }
    } catch {
        result = .failure(error)
    }
    for host in hosts { await host.shutdown() }
    try result.get()
}

func eventually(_ holds: () async throws -> Bool) async throws {
    while try await !holds() { try await Task.sleep(for: .milliseconds(2)) }
}

/// Sends back what comes.
func echo(_ stream: any PeerStream) async throws {
    while let bytes = try await stream.read() { try await stream.write(bytes) }
    try await stream.closeWrite()
}

extension PeerStream {
    func readAll() async throws -> [UInt8] {
        var all: [UInt8] = []
        while let bytes = try await read() { all += bytes.readableBytesView }
        return all
    }
}
